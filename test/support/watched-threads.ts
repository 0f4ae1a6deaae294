// The threads of a dispatcher as its pool starts them: a test sees what they do, and ends or upsets them.
import type { TestContext } from 'node:test';
import {
  PROGRESS_SEQUENCE,
  PROGRESS_TICKET,
  type ServeTask,
  WORKER_WAKE,
} from '../../core/dispatch/control.js';
import { JOB_MESSAGE, writeSignal } from '../../core/dispatch/job-record.js';
import { type ServingThread, ThreadPool } from '../../core/dispatch/pool.js';
import { RingProducer } from '../../core/dispatch/ring.js';
import { until } from './gateway.js';

export class WatchedThread {
  readonly #task: ServeTask;
  readonly #thread: ServingThread;
  readonly #control: Int32Array;

  constructor(task: ServeTask, thread: ServingThread) {
    this.#task = task;
    this.#thread = thread;
    this.#control = new Int32Array(task.control);
  }

  /** True while a filter runs on it for a job. */
  get isServing(): boolean {
    return this.#isCalling && this.#control[PROGRESS_TICKET] !== 0;
  }

  /** True while a filter is loaded on it. */
  get isLoading(): boolean {
    return this.#isCalling && this.#control[PROGRESS_TICKET] === 0;
  }

  get #isCalling(): boolean {
    return (Atomics.load(this.#control, PROGRESS_SEQUENCE) & 1) === 1;
  }

  /** Ends it, whatever it does. */
  async kill(): Promise<void> {
    this.#thread.terminate();
    await this.#thread.ended;
  }

  /** Announces a message that never comes, so that its next look at the ring throws. It has to be idle. */
  async upset(): Promise<void> {
    writeSignal(new RingProducer(this.#task.jobs), JOB_MESSAGE);
    Atomics.add(this.#control, WORKER_WAKE, 1);
    Atomics.notify(this.#control, WORKER_WAKE);
    await this.#thread.ended;
  }
}

/** Every thread that a pool starts from now on to the end of the test, in order. */
export function watchThreads(test: TestContext): WatchedThread[] {
  const threads: WatchedThread[] = [];
  const { start } = ThreadPool.prototype;
  test.mock.method(ThreadPool.prototype, 'start', function (this: ThreadPool, task: ServeTask) {
    const thread = start.call(this, task);
    threads.push(new WatchedThread(task, thread));
    return thread;
  });
  return threads;
}

/** Waits until one of the threads is inside a filter, and answers it. */
export async function busyThread(threads: readonly WatchedThread[]): Promise<WatchedThread> {
  await until(() => threads.some(({ isServing }) => isServing));
  return threads.find(({ isServing }) => isServing)!;
}
