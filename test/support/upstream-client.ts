// The gateway's side of an upstream test: requests with defaults, bodies that are produced and collected.
import type { TestContext } from 'node:test';
import { GatewayError } from '../../core/errors.js';
import { type Body, type BodyConsumer, Cancellation } from '../../core/exchange.js';
import { HeaderList } from '../../core/headers.js';
import { BalancedUpstream } from '../../core/upstream/balanced-upstream.js';
import type { ResolveName } from '../../core/upstream/dial.js';
import type { Upstream, UpstreamOptions, UpstreamRequest } from '../../core/upstream/upstream.js';

/** Makes the upstream under test; names are resolved by the system unless the test says how. */
export type BuildUpstream = (options: UpstreamOptions, resolve?: ResolveName) => Upstream;

/** Options for targets of equal weight; no check, no ejection, no retry. */
export function upstreamOptions(
  urls: readonly string[],
  changes: Partial<UpstreamOptions> = {},
): UpstreamOptions {
  return {
    name: 'test',
    targets: urls.map((url) => ({ url, weight: 1 })),
    allowPrivate: false,
    balance: 'round-robin',
    healthCheck: null,
    ejection: { failures: 0, durationMs: 1000 },
    connections: 16,
    protocol: 'http1',
    tls: null,
    keepAliveMs: 30_000,
    retries: 0,
    redirects: null,
    ...changes,
  };
}

/** A BalancedUpstream that is disposed at the end of the test. */
export function startUpstream(
  test: TestContext,
  urls: readonly string[],
  changes: Partial<UpstreamOptions> = {},
  build: BuildUpstream = (options) => new BalancedUpstream(options),
): Upstream {
  const upstream = build(upstreamOptions(urls, changes));
  test.after(() => upstream.dispose());
  return upstream;
}

/** A GET of `/` with generous time limits. */
export function upstreamRequest(changes: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    method: 'GET',
    target: '/',
    authority: '',
    headers: new HeaderList(),
    body: null,
    acceptsTrailers: false,
    refusesTrailer: null,
    confined: null,
    connectMs: 10_000,
    responseMs: 10_000,
    idleMs: 10_000,
    cancellation: new Cancellation(),
    trace: null,
    ...changes,
  };
}

/** The client's leaving, as the listener words it. */
export function clientLeft(): GatewayError {
  return new GatewayError('SLUICE_LISTEN_ABORTED', 'the client left');
}

/** Reads a body to its end, with what follows it. Rejects with the error it fails with. */
export function collectAll(
  body: Body,
): Promise<{ readonly text: string; readonly trailers: HeaderList | null }> {
  return new Promise((resolve, reject) => {
    let text = '';
    body.read({
      chunk: (bytes) => {
        text += Buffer.from(bytes).toString('latin1');
      },
      end: (trailers) => resolve({ text, trailers: trailers ?? null }),
      fail: reject,
    });
  });
}

/** Reads a body to its end. Rejects with the error it fails with. */
export function collect(body: Body | null): Promise<string> {
  return new Promise((resolve, reject) => {
    if (body === null) {
      resolve('');
      return;
    }
    const chunks: Uint8Array[] = [];
    body.read({
      chunk: (bytes) => {
        chunks.push(bytes);
      },
      end: () => resolve(Buffer.concat(chunks).toString('latin1')),
      fail: reject,
    });
  });
}

/** Counts what it is sent; it can be stopped and started again. */
export class CountingConsumer implements BodyConsumer {
  bytes = 0;
  outcome: 'open' | 'ended' | GatewayError = 'open';

  chunk(bytes: Uint8Array): void {
    this.bytes += bytes.byteLength;
  }

  end(): void {
    this.outcome = 'ended';
  }

  fail(error: GatewayError): void {
    this.outcome = error;
  }
}

/** A request body of `total` bytes that is made while it is read, as fast as its reader lets it. */
export class PushedBody implements Body {
  readonly length: number | null;
  /** Bytes handed out so far. */
  sent = 0;
  pauses = 0;
  cancelled: GatewayError | null = null;
  readonly #total: number;
  readonly #chunk: Uint8Array;
  #consumer: BodyConsumer | null = null;
  #paused = false;
  #over = false;

  /** @param ends false leaves the body open after its last byte */
  constructor(
    total: number,
    length: number | null = total,
    readonly ends = true,
    chunkBytes = 64 * 1024,
  ) {
    this.#total = total;
    this.length = length;
    this.#chunk = new Uint8Array(chunkBytes).fill(0x61);
  }

  get consumer(): BodyConsumer | null {
    return this.#consumer;
  }

  read(consumer: BodyConsumer): void {
    this.#consumer = consumer;
    this.#pump();
  }

  pause(): void {
    this.pauses++;
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    setImmediate(() => this.#pump());
  }

  cancel(reason: GatewayError): void {
    this.cancelled = reason;
    this.#over = true;
  }

  #pump(): void {
    const consumer = this.#consumer;
    while (consumer !== null && !this.#paused && !this.#over && this.sent < this.#total) {
      const size = Math.min(this.#chunk.byteLength, this.#total - this.sent);
      this.sent += size;
      consumer.chunk(this.#chunk.subarray(0, size));
    }
    if (this.#paused || this.#over || this.sent < this.#total || !this.ends) return;
    this.#over = true;
    consumer?.end();
  }
}
