// How often something happened lately, kept in three numbers: a hot path counts every call of every filter with it.

export class RecentCount {
  readonly #windowMs: number;
  #sinceMs: number;
  #now = 0;
  #before = 0;

  /** @param nowMs the clock that `add` and `sum` are told by, in milliseconds */
  constructor(windowMs: number, nowMs: number) {
    this.#windowMs = windowMs;
    this.#sinceMs = nowMs;
  }

  add(nowMs: number): void {
    if (nowMs - this.#sinceMs >= this.#windowMs) this.#turn(nowMs);
    this.#now += 1;
  }

  /** Within the last window: exact in its first, then what the one before had counts evenly. */
  sum(nowMs: number): number {
    if (nowMs - this.#sinceMs >= this.#windowMs) this.#turn(nowMs);
    return this.#now + this.#before * (1 - (nowMs - this.#sinceMs) / this.#windowMs);
  }

  clear(): void {
    this.#now = 0;
    this.#before = 0;
  }

  #turn(nowMs: number): void {
    const windows = Math.floor((nowMs - this.#sinceMs) / this.#windowMs);
    this.#before = windows === 1 ? this.#now : 0;
    this.#now = 0;
    this.#sinceMs += windows * this.#windowMs;
  }
}
