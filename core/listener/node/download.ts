// The body of a response on its way out through a stream of Node, with back-pressure.
import type { GatewayError } from '../../errors.js';
import type { Body, BodyConsumer, Exchange } from '../../exchange.js';
import type { HeaderList } from '../../headers.js';
import type { ReplyOutcome } from '../listener.js';
import type { NodeWire } from './wire.js';

/** Pauses the body as soon as the stream is full, so no more waits here than what one call of the body brings. */
export class NodeDownload implements BodyConsumer {
  readonly #wire: NodeWire;
  readonly #exchange: Exchange;
  readonly #body: Body;
  readonly #beforeEnd: () => void;
  readonly #finish: (outcome: ReplyOutcome) => void;
  #queue: Uint8Array[] = [];
  #headSent = false;
  #soon: NodeJS.Immediate | undefined;
  #ended = false;
  #ending = false;
  #trailers: HeaderList | null = null;
  #bodyPaused = false;
  /** The stream is full, or has yet to hand over what it was given last. */
  #waiting = false;
  #stalledAtMs = 0;
  #over = false;

  /**
   * @param beforeEnd called before the last byte is written
   * @param finish    called once, with how it ended; `cut` leaves the cutting to it
   */
  constructor(
    wire: NodeWire,
    exchange: Exchange,
    body: Body,
    beforeEnd: () => void,
    finish: (outcome: ReplyOutcome) => void,
  ) {
    this.#wire = wire;
    this.#exchange = exchange;
    this.#body = body;
    this.#beforeEnd = beforeEnd;
    this.#finish = finish;
  }

  /** Begins to read the body; the head has been set. */
  start(): void {
    const { output } = this.#wire;
    output.on('drain', () => this.#drained());
    output.on('finish', () => this.#settle('sent'));
    // Head, first bytes and often the end come within one turn.
    this.#soon = setImmediate(() => {
      if (!this.#headSent) this.#wire.flushHead();
    });
    this.#body.read(this);
  }

  chunk(bytes: Uint8Array): void {
    if (this.#over || this.#ended || bytes.byteLength === 0) return;
    this.#queue.push(bytes);
    if (this.#waiting) this.#pauseBody();
    else this.#flush();
  }

  end(trailers?: HeaderList): void {
    if (this.#over) return;
    this.#ended = true;
    this.#trailers = trailers ?? null;
    if (!this.#waiting) this.#flush();
  }

  fail(): void {
    this.#settle('cut');
  }

  /** The client has left. */
  abort(reason: GatewayError): void {
    if (this.#over) return;
    if (!this.#ended || this.#queue.length > 0) this.#body.cancel(reason);
    this.#settle('aborted');
  }

  /** True when the client has taken nothing for longer than `idleMs`. */
  checkIdle(nowMs: number, idleMs: number): boolean {
    return this.#waiting && idleMs > 0 && nowMs - this.#stalledAtMs > idleMs;
  }

  #drained(): void {
    if (this.#ending || this.#over) return;
    this.#waiting = false;
    this.#flush();
    if (this.#waiting || this.#over || !this.#bodyPaused) return;
    this.#bodyPaused = false;
    this.#body.resume();
  }

  #flush(): void {
    const total = this.#body.length;
    while (this.#queue.length > 0 && !this.#waiting) {
      const piece = this.#nextPiece();
      const after = this.#exchange.bytesOut + piece.byteLength;
      // More bytes than announced: the client must not take what it has for whole.
      if (total !== null && after > total) {
        this.#settle('cut');
        return;
      }
      this.#exchange.bytesOut = after;
      if (after === total) this.#beforeEnd();
      this.#headSent = true;
      if (!this.#wire.write(piece)) this.#wait();
    }
    if (this.#waiting) this.#pauseBody();
    else if (this.#ended) this.#endWire(total);
  }

  #nextPiece(): Uint8Array {
    const bytes = this.#queue[0]!;
    const { pieceBytes } = this.#wire;
    if (bytes.byteLength <= pieceBytes) return this.#queue.shift()!;
    this.#queue[0] = bytes.subarray(pieceBytes);
    return bytes.subarray(0, pieceBytes);
  }

  #endWire(total: number | null): void {
    if (this.#ending) return;
    if (total !== null && this.#exchange.bytesOut !== total) {
      this.#settle('cut');
      return;
    }
    this.#ending = true;
    this.#headSent = true;
    this.#beforeEnd();
    this.#wait();
    this.#wire.end(null, this.#trailers);
  }

  #wait(): void {
    this.#waiting = true;
    this.#stalledAtMs = performance.now();
  }

  #pauseBody(): void {
    if (this.#bodyPaused || this.#ended) return;
    this.#bodyPaused = true;
    this.#body.pause();
  }

  #settle(outcome: ReplyOutcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#queue = [];
    clearImmediate(this.#soon);
    this.#finish(outcome);
  }
}
