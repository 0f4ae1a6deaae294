// A request body as the Readable that the HTTP client wants. Only bodies that are not in memory need one.
import { Readable } from 'node:stream';
import { GatewayError } from '../errors.js';
import type { Body, BodyConsumer } from '../exchange.js';
import type { UploadWatch } from './request-body.js';

const HIGH_WATER_MARK_BYTES = 64 * 1024;

export class RequestStream extends Readable implements BodyConsumer {
  readonly #body: Body;
  readonly #watch: UploadWatch;
  #started = false;
  #over = false;

  constructor(body: Body, watch: UploadWatch) {
    super({ highWaterMark: HIGH_WATER_MARK_BYTES });
    this.#body = body;
    this.#watch = watch;
    // A body may fail before the HTTP client listens or after it let go: nobody there is no reason to end the
    // process. Who waits for the exchange hears of the failure through its cancellation or its reply.
    this.on('error', () => {});
  }

  chunk(bytes: Uint8Array): void {
    if (this.#over || this.push(bytes)) return;
    this.#body.pause();
    this.#watch.onUploadBlocked();
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.push(null);
    this.#watch.onUploadBlocked();
  }

  fail(error: GatewayError): void {
    if (this.#over) return;
    this.#over = true;
    this.destroy(error);
  }

  /** Lets go of the body, whose fate is somebody else's from now on. */
  detach(): void {
    this.#over = true;
    this.destroy();
  }

  override _read(): void {
    this.#watch.onUploadWanted();
    if (this.#started) {
      this.#body.resume();
      return;
    }
    this.#started = true;
    this.#body.read(this);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (!this.#over) {
      this.#over = true;
      this.#body.cancel(
        error instanceof GatewayError
          ? error
          : new GatewayError(
              'SLUICE_UPSTREAM_CLOSED',
              'the upstream does not want the rest of the request body',
              {
                cause: error ?? undefined,
              },
            ),
      );
    }
    callback(error);
  }
}
