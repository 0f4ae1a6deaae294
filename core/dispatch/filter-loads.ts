// Which filters are loaded, and the loads that workers have not answered yet.
import { GatewayError } from '../errors.js';
import type { MetricDefinition } from '../wasm/capabilities/metric-table.js';
import type { LoadReport } from '../wasm/guest-abi.js';
import type { FilterSpec } from '../wasm/instance.js';
import { type Channel, isCalling } from './channel.js';

/** The worker that was to load a filter ended before it came to that. */
export class WorkerLost extends Error {
  override readonly name = 'WorkerLost';
}

const NOTHING: LoadReport = Object.freeze({ logs: [], metrics: [] });

interface Pending {
  readonly channel: Channel;
  readonly spec: FilterSpec;
  readonly resolve: (report: LoadReport) => void;
  readonly reject: (cause: GatewayError | WorkerLost) => void;
}

export class FilterLoads {
  readonly #startMs: number;
  readonly #kept = new Map<number, FilterSpec>();
  readonly #metrics = new Map<number, readonly MetricDefinition[]>();
  readonly #peakMemoryBytes = new Map<number, number>();
  #pending: Pending[] = [];

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  /** From now on every new worker loads this filter. */
  keep(spec: FilterSpec, { metrics }: LoadReport): void {
    this.#kept.set(spec.id, spec);
    if (metrics.length > 0) this.#metrics.set(spec.id, metrics);
  }

  /** Metrics that this filter defined. */
  metrics(id: number): readonly MetricDefinition[] {
    return this.#metrics.get(id) ?? NOTHING.metrics;
  }

  drop(id: number): void {
    this.#kept.delete(id);
    this.#metrics.delete(id);
    this.#peakMemoryBytes.delete(id);
  }

  /** An instance of this filter has so much linear memory. */
  memoryPeaked(id: number, bytes: number): void {
    if (this.find(id) !== undefined && bytes > this.peakMemoryBytes(id)) this.#peakMemoryBytes.set(id, bytes);
  }

  /** Most linear memory that one instance of this filter had. */
  peakMemoryBytes(id: number): number {
    return this.#peakMemoryBytes.get(id) ?? 0;
  }

  isKept(id: number): boolean {
    return this.#kept.has(id);
  }

  kept(): Iterable<FilterSpec> {
    return this.#kept.values();
  }

  /** The filter of this id, loaded or being loaded. */
  find(id: number): FilterSpec | undefined {
    return this.#kept.get(id) ?? this.#pending.find(({ spec }) => spec.id === id)?.spec;
  }

  /** Asks one worker to load a filter. One that takes too long is ended (DeadlineWatch). */
  loadInto(channel: Channel, spec: FilterSpec): Promise<LoadReport> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ channel, spec, resolve, reject });
      channel.loads += 1;
      channel.send({ kind: 'load', spec });
    });
  }

  settled(channel: Channel, id: number, report: LoadReport): void {
    this.#take(channel, id)?.resolve(report);
  }

  /** False when nobody waits: a filter that is kept, refused by a worker that started later. */
  refused(channel: Channel, id: number, error: GatewayError): boolean {
    const pending = this.#take(channel, id);
    pending?.reject(error);
    return pending !== undefined;
  }

  /**
   * A worker ended. The filter it was loading on trial is refused; a filter that is kept was loaded before, so its
   * load counts as done: the worker's replacement loads all that is kept before it gets a job.
   */
  lost(channel: Channel, overdue: boolean): void {
    const { progress } = channel;
    const { filterId, ticket } = progress;
    const loading = ticket === 0 && isCalling(progress);
    for (const { spec, resolve, reject } of this.#pending.filter((pending) => pending.channel === channel)) {
      if (this.#kept.has(spec.id)) resolve(NOTHING);
      else if (!loading || spec.id !== filterId) reject(new WorkerLost());
      else reject(overdue ? this.#tooSlow(spec) : workerEnded(spec));
    }
    this.#pending = this.#pending.filter((pending) => pending.channel !== channel);
  }

  #take(channel: Channel, id: number): Pending | undefined {
    const index = this.#pending.findIndex((pending) => pending.channel === channel && pending.spec.id === id);
    if (index === -1) return undefined;
    channel.loads -= 1;
    return this.#pending.splice(index, 1)[0];
  }

  #tooSlow(spec: FilterSpec): GatewayError {
    return new GatewayError(
      'SLUICE_FILTER_DEADLINE',
      `filter ${spec.name}: start and configure did not return within ${this.#startMs} ms`,
      { filter: spec.name },
    );
  }
}

function workerEnded(spec: FilterSpec): GatewayError {
  return new GatewayError('SLUICE_FILTER_TRAP', `filter ${spec.name}: its worker ended while it was loaded`, {
    filter: spec.name,
  });
}
