// The body of a request on its way in through a stream of Node, with back-pressure.
import assert from 'node:assert/strict';
import { GatewayError } from '../errors.js';
import type { Body, BodyConsumer, Exchange } from '../exchange.js';
import { HeaderList } from '../headers.js';
import type { NodeWire } from './node-wire.js';
import { trailerProblem } from './request-checks.js';

/**
 * Takes what arrives before `read`, and pauses the stream as soon as something is held: then no more piles up than what
 * the stream itself buffers.
 */
export class NodeUpload implements Body {
  readonly length: number | null;
  readonly #exchange: Exchange;
  readonly #wire: NodeWire;
  #consumer: BodyConsumer | null = null;
  #held: Uint8Array[] = [];
  #paused = true;
  /** The stream has ended; some bytes may still be held. */
  #ended = false;
  /** The consumer has heard the last, or wants to hear nothing. */
  #closed = false;
  #failure: GatewayError | null = null;
  #trailers: HeaderList | null = null;
  #flushing = false;
  #asked = false;
  #lastByteAtMs = performance.now();

  constructor(exchange: Exchange, wire: NodeWire, length: number | null) {
    this.#exchange = exchange;
    this.#wire = wire;
    this.length = length;
    wire.input.on('data', (bytes: Buffer) => this.#receive(bytes));
    wire.input.on('end', () => this.#end());
  }

  /** True until the last byte arrived. */
  get unfinished(): boolean {
    return !this.#ended && this.remaining > 0;
  }

  /** Bytes that are still to come; infinite when only the end tells. */
  get remaining(): number {
    if (this.#ended) return 0;
    return this.length === null ? Number.POSITIVE_INFINITY : this.length - this.#exchange.bytesIn;
  }

  /** True when the client waits to be told to send. */
  get unasked(): boolean {
    return this.#wire.awaitsContinue && !this.#asked;
  }

  read(consumer: BodyConsumer): void {
    assert(this.#consumer === null, 'a body is read once');
    this.#consumer = consumer;
    if (this.unasked && this.unfinished) {
      this.#asked = true;
      this.#wire.sendContinue();
    }
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
    this.#wire.input.resume();
  }

  /** Trailers of the request, before the stream ends. */
  setTrailers(flat: string[]): void {
    const problem = trailerProblem(flat);
    if (problem !== null) this.fail(new GatewayError('SLUICE_LISTEN_MALFORMED', problem));
    else if (flat.length > 0) this.#trailers = new HeaderList(flat);
  }

  /** The rest will never come: the client left, fell silent, or has been answered already. */
  fail(error: GatewayError): void {
    if (!this.unfinished || this.#failure !== null) return;
    this.#failure = error;
    this.#held = [];
    this.#flush();
  }

  /** Called every few seconds. */
  checkIdle(nowMs: number, idleMs: number): void {
    if (idleMs === 0 || this.#paused || this.#closed) return;
    if (nowMs - this.#lastByteAtMs > idleMs) {
      this.fail(new GatewayError('SLUICE_LISTEN_TIMEOUT', `no byte of the body for ${idleMs} ms`));
    }
  }

  #receive(bytes: Buffer): void {
    this.#exchange.bytesIn += bytes.byteLength;
    if (this.#closed || this.#failure !== null) return;
    this.#lastByteAtMs = performance.now();
    this.#held.push(bytes);
    this.#flush();
  }

  #end(): void {
    // A stream also ends when it is cut.
    if (this.length !== null && this.remaining > 0) {
      this.fail(new GatewayError('SLUICE_LISTEN_ABORTED', 'the body ended before its length'));
    }
    this.#ended = true;
    this.#flush();
  }

  #flush(): void {
    // A consumer may pause and resume from inside `chunk`; the outer call then goes on.
    if (this.#flushing) return;
    this.#flushing = true;
    while (!this.#paused && !this.#closed && this.#held.length > 0)
      this.#consumer?.chunk(this.#held.shift()!);
    this.#flushing = false;
    if (this.#held.length > 0) {
      this.#wire.input.pause();
      return;
    }
    if (!this.#ended) this.#wire.input.resume();
    this.#finish();
  }

  #finish(): void {
    if (this.#closed || this.#consumer === null) return;
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
