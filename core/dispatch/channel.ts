// The gateway's side of one worker: its rings, its port, the jobs it holds, and a look at what it is doing.
// Decides nothing: dispatcher.ts does.
import { performance } from 'node:perf_hooks';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { GatewayError } from '../errors.js';
import { FrameWriter } from '../wasm/frame.js';
import type { PhaseResult } from '../wasm/guest-abi.js';
import { KnownTexts } from '../wasm/known-texts.js';
import {
  BATCH_SIZE_WORDS,
  BATCH_SIZES,
  CONTROL_BYTES,
  HOST_DRAINED,
  HOST_WAKE,
  type HostMessage,
  PROGRESS_FILTER,
  PROGRESS_INDEX,
  PROGRESS_SEQUENCE,
  PROGRESS_TICKET,
  type ResultExtra,
  STAT_BATCHES,
  STAT_MEMORY_KB,
  STAT_RECORDS,
  WORKER_ASLEEP,
  WORKER_WAKE,
  type WorkerMessage,
} from './control.js';
import { Job } from './job.js';
import {
  type Beside,
  contextBytes,
  JOB_MESSAGE,
  JOB_STOP,
  RECORD_KIND,
  RECORD_TICKET,
  writeJob,
  writeSignal,
} from './job-record.js';
import { JobTable } from './job-table.js';
import type { ServingThread, ThreadPool } from './pool.js';
import { compact, RESULT_DONE, readResult } from './result-record.js';
import { createRing, RingConsumer, RingProducer } from './ring.js';

/** What a worker was doing at one moment. */
export interface ProgressView {
  /** Odd while a filter runs; wraps. */
  readonly sequence: number;
  /** 0 while a filter is being loaded. */
  readonly ticket: number;
  readonly filterId: number;
  readonly index: number;
}

/** True when the worker was inside a filter. */
export function isCalling(progress: ProgressView): boolean {
  return (progress.sequence & 1) === 1;
}

export interface ChannelStats {
  readonly batches: number;
  readonly records: number;
  /** Entry k: batches of at most 2^k records that are in no smaller entry; the last has the rest. */
  readonly batchSizes: readonly number[];
  readonly memoryBytes: number;
}

export interface ChannelEvents {
  ready(channel: Channel): void;
  message(channel: Channel, message: HostMessage): void;
  ended(channel: Channel, reason: Error | null): void;
}

/** A body above this share of the ring travels beside it. */
const INLINE_SHARE = 8;

export class Channel {
  readonly #control: Int32Array;
  readonly #jobs: RingProducer;
  readonly #results: RingConsumer;
  readonly #port: MessagePort;
  readonly #thread: ServingThread;
  readonly #events: ChannelEvents;
  readonly #writer = new FrameWriter();
  readonly #texts = new KnownTexts();
  readonly #held = new JobTable<Job>();
  /** What did not fit into the ring yet, in order. */
  readonly #waiting: (Job | WorkerMessage | 'stop')[] = [];
  #unannounced = false;
  /** It will be, after this turn. */
  #flushScheduled = false;
  #ended = false;
  /** True once the worker said that it serves. */
  isReady = false;
  /** Filters that it was asked to load and has not answered for. FilterLoads counts them. */
  loads = 0;

  constructor(pool: ThreadPool, ringBytes: number, events: ChannelEvents) {
    const control = new SharedArrayBuffer(CONTROL_BYTES);
    const jobs = createRing(ringBytes);
    const results = createRing(ringBytes);
    const { port1, port2 } = new MessageChannel();
    this.#control = new Int32Array(control);
    this.#jobs = new RingProducer(jobs);
    // The producer of a ring initialises it; the results' own lives in the worker, which starts later.
    new RingProducer(results);
    this.#results = new RingConsumer(results);
    this.#port = port1;
    this.#events = events;
    this.#thread = pool.start({ control, jobs, results, port: port2 });
    void this.#thread.ended.then((reason) => this.#end(reason));
    void this.#listen();
  }

  /** Jobs that were given to this worker and are not done. */
  get load(): number {
    return this.#held.size + this.#waiting.length;
  }

  /** Of these, the jobs that wait for room in the ring. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get stats(): ChannelStats {
    return {
      batchSizes: Array.from({ length: BATCH_SIZE_WORDS }, (_, k) =>
        Atomics.load(this.#control, BATCH_SIZES + k),
      ),
      batches: Atomics.load(this.#control, STAT_BATCHES) >>> 0,
      records: Atomics.load(this.#control, STAT_RECORDS) >>> 0,
      memoryBytes: Atomics.load(this.#control, STAT_MEMORY_KB) * 1024,
    };
  }

  get progress(): ProgressView {
    return {
      sequence: Atomics.load(this.#control, PROGRESS_SEQUENCE),
      ticket: this.#control[PROGRESS_TICKET]!,
      filterId: this.#control[PROGRESS_FILTER]!,
      index: this.#control[PROGRESS_INDEX]!,
    };
  }

  /** Queues a job. It is seen by a worker that is awake at once, by one that sleeps after `flush`. */
  post(job: Job): void {
    if (this.#waiting.length > 0) this.#waiting.push(job);
    else if (!this.#writeJob(job)) this.#waiting.push(job);
    this.#unannounced = true;
  }

  /** Queues a message; it takes effect before every job that is posted later. A worker that sleeps sees it after this turn. */
  send(message: WorkerMessage | 'stop'): void {
    if (this.#waiting.length > 0 || !this.#writeMessage(message)) this.#waiting.push(message);
    this.#unannounced = true;
    // Filters come and go by the hundred, and to wake a worker takes longer than to write.
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.flush();
    });
  }

  /** Wakes the worker if it sleeps and something is there for it. */
  flush(): void {
    if (!this.#unannounced) return;
    this.#unannounced = false;
    Atomics.add(this.#control, WORKER_WAKE, 1);
    if (Atomics.load(this.#control, WORKER_ASLEEP) === 1) Atomics.notify(this.#control, WORKER_WAKE);
  }

  /**
   * Takes every result that is there, each of which may end an exchange before the next is taken. A worker whose results
   * cannot be read is of no more use and ended.
   */
  drain(): void {
    let nowMs = 0;
    for (let at = this.#results.peek(); at !== -1; at = this.#results.peek()) {
      // One look at the clock for all of them.
      if (nowMs === 0) nowMs = performance.now();
      const ticket = this.#results.words[(at >> 2) + RECORD_TICKET]!;
      let result: PhaseResult | null;
      try {
        result = this.#take(at);
      } catch (cause) {
        process.emitWarning(cause instanceof Error ? cause : String(cause));
        this.terminate();
        return;
      }
      if (result !== null) this.#held.take(ticket)?.resolve(result, nowMs);
    }
    if (nowMs !== 0) {
      Atomics.add(this.#control, HOST_DRAINED, 1);
      Atomics.notify(this.#control, HOST_DRAINED);
    }
    // Also when nothing came: a worker frees the room of a job after it published the result, and that result may
    // have been taken before.
    if (this.#waiting.length > 0) this.#writeWaiting();
  }

  /** Takes one record: a result, or null when it was a message. */
  #take(at: number): PhaseResult | null {
    if (this.#results.words[(at >> 2) + RECORD_KIND] !== RESULT_DONE) {
      this.#results.release(at);
      this.#hear(this.#receive());
      return null;
    }
    const result = readResult(this.#results, at, this.#texts, this.#takeExtra);
    this.#results.release(at);
    return result;
  }

  /** The job a worker was running, as its progress cell names it. */
  jobOf(ticket: number): Job | undefined {
    return this.#held.get(ticket);
  }

  /** Ends the worker, whatever it does. `ended` follows. */
  terminate(): void {
    this.#thread.terminate();
  }

  /** Gives up every job that is not done. */
  takeJobs(): Job[] {
    const jobs = this.#held.takeAll();
    for (const item of this.#waiting) if (item instanceof Job) jobs.push(item);
    this.#waiting.length = 0;
    return jobs;
  }

  #hear(message: HostMessage): void {
    if (message.kind === 'ready') {
      this.isReady = true;
      this.#events.ready(this);
    } else this.#events.message(this, message);
  }

  async #listen(): Promise<void> {
    while (!this.#ended) {
      const seen = Atomics.load(this.#control, HOST_WAKE);
      this.drain();
      const wait = Atomics.waitAsync(this.#control, HOST_WAKE, seen);
      if (wait.async) await wait.value;
    }
  }

  #end(reason: Error | null): void {
    this.drain();
    this.#ended = true;
    Atomics.add(this.#control, HOST_WAKE, 1);
    Atomics.notify(this.#control, HOST_WAKE);
    this.#port.close();
    this.#events.ended(this, reason);
  }

  #writeWaiting(): void {
    while (this.#waiting.length > 0) {
      const item = this.#waiting[0]!;
      if (!(item instanceof Job ? this.#writeJob(item) : this.#writeMessage(item))) break;
      this.#waiting.shift();
      this.#unannounced = true;
    }
    this.flush();
  }

  #writeJob(job: Job): boolean {
    const { body } = job.message;
    const ticket = this.#held.nextTicket;
    const isLarge = body !== null && body.length > this.#jobs.capacity / INLINE_SHARE;
    const keeps = contextBytes(job.links) > this.#jobs.capacity / INLINE_SHARE;
    const isBeside = isLarge || keeps || job.outcome !== null;
    const beside = isBeside ? this.#beside(job, isLarge, keeps) : undefined;
    let written: ReturnType<typeof writeJob>;
    try {
      written = writeJob(this.#jobs, this.#writer, ticket, job.message, job.links, beside);
    } catch (cause) {
      job.reject(cause);
      return true;
    }
    if (written === 'full') return false;
    if (written === 'too-large') {
      job.reject(
        new GatewayError('SLUICE_ABI_EDIT', 'the exchange, as filters left it, is too large for a worker'),
      );
      return true;
    }
    this.#held.add(job);
    return true;
  }

  #beside({ message, outcome, links }: Job, body: boolean, contexts: boolean): Beside {
    // Before the record: the worker may read it at once and takes these messages right after.
    const post = (): void => {
      if (body) this.#port.postMessage({ kind: 'body', bytes: compact(message.body!) });
      if (outcome !== null) this.#port.postMessage({ kind: 'outcome', bytes: outcome });
      if (contexts) {
        const copies = links.map(({ context }) => (context === null ? null : compact(context)));
        this.#port.postMessage({ kind: 'contexts', contexts: copies });
      }
    };
    return { body, outcome: outcome !== null, contexts, post };
  }

  #writeMessage(message: WorkerMessage | 'stop'): boolean {
    if (message === 'stop') return writeSignal(this.#jobs, JOB_STOP);
    if (this.#jobs.reserve(64) === -1) return false;
    this.#port.postMessage(message);
    return writeSignal(this.#jobs, JOB_MESSAGE);
  }

  readonly #takeExtra = (): ResultExtra => {
    const message = this.#receive();
    if (message.kind !== 'extra')
      throw new Error(`expected what travels beside a result, got ${message.kind}`);
    return message.extra;
  };

  #receive(): HostMessage {
    const received = receiveMessageOnPort(this.#port);
    if (received === undefined) throw new Error('a record announced a message that did not come');
    return received.message as HostMessage;
  }
}
