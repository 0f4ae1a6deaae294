// The suite `micro`: parts of the gateway by themselves, in one process, timed with the package `benchmark`.
import type { Findings, Run, Suite } from '../suite.js';
import { configBuild } from './config-build.js';
import { filtersSubject } from './filters.js';
import { framesSubject } from './frames.js';
import { guestCallsSubject } from './guest-calls.js';
import { patternsSubject } from './patterns.js';
import { redactionSubject } from './redaction.js';
import { ringSubject } from './ring.js';
import { routerSubject } from './router.js';
import type { Pace } from './stopwatch.js';
import { type Part, type Subject, Track } from './subject.js';

const PACES: Readonly<Record<'full' | 'quick', Pace>> = {
  full: { rounds: 11, cycles: 5, cycleSeconds: 0.01, warmUpSeconds: 0.3 },
  quick: { rounds: 3, cycles: 2, cycleSeconds: 0.003, warmUpSeconds: 0.05 },
};

/** What takes most memory comes last. */
const SUBJECTS: readonly Subject[] = [
  routerSubject,
  framesSubject,
  guestCallsSubject,
  ringSubject,
  filtersSubject,
  redactionSubject,
  patternsSubject,
  configBuild(),
];

export const microSuite: Suite = {
  name: 'micro',
  title: 'Parts of the gateway by themselves',
  about:
    'Routing, frames, calls of filters, the ring to a worker, each built-in filter, patterns and the reading of configurations, each ' +
    'measured alone in one process. What is compared takes turns, a few milliseconds each, and ratios are of pairs next to each other. ' +
    'Before anything is measured, all sides were seen to do the same.',
  run: (run) => measureSubjects(SUBJECTS, PACES[run.quick ? 'quick' : 'full'], run.progress),
};

/** @throws what a subject throws */
export async function measureSubjects(
  subjects: readonly Subject[],
  pace: Pace,
  progress: Run['progress'],
): Promise<Findings> {
  const contests = subjects.reduce((sum, subject) => sum + subject.contests, 0);
  let done = 0;
  const track = new Track(pace, (step) => {
    progress(done, contests, step);
    done += 1;
  });
  const parts: Part[] = [];
  for (const subject of subjects) parts.push(await subject.measure(track));
  return {
    tables: parts.flatMap(({ tables }) => tables),
    charts: parts.flatMap(({ charts }) => charts),
    ratios: parts.flatMap(({ ratios }) => ratios),
    missing: [],
    notes: parts.flatMap(({ notes }) => notes),
  };
}
