// What one instance may call: `abort`, and the functions of the capabilities it was granted. Each capability is a
// file of its own; this one puts them together.
import { IMPORT_ABORT } from '../../sdk/abi/names.js';
import { CalloutCapability } from './capabilities/callout.js';
import type { Capability, CapabilityHost } from './capabilities/capabilities.js';
import { ClockCapability } from './capabilities/clock.js';
import { CounterCapability } from './capabilities/counter.js';
import { createCounterTable } from './capabilities/counter-table.js';
import { CryptoCapability } from './capabilities/crypto.js';
import { GraphqlCapability } from './capabilities/graphql.js';
import { IdnaCapability } from './capabilities/idna.js';
import { type GuestLogLine, LogCapability } from './capabilities/log.js';
import { MetricCapability } from './capabilities/metric.js';
import { createMetricTable, type MetricDefinition } from './capabilities/metric-table.js';
import { PatternCapability } from './capabilities/pattern.js';
import { RandomCapability } from './capabilities/random.js';
import { SchemaCapability } from './capabilities/schema.js';
import { type GrantedSecret, SecretCapability } from './capabilities/secret.js';
import { WithheldCapability } from './capabilities/withheld.js';
import type { Clock } from './clock.js';
import type { GraphqlStore } from './graphql/graphql-store.js';
import { GuestAbort, GuestMemory } from './guest-memory.js';
import { createSharedTables } from './patterns/shared-tables.js';
import type { PatternStore } from './patterns/store.js';
import type { SchemaStore } from './schemas/schema-store.js';
import type { ScratchBytes } from './scratch-bytes.js';
import { type TraceSink, traceFunctions } from './trace-import.js';

/** What the capabilities of all filters of one thread share. */
export interface HostServices {
  readonly schemas: SchemaStore;
  readonly clock: Clock;
  readonly patterns: PatternStore;
  readonly graphql: GraphqlStore;
  /** Where the bodies lie that guests set; its owner makes room again between two visits. */
  readonly scratch: ScratchBytes;
  /** Only in test harnesses. */
  readonly trace?: TraceSink | undefined;
}

/** What the instances of one filter share, in all threads. */
export interface SharedState {
  /** Null without the capability `counters`. */
  readonly counters: SharedArrayBuffer | null;
  /** Null without the capability `metrics`. */
  readonly metrics: SharedArrayBuffer | null;
  /** Null without the capability `patterns`. */
  readonly patterns: SharedArrayBuffer | null;
}

/** Which filter the host serves, and what it was granted. */
export interface HostedFilter {
  readonly id: number;
  readonly granted: readonly Capability[];
  /** Optional ones that it was not: linked, not to be called. Default none. */
  readonly withheld?: readonly Capability[];
  readonly shared: SharedState;
  /** Upstreams that it may call. */
  readonly callouts: readonly string[];
  /** Secrets that it may use. */
  readonly secrets: readonly GrantedSecret[];
}

/** 2 MiB for each filter with counters; room for 49,000 keys, each in two windows, and a quarter to spare. */
const COUNTER_SLOTS = 131072;

/** Makes what a filter with these grants shares among its instances; a filter that is loaded again begins anew. */
export function createSharedState(granted: readonly Capability[]): SharedState {
  return {
    counters: granted.includes('counters') ? createCounterTable(COUNTER_SLOTS) : null,
    metrics: granted.includes('metrics') ? createMetricTable() : null,
    patterns: granted.includes('patterns') ? createSharedTables() : null,
  };
}

const MOST_ABORT_BYTES = 8192;
const NO_LINES: readonly GuestLogLine[] = [];
const NO_METRICS: readonly MetricDefinition[] = [];

export class GuestHost {
  readonly #memory: GuestMemory;
  readonly #log: LogCapability | null;
  readonly #metrics: MetricCapability | null;
  readonly #capabilities: readonly CapabilityHost[];
  readonly #trace: Readonly<Record<string, unknown>>;

  constructor(memory: WebAssembly.Memory, filter: HostedFilter, services: HostServices) {
    this.#memory = new GuestMemory(memory);
    const has = (capability: Capability): boolean => filter.granted.includes(capability);
    this.#log = has('log') ? new LogCapability(this.#memory) : null;
    const capabilities: CapabilityHost[] = [];
    if (this.#log !== null) capabilities.push(this.#log);
    const { counters, metrics, patterns } = filter.shared;
    this.#metrics = metrics === null ? null : new MetricCapability(this.#memory, metrics);
    if (this.#metrics !== null) capabilities.push(this.#metrics);
    if (counters !== null) capabilities.push(new CounterCapability(this.#memory, counters, services.clock));
    if (has('clock')) capabilities.push(new ClockCapability(services.clock));
    if (has('random')) capabilities.push(new RandomCapability(this.#memory));
    if (has('crypto'))
      capabilities.push(new CryptoCapability(this.#memory, has('secrets') ? filter.secrets : []));
    if (has('secrets')) capabilities.push(new SecretCapability(this.#memory, filter.secrets));
    if (has('callouts')) capabilities.push(new CalloutCapability(this.#memory, filter.callouts));
    if (has('schemas')) capabilities.push(new SchemaCapability(this.#memory, services.schemas, filter.id));
    if (has('graphql')) capabilities.push(new GraphqlCapability(this.#memory, services.graphql, filter.id));
    if (has('idna')) capabilities.push(new IdnaCapability(this.#memory));
    if (patterns !== null)
      capabilities.push(new PatternCapability(this.#memory, services.patterns, filter.id, patterns));
    for (const capability of filter.withheld ?? []) capabilities.push(new WithheldCapability(capability));
    this.#capabilities = capabilities;
    this.#trace = services.trace === undefined ? {} : traceFunctions(this.#memory, filter.id, services.trace);
  }

  /** Functions for the import module of the ABI. */
  functions(): Record<string, unknown> {
    return Object.assign(
      { [IMPORT_ABORT]: this.#abort, ...this.#trace },
      ...this.#capabilities.map(({ functions }) => functions),
    );
  }

  /** `configure` returned. */
  endConfigure(): void {
    for (const capability of this.#capabilities) capability.endConfigure?.();
  }

  /** Metrics that `configure` defined. */
  get metrics(): readonly MetricDefinition[] {
    return this.#metrics === null ? NO_METRICS : this.#metrics.definitions;
  }

  /** Lines written since the last call of this method. */
  takeLines(): readonly GuestLogLine[] {
    return this.#log === null ? NO_LINES : this.#log.takeLines();
  }

  readonly #abort = (
    message: number,
    messageLength: number,
    file: number,
    fileLength: number,
    line: number,
    column: number,
  ): never => {
    const text = this.#memory.text16(message, messageLength, MOST_ABORT_BYTES);
    const place = this.#memory.text16(file, fileLength, MOST_ABORT_BYTES);
    throw new GuestAbort(`${text || 'abort'} at ${place}:${line >>> 0}:${column >>> 0}`);
  };
}
