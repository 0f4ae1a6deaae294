// Traffic at a fixed rate, and what became of it in a stretch of time.
import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { end } from '../harness/processes.js';
import type { Sent, TrafficOrder } from './traffic-process.js';

/** Requests that were due in a stretch of time. */
export interface Stretch {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

const LOOK_MS = 50;
/** What has not been answered by then is a failure of the bench. */
const PATIENCE_MS = 30_000;

export class Traffic {
  readonly #child: ChildProcess;
  readonly #perSecond: number;
  readonly #sent: Sent[] = [];

  constructor(order: TrafficOrder) {
    this.#perSecond = order.perSecond;
    this.#child = fork(fileURLToPath(new URL('./traffic-process.js', import.meta.url)));
    this.#child.on('message', (sent) => this.#sent.push(...(sent as Sent[])));
    this.#child.send(order);
  }

  /** All that was due from one moment to another, in milliseconds since the epoch, once it is answered. */
  async between(fromMs: number, untilMs: number): Promise<Stretch> {
    const expected = Math.floor(((untilMs - fromMs) / 1000) * this.#perSecond) - 1;
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const sent = this.#sent.filter(([dueMs]) => dueMs >= fromMs && dueMs < untilMs);
      if (sent.length >= expected) return stretchOf(sent);
      if (Date.now() > deadline) throw new Error(`${expected - sent.length} requests were not answered`);
      await delay(LOOK_MS);
    }
  }

  /** What was not answered 200, by how it ended. */
  get failures(): ReadonlyMap<string, number> {
    const failures = new Map<string, number>();
    for (const [, , outcome] of this.#sent)
      if (outcome !== '200') failures.set(outcome, (failures.get(outcome) ?? 0) + 1);
    return failures;
  }

  get count(): number {
    return this.#sent.length;
  }

  stop(): Promise<void> {
    return end(this.#child);
  }
}

function stretchOf(sent: readonly Sent[]): Stretch {
  const took = sent.map(([, tookMs]) => tookMs).sort((a, b) => a - b);
  const at = (share: number): number => took[Math.min(took.length - 1, Math.floor(took.length * share))]!;
  return {
    count: sent.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    mostMs: at(1),
  };
}
