// A listener, a client of it and a handler in between, for tests of bodies; and the requests and waits that these have in common.
import assert from 'node:assert/strict';
import { BufferedBody } from '../../core/exchange.js';
import { HeaderList } from '../../core/headers.js';
import type {
  ExchangeHandler,
  Listener,
  ListenerOptions,
  ReplyOutcome,
} from '../../core/listener/listener.js';
import { Collector, type HandBody, type PatternBody } from './raw-body.js';
import type { RawClient } from './raw-client.js';

export const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
export const MIB = 1024 * 1024;
/** More than the kernel holds for one connection on loopback, sent and received sides together. */
export const BIG = 32 * MIB;

const NONE = new HeaderList();

/** The head of an upload of so many bytes. */
export function post(length: number, path = '/'): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;
}

/** Waits for a condition that no event announces. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Waits until `read` gives the same value for a while: the flow has come to rest. */
export async function atRest(read: () => number): Promise<number> {
  let last = read();
  let since = performance.now();
  while (performance.now() - since < 100) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (read() === last) continue;
    last = read();
    since = performance.now();
  }
  return last;
}

/** Open between `open` and `close`, and again after that. */
export class BodyStage {
  /** What the listener does with an exchange: set it before a request is sent. */
  handle: ExchangeHandler = () => assert.fail('a request that no handler is set for');
  readonly #create: (options: ListenerOptions) => Listener;
  readonly #openClient: (port: number) => Promise<RawClient>;
  #listener: Listener | undefined;
  #client: RawClient | undefined;

  constructor(
    create: (options: ListenerOptions) => Listener,
    openClient: (port: number) => Promise<RawClient>,
  ) {
    this.#create = create;
    this.#openClient = openClient;
  }

  /** @param idleMs limit of the listener; 0 is none */
  async open(idleMs: number): Promise<void> {
    this.#listener = this.#create({ name: 'public', host: '127.0.0.1', port: 0, idleMs });
    await this.#listener.listen((exchange, reply, refusal) => this.handle(exchange, reply, refusal));
    this.#client = await this.openClient();
  }

  /** The client that came with the listener. */
  get client(): RawClient {
    assert.ok(this.#client);
    return this.#client;
  }

  /** A further client, for the test to end. */
  openClient(): Promise<RawClient> {
    assert.ok(this.#listener);
    return this.#openClient(this.#listener.port);
  }

  close(): void {
    this.#client?.destroy();
    this.#listener?.close();
  }

  /** Sets a handler that answers with `body`; the result tells how it ended. */
  answerWith(body: PatternBody | HandBody | BufferedBody): Promise<ReplyOutcome> {
    return new Promise((resolve) => {
      this.handle = (_exchange, reply) => resolve(reply.send(200, NONE, body));
    });
  }

  /** Sets a handler that collects the upload and answers with its size once it is whole. */
  collect(): Collector {
    const collector = new Collector();
    this.handle = (exchange, reply) => {
      exchange.requestBody?.read(collector);
      void collector.done.then(() =>
        reply.send(200, NONE, new BufferedBody(Buffer.from(String(collector.bytes)))),
      );
    };
    return collector;
  }
}
