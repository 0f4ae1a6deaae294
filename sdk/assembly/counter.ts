// Counters by key that all workers share. Needs the capability `counters`.
import { COUNT_BYTES, COUNT_CURRENT, COUNT_ELAPSED, COUNT_PREVIOUS } from '../abi/abi';
import { bytesOf } from './bytes';
import { hostCounterAdd } from './host';

/**
 * Counters with one window, told apart by key. No other filter sees them; the same filter in another worker does.
 * About 49,000 keys can be alive at the same time; a key that was idle for two windows makes room.
 */
@final
export class Counter {
  /**
   * @param windowMs counts begin anew with every multiple of this many milliseconds since 1970; 0: never. Counts
   *   stop at 4,294,967,295
   */
  constructor(
    /** Milliseconds after which counts begin anew; 0: never. */
    readonly windowMs: u32,
  ) {}

  /** Adds to the count of `key` (text, `Bytes`, a number; at most 1024 bytes), never below 0. */
  add<T>(key: T, delta: i32 = 1): Count {
    const name = bytesOf(key);
    const at = __sluice_reserve(COUNT_BYTES);
    const isFull = hostCounterAdd(name.address, name.length, this.windowMs, delta, at) != 0;
    if (isFull) memory.fill(at, 0, COUNT_BYTES);
    return new Count(
      load<u32>(at + COUNT_CURRENT),
      load<u32>(at + COUNT_PREVIOUS),
      load<u32>(at + COUNT_ELAPSED),
      this.windowMs,
      isFull,
    );
  }

  /** The count of `key` as it is. */
  read<T>(key: T): Count {
    return this.add(key, 0);
  }
}

/** Where a counter stands. */
@final
export class Count {
  /** @internal What `Counter` answers. */
  constructor(
    /** Count of the present window. */
    readonly current: u32,
    /** Count of the window before. */
    readonly previous: u32,
    /** Milliseconds since the present window began. */
    readonly elapsedMs: u32,
    private readonly windowMs: u32,
    /** True when no room was left for this key: nothing was counted, and what that means is yours to decide. */
    readonly isFull: bool,
  ) {}

  /**
   * The count of the last `windowMs` up to now, estimated: the previous window counts for the part of it that lies
   * within. Smooth where `current` falls to 0 at once.
   */
  get sliding(): f64 {
    if (this.windowMs == 0) return this.current;
    const past = <f64>this.elapsedMs / <f64>this.windowMs;
    return <f64>this.current + <f64>this.previous * (1.0 - past);
  }

  /** Milliseconds until the present window ends; 0 without one. */
  get remainingMs(): u32 {
    return this.windowMs == 0 ? 0 : this.windowMs - this.elapsedMs;
  }
}
