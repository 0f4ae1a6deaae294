// The body of a response on its way out through uWebSockets.js, with back-pressure.
import { copyOf, WaitingBytes } from '../chunk-pool.js';
import type { GatewayError } from '../errors.js';
import type { Body, BodyConsumer, Exchange } from '../exchange.js';
import type { ReplyOutcome } from './listener.js';
import { CORK_ROOM, corkIfRoom, engineHoldsCork } from './uws-cork.js';
import type { UwsResponse } from './uws-engine.js';
import type { UwsFlow } from './uws-flow.js';

/** First bytes wait for company until this much is there, or until the event loop comes round. */
const FIRST_FLUSH_BYTES = 16 * 1024;
/** At most what frames a chunk that fits into a cork: two line ends and four hexadecimal digits. */
const FRAME_BYTES = 8;
/** A chunk is cut in two only where this much of it still fits. */
const LEAST_PIECE_BYTES = 1024;

const NOTHING = new Uint8Array(0);
const WRITE_NOTHING = (): void => {};

/**
 * Sends head and body: with `content-length` by `tryEnd`, which takes only what the socket takes; without by
 * `write`, which keeps what the socket does not take. Either way the body is paused until the client has caught up.
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
  /** Has what stands in the queue of bytes that were lent. */
  #kept: WaitingBytes[] = [];
  /** Byte that is to be written after all others; null when there is none such. */
  #probe: Uint8Array | null = null;
  #soon: NodeJS.Immediate | undefined;
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
      // What a cork could not send stays in the engine until the next one, and nobody else may be writing.
      if (!this.#flow.writable()) this.#res.cork(WRITE_NOTHING);
      return true;
    });
    // Head, first bytes and often the end come within one turn: together they cost one system call.
    this.#soon = setImmediate(this.#flush);
    this.#body.read(this);
  }

  chunk(bytes: Uint8Array): void {
    if (this.#outcome !== null || bytes.byteLength === 0) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.byteLength;
    if (this.#waiting) this.#pauseBody();
    else if (this.#head === null || this.#queuedBytes >= FIRST_FLUSH_BYTES) this.#flush();
  }

  lentChunk(bytes: Uint8Array): void {
    // For the probe it would be cut in two.
    if (this.#flow.isFragile) {
      this.chunk(copyOf(bytes));
      return;
    }
    this.chunk(bytes);
    // What the socket did not take of it stands last.
    const last = this.#queue.length - 1;
    if (last < 0) return;
    const kept = new WaitingBytes(this.#queue[last]!);
    this.#kept.push(kept);
    this.#queue[last] = kept.bytes;
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
    clearImmediate(this.#soon);
    if (engineHoldsCork()) {
      this.#soon = setImmediate(this.#flush);
      return;
    }
    this.#flow.drained();
    const takenBefore = this.#exchange.bytesOut;
    const waitedBefore = this.#waiting;
    if (this.#flow.isFragile) this.#writeAndKnow();
    else this.#write();
    if (this.#queue.length === 0) this.#release();
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

  /** That a cork could not send all it held shows at the next write: where it must show, one byte comes after the rest. */
  #writeAndKnow(): void {
    // Of the time before: what is left may be that one byte, and nothing else would be tried.
    this.#waiting = false;
    this.#probe = this.#takeLastByte();
    if (this.#queue.length > 0 || this.#probe === null) this.#write();
    const probe = this.#probe;
    this.#probe = null;
    if (probe === null || this.#outcome !== null) return;
    this.#queue.push(probe);
    if (!this.#waiting) this.#write();
  }

  #takeLastByte(): Uint8Array | null {
    const last = this.#queue.pop();
    if (last === undefined) return null;
    if (last.byteLength > 1) this.#queue.push(last.subarray(0, -1));
    return last.subarray(-1);
  }

  #write(): void {
    this.#waiting = false;
    if (this.#head !== null && this.#head.length > CORK_ROOM - LEAST_PIECE_BYTES) {
      corkIfRoom(this.#res, this.#head.length, () => this.#writeHead());
    }
    // A body of known length leaves nothing to send unless it waits or is over.
    do this.#res.cork(this.#writeCork);
    while (this.#queue.length > 0 && !this.#waiting && this.#outcome === null);
  }

  readonly #writeCork = (): void => {
    if (this.#body.length === null) this.#writeChunks();
    else this.#writeKnown(this.#body.length);
  };

  #writeHead(): void {
    if (this.#head === null) return;
    this.#res.writeStatus(this.#head);
    this.#head = null;
  }

  /**
   * Writes chunks that fit into one cork. That the socket did not take them shows at the first chunk of the next cork,
   * so what the engine keeps is bounded by two corks.
   */
  #writeChunks(): void {
    let room = CORK_ROOM - (this.#head?.length ?? 0) - FRAME_BYTES;
    this.#writeHead();
    while (this.#queue.length > 0 && !this.#waiting) {
      let bytes = this.#queue[0]!;
      if (bytes.byteLength <= room) this.#queue.shift();
      else if (room < LEAST_PIECE_BYTES) return;
      else {
        this.#queue[0] = bytes.subarray(room);
        bytes = bytes.subarray(0, room);
      }
      room -= bytes.byteLength + FRAME_BYTES;
      this.#exchange.bytesOut += bytes.byteLength;
      this.#waiting = !this.#res.write(bytes);
    }
    if (!this.#ended || this.#queue.length > 0 || this.#probe !== null) return;
    this.#beforeEnd();
    this.#res.end();
    this.#outcome = 'sent';
  }

  #writeKnown(total: number): void {
    this.#writeHead();
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
    if (this.#probe !== null) return;
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
    this.#release();
    clearImmediate(this.#soon);
    this.#finish(outcome);
  }

  /** Nothing of what was kept stands in the queue any more. */
  #release(): void {
    for (const kept of this.#kept) kept.release();
    this.#kept = [];
  }
}
