// One stream of HTTP/2 as a reply needs it.
import {
  constants,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
  type ServerStreamResponseOptions,
} from 'node:http2';
import { firstValue, type HeaderList } from '../../headers.js';
import { isBodiless, sendableFields } from '../response-head.js';
import type { Http2Guard } from './http2-guard.js';
import type { NodeWire, ResponseHead } from './wire.js';

/** With a hundred streams that stall, what they hold stays small. */
const PIECE_BYTES = 16 * 1024;

export class Http2Wire implements NodeWire {
  readonly pieceBytes = PIECE_BYTES;
  readonly multiplexed = true;
  readonly awaitsContinue: boolean;
  /** Every client of HTTP/2 reads them, and some libraries do not say so (RFC 9113 §8.1). */
  readonly takesTrailers = true;
  readonly input: ServerHttp2Stream;
  readonly output: ServerHttp2Stream;
  readonly #guard: Http2Guard;
  #cut = false;
  #payload: ResponseHead['payload'] = 'none';
  #trailers: HeaderList | null = null;
  #stopsAfterTrailers = false;

  constructor(stream: ServerHttp2Stream, flat: readonly string[], guard: Http2Guard) {
    this.input = stream;
    this.output = stream;
    this.#guard = guard;
    this.awaitsContinue = firstValue(flat, 'expect')?.toLowerCase() === '100-continue';
  }

  /** The stream ended by an error that is none of ours. */
  get wasReset(): boolean {
    return !this.#cut && this.output.rstCode !== constants.NGHTTP2_NO_ERROR;
  }

  sendContinue(): void {
    if (!this.output.destroyed && !this.output.headersSent) this.output.additionalHeaders({ ':status': 100 });
  }

  writeHead({ status, headers, length, payload, closes }: ResponseHead): void {
    this.#payload = payload;
    if (this.output.destroyed || this.output.closed) return;
    // No further request is taken; those that run, this one among them, come to their end.
    if (closes && !this.output.session?.closed) this.output.session?.close();
    const fields: OutgoingHttpHeaders = { ':status': status, ...fieldsOf(headers) };
    if (length !== null && !isBodiless(status)) fields['content-length'] = length;
    const options = { endStream: payload === 'none', waitForTrailers: payload === 'stream' };
    if (payload === 'stream') this.output.once('wantTrailers', () => this.#sendTrailers());
    try {
      this.output.respond(fields, options);
    } catch {
      this.#respondPlainly(fields, options);
    }
  }

  flushHead(): void {
    // `respond` has done it.
  }

  write(bytes: Uint8Array): boolean {
    this.#guard.piece(bytes.length);
    return this.output.write(bytes);
  }

  end(bytes: Uint8Array | null, trailers: HeaderList | null): void {
    if (this.output.destroyed || this.#payload === 'none') return;
    this.#trailers = trailers;
    if (bytes === null) this.output.end();
    else this.output.end(bytes);
  }

  /** RFC 9113 §8.1: what is still to come of the request may be left out. */
  stopClient(): void {
    const stream = this.output;
    // What follows the body comes after the stream is finished; a reset would come before it.
    if (this.#payload === 'stream' && !stream.sentTrailers) this.#stopsAfterTrailers = true;
    else if (stream.writableFinished) this.#reset();
    else stream.once('finish', () => this.#reset());
  }

  cut(): void {
    this.#cut = true;
    this.output.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  /** Node knows fields that may stand in a message once only; of those the first counts. */
  #respondPlainly(fields: OutgoingHttpHeaders, options: ServerStreamResponseOptions): void {
    for (const [name, value] of Object.entries(fields)) {
      if (Array.isArray(value) && name !== 'set-cookie') fields[name] = value[0];
    }
    try {
      this.output.respond(fields, options);
    } catch {
      this.cut();
    }
  }

  #reset(): void {
    this.output.close(constants.NGHTTP2_NO_ERROR);
  }

  #sendTrailers(): void {
    if (this.output.destroyed || this.output.closed) return;
    const fields = this.#trailers === null ? {} : fieldsOf(this.#trailers);
    try {
      this.output.sendTrailers(fields);
    } catch {
      this.cut();
      return;
    }
    // By then they have left: Node sends them at the end of the turn.
    if (this.#stopsAfterTrailers) setImmediate(() => this.#reset());
  }
}

/** By name, in order; several values of a name stay several fields. */
function fieldsOf(headers: HeaderList): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  const flat = sendableFields(headers);
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    const value = flat[i + 1]!;
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (known === undefined) fields[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else fields[name] = [known, value];
  }
  return fields;
}
