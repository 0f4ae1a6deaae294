// Sends a request body that arrives bit by bit on a stream of HTTP/2.
import type { ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import { GatewayError } from '../errors.js';
import type { Body, BodyConsumer } from '../exchange.js';
import { forwardableTrailers, type HeaderList } from '../headers.js';
import type { ConnectionEvents } from './connection.js';
import { fieldsOf } from './http2-head.js';
import { type UploadHost, wrongLength } from './upload.js';
import type { UpstreamRequest } from './upstream.js';

export class StreamUpload implements BodyConsumer {
  readonly #body: Body;
  readonly #refusesTrailer: ((name: string) => boolean) | undefined;
  readonly #stream: ClientHttp2Stream;
  readonly #events: ConnectionEvents;
  readonly #host: UploadHost;
  #sentBytes = 0;
  #blocked = false;
  #over = false;

  /** @param stream made with `waitForTrailers` */
  constructor(
    body: Body,
    refusesTrailer: UpstreamRequest['refusesTrailer'],
    stream: ClientHttp2Stream,
    events: ConnectionEvents,
    host: UploadHost,
  ) {
    this.#body = body;
    this.#refusesTrailer = refusesTrailer ?? undefined;
    this.#stream = stream;
    this.#events = events;
    this.#host = host;
  }

  /** Everything has been handed to the stream, or nobody wants it any more. */
  get over(): boolean {
    return this.#over;
  }

  start(): void {
    this.#stream.on('drain', () => this.#onDrain());
    this.#body.read(this);
  }

  chunk(bytes: Uint8Array): void {
    if (this.#over || bytes.byteLength === 0) return;
    const { length } = this.#body;
    this.#sentBytes += bytes.byteLength;
    if (length !== null && this.#sentBytes > length) {
      this.#breakOff('longer');
      return;
    }
    const more = this.#stream.write(bytes);
    this.#events.onUploadProgress();
    if (more || this.#over) return;
    this.#blocked = true;
    this.#body.pause();
    this.#events.onUploadBlocked();
  }

  end(trailers?: HeaderList): void {
    if (this.#over) return;
    const { length } = this.#body;
    if (length !== null && this.#sentBytes < length) {
      this.#breakOff('shorter');
      return;
    }
    this.#over = true;
    const fields = trailers === undefined ? null : forwardableTrailers(trailers.flat, this.#refusesTrailer);
    this.#stream.once('wantTrailers', () => this.#sendTrailers(fieldsOf(fields?.flat ?? [])));
    this.#stream.end();
    this.#events.onUploadComplete();
  }

  fail(error: GatewayError): void {
    if (this.#over) return;
    this.#over = true;
    this.#host.onUploadFailed(error);
  }

  /** Lets go of the body, whose fate is somebody else's from now on. */
  detach(): void {
    this.#over = true;
  }

  /** The target has answered without it. */
  abandon(): void {
    if (this.#over) return;
    this.#over = true;
    this.#body.cancel(
      new GatewayError('SLUICE_UPSTREAM_CLOSED', 'the upstream does not want the rest of the request body'),
    );
  }

  #sendTrailers(fields: OutgoingHttpHeaders): void {
    try {
      this.#stream.sendTrailers(fields);
    } catch (cause) {
      this.#host.onUploadFailed(
        new GatewayError('SLUICE_INTERNAL', 'trailers that cannot be sent', { cause }),
      );
    }
  }

  #onDrain(): void {
    if (this.#over || !this.#blocked) return;
    this.#blocked = false;
    this.#events.onUploadWanted();
    this.#body.resume();
  }

  #breakOff(how: 'longer' | 'shorter'): void {
    this.#over = true;
    this.#host.onUploadFailed(wrongLength(how));
  }
}
