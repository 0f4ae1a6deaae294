// What the suite `micro` measures, in the order in which it does.
import type { Findings, Run } from '../suite.js';
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

export const PACES: Readonly<Record<'full' | 'quick', Pace>> = {
  full: { rounds: 11, cycles: 5, cycleSeconds: 0.01, warmUpSeconds: 0.3 },
  quick: { rounds: 3, cycles: 2, cycleSeconds: 0.003, warmUpSeconds: 0.05 },
};

/** What takes most memory comes last. */
export const SUBJECTS: readonly Subject[] = [
  routerSubject,
  framesSubject,
  guestCallsSubject,
  ringSubject,
  filtersSubject,
  redactionSubject,
  patternsSubject,
  configBuild(),
];

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
