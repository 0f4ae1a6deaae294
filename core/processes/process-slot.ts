// One place of the set: the process that serves in it, the one that takes over from it, and what becomes of the place when its
// process ends unasked.
import type { ProcessEnd, StartOutcome, SupervisedProcess } from './supervised-process.js';

/** Told what happens, for log and metrics. */
export interface SlotEvents {
  /** Unasked; another one is started after so long. */
  lost(process: SupervisedProcess, end: ProcessEnd, backoffMs: number): void;
  /** Another one could not be started, and is tried again after so long. */
  notStarted(index: number, reason: string, backoffMs: number): void;
  /** Another one serves in its place. */
  restarted(process: SupervisedProcess): void;
  /** Of any process that ends, asked or not. */
  gone(process: SupervisedProcess): void;
}

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 30_000;
/** One that served so long did not end because of how it was started. */
const STEADY_MS = 10_000;

/** Of one that was never there. */
const NOT_BEGUN: ProcessEnd = { code: 1, signal: null };

const STOPPED: StartOutcome = { kind: 'ended', end: { code: 0, signal: null }, failure: null };

export class ProcessSlot {
  readonly index: number;
  readonly #spawn: () => SupervisedProcess;
  readonly #events: SlotEvents;
  /** Starts, and takings over, one after another. */
  #turn: Promise<unknown> = Promise.resolve();
  /** With those that start and those that drain. */
  readonly #alive = new Set<SupervisedProcess>();
  #current: SupervisedProcess | null = null;
  #servesSinceMs = 0;
  #why = 'it has not started yet';
  /** In a row. */
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(index: number, spawn: () => SupervisedProcess, events: SlotEvents) {
    this.index = index;
    this.#spawn = spawn;
    this.#events = events;
  }

  /** The process that serves; null when there is none. */
  get current(): SupervisedProcess | null {
    return this.#current;
  }

  /** Why there is none. */
  get why(): string {
    return this.#why;
  }

  get alive(): Iterable<SupervisedProcess> {
    return this.#alive;
  }

  /** Starts the first process of this place. Where it cannot be started, it is tried again and again. */
  begin(): Promise<StartOutcome> {
    return this.#inTurn(async () => {
      const outcome = await this.#start(0);
      if (outcome.kind === 'ended') this.#tryLater(outcome);
      return outcome;
    });
  }

  /**
   * Starts a process; once it serves, the one before it drains and ends. One that cannot be started changes nothing.
   * @param lingerMs see StopOptions of the gateway
   */
  replace(lingerMs: number): Promise<StartOutcome> {
    return this.#inTurn(async () => {
      clearTimeout(this.#retry);
      const outcome = await this.#start(lingerMs);
      if (outcome.kind === 'ended' && this.#current === null && this.#failures > 0) this.#tryLater(outcome);
      return outcome;
    });
  }

  /** Drains all that is there. Nothing is started any more. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#retry);
    await Promise.all(Array.from(this.#alive, (process) => process.stop(0)));
    await this.#turn;
  }

  /** Ends all that is there at once. */
  kill(): void {
    this.#isStopping = true;
    clearTimeout(this.#retry);
    for (const process of this.#alive) process.kill();
  }

  async #start(lingerMs: number): Promise<StartOutcome> {
    if (this.#isStopping) return STOPPED;
    let process: SupervisedProcess;
    try {
      process = this.#spawn();
    } catch (cause) {
      // The system has no room for one right now.
      return { kind: 'ended', end: NOT_BEGUN, failure: { code: null, message: (cause as Error).message } };
    }
    this.#alive.add(process);
    void process.ended.then((end) => this.#ended(process, end));
    const outcome = await process.started;
    if (outcome.kind === 'ended') return outcome;
    const before = this.#current;
    this.#current = process;
    this.#servesSinceMs = performance.now();
    await before?.stop(lingerMs);
    return outcome;
  }

  #ended(process: SupervisedProcess, end: ProcessEnd): void {
    this.#alive.delete(process);
    this.#events.gone(process);
    if (process !== this.#current) return;
    this.#current = null;
    if (this.#isStopping) return;
    if (performance.now() - this.#servesSinceMs >= STEADY_MS) this.#failures = 0;
    this.#why = `it ended with ${wordsOf(end)} and is started again`;
    this.#events.lost(process, end, this.#startLater());
  }

  async #startAgain(): Promise<void> {
    // A reload was faster.
    if (this.#current !== null || this.#isStopping) return;
    const outcome = await this.#start(0);
    if (outcome.kind === 'ended') this.#tryLater(outcome);
    else if (this.#current !== null) this.#events.restarted(this.#current);
  }

  #tryLater(outcome: StartOutcome): void {
    if (this.#isStopping) return;
    this.#why = reasonOf(outcome);
    this.#events.notStarted(this.index, this.#why, this.#startLater());
  }

  /** @returns after how long, in milliseconds */
  #startLater(): number {
    const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** this.#failures, LONGEST_BACKOFF_MS);
    this.#failures += 1;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#inTurn(() => this.#startAgain()), backoffMs);
    return backoffMs;
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/** For people: the exit code or the signal. */
export function wordsOf({ code, signal }: ProcessEnd): string {
  return signal === null ? `exit code ${code}` : `the signal ${signal}`;
}

/** Why a process that was started does not serve. */
export function reasonOf(outcome: StartOutcome): string {
  if (outcome.kind === 'serves') return '';
  const { failure, end } = outcome;
  if (failure === null) return `it ended with ${wordsOf(end)} before it served`;
  return failure.code === null ? failure.message : `${failure.code} ${failure.message}`;
}
