// Sends a request body on a stream of HTTP/2.
import type { ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import { GatewayError } from '../errors.js';
import type { Body } from '../exchange.js';
import { forwardableTrailers, type HeaderList } from '../headers.js';
import type { ConnectionEvents } from './connection.js';
import { fieldsOf } from './http2-head.js';
import { Upload, type UploadHost } from './upload.js';
import type { UpstreamRequest } from './upstream.js';

export class StreamUpload extends Upload {
  readonly #refusesTrailer: ((name: string) => boolean) | undefined;
  readonly #stream: ClientHttp2Stream;

  /** @param stream made with `waitForTrailers` */
  constructor(
    body: Body,
    refusesTrailer: UpstreamRequest['refusesTrailer'],
    stream: ClientHttp2Stream,
    events: ConnectionEvents,
    host: UploadHost,
  ) {
    super(body, events, host);
    this.#refusesTrailer = refusesTrailer ?? undefined;
    this.#stream = stream;
  }

  override start(): void {
    this.#stream.on('drain', () => this.onDrain());
    super.start();
  }

  protected override write(bytes: Uint8Array): boolean {
    return this.#stream.write(bytes);
  }

  protected override finish(trailers: HeaderList | undefined): void {
    const fields = trailers === undefined ? null : forwardableTrailers(trailers.flat, this.#refusesTrailer);
    this.#stream.once('wantTrailers', () => this.#sendTrailers(fieldsOf(fields?.flat ?? [])));
    this.#stream.end();
  }

  #sendTrailers(fields: OutgoingHttpHeaders): void {
    try {
      this.#stream.sendTrailers(fields);
    } catch (cause) {
      this.host.onUploadFailed(
        new GatewayError('SLUICE_INTERNAL', 'trailers that cannot be sent', { cause }),
      );
    }
  }
}
