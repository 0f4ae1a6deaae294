// The process that the suite `micro` measures in, as it is told, once.
import { measureSubjects, PACES, SUBJECTS } from './subjects.js';
import type { MicroNews, MicroOrder } from './suite.js';

function tell(news: MicroNews): void {
  process.send!(news);
}

process.once('message', ({ quick }: MicroOrder) => {
  const progress = (done: number, total: number, step: string): void =>
    tell({ kind: 'progress', done, total, step });
  void measureSubjects(SUBJECTS, PACES[quick ? 'quick' : 'full'], progress).then(
    (findings) => tell({ kind: 'found', findings }),
    ({ name, message, stack = message }: Error) => tell({ kind: 'failed', name, message, stack }),
  );
});
// Whoever asked is gone.
process.on('disconnect', () => process.exit(0));
