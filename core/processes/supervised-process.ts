// One gateway process as its supervisor has it: started, asked, told to stop, and heard of when it ends.
import cluster, { type Worker } from 'node:cluster';
import type { Breach } from '../rollout-watch.js';
import type { Readiness } from '../telemetry/admin-server.js';
import type { MetricValues } from '../telemetry/metric-registry.js';
import type { FilterReport } from './filter-health.js';
import { type Answers, Link } from './link.js';
import type { ProcessQuestions, ServingReport, StartFailure, SupervisorQuestions } from './messages.js';
import { PLACE_VARIABLE, type Place } from './place.js';

/** How a process ended. */
export interface ProcessEnd {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

/** How a start came out. */
export type StartOutcome =
  | { readonly kind: 'serves' }
  | { readonly kind: 'ended'; readonly end: ProcessEnd; readonly failure: StartFailure | null };

/** What a process asks, answered by whoever has all of them. */
export type Desk = Omit<Answers<ProcessQuestions>, 'serving' | 'pulse' | 'failed' | 'farewell'>;

/** Longest wait for an answer that somebody outside waits for. */
const ANSWER_MS = 2_000;
/** So much longer than it drains a process may take to end. */
const END_MS = 10_000;

export class SupervisedProcess {
  readonly index: number;
  /** Resolves once it serves, or has ended before. */
  readonly started: Promise<StartOutcome>;
  /** Resolves once it has ended. */
  readonly ended: Promise<ProcessEnd>;
  readonly #worker: Worker;
  readonly #link: Link<SupervisorQuestions, ProcessQuestions>;
  #report: ServingReport | null = null;
  #failure: StartFailure | null = null;
  #counted: readonly MetricValues[] = [];
  /** Turns of the watchdog without a word; null before the first one. */
  #silentTurns: number | null = null;
  #isLeaving = false;
  #isGone = false;

  /** @param deskOf makes what answers the questions of this process */
  constructor(place: Place, deskOf: (process: SupervisedProcess) => Desk) {
    this.index = place.index;
    this.#worker = cluster.fork({ [PLACE_VARIABLE]: `${place.index}/${place.count}` });
    let serves: () => void;
    const serving = new Promise<StartOutcome>((resolve) => {
      serves = () => resolve({ kind: 'serves' });
    });
    this.#link = new Link<SupervisorQuestions, ProcessQuestions>(this.#worker.process, {
      ...deskOf(this),
      serving: (report) => {
        this.#report = report;
        serves();
        return null;
      },
      pulse: (counted) => {
        if (counted !== null && !this.#isLeaving) this.#addCounted(counted);
        return null;
      },
      failed: (failure) => {
        this.#failure = failure;
        return null;
      },
      farewell: (counted) => {
        this.#isLeaving = true;
        this.#counted = counted;
        return null;
      },
    });
    this.#worker.on('message', (message) => {
      this.#silentTurns = 0;
      this.#link.receive(message as never);
    });
    this.#worker.on('disconnect', () => this.#link.close());
    this.ended = this.#awaitEnd();
    this.started = Promise.race([
      serving,
      this.ended.then((end) => ({ kind: 'ended', end, failure: this.#failure }) as const),
    ]);
  }

  get pid(): number {
    return this.#worker.process.pid!;
  }

  /** Null before it serves. */
  get report(): ServingReport | null {
    return this.#report;
  }

  /** What it counted, as far as it is known. */
  get counted(): readonly MetricValues[] {
    return this.#counted;
  }

  /** @throws Error when it does not answer in time, or is gone */
  readiness(): Promise<Readiness> {
    return inTime(this.#link.ask('readiness', null));
  }

  /** Of one that does not answer, what it said last. */
  async metrics(): Promise<readonly MetricValues[]> {
    if (!this.#isLeaving) {
      const counted = await inTime(this.#link.ask('metrics', null)).catch(() => null);
      // It may have said its last meanwhile.
      if (counted !== null && !this.#isLeaving) this.#counted = counted;
    }
    return this.#counted;
  }

  config(): Promise<unknown> {
    return inTime(this.#link.ask('config', null));
  }

  filters(): Promise<readonly FilterReport[]> {
    return inTime(this.#link.ask('filters', null));
  }

  /** Which of these routes its configuration declares. */
  declared(routes: readonly string[]): Promise<readonly string[]> {
    return inTime(this.#link.ask('declared', routes));
  }

  /** Has it leave a revision; nobody waits for that. */
  rollBack(breach: Breach): void {
    this.#link.ask('rollBack', breach).catch(() => undefined);
  }

  /** Counts the turns since it was heard of last. @returns how many; 0 as long as it has said nothing at all */
  passTurn(): number {
    if (this.#silentTurns === null) return 0;
    this.#silentTurns += 1;
    return this.#silentTurns;
  }

  /** Has it drain, and waits until it has ended; one that takes too long is killed. */
  async stop(lingerMs: number): Promise<ProcessEnd> {
    let limit = setTimeout(() => this.kill(), (this.#report?.drainMs ?? 0) + END_MS);
    void this.#link.ask('stop', { lingerMs }).then(
      (drainMs) => {
        if (this.#isGone) return;
        clearTimeout(limit);
        limit = setTimeout(() => this.kill(), drainMs + END_MS);
      },
      () => undefined,
    );
    const end = await this.ended;
    clearTimeout(limit);
    return end;
  }

  /** Ends it at once. */
  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  /** What is not told again stays as it was told last. */
  #addCounted(counted: readonly MetricValues[]): void {
    const names = new Set(counted.map(({ name }) => name));
    this.#counted = [...this.#counted.filter(({ name }) => !names.has(name)), ...counted];
  }

  #awaitEnd(): Promise<ProcessEnd> {
    return new Promise((resolve) => {
      this.#worker.once('exit', (code: number | null, signal: string | null) => {
        this.#isGone = true;
        this.#link.close();
        resolve({ code, signal });
      });
      // Also told of each message of `node:cluster` that could not be sent any more, which nobody has to act on.
      this.#worker.on('error', (error) => {
        if (this.#worker.process.pid !== undefined) return;
        // It could not be started at all.
        this.#failure = { code: null, message: error.message };
        this.#isGone = true;
        resolve({ code: 1, signal: null });
      });
    });
  }
}

async function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  let late: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
  });
  try {
    return await Promise.race([answer, limit]);
  } finally {
    clearTimeout(late);
  }
}
