// The round trip to a worker and back, by how many jobs are handed over in one turn of the event loop: the gateway's own
// dispatcher with one worker, on a thread of its own, and a filter that lets everything through.
import assert from 'node:assert/strict';
import { Dispatcher } from '../../core/dispatch/dispatcher.js';
import type { PhaseMessage } from '../../core/wasm/guest-abi.js';
import type { FilterSpec } from '../../core/wasm/instance.js';
import { linksTo, loadGuest } from '../../test/support/phase-messages.js';
import { pairwise, spreadOf } from '../harness/statistics.js';
import { requests } from './exchange.js';
import type { Contender } from './stopwatch.js';
import type { Part, Subject } from './subject.js';

export const BATCHES = [1, 4, 16, 64] as const;
/** Bodies that a job brings along: none, in the ring, and beside it, where those lie that are above an eighth of it. */
export const BODY_KIB = [0, 10, 100, 200, 2048] as const;
const OPTIONS = { count: 1, spare: 0, ringBytes: 8 * 1024 * 1024, queue: 4096, startMs: 30_000, heapMb: 128 };

/** Hands over `batch` jobs at once and waits for all of them. */
export class RoundTrips {
  readonly #dispatcher: Dispatcher;
  readonly #links: ReturnType<typeof linksTo>;
  readonly #messages = new Map<number, readonly PhaseMessage[]>();
  #next = 0;

  constructor(dispatcher: Dispatcher, spec: FilterSpec) {
    this.#dispatcher = dispatcher;
    this.#links = linksTo(spec);
    for (const kib of BODY_KIB)
      this.#messages.set(kib, requests(kib === 0 ? null : Buffer.alloc(kib * 1024, 'body')));
  }

  of(batch: number, isByWall: boolean, bodyKib = 0): Contender {
    return { operations: batch, isAwaited: true, isByWall, call: () => this.trip(batch, bodyKib) };
  }

  /** @throws AssertionError when a job was not let through by its filter */
  async trip(batch: number, bodyKib = 0): Promise<number> {
    const messages = this.#messages.get(bodyKib)!;
    const jobs = Array.from({ length: batch }, () => {
      this.#next = (this.#next + 1) % messages.length;
      return this.#dispatcher.run(messages[this.#next]!, this.#links);
    });
    const results = await Promise.all(jobs);
    for (const { calls, failures, response } of results)
      assert(calls.length === 1 && calls[0]!.count === 1 && failures.length === 0 && response === null);
    return results.length;
  }

  /** Jobs that the worker found at once, on average of the trips. */
  async meanBatch(batch: number, trips: number): Promise<number> {
    const before = this.#dispatcher.stats;
    for (let i = 0; i < trips; i += 1) await this.trip(batch);
    const after = this.#dispatcher.stats;
    return (after.records - before.records) / (after.batches - before.batches);
  }
}

/** Ends the worker when `use` is done. */
export async function withRoundTrips<T>(use: (trips: RoundTrips) => Promise<T>): Promise<T> {
  const dispatcher = new Dispatcher(OPTIONS);
  await dispatcher.start();
  try {
    return await use(new RoundTrips(dispatcher, await loadGuest(dispatcher, 'two-headers')));
  } finally {
    await dispatcher.close();
  }
}

export const ringSubject: Subject = {
  name: 'ring',
  contests: 3,
  measure: (track) =>
    withRoundTrips(async (trips) => {
      const contenders = (isByWall: boolean): Record<string, Contender> =>
        Object.fromEntries(BATCHES.map((batch) => [`by ${batch}`, trips.of(batch, isByWall)]));
      const wall = await track.contest('ring, time of a round trip', contenders(true));
      const cpu = await track.contest('ring, CPU of a round trip', contenders(false));
      const bodies = await track.contest(
        'ring, by size of the body',
        Object.fromEntries(BODY_KIB.map((kib) => [`${kib} KB`, trips.of(1, false, kib)])),
      );
      const found: number[] = [];
      for (const batch of BATCHES) found.push(await trips.meanBatch(batch, 200));
      return partOf(
        BATCHES.map((batch, index) => ({
          batch,
          wall: wall[`by ${batch}`]!,
          cpu: cpu[`by ${batch}`]!,
          found: found[index]!,
        })),
        BODY_KIB.map((kib) => bodies[`${kib} KB`]!),
      );
    }),
};

/** A body in a table. */
function nameOf(kib: number): string {
  if (kib === 0) return 'none';
  return kib < 1024 ? `${kib} KB` : `${kib / 1024} MiB`;
}

interface Measured {
  readonly batch: number;
  readonly wall: readonly number[];
  readonly cpu: readonly number[];
  readonly found: number;
}

/** @param bodies in the order of `BODY_KIB` */
function partOf(all: readonly Measured[], bodies: readonly (readonly number[])[]): Part {
  const us = (ns: readonly number[]) => spreadOf(ns.map((value) => value / 1000));
  const series = (name: string, of: (one: Measured) => readonly number[]) => ({
    name,
    points: all.map((one) => ({ x: one.batch, y: us(of(one)) })),
  });
  const [single, ...batched] = all;
  return {
    tables: [
      {
        title: 'Ring: jobs that are handed over at once, to a worker and back',
        head: 'jobs',
        columns: [
          { name: 'CPU of a job', unit: 'us', digits: 2 },
          { name: 'time of a job', unit: 'us', digits: 2 },
          { name: 'found at once', unit: 'count', digits: 1 },
        ],
        rows: all.map(({ batch, wall, cpu, found }) => ({
          name: String(batch),
          cells: [us(cpu), us(wall), found],
        })),
      },
      {
        title: 'Ring: one job with a body, to a worker and back',
        head: 'body',
        columns: [{ name: 'CPU of a job', unit: 'us', digits: 2 }],
        rows: BODY_KIB.map((kib, index) => ({
          name: nameOf(kib),
          cells: [us(bodies[index]!)],
        })),
      },
    ],
    charts: [
      {
        kind: 'lines',
        title: 'Ring: a job to a worker and back, by jobs that are handed over at once',
        across: 'jobs',
        isAcrossLogarithmic: true,
        unit: 'us',
        series: [series('CPU', ({ cpu }) => cpu), series('time', ({ wall }) => wall)],
      },
    ],
    ratios: batched.map(({ batch, cpu }) => ({
      id: `micro/ring-${batch}/ring-1`,
      name: `ring, CPU of a job among ${batch}, next to one alone`,
      value: pairwise(cpu, single!.cpu, (left, right) => left / right),
      atMost: null,
    })),
    notes: [
      'Ring: CPU is that of both threads, with the frame, the call of a filter that looks at two headers, and the result. "Found at once" is what the worker met when it woke: jobs may come while it is at others. A body of 2 MiB travels beside the ring; the filter reads none.',
    ],
  };
}
