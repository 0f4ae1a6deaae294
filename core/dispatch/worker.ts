// The thread's side: one long task that sleeps on shared memory, runs filter chains and publishes results.
// Started by pool.ts through piscina; returns when told to stop.
import { receiveMessageOnPort } from 'node:worker_threads';
import { GatewayError } from '../errors.js';
import { FilterChain } from '../wasm/chain.js';
import { failedPhase, type PhaseResult } from '../wasm/guest-abi.js';
import {
  BATCH_SIZE_WORDS,
  BATCH_SIZES,
  HOST_DRAINED,
  HOST_WAKE,
  type HostMessage,
  PROGRESS_FILTER,
  PROGRESS_INDEX,
  PROGRESS_SEQUENCE,
  PROGRESS_TICKET,
  type ServeTask,
  STAT_BATCHES,
  STAT_MEMORY_KB,
  STAT_RECORDS,
  WORKER_ASLEEP,
  WORKER_WAKE,
  type WorkerMessage,
} from './control.js';
import { JOB_MESSAGE, JOB_RUN, RECORD_KIND, readJob } from './job-record.js';
import { ResultRecord, splitExtra, writeAnnouncement } from './result-record.js';
import { RingConsumer, RingProducer } from './ring.js';

/**
 * Filters ran for so long since results were last announced: then those that are there do not wait for the end of the
 * batch. To announce wakes the gateway's thread, which costs more than most filters do, so it is time that counts.
 */
const ANNOUNCE_AFTER_NS = 250_000;
/** A body above this share of the ring travels beside it. */
const INLINE_SHARE = 8;

/** The task that piscina runs: serves until a stop record arrives. */
export default function serve(task: ServeTask): void {
  new Server(task).run();
}

class Server {
  readonly #control: Int32Array;
  readonly #jobs: RingConsumer;
  readonly #results: RingProducer;
  readonly #port: ServeTask['port'];
  readonly #chain: FilterChain;
  readonly #mostInlineBody: number;
  /** Time of the filters whose results are not announced yet. */
  #unannouncedNs = 0;

  constructor(task: ServeTask) {
    const control = new Int32Array(task.control);
    this.#control = control;
    this.#jobs = new RingConsumer(task.jobs);
    this.#results = new RingProducer(task.results);
    this.#port = task.port;
    this.#mostInlineBody = this.#results.capacity / INLINE_SHARE;
    this.#chain = new FilterChain({
      enter: (filterId, index) => {
        control[PROGRESS_FILTER] = filterId;
        control[PROGRESS_INDEX] = index;
        Atomics.add(control, PROGRESS_SEQUENCE, 1);
      },
      leave: () => {
        Atomics.add(control, PROGRESS_SEQUENCE, 1);
      },
      goOn: () => {
        Atomics.add(control, PROGRESS_SEQUENCE, 1);
      },
      memoryPeaked: (id, bytes) => this.#send({ kind: 'memory-peaked', id, bytes }),
    });
  }

  run(): void {
    this.#send({ kind: 'ready' });
    this.#announce();
    for (;;) {
      const seen = Atomics.load(this.#control, WORKER_WAKE);
      const worked = this.#workOff();
      if (worked < 0) return;
      if (worked > 0) continue;
      Atomics.store(this.#control, WORKER_ASLEEP, 1);
      // Between the last look at the ring and the flag a record may have come: then the count has moved.
      Atomics.wait(this.#control, WORKER_WAKE, seen);
      Atomics.store(this.#control, WORKER_ASLEEP, 0);
    }
  }

  /** Works off what is in the ring; answers the number of records, or -1 after a stop record. */
  #workOff(): number {
    let count = 0;
    for (let at = this.#jobs.peek(); at !== -1; at = this.#jobs.peek()) {
      const kind = this.#jobs.words[(at >> 2) + RECORD_KIND]!;
      if (kind === JOB_RUN) this.#runJob(at);
      else if (kind === JOB_MESSAGE) this.#obey(this.#receive());
      else return -1;
      this.#jobs.release(at);
      count += 1;
      if (this.#unannouncedNs >= ANNOUNCE_AFTER_NS) this.#announce();
    }
    if (count === 0) return 0;
    Atomics.add(this.#control, STAT_BATCHES, 1);
    Atomics.add(this.#control, BATCH_SIZES + Math.min(32 - Math.clz32(count - 1), BATCH_SIZE_WORDS - 1), 1);
    Atomics.add(this.#control, STAT_RECORDS, count);
    Atomics.store(this.#control, STAT_MEMORY_KB, this.#chain.memoryBytes >> 10);
    this.#announce();
    return count;
  }

  #runJob(at: number): void {
    const job = readJob(this.#jobs, at);
    let { body } = job;
    if (job.bodyBeside) {
      const message = this.#receive();
      body = message.kind === 'body' ? message.bytes : null;
    }
    let outcome: Uint8Array | null = null;
    if (job.hasOutcome) {
      const message = this.#receive();
      outcome = message.kind === 'outcome' ? message.bytes : null;
    }
    let { links } = job;
    if (job.hasContexts) {
      const message = this.#receive();
      const contexts = message.kind === 'contexts' ? message.contexts : [];
      links = links.map((link, index) => ({ ...link, context: contexts[index] ?? null }));
    }
    this.#control[PROGRESS_TICKET] = job.ticket;
    const result = this.#chain.run({
      phase: job.phase,
      stage: job.stage,
      memory: this.#jobs,
      at: job.frameAt,
      length: job.frameLength,
      body,
      links,
      outcome,
    });
    for (const { durationNs } of result.calls) this.#unannouncedNs += durationNs;
    this.#publish(job.ticket, result);
  }

  #publish(ticket: number, result: PhaseResult): void {
    const extra = splitExtra(result, this.#mostInlineBody);
    const record = new ResultRecord(result, extra);
    if (!this.#results.canHold(record.length)) {
      this.#publish(ticket, tooLarge(result, record.length));
      return;
    }
    // Before the record: whoever reads the record takes this message at once.
    if (extra !== null) this.#post({ kind: 'extra', extra });
    if (record.write(this.#results, ticket)) return;
    this.#untilWritten(() => record.write(this.#results, ticket));
  }

  #obey(message: WorkerMessage): void {
    if (message.kind === 'unload') {
      for (const id of message.ids) this.#chain.unload(id);
      return;
    }
    if (message.kind !== 'load') return;
    // To load takes its time.
    if (this.#unannouncedNs > 0) this.#announce();
    const { id } = message.spec;
    this.#control[PROGRESS_TICKET] = 0;
    try {
      this.#send({ kind: 'loaded', id, report: this.#chain.load(message.spec) });
    } catch (cause) {
      const { code, message: text } = GatewayError.from(cause);
      this.#send({ kind: 'refused', id, code, message: text });
    }
  }

  /** Posts a message and announces it in the ring, so that the host reads both in the same order. */
  #send(message: HostMessage): void {
    this.#post(message);
    this.#untilWritten(() => writeAnnouncement(this.#results));
  }

  #post(message: HostMessage): void {
    this.#port.postMessage(message);
  }

  #receive(): WorkerMessage {
    const received = receiveMessageOnPort(this.#port);
    if (received === undefined) throw new Error('a record announced a message that did not come');
    return received.message as WorkerMessage;
  }

  #announce(): void {
    this.#unannouncedNs = 0;
    Atomics.add(this.#control, HOST_WAKE, 1);
    Atomics.notify(this.#control, HOST_WAKE);
  }

  /** Waits for the host to make room for as long as a record does not fit. */
  #untilWritten(write: () => boolean): void {
    for (;;) {
      const seen = Atomics.load(this.#control, HOST_DRAINED);
      if (write()) return;
      this.#announce();
      Atomics.wait(this.#control, HOST_DRAINED, seen);
    }
  }
}

/** What becomes of a result whose edits and contexts together are too large for the ring. */
function tooLarge(result: PhaseResult, length: number): PhaseResult {
  const index = result.calls.length - 1;
  const message = `the edits and contexts of the chain take ${length} bytes`;
  return failedPhase({ code: 'SLUICE_ABI_FRAME', message, index, skipped: false }, result.logs);
}
