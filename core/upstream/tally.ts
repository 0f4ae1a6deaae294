// What is counted of an upstream and its targets since they were first declared: plain sums, which whoever scrapes reads. They
// are handed on when the upstream is built anew, so that a reload makes no count go down.
import type { ErrorCode } from '../errors.js';

/** Entry `k` of `statuses` has what was answered with `k`xx; the first one what is no status of HTTP. */
const STATUS_CLASSES = 6;

/** Of one target. A count is a field, so that a request looks nothing up. */
export class TargetTally {
  /** Answers that ended, by class of their status. */
  readonly statuses: number[] = new Array<number>(STATUS_CLASSES).fill(0);
  /** Requests that failed, by code; null before the first. */
  failures: Map<ErrorCode, number> | null = null;
  /** Requests that came here after another attempt. */
  retries = 0;
  ejections = 0;
  /** Connections that were made. */
  connects = 0;
  connectFailures = 0;

  answered(status: number): void {
    const digit = status >= 100 && status < 600 ? Math.trunc(status / 100) : 0;
    this.statuses[digit]! += 1;
  }

  failed(code: ErrorCode): void {
    this.failures ??= new Map();
    this.failures.set(code, (this.failures.get(code) ?? 0) + 1);
  }
}

const WAIT_BOUNDS_MS: ArrayLike<number> = Float64Array.of(
  0.5,
  1,
  2.5,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1000,
  2500,
  5000,
  10_000,
  30_000,
);

/** How long targets took until the head of their response was there. */
export class WaitTally {
  readonly boundsMs = WAIT_BOUNDS_MS;
  /** One for each bound, and one for what is above all of them. */
  readonly counts = new Float64Array(WAIT_BOUNDS_MS.length + 1);
  sumMs = 0;

  observe(waitMs: number): void {
    let index = 0;
    while (index < WAIT_BOUNDS_MS.length && waitMs > WAIT_BOUNDS_MS[index]!) index++;
    this.counts[index]! += 1;
    this.sumMs += waitMs;
  }
}

export class UpstreamTally {
  readonly waits: WaitTally;
  /** What became of redirects, where they are followed. */
  readonly redirects: { followed: number; passed: number; refused: number };
  readonly #targets: ReadonlyMap<string, TargetTally>;

  /**
   * @param origins of the targets
   * @param before  of the upstream that had the name until now; what it has of these targets goes on
   */
  constructor(origins: readonly string[], before: UpstreamTally | null = null) {
    this.waits = before?.waits ?? new WaitTally();
    this.redirects = before?.redirects ?? { followed: 0, passed: 0, refused: 0 };
    this.#targets = new Map(origins.map((origin) => [origin, before?.of(origin) ?? new TargetTally()]));
  }

  /** Undefined where it was not made for that one. */
  of(origin: string): TargetTally | undefined {
    return this.#targets.get(origin);
  }
}
