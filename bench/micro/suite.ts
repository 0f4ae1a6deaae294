// The suite `micro`: parts of the gateway by themselves, timed with the package `benchmark` in a process of its own. Nothing
// else runs there, and a signal ends it in the midst of work that hears of nothing.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { end } from '../harness/processes.js';
import type { Findings, Run, Suite } from '../suite.js';

/** What the process is told. */
export interface MicroOrder {
  readonly quick: boolean;
}

/** What the process tells. */
export type MicroNews =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number; readonly step: string }
  | { readonly kind: 'found'; readonly findings: Findings }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string; readonly stack: string };

export const microSuite: Suite = {
  name: 'micro',
  title: 'Parts of the gateway by themselves',
  about:
    'Routing, frames, calls of filters, the ring to a worker, each built-in filter, patterns and the reading of configurations, each ' +
    'measured alone in one process. What is compared takes turns, a few milliseconds each, and ratios are of pairs next to each other. ' +
    'Before anything is measured, all sides were seen to do the same.',
  run: measureApart,
};

/** An error of its name there, which tells a bug from a failure. */
function errorOf({ name, message, stack }: Extract<MicroNews, { kind: 'failed' }>): Error {
  return Object.assign(new Error(message), { name, stack });
}

/** @throws what a subject throws; Error when the process ends before it is done */
async function measureApart({ quick, progress }: Run): Promise<Findings> {
  const program = fileURLToPath(new URL('./micro-process.js', import.meta.url));
  const child = fork(program, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    return await new Promise<Findings>((resolve, reject) => {
      child.on('message', (news: MicroNews) => {
        if (news.kind === 'found') resolve(news.findings);
        else if (news.kind === 'failed') reject(errorOf(news));
        else {
          try {
            progress(news.done, news.total, news.step);
          } catch (cause) {
            reject(cause);
          }
        }
      });
      child.once('exit', (code, signal) =>
        reject(new Error(`the process that measures ended with ${code ?? signal}`)),
      );
      const order: MicroOrder = { quick };
      child.send(order);
    });
  } finally {
    await end(child);
  }
}
