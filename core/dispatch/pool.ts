// Owns the threads. The only file that knows piscina: it starts a thread for each task, limits its heap, ends it, and
// reports when it is gone.
import { fileURLToPath } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { withoutOptimiser } from '../optimiser.js';
import type { CheckOutcome, CheckTask } from './check-task.js';
import type { ServeTask } from './control.js';

export interface PoolOptions {
  /** Threads that may live at the same time. */
  readonly threads: number;
  /** JavaScript heap of one thread, in MiB. */
  readonly heapMb: number;
}

/** A thread that serves. */
export interface ServingThread {
  /** Settles, never rejects, when the thread serves no more: null after a stop record, else the reason. */
  readonly ended: Promise<Error | null>;
  /** Terminates the thread, whatever it is doing. `ended` follows. */
  terminate(): void;
}

/** What a filter call leaves behind in the JavaScript heap dies young; more room would only be resident memory. */
const YOUNG_MB = 8;

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url));
const CHECKER = fileURLToPath(new URL('./checker.js', import.meta.url));
/**
 * A revision has several things to check, one after the other, and whoever changes a configuration looks at it and changes it
 * again, or goes back: a thread takes a tenth of a second of a processor to start.
 */
const CHECKER_IDLE_MS = 60_000;

export class ThreadPool {
  readonly #piscina: Piscina;
  /** Apart from those that serve: a thread that has checked gives way, for as long as it lives. */
  readonly #checkers: Piscina;
  /** Why the last thread that was to serve, or to check, could not begin; null once one has begun since. */
  serveFault: Error | null = null;
  #checkFault: Error | null = null;

  constructor(options: PoolOptions) {
    const common = {
      minThreads: 0,
      concurrentTasksPerWorker: 1,
      resourceLimits: { maxOldGenerationSizeMb: options.heapMb, maxYoungGenerationSizeMb: YOUNG_MB },
      // The task blocks its thread on purpose; piscina's own waiting would only add a second sleep.
      atomics: 'disabled',
      workerHistogram: false,
      recordTiming: false,
    } as const;
    // One that was told to end may still be on its way out while its replacement starts.
    this.#piscina = new Piscina({ ...common, filename: WORKER, maxThreads: options.threads * 2 });
    this.#checkers = new Piscina({
      ...common,
      filename: CHECKER,
      maxThreads: 1,
      idleTimeout: CHECKER_IDLE_MS,
    });
    // Failures of tasks reach their owner through `ended`. A thread that cannot begin leaves its task waiting, and says why
    // only here; without a listener piscina would raise it as uncaught.
    this.#piscina.on('error', (cause: Error) => {
      this.serveFault = cause;
    });
    this.#checkers.on('error', (cause: Error) => {
      this.#checkFault = cause;
    });
  }

  /** Starts to serve on a thread of its own. `port` moves to that thread. */
  start(task: ServeTask): ServingThread {
    const abort = new AbortController();
    const run = this.#piscina.run(task, { signal: abort.signal, transferList: [task.port as MessagePort] });
    return {
      ended: run.then(
        () => null,
        (cause: unknown) => (cause instanceof Error ? cause : new Error(String(cause))),
      ),
      terminate: () => abort.abort(),
    };
  }

  /**
   * Runs a check on a thread of its own. Answers null when that took longer than `timeoutMs`.
   * @throws Error of a thread that could not begin
   */
  async check(task: CheckTask, timeoutMs: number): Promise<CheckOutcome | null> {
    const signal = AbortSignal.timeout(timeoutMs);
    this.#checkFault = null;
    try {
      return await withoutOptimiser<CheckOutcome>(() => this.#checkers.run(task, { signal }));
    } catch (cause) {
      if (this.#checkFault !== null) throw this.#checkFault;
      if (signal.aborted) return null;
      throw cause;
    }
  }

  /** Ends every thread. */
  async close(): Promise<void> {
    await Promise.all([this.#piscina.destroy(), this.#checkers.destroy()]);
  }
}
