// What is said of a report in words, the same in every form.
import { commitText, machineText } from '../harness/machine.js';
import { doubtOf, noiseText } from '../harness/noise.js';
import type { Ratio } from '../suite.js';
import type { Report, SuiteReport } from './report.js';

export const QUICK = 'A quick run: it shows where things stand, and its figures are too coarse to be quoted.';
export const RATIOS =
  'Of two that were measured in turn, pair by pair: the median, least to most. Less is better.';

/** What stands at the head of a report, in pairs. */
export function factsOf({ startedAt, suites, machine, sluice }: Report): (readonly [string, string])[] {
  const seconds = suites.reduce((sum, suite) => sum + suite.seconds, 0);
  return [
    ['measured', `${startedAt.slice(0, 16).replace('T', ' ')} UTC, in ${durationText(seconds)}`],
    ['machine', machineText(machine)],
    ['Sluice', `${sluice}, commit ${commitText(machine)}`],
    ['noise', noiseOfAll(suites)],
  ];
}

export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** How long a suite took, and what else the machine did. */
export function circumstancesOf({ seconds, noise }: SuiteReport): string {
  return noise === null ? '' : `Took ${durationText(seconds)}; ${noiseText(noise)}.`;
}

/** What a reader should doubt; null where the machine was quiet. */
export function doubtOfSuite({ noise }: SuiteReport): string | null {
  return noise === null ? null : doubtOf(noise);
}

function noiseOfAll(suites: readonly SuiteReport[]): string {
  const doubted = suites.filter((suite) => doubtOfSuite(suite) !== null).map(({ name }) => name);
  return doubted.length === 0
    ? 'a quiet machine'
    : `not a quiet machine during ${doubted.join(', ')}; see there`;
}

/** Whether a ratio keeps what was promised; null where nothing was. */
export function verdictOf({
  value,
  atMost,
}: Ratio): { readonly isWithin: boolean; readonly text: string } | null {
  if (atMost === null) return null;
  const isWithin = value.median <= atMost;
  return { isWithin, text: `at most ${atMost}: ${isWithin ? 'met' : 'missed'}` };
}

/** Ratios that were promised something, with their suites. */
export function promisesOf({ suites }: Report): { readonly suite: SuiteReport; readonly ratio: Ratio }[] {
  return suites.flatMap((suite) =>
    suite.ratios.filter(({ atMost }) => atMost !== null).map((ratio) => ({ suite, ratio })),
  );
}
