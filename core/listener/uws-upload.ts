// The body of a request on its way in from uWebSockets.js, with back-pressure.
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { GatewayError } from '../errors.js';
import type { Body, BodyConsumer, Exchange } from '../exchange.js';
import type { UwsFlow } from './uws-flow.js';

/**
 * Holds back what arrives before `read` and while paused. The connection is paused as soon as something is held, so
 * no more than what the engine had already read off the socket (512 KiB) piles up.
 */
export class UwsUpload implements Body {
  readonly length: number | null;
  readonly #exchange: Exchange;
  readonly #flow: UwsFlow;
  #consumer: BodyConsumer | null = null;
  #held: Uint8Array[] = [];
  #paused = true;
  /** Every byte arrived; some may still be held. */
  #complete = false;
  /** The consumer has heard the last. */
  #closed = false;
  #failure: GatewayError | null = null;
  #flushing = false;
  #lastByteAtMs = performance.now();

  constructor(exchange: Exchange, flow: UwsFlow, length: number | null) {
    this.#exchange = exchange;
    this.#flow = flow;
    this.length = length;
  }

  /** True until the last byte arrived. */
  get unfinished(): boolean {
    return !this.#complete;
  }

  /** Bytes that are still to come; infinite when only the end tells. */
  get remaining(): number {
    if (this.#complete) return 0;
    return this.length === null ? Number.POSITIVE_INFINITY : this.length - this.#exchange.bytesIn;
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
    this.#held = [];
    this.#flow.resumeUpload();
  }

  /** Takes a chunk of the engine, whose memory is valid only now. */
  receive(chunk: ArrayBuffer, last: boolean): void {
    const { byteLength } = chunk;
    this.#exchange.bytesIn += byteLength;
    if (last) {
      this.#complete = true;
      this.#flow.uploadEnds();
    }
    if (this.#closed || this.#failure !== null) return;
    this.#lastByteAtMs = performance.now();
    if (byteLength > 0) this.#held.push(copyChunk(chunk));
    this.#flush();
  }

  /** The rest will never come: the client left, fell silent, or has been answered already. */
  fail(error: GatewayError): void {
    if (this.#complete) return;
    this.#complete = true;
    this.#held = [];
    this.#failure = error;
    this.#flush();
  }

  /** Called every few seconds: keeps the engine from cutting a slow client, and ends a silent one. */
  checkIdle(nowMs: number, idleMs: number): void {
    if (this.#complete || this.#closed) return;
    if (this.#flow.isHeld) this.#lastByteAtMs = nowMs;
    if (!this.#paused && idleMs > 0 && nowMs - this.#lastByteAtMs > idleMs) {
      this.fail(new GatewayError('SLUICE_LISTEN_TIMEOUT', `no byte of the body for ${idleMs} ms`));
    }
    this.#flow.extend();
  }

  #flush(): void {
    // A consumer may pause and resume from inside `chunk`; the outer call then goes on.
    if (this.#flushing) return;
    this.#flushing = true;
    while (!this.#paused && !this.#closed && this.#held.length > 0)
      this.#consumer?.chunk(this.#held.shift()!);
    this.#flushing = false;
    if (this.#held.length > 0 && !this.#complete) {
      this.#flow.pauseUpload();
      return;
    }
    this.#flow.resumeUpload();
    this.#finish();
  }

  #finish(): void {
    if (this.#closed || !this.#complete || this.#held.length > 0 || this.#consumer === null) return;
    this.#closed = true;
    if (this.#failure === null) this.#consumer.end();
    else this.#consumer.fail(this.#failure);
  }
}

/** A copy of bytes of the engine, which reuses their memory. */
export function copyChunk(chunk: ArrayBuffer): Uint8Array {
  // Not zeroed first, and small ones come out of the shared pool.
  const bytes = Buffer.allocUnsafe(chunk.byteLength);
  bytes.set(new Uint8Array(chunk));
  return bytes;
}
