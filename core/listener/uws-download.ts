// The body of a response on its way out through uWebSockets.js, with back-pressure.
import type { GatewayError } from '../errors.js';
import type { Body, BodyConsumer, Exchange } from '../exchange.js';
import type { ReplyOutcome } from './listener.js';
import type { UwsResponse } from './uws-engine.js';
import type { UwsFlow } from './uws-flow.js';

/** First bytes wait for company until this much is there, or until the event loop comes round. */
const FIRST_FLUSH_BYTES = 64 * 1024;

const NOTHING = new Uint8Array(0);

/**
 * Sends head and body: with `content-length` by `tryEnd`, which takes only what the socket takes; without by
 * `write`, which keeps the rest of a chunk. Either way the body is paused until the client has caught up.
 */
export class UwsDownload implements BodyConsumer {
  readonly #res: UwsResponse;
  readonly #exchange: Exchange;
  readonly #flow: UwsFlow;
  readonly #body: Body;
  readonly #beforeEnd: () => void;
  readonly #finish: (outcome: ReplyOutcome) => void;
  #head: string | Uint8Array | null;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #firstFlush: NodeJS.Immediate | undefined;
  #ended = false;
  #bodyPaused = false;
  /** The socket is full; the engine says when it takes bytes again. */
  #waiting = false;
  #stalledAtMs = 0;
  #outcome: ReplyOutcome | null = null;

  /**
   * @param beforeEnd called before the last byte is written, while the engine's object may still be used
   * @param finish    called once, with how it ended; `cut` leaves the cutting to it
   */
  constructor(
    res: UwsResponse,
    exchange: Exchange,
    flow: UwsFlow,
    head: string | Uint8Array,
    body: Body,
    beforeEnd: () => void,
    finish: (outcome: ReplyOutcome) => void,
  ) {
    this.#res = res;
    this.#exchange = exchange;
    this.#flow = flow;
    this.#head = head;
    this.#body = body;
    this.#beforeEnd = beforeEnd;
    this.#finish = finish;
  }

  start(): void {
    this.#res.onWritable(() => {
      this.#flow.writable();
      return true;
    });
    // Head, first bytes and often the end come within one turn: together they cost one system call.
    this.#firstFlush = setImmediate(this.#flush);
    this.#body.read(this);
  }

  chunk(bytes: Uint8Array): void {
    if (this.#outcome !== null || bytes.byteLength === 0) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.byteLength;
    if (this.#waiting) this.#pauseBody();
    else if (this.#head === null || this.#queuedBytes >= FIRST_FLUSH_BYTES) this.#flush();
  }

  end(): void {
    if (this.#outcome !== null) return;
    this.#ended = true;
    if (!this.#waiting) this.#flush();
  }

  fail(): void {
    if (this.#outcome !== null) return;
    this.#outcome = 'cut';
    this.#settle();
  }

  /** The client has left. */
  abort(reason: GatewayError): void {
    if (this.#outcome !== null) return;
    this.#outcome = 'aborted';
    this.#body.cancel(reason);
    this.#settle();
  }

  /** True when the client has taken nothing for longer than `idleMs`; else keeps the engine from cutting it. */
  checkIdle(nowMs: number, idleMs: number): boolean {
    if (!this.#waiting) return false;
    if (idleMs > 0 && nowMs - this.#stalledAtMs > idleMs) return true;
    this.#flow.extend();
    return false;
  }

  readonly #flush = (): void => {
    if (this.#outcome !== null) return;
    clearImmediate(this.#firstFlush);
    this.#flow.drained();
    const takenBefore = this.#exchange.bytesOut;
    const waitedBefore = this.#waiting;
    this.#res.cork(this.#write);
    // Nothing may be decided while the cork is in: closing there loses what it holds.
    if (this.#outcome !== null) this.#settle();
    else if (this.#waiting) {
      if (!waitedBefore || this.#exchange.bytesOut > takenBefore) this.#stalledAtMs = performance.now();
      this.#pauseBody();
      this.#flow.stalled(this.#flush);
    } else if (this.#bodyPaused) {
      this.#bodyPaused = false;
      this.#body.resume();
    }
  };

  readonly #write = (): void => {
    if (this.#head !== null) {
      this.#res.writeStatus(this.#head);
      this.#head = null;
    }
    this.#waiting = false;
    if (this.#body.length === null) this.#writeChunks();
    else this.#writeKnown(this.#body.length);
  };

  /**
   * After a stall the engine moves what it kept when the cork comes out, and one more chunk shows whether that
   * was enough: what it keeps is bounded by two chunks.
   */
  #writeChunks(): void {
    while (this.#queue.length > 0 && !this.#waiting) {
      const bytes = this.#queue.shift()!;
      this.#exchange.bytesOut += bytes.byteLength;
      this.#waiting = !this.#res.write(bytes);
    }
    if (!this.#ended || this.#queue.length > 0) return;
    this.#beforeEnd();
    this.#res.end();
    this.#outcome = 'sent';
  }

  #writeKnown(total: number): void {
    // Without a byte to send the head would lack its end.
    if (this.#queue.length === 0) this.#res.tryEnd(NOTHING, total);
    while (this.#queue.length > 0) {
      const bytes = this.#queue[0]!;
      const before = this.#exchange.bytesOut;
      const after = before + bytes.byteLength;
      if (after > total) break;
      if (after === total) this.#beforeEnd();
      const [taken, complete] = this.#res.tryEnd(bytes, total);
      if (complete) {
        this.#exchange.bytesOut = total;
        this.#outcome = 'sent';
        return;
      }
      this.#exchange.bytesOut = this.#res.getWriteOffset();
      if (!taken) {
        this.#queue[0] = bytes.subarray(this.#exchange.bytesOut - before);
        this.#waiting = true;
        return;
      }
      this.#queue.shift();
    }
    // More or fewer bytes than announced: the client must not take what it has for whole.
    if (this.#ended || this.#queue.length > 0) this.#outcome = 'cut';
  }

  #pauseBody(): void {
    if (this.#bodyPaused) return;
    this.#bodyPaused = true;
    this.#body.pause();
  }

  #settle(): void {
    const outcome = this.#outcome!;
    this.#queue = [];
    clearImmediate(this.#firstFlush);
    this.#finish(outcome);
  }
}
