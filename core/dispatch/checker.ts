// The thread's side of checks, started by pool.ts through piscina. It gives way first and loads what checks then, which is most of
// what the thread takes.
import { giveWay } from '../thread-priority.js';
import type { CheckOutcome, CheckTask } from './check-task.js';

giveWay();
const loading = import('./check-task.js');

/** The task that piscina runs. */
export default async function serve(task: CheckTask): Promise<CheckOutcome> {
  const { check } = await loading;
  return check(task);
}
