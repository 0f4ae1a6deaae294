// What time it is. Needs the capability `clock`.
import { hostClockMonotonic, hostClockWall } from './host';

/** What time it is. Needs the capability `clock`. */
export namespace clock {
  /** Milliseconds since the start of 1970 UTC, with a fraction. It may be set back. */
  export function now(): f64 {
    return hostClockWall();
  }

  /** Milliseconds since some moment, with a fraction. It never goes back; two workers do not share the moment. */
  export function monotonic(): f64 {
    return hostClockMonotonic();
  }
}
