// The response body between a connection that pushes and a consumer that may be slow or not there yet.

import { Buffer } from 'node:buffer';
import type { GatewayError } from '../errors.js';
import { type Body, type BodyConsumer, BufferedBody } from '../exchange.js';
import type { HeaderList } from '../headers.js';

/** Bytes held for a consumer that has not come yet, before the connection is paused. */
const EARLY_BYTES = 64 * 1024;

const NONE: Uint8Array[] = [];

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
  #held: Uint8Array[] = NONE;
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
    if (this.#consumer === null || this.#held.length > 0 || this.#paused) {
      if (this.#held.length === 0) this.#held = [bytes];
      else this.#held.push(bytes);
      this.#heldBytes += bytes.length;
      return this.#consumer === null && this.#heldBytes < EARLY_BYTES;
    }
    this.#delivering = true;
    this.#consumer.chunk(bytes);
    this.#delivering = false;
    return !this.#paused;
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
    this.#held = NONE;
    const consumer = this.#consumer;
    if (consumer === null) return;
    this.#close();
    consumer.fail(error);
  }

  /** The same body in memory, when it has ended before anybody read it and is no larger than one read; else itself. */
  settled(): Body {
    const isWhole = this.#state === 'ended' && this.#consumer === null;
    if (!isWhole || this.#heldBytes > EARLY_BYTES) return this;
    return new BufferedBody(
      this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held),
      this.#trailers,
    );
  }

  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    let next = 0;
    while (next < this.#held.length && !this.#paused) this.#consumer?.chunk(this.#held[next++]!);
    this.#delivering = false;
    this.#held = next === this.#held.length ? NONE : this.#held.slice(next);
    this.#heldBytes = 0;
    if (this.#held.length > 0 || this.#state !== 'ended') return;
    const consumer = this.#consumer;
    this.#close();
    consumer?.end(this.#trailers ?? undefined);
  }

  #close(): void {
    this.#state = 'closed';
    this.#consumer = null;
    this.#held = NONE;
  }
}
