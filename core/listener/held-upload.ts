// The body of a request on its way in, with back-pressure: what engines have in common about it.
import assert from 'node:assert/strict';
import { PIECE_BYTES, WaitingBytes } from '../chunk-pool.js';
import { GatewayError } from '../errors.js';
import { type Body, type BodyConsumer, type Exchange, lend } from '../exchange.js';
import type { HeaderList } from '../headers.js';

/**
 * Holds back what arrives before `read` and while paused. The source is paused as soon as something is held, so no more
 * piles up than what it had read already.
 */
export abstract class HeldUpload implements Body {
  readonly length: number | null;
  readonly #exchange: Exchange;
  #consumer: BodyConsumer | null = null;
  /** Bytes that were lent wait in memory of the pool, others in their own. */
  #held: (Uint8Array | WaitingBytes)[] = [];
  #paused = true;
  /** The source has told the end; some bytes may still be held. */
  #ended = false;
  /** The consumer has heard the last, or wants to hear nothing. */
  #closed = false;
  #failure: GatewayError | null = null;
  #trailers: HeaderList | null = null;
  #flushing = false;
  #lastByteAtMs = performance.now();

  constructor(exchange: Exchange, length: number | null) {
    this.#exchange = exchange;
    this.length = length;
  }

  protected abstract pauseSource(): void;
  /** Also for a source that is not paused, and for one that is at its end. */
  protected abstract resumeSource(): void;

  /** True until the last byte arrived. */
  get unfinished(): boolean {
    return this.remaining > 0;
  }

  /** Bytes that are still to come; infinite when only the end tells. */
  get remaining(): number {
    if (this.#ended) return 0;
    return this.length === null ? Number.POSITIVE_INFINITY : this.length - this.#exchange.bytesIn;
  }

  /** False when nobody will hear of a further byte. */
  protected get wanted(): boolean {
    return !this.#closed && this.#failure === null;
  }

  read(consumer: BodyConsumer): void {
    assert(this.#consumer === null, 'a body is read once');
    this.#consumer = consumer;
    this.resume();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (this.#consumer === null) return;
    this.#paused = false;
    this.#lastByteAtMs = performance.now();
    this.#flush();
  }

  cancel(): void {
    this.#closed = true;
    this.#drop();
    this.resumeSource();
  }

  /** The rest will never come: the client left, fell silent, or has been answered already. */
  fail(error: GatewayError): void {
    if (this.#ended || this.#failure !== null) return;
    this.#failure = error;
    this.#drop();
    this.#flush();
  }

  /** Called every few seconds: ends a client that is silent and could send. */
  checkIdle(nowMs: number, idleMs: number): void {
    if (idleMs === 0 || this.#paused || this.#closed) return;
    if (nowMs - this.#lastByteAtMs > idleMs) {
      this.fail(new GatewayError('SLUICE_LISTEN_TIMEOUT', `no byte of the body for ${idleMs} ms`));
    }
  }

  /**
   * Takes a piece of the source.
   * @param isLent the memory is the source's again when this returns; else the bytes are the consumer's to keep
   */
  protected take(bytes: Uint8Array, isLent: boolean, last: boolean): void {
    const { byteLength } = bytes;
    this.#exchange.bytesIn += byteLength;
    if (last) this.#ended = true;
    if (!this.wanted) return;
    this.#lastByteAtMs = performance.now();
    if (byteLength > 0) {
      if (!isLent) this.#held.push(bytes);
      else if (this.#isFlowing) this.#lend(bytes);
      else this.#hold(bytes);
    }
    this.#flush();
  }

  /** The silence so far was not the client's. */
  protected forgive(nowMs: number): void {
    this.#lastByteAtMs = nowMs;
  }

  /** Fields that the consumer gets with the end. */
  protected keepTrailers(trailers: HeaderList): void {
    this.#trailers = trailers;
  }

  /** The consumer would be given the next bytes at once. */
  get #isFlowing(): boolean {
    return this.#consumer !== null && !this.#paused && !this.#flushing && this.#held.length === 0;
  }

  #lend(bytes: Uint8Array): void {
    this.#flushing = true;
    lend(this.#consumer!, bytes);
    this.#flushing = false;
  }

  #hold(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
      this.#held.push(new WaitingBytes(bytes.subarray(at, at + PIECE_BYTES)));
    }
  }

  #handOn(held: Uint8Array | WaitingBytes): void {
    if (held instanceof WaitingBytes) {
      lend(this.#consumer!, held.bytes);
      held.release();
    } else this.#consumer!.chunk(held);
  }

  #drop(): void {
    for (const held of this.#held) if (held instanceof WaitingBytes) held.release();
    this.#held = [];
  }

  #flush(): void {
    // A consumer may pause and resume from inside `chunk`; the outer call then goes on.
    if (this.#flushing) return;
    this.#flushing = true;
    while (!this.#paused && !this.#closed && this.#held.length > 0) this.#handOn(this.#held.shift()!);
    this.#flushing = false;
    if (this.#held.length > 0 && !this.#ended) {
      this.pauseSource();
      return;
    }
    this.resumeSource();
    this.#finish();
  }

  #finish(): void {
    if (this.#closed || this.#held.length > 0 || this.#consumer === null) return;
    if (this.#failure !== null) {
      this.#closed = true;
      this.#consumer.fail(this.#failure);
    } else if (this.#ended) {
      this.#closed = true;
      if (this.#trailers === null) this.#consumer.end();
      else this.#consumer.end(this.#trailers);
    }
  }
}
