// The response body between a connection that pushes and a consumer that may be slow or not there yet.

import { Buffer } from 'node:buffer';
import { copyOf, WaitingBytes } from '../chunk-pool.js';
import type { GatewayError } from '../errors.js';
import { type Body, type BodyConsumer, BufferedBody, lend } from '../exchange.js';
import type { HeaderList } from '../headers.js';

/** Bytes held for a consumer that has not come yet, before the connection is paused. */
const EARLY_BYTES = 64 * 1024;

/** Bytes that were lent wait in memory of the pool, others in their own. */
type Held = Uint8Array | WaitingBytes;

const NONE: Held[] = [];

/** Where the bytes come from. */
export interface BodySource {
  /** `push` returned false before; now there is room. */
  resume(): void;
  /** Nobody wants the rest. */
  cancel(reason: GatewayError): void;
}

/**
 * Passes chunks on as they come. Before `read` and while it is paused it holds what still arrives; its source stops
 * as soon as `push` returns false, so that is one read of the socket at most.
 */
export class ResponseBody implements Body {
  readonly length: number | null;
  readonly #source: BodySource;
  #consumer: BodyConsumer | null = null;
  /** Most bodies are one chunk, so a list is made when there is one. */
  #held: Held[] = NONE;
  #heldBytes = 0;
  #paused = false;
  #delivering = false;
  #state: 'open' | 'ended' | 'failed' | 'closed' = 'open';
  #error: GatewayError | null = null;
  #trailers: HeaderList | null = null;

  constructor(length: number | null, source: BodySource) {
    this.length = length;
    this.#source = source;
  }

  read(consumer: BodyConsumer): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'failed') {
      this.#state = 'closed';
      consumer.fail(this.#error!);
      return;
    }
    const stopped = this.#heldBytes >= EARLY_BYTES;
    this.#consumer = consumer;
    this.#deliver();
    if (stopped && !this.#paused && this.#state === 'open') this.#source.resume();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    // Called from inside `chunk`: the loop that is running goes on by itself, and so does the source.
    if (this.#delivering || this.#consumer === null) return;
    this.#deliver();
    if (!this.#paused && this.#state === 'open') this.#source.resume();
  }

  cancel(reason: GatewayError): void {
    const wasOpen = this.#state === 'open';
    this.#close();
    if (wasOpen) this.#source.cancel(reason);
  }

  /** @returns false when the source must stop until its `resume` is called */
  push(bytes: Uint8Array): boolean {
    if (this.#state !== 'open') return true;
    if (!this.#isFlowing) return this.#hold(bytes, bytes.length);
    this.#delivering = true;
    this.#consumer!.chunk(bytes);
    this.#delivering = false;
    return !this.#paused;
  }

  /** The same with bytes whose memory is the source's again when this returns. */
  pushLent(bytes: Uint8Array): boolean {
    if (this.#state !== 'open') return true;
    if (!this.#isFlowing) {
      const { length } = bytes;
      // What is a body in memory next is nobody's to give back.
      const isWhole = this.#heldBytes === 0 && length === this.length;
      return this.#hold(isWhole ? copyOf(bytes) : new WaitingBytes(bytes), length);
    }
    this.#delivering = true;
    lend(this.#consumer!, bytes);
    this.#delivering = false;
    return !this.#paused;
  }

  /** More comes than what is held for a consumer that has not come: it will not be a body in memory. */
  get outgrowsHeld(): boolean {
    if (this.#consumer !== null || this.#state !== 'open') return false;
    return this.#heldBytes < (this.length ?? 0) || this.#heldBytes >= EARLY_BYTES;
  }

  /** The source is through. What is held is still delivered. */
  end(trailers: HeaderList | null): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#trailers = trailers;
    if (this.#consumer !== null) this.#deliver();
  }

  /** The body will never be complete. What is held is dropped. */
  fail(error: GatewayError): void {
    if (this.#state !== 'open') return;
    this.#state = 'failed';
    this.#error = error;
    this.#drop();
    const consumer = this.#consumer;
    if (consumer === null) return;
    this.#close();
    consumer.fail(error);
  }

  /** The same body in memory, when it has ended before anybody read it and is no larger than one read; else itself. */
  settled(): Body {
    const isWhole = this.#state === 'ended' && this.#consumer === null;
    if (!isWhole || this.#heldBytes > EARLY_BYTES) return this;
    const parts = this.#held.map((held) => (held instanceof WaitingBytes ? held.keep() : held));
    this.#held = parts;
    return new BufferedBody(parts.length === 1 ? parts[0]! : Buffer.concat(parts), this.#trailers);
  }

  get #isFlowing(): boolean {
    return this.#consumer !== null && this.#held.length === 0 && !this.#paused;
  }

  #hold(held: Held, length: number): boolean {
    if (this.#held.length === 0) this.#held = [held];
    else this.#held.push(held);
    this.#heldBytes += length;
    return this.#consumer === null && this.#heldBytes < EARLY_BYTES;
  }

  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    // It may cancel meanwhile, and what is with the consumer then is not held any more.
    while (this.#held.length > 0 && !this.#paused) this.#handOn(this.#held.shift()!);
    this.#delivering = false;
    this.#heldBytes = 0;
    if (this.#held.length > 0 || this.#state !== 'ended') return;
    const consumer = this.#consumer;
    this.#close();
    consumer?.end(this.#trailers ?? undefined);
  }

  #handOn(held: Held): void {
    if (held instanceof WaitingBytes) {
      lend(this.#consumer!, held.bytes);
      held.release();
    } else this.#consumer!.chunk(held);
  }

  #close(): void {
    this.#state = 'closed';
    this.#consumer = null;
    this.#drop();
  }

  #drop(): void {
    for (const held of this.#held) if (held instanceof WaitingBytes) held.release();
    this.#held = NONE;
  }
}
