// A filter that never returns would hang its test without a word, as nothing of the thread that runs both can stop it.
// Another thread watches, says where the filter is, and ends the process.
import { Worker } from 'node:worker_threads';

/** What `sluice filter test` sets: how long filters may run in one exchange, in milliseconds of CPU time. */
const LIMIT = 'SLUICE_FILTER_TEST_MS';
const THREAD = new URL('./watchdog-thread.js', import.meta.url);

export interface WatchdogData {
  /** An i32: the number of the run under way, 0 while there is none. */
  readonly state: SharedArrayBuffer;
  readonly limitMs: number;
}

class Watchdog {
  readonly #state = new Int32Array(new SharedArrayBuffer(4));
  readonly #thread: Worker;
  #runs = 0;

  constructor(limitMs: number) {
    const workerData: WatchdogData = { state: this.#state.buffer as SharedArrayBuffer, limitMs };
    // Without the loader of the test run: its hooks are for the tests.
    this.#thread = new Worker(THREAD, { workerData, execArgv: [] });
    this.#thread.unref();
  }

  /** Runs filters. @param module path of their only module, null where there are several or none */
  watch<T>(module: string | null, run: () => T): T {
    this.#thread.postMessage(module);
    this.#runs += 1;
    Atomics.store(this.#state, 0, this.#runs);
    try {
      return run();
    } finally {
      Atomics.store(this.#state, 0, 0);
    }
  }
}

/** That of this process; null where a filter may take as long as it likes. */
const limitMs = process.env[LIMIT];
const watchdog = limitMs === undefined ? null : new Watchdog(Number(limitMs));

/** Runs filters under the watchdog of this process, if it has one. @param module as for `Watchdog.watch` */
export function watched<T>(module: string | null, run: () => T): T {
  return watchdog === null ? run() : watchdog.watch(module, run);
}
