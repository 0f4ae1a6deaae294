// Sends a request body that arrives bit by bit, whatever version of HTTP it goes out by: holds it to the length that was
// announced, and holds it back while the target takes nothing.
import { GatewayError } from '../errors.js';
import type { Body, BodyConsumer } from '../exchange.js';
import type { HeaderList } from '../headers.js';
import type { ConnectionEvents } from './connection.js';

/** Told that the body will never be whole. */
export interface UploadHost {
  onUploadFailed(error: GatewayError): void;
}

export abstract class Upload implements BodyConsumer {
  /** Bytes announced; null when only the end tells. */
  protected readonly length: number | null;
  protected readonly host: UploadHost;
  protected sentBytes = 0;
  readonly #body: Body;
  readonly #events: ConnectionEvents;
  #blocked = false;
  #over = false;

  /** @param events told how far it is */
  constructor(body: Body, events: ConnectionEvents, host: UploadHost) {
    this.#body = body;
    this.length = body.length;
    this.#events = events;
    this.host = host;
  }

  /** Everything has been handed on, or nobody wants it any more. */
  get over(): boolean {
    return this.#over;
  }

  start(): void {
    this.#body.read(this);
  }

  chunk(bytes: Uint8Array): void {
    if (this.#over || bytes.byteLength === 0) return;
    const isFirst = this.sentBytes === 0;
    this.sentBytes += bytes.byteLength;
    if (this.length !== null && this.sentBytes > this.length) {
      this.#breakOff('longer');
      return;
    }
    const more = this.write(bytes, isFirst);
    this.#events.onUploadProgress();
    if (more || this.#over) return;
    this.#blocked = true;
    this.#body.pause();
    this.#events.onUploadBlocked();
  }

  end(trailers?: HeaderList): void {
    if (this.#over) return;
    if (this.length !== null && this.sentBytes < this.length) {
      this.#breakOff('shorter');
      return;
    }
    this.#over = true;
    this.finish(trailers);
    this.#events.onUploadComplete();
  }

  fail(error: GatewayError): void {
    if (this.#over) return;
    this.#over = true;
    this.host.onUploadFailed(error);
  }

  /** There is room again. */
  onDrain(): void {
    if (this.#over || !this.#blocked) return;
    this.#blocked = false;
    this.#events.onUploadWanted();
    this.#body.resume();
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

  // What a subclass says.

  /** @returns false when no more should come until `onDrain` */
  protected abstract write(bytes: Uint8Array, isFirst: boolean): boolean;

  /** The body was whole. */
  protected abstract finish(trailers: HeaderList | undefined): void;

  #breakOff(how: 'longer' | 'shorter'): void {
    this.#over = true;
    this.host.onUploadFailed(
      new GatewayError('SLUICE_INTERNAL', `the request body is ${how} than its content-length`),
    );
  }
}
