// Times short work with the package `benchmark`, which no other file knows: how many calls a cycle needs is for it to
// find, what is measured next to what, and what is made of it, is ours.
//
// What makes such figures lie, and what is done about it here and by the subjects:
// - Work of which nothing comes may be compiled away: whatever a call answers is kept.
// - A call of a few nanoseconds is measured with the loop around it: a call of a contender does many operations.
// - A compiler that sees one input for ever makes code for that one: subjects go through inputs of different contents, and
//   nothing is inlined into the loop, since all contenders are called from one place.
// - Code is slow before it is compiled: a contender runs before it is measured, and that run is thrown away.
// - Garbage of earlier work is collected while other work is measured: all of it is collected before a contest. What
//   contenders make themselves is collected within their cycles, and counts.
// - Others take the processor away: what counts is the CPU time of this process, all threads, unless the subject waits for
//   another thread.
// - A machine is faster in one second than in the next: contenders take turns, and are compared round by round.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Benchmark from 'benchmark';
import { median } from '../harness/statistics.js';

/** What is measured, next to others that do the same job or a part of it. */
export interface Contender {
  /** Operations that one call does. */
  readonly operations: number;
  /** Has to answer something that it needed all of its work for; a promise where the work is not over when it returns. */
  call(): unknown;
  /** It answers promises, or one call takes so long that the package's trial calls would take too much time. */
  readonly isAwaited?: boolean;
  /** What a clock on the wall says, in place of the CPU time that all threads of the process took. */
  readonly isByWall?: boolean;
}

export interface Pace {
  readonly rounds: number;
  /** In each round, for each contender; the middle one counts. */
  readonly cycles: number;
  /** Least time of a cycle. */
  readonly cycleSeconds: number;
  /** For each contender before the first round; 0 is for what is warm, or too long to matter. */
  readonly warmUpSeconds: number;
}

/** The same package twice: what it takes for the clock is `process.hrtime` of its globals. */
const BY_CPU = Benchmark.runInContext({ process: { hrtime: cpuTime } });
const BY_WALL = Benchmark.runInContext({ process: { hrtime: (since) => process.hrtime(since) } });

/** CPU time of all threads so far, or since; of a resolution of a microsecond (getrusage(2)). */
function cpuTime([seconds, nanoseconds]: [number, number] = [0, 0]): [number, number] {
  const { user, system } = process.cpuUsage();
  const ns = (user + system) * 1000 - nanoseconds;
  const whole = Math.floor(ns / 1e9);
  return [whole - seconds, ns - whole * 1e9];
}

// A context made after this flag has `gc`.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What the last call answered. Anybody might read it, so no compiler may leave a call out. */
export const kept: { last: unknown } = { last: undefined };

/**
 * Nanoseconds that an operation takes, round by round: for each contender a list, and entries of one index belong to one
 * round. Who begins changes from round to round.
 *
 * @throws whatever a contender throws
 */
export async function timeInTurn(contenders: readonly Contender[], pace: Pace): Promise<number[][]> {
  const { rounds, cycles, cycleSeconds, warmUpSeconds } = pace;
  collectGarbage();
  const counts: number[] = [];
  for (const contender of contenders) {
    const { count } = warmUpSeconds === 0 ? COLD : await timed(contender, 1, warmUpSeconds, 1);
    counts.push(Math.max(1, Math.floor((count * cycleSeconds) / (warmUpSeconds || cycleSeconds))));
  }
  const figures = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    const order = [...contenders.keys()];
    if (round % 2 === 1) order.reverse();
    // Events have their turn, such as the key that ends the run.
    await nextTurn();
    for (const index of order) {
      const { ns, count } = await timed(contenders[index]!, counts[index]!, cycleSeconds, cycles);
      figures[index]!.push(ns);
      counts[index] = count;
    }
  }
  return figures;
}

interface Timed {
  readonly ns: number;
  /** Calls that a cycle came to. */
  readonly count: number;
}

const COLD: Timed = { ns: 0, count: 1 };

async function timed(
  contender: Contender,
  initCount: number,
  minTime: number,
  minSamples: number,
): Promise<Timed> {
  // No time at all is read as "choose yourself".
  const options = { initCount, minTime: Math.max(minTime, 1e-6), minSamples, maxTime: 0, delay: 0 };
  const benchmark = await (contender.isAwaited ? runAwaited : run)(contender, options);
  const seconds = median(benchmark.stats.sample);
  return { ns: (seconds * 1e9) / contender.operations, count: benchmark.count };
}

type Options = ConstructorParameters<typeof Benchmark>[2];

function clockOf({ isByWall }: Contender): typeof Benchmark {
  return isByWall ? BY_WALL : BY_CPU;
}

function run(contender: Contender, options: Options): Benchmark {
  const call = (): void => {
    kept.last = contender.call();
  };
  const benchmark = new (clockOf(contender))('', call, options).run({ async: false });
  if (benchmark.error !== undefined) throw benchmark.error;
  return benchmark;
}

async function runAwaited(contender: Contender, options: Options): Promise<Benchmark> {
  const failures: unknown[] = [];
  const benchmark = await new Promise<Benchmark>((resolve) => {
    const one: Benchmark = new (clockOf(contender))(
      '',
      (deferred) => {
        // A promise of its own: what the contender throws at once is caught like what it throws later.
        void (async () => {
          try {
            kept.last = await contender.call();
          } catch (cause) {
            failures.push(cause);
            one.abort();
          }
          deferred.resolve();
        })();
      },
      { ...options, defer: true, onComplete: () => resolve(one) },
    );
    one.run({ async: true });
  });
  if (failures.length > 0) throw failures[0];
  return benchmark;
}
