// The filters that one thread has loaded, their instances and what these take of its memory.
import type { Clock } from './clock.js';
import { GraphqlStore } from './graphql/graphql-store.js';
import type { LoadReport } from './guest-abi.js';
import type { HostServices } from './guest-host.js';
import { FilterInstance, type FilterSpec } from './instance.js';
import { PatternStore } from './patterns/store.js';
import { SchemaStore } from './schemas/schema-store.js';
import type { ScratchBytes } from './scratch-bytes.js';
import { needStackRoom } from './stack-room.js';
import type { TraceSink } from './trace-import.js';

/** Told which filter is running, so that another thread can see it. */
export interface Progress {
  enter(filterId: number, index: number): void;
  leave(): void;
  /** The filter that `leave` was last called for runs on. */
  goOn(): void;
  /** An instance of the filter has more linear memory than any before it; no filter runs. */
  memoryPeaked(filterId: number, bytes: number): void;
}

export const UNWATCHED: Progress = {
  enter: () => {},
  leave: () => {},
  goOn: () => {},
  memoryPeaked: () => {},
};

export interface LoadedFilter {
  readonly spec: FilterSpec;
  /** Undefined after a trap, and always with isolation `exchange`. */
  instance: FilterInstance | undefined;
  /** Linear memory of `instance` when it was last looked at, and the most of any instance so far. */
  memoryBytes: number;
  peakMemoryBytes: number;
}

/**
 * Times in one call that the host works without the filter being held to its deadline. The deadline begins anew after each, so
 * without an end to them a filter could be in one call for ever.
 */
const MOST_ASIDES = 8;

export class FilterThread {
  readonly #progress: Progress;
  #asides = 0;
  readonly #filters = new Map<number, LoadedFilter>();
  readonly #services: HostServices;
  #memoryBytes = 0;

  constructor(progress: Progress, clock: Clock, scratch: ScratchBytes, trace?: TraceSink) {
    this.#progress = progress;
    this.#services = {
      schemas: new SchemaStore(undefined, (work) => this.#aside(work)),
      patterns: new PatternStore(),
      graphql: new GraphqlStore(),
      clock,
      scratch,
      trace,
    };
  }

  /**
   * Instantiates and configures a filter.
   * @throws GatewayError of FilterInstance; then the filter is not loaded
   */
  load(spec: FilterSpec): LoadReport {
    let instance: FilterInstance;
    this.enter(spec.id, 0);
    try {
      instance = new FilterInstance(spec, this.#services);
    } catch (cause) {
      this.#release(spec.id);
      throw cause;
    } finally {
      this.leave();
    }
    const loaded: LoadedFilter = {
      spec,
      instance: spec.isolation === 'shared' ? instance : undefined,
      memoryBytes: 0,
      peakMemoryBytes: 0,
    };
    this.#filters.set(spec.id, loaded);
    this.accountMemory(loaded, instance);
    return {
      logs: instance.takeLines().map((line) => ({ filter: spec.name, ...line })),
      metrics: instance.metrics,
    };
  }

  /** A call of the filter begins, from which on it is held to its deadline. */
  enter(filterId: number, index: number): void {
    this.#asides = 0;
    this.#progress.enter(filterId, index);
  }

  /** The call is over. */
  leave(): void {
    this.#progress.leave();
  }

  unload(id: number): void {
    this.#memoryBytes -= this.#filters.get(id)?.memoryBytes ?? 0;
    this.#filters.delete(id);
    this.#release(id);
  }

  get(id: number): LoadedFilter | undefined {
    return this.#filters.get(id);
  }

  /** The instance that serves the next call of the filter. */
  instanceOf(loaded: LoadedFilter): FilterInstance {
    const instance = loaded.instance ?? new FilterInstance(loaded.spec, this.#services);
    if (loaded.spec.isolation === 'shared') loaded.instance = instance;
    return instance;
  }

  /** Linear memory of all shared instances, in bytes. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** @param instance the one that was running, whether it lives on or not */
  accountMemory(loaded: LoadedFilter, instance: FilterInstance | undefined): void {
    const living = loaded.instance?.memoryBytes ?? 0;
    this.#memoryBytes += living - loaded.memoryBytes;
    loaded.memoryBytes = living;
    const bytes = instance?.memoryBytes ?? 0;
    if (bytes <= loaded.peakMemoryBytes) return;
    loaded.peakMemoryBytes = bytes;
    this.#progress.memoryPeaked(loaded.spec.id, bytes);
  }

  /** Work of the host that the filter which runs is not to be blamed for. */
  #aside<Result>(work: () => Result): Result {
    // Also for the end: with no stack left it could not be said that the filter runs on.
    needStackRoom();
    if (this.#asides === MOST_ASIDES) return work();
    this.#asides += 1;
    this.#progress.leave();
    try {
      return work();
    } finally {
      this.#progress.goOn();
    }
  }

  #release(id: number): void {
    this.#services.schemas.release(id);
    this.#services.patterns.release(id);
    this.#services.graphql.release(id);
  }
}
