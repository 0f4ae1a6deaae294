// What a gateway is told that is one of several processes: who it is, and what it has together with the others.
import type { AdminDesk } from './admin-listener.js';
import type { Breach } from './rollout-watch.js';
import type { AdminSources } from './telemetry/admin-server.js';
import type { MetricValues } from './telemetry/metric-registry.js';

/** Of a listener. */
export interface SharedAddress {
  /** Of the listener, for errors. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** The addresses that the processes of one set share, and share with nobody else. */
export interface SharedPorts {
  /** Before an address is opened. @throws GatewayError SLUICE_LISTEN_ADDRESS when it cannot be shared, or others have it */
  claim(address: SharedAddress): Promise<void>;
  /** It is open here no more. */
  release(address: SharedAddress): void;
}

/** What the gateway can be asked for operators. */
export interface GatewaySources extends AdminSources {
  /** What `metrics` says, for who adds up several processes. */
  metricValues(): Promise<MetricValues[]>;
  /** What of it outlives this gateway, but for what concerns the process as such. */
  counted(): MetricValues[];
  /** Whether the configuration that runs declares a route. */
  declares(route: string): boolean;
}

/** The place of one process in its set. */
export interface Seat {
  /** From 1 to `count`. The process that takes over from another has its index. */
  readonly index: number;
  readonly count: number;
  readonly ports: SharedPorts;
  /** What answers operators in place of an admin listener of this process. Called once. */
  openDesk(sources: GatewaySources): AdminDesk;
  /** This one has left a revision by itself: so are the others to (`Gateway.rollBack`). */
  rolledBack(breach: Breach): void;
}
