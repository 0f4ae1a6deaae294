// Bodies for tests: a producer that a test drives by hand and that remembers what it was told, and a consumer.
import type { GatewayError } from '../../core/errors.js';
import { type Body, type BodyConsumer, lend } from '../../core/exchange.js';

/** A body whose chunks, end and failure come when the test says so. */
export class HandBody implements Body {
  readonly length: number | null;
  consumer: BodyConsumer | null = null;
  paused = false;
  pauses = 0;
  cancelled: GatewayError | null = null;
  /** Called at each `resume` after a pause. */
  onResume: () => void = () => {};
  readonly started: Promise<void>;
  #start: () => void = () => {};

  constructor(length: number | null) {
    this.length = length;
    this.started = new Promise((resolve) => {
      this.#start = resolve;
    });
  }

  read(consumer: BodyConsumer): void {
    this.consumer = consumer;
    this.#start();
  }

  pause(): void {
    if (!this.paused) this.pauses++;
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.onResume();
  }

  cancel(reason: GatewayError): void {
    this.cancelled = reason;
  }
}

/** What spoilt memory is full of; no pattern has it. */
export const SPOILT = 0xfe;

/** Lends bytes, and spoils their memory as soon as the consumer is back: whoever kept them has others now. */
export function lendAndSpoil(consumer: BodyConsumer, bytes: Uint8Array): void {
  lend(consumer, bytes);
  bytes.fill(SPOILT);
}

/**
 * A body of `total` bytes that is produced as fast as it is taken; byte i is i modulo 251. Of three chunks two are lent, and
 * spoilt after that.
 */
export class PatternBody implements Body {
  readonly length: number | null;
  readonly #total: number;
  readonly #chunkBytes: number;
  produced = 0;
  pauses = 0;
  cancelled = false;
  #paused = false;
  #running = false;
  #consumer: BodyConsumer | null = null;
  #chunks = 0;

  constructor(total: number, options: { readonly announced: boolean; readonly chunkBytes?: number }) {
    this.#total = total;
    this.length = options.announced ? total : null;
    this.#chunkBytes = options.chunkBytes ?? 64 * 1024;
  }

  get paused(): boolean {
    return this.#paused;
  }

  read(consumer: BodyConsumer): void {
    this.#consumer = consumer;
    this.#run();
  }

  pause(): void {
    if (!this.#paused) this.pauses++;
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#run();
  }

  cancel(): void {
    this.cancelled = true;
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => {
      this.#running = false;
      if (this.cancelled || this.#paused || this.#consumer === null) return;
      const size = Math.min(this.#chunkBytes, this.#total - this.produced);
      if (size === 0) return this.#consumer.end();
      const bytes = pattern(this.produced, size);
      this.produced += size;
      if (this.#chunks++ % 3 === 2) this.#consumer.chunk(bytes);
      else lendAndSpoil(this.#consumer, bytes);
      this.#run();
    });
  }
}

/** Bytes `from` to `from + size` of the pattern. */
export function pattern(from: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = (from + i) % 251;
  return bytes;
}

/** Keeps what it receives; `paused` bodies are the test's business. */
export class Collector implements BodyConsumer {
  readonly chunks: Uint8Array[] = [];
  bytes = 0;
  ended = false;
  error: GatewayError | null = null;
  readonly done: Promise<void>;
  onChunk: () => void = () => {};
  #finish: () => void = () => {};

  constructor() {
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }

  chunk(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.bytes += bytes.byteLength;
    this.onChunk();
  }

  end(): void {
    this.ended = true;
    this.#finish();
  }

  fail(error: GatewayError): void {
    this.error = error;
    this.#finish();
  }
}
