// One request of HTTP/1.1 and its response, as a reply sees them.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { HeaderList } from '../../headers.js';
import { isBodiless, sendableFields } from '../response-head.js';
import type { NodeWire, ResponseHead } from './wire.js';

/** What a piece of a response may keep in memory beside the socket's own buffer. */
const PIECE_BYTES = 64 * 1024;

/** A request with the response that it waits for. */
export interface Http1Pair {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly awaitsContinue: boolean;
}

export class Http1Wire implements NodeWire {
  readonly pieceBytes = PIECE_BYTES;
  readonly multiplexed = false;
  readonly input: Readable;
  readonly output: Writable;
  readonly awaitsContinue: boolean;
  readonly takesTrailers: boolean;
  /** The connection ends after the response. */
  closes = false;
  readonly #res: ServerResponse;
  readonly #socket: Socket;

  constructor({ req, res, awaitsContinue }: Http1Pair, socket: Socket) {
    this.input = req;
    this.output = res;
    this.awaitsContinue = awaitsContinue;
    this.takesTrailers = /(?:^|,)[\t ]*trailers[\t ]*(?:,|$)/i.test(String(req.headers.te ?? ''));
    this.#res = res;
    this.#socket = socket;
  }

  sendContinue(): void {
    this.#res.writeContinue();
  }

  writeHead({ status, headers, length, closes }: ResponseHead): void {
    this.closes = closes;
    const fields = sendableFields(headers);
    if (length !== null && !isBodiless(status)) fields.push('content-length', String(length));
    if (closes) fields.push('connection', 'close');
    // Or Node would write `connection: keep-alive` and how long, which HTTP/1.1 has no need of.
    else this.#res.removeHeader('connection');
    this.#res.writeHead(status, fields);
  }

  flushHead(): void {
    this.#res.flushHeaders();
  }

  write(bytes: Uint8Array): boolean {
    return this.#res.write(bytes);
  }

  end(bytes: Uint8Array | null, trailers: HeaderList | null): void {
    if (trailers !== null && this.takesTrailers) this.#addTrailers(trailers);
    if (bytes === null) this.#res.end();
    else this.#res.end(bytes);
  }

  stopClient(): void {
    this.closes = true;
  }

  cut(): void {
    this.#socket.destroy();
  }

  #addTrailers(trailers: HeaderList): void {
    const fields = sendableFields(trailers);
    const pairs: [string, string][] = [];
    for (let i = 0; i < fields.length; i += 2) pairs.push([fields[i]!, fields[i + 1]!]);
    this.#res.addTrailers(pairs);
  }
}
