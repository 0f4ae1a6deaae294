// What a gateway says of itself: to the admin listener, and through it to probes, scrapers and people.
import type { ConfigSource } from './config/source.js';
import type { Dispatcher } from './dispatch/dispatcher.js';
import { buildRedactor } from './egress.js';
import type { SnapshotStore } from './store.js';
import type { Readiness } from './telemetry/admin-server.js';
import type { OwnMetricSample } from './telemetry/own-metrics.js';
import { VERSION } from './version.js';
import { ABI_RANGE } from './wasm/abi-range.js';

/** How it is, kept by the gateway. */
export interface Condition {
  /** The listeners of the first revision are not open yet. */
  isOpening: boolean;
  isDraining: boolean;
  /** When the revision that runs was applied. */
  appliedAt: Date;
  /** Why the last configuration was refused; null when it runs. */
  lastError: string | null;
  /** What was gone back to, and from, for people. */
  rolledBack: { readonly to: string; readonly text: string } | null;
  /** Why the source does not answer; null when it does. */
  outage: string | null;
}

export class GatewayReport {
  readonly #source: ConfigSource;
  readonly #store: SnapshotStore;
  readonly #dispatcher: Dispatcher;
  readonly #condition: Condition;
  readonly #ports: () => ReadonlyMap<string, number>;

  /** @param ports that are bound, by name of the listener */
  constructor(
    source: ConfigSource,
    store: SnapshotStore,
    dispatcher: Dispatcher,
    condition: Condition,
    ports: () => ReadonlyMap<string, number>,
  ) {
    this.#source = source;
    this.#store = store;
    this.#dispatcher = dispatcher;
    this.#condition = condition;
    this.#ports = ports;
  }

  /** What a filter said without the secrets of the revision that runs. */
  redact(text: string): string {
    const { scanner, source } = this.#store.current;
    return buildRedactor(scanner, source.secrets)(text);
  }

  readiness(): Readiness {
    const { isOpening, isDraining } = this.#condition;
    const reasons: string[] = [];
    if (isOpening) reasons.push('the listeners are being opened');
    // Routes without filters go on, and a gateway that has no others serves.
    const outage = this.#store.current.filters.length === 0 ? null : this.#dispatcher.outage;
    if (outage !== null) reasons.push(`no filter worker serves: ${outage}`);
    if (isDraining) reasons.push('the gateway is draining');
    if (this.#condition.lastError !== null)
      reasons.push('the last configuration was refused; the one before it runs');
    if (this.#condition.rolledBack !== null) reasons.push(this.#condition.rolledBack.text);
    if (this.#condition.outage !== null) {
      const age = Math.round(this.#source.stalenessSeconds);
      reasons.push(
        `the configuration store cannot be followed: ${this.#condition.outage}; what runs was current ${age} s ago`,
      );
    }
    if (!this.#source.isKept)
      reasons.push('what runs cannot be kept for a start without its store; the log says why');
    return {
      ready: !isOpening && !isDraining && outage === null,
      reasons,
      revision: this.#store.current.revision,
      lastError: this.#condition.lastError,
    };
  }

  /** A filter with another value of a secret is another filter, so what it said holds those of now. */
  health(): (ReturnType<Dispatcher['health']> & { readonly module: unknown })[] {
    return this.#store.current.filters.map((spec) => {
      const health = { ...this.#dispatcher.health(spec), module: { name: spec.moduleName, ...spec.build } };
      const { lastFailure } = health;
      if (lastFailure === null) return health;
      return { ...health, lastFailure: { ...lastFailure, message: this.redact(lastFailure.message) } };
    });
  }

  filterMetrics(): OwnMetricSample[] {
    return this.#store.current.filters.flatMap((spec) =>
      this.#dispatcher
        .metrics(spec)
        .map((reading) => ({ filter: spec.name, module: spec.moduleName, ...reading })),
    );
  }

  describe(): unknown {
    const { revision, source } = this.#store.current;
    const { routes, filters, upstreams } = source.config;
    return {
      version: VERSION,
      abi: ABI_RANGE,
      source: this.#source.description,
      revision,
      since: this.#condition.appliedAt.toISOString(),
      lastError: this.#condition.lastError,
      listeners: Object.fromEntries(this.#ports()),
      routes: Array.from(routes, ({ id, filters: chain, upstream }) => ({ id, filters: chain, upstream })),
      filters: filters.map(({ name, module, isolation, onFailure, limits }) => ({
        name,
        module,
        isolation,
        onFailure,
        limits,
      })),
      upstreams: upstreams.map(({ name }) => name),
      workers: this.#dispatcher.stats,
    };
  }
}
