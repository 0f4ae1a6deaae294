// Bodies as filters and limits need them: whole in memory, or counted while they pass.
import type { GatewayError } from '../errors.js';
import { type Body, type BodyConsumer, BufferedBody, lend } from '../exchange.js';
import type { HeaderList } from '../headers.js';
import { dropBodyFields } from '../wasm/edits.js';

const EMPTY = new Uint8Array(0);

/**
 * Reads a body to its end, with what follows it.
 * @param maxBytes largest body; a larger one is cancelled and answered with `tooLarge()`
 * @throws the GatewayError of the body when it fails
 */
export function collectBody(
  body: Body,
  maxBytes: number,
  tooLarge: () => GatewayError,
): Promise<BufferedBody> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    let over = false;
    body.read({
      chunk: (bytes) => {
        if (over) return;
        size += bytes.byteLength;
        if (size > maxBytes) {
          over = true;
          const error = tooLarge();
          body.cancel(error);
          reject(error);
        } else chunks.push(bytes);
      },
      end: (trailers) => resolve(new BufferedBody(join(chunks, size), trailers ?? null)),
      fail: reject,
    });
  });
}

/** What may follow a body in memory whose bytes became others: nothing that describes them. */
export function trailersAfterEdit(body: Body | null): HeaderList | null {
  if (!(body instanceof BufferedBody) || body.trailers === null) return null;
  const kept = body.trailers.clone();
  dropBodyFields(kept);
  return kept;
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 0) return EMPTY;
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
}

/** A body that fails once more than `maxBytes` have passed. For bodies that do not say their length. */
export class LimitedBody implements Body {
  readonly #body: Body;
  readonly #maxBytes: number;
  readonly #tooLarge: () => GatewayError;

  constructor(body: Body, maxBytes: number, tooLarge: () => GatewayError) {
    this.#body = body;
    this.#maxBytes = maxBytes;
    this.#tooLarge = tooLarge;
  }

  get length(): number | null {
    return this.#body.length;
  }

  read(consumer: BodyConsumer): void {
    let size = 0;
    let over = false;
    const fits = (bytes: Uint8Array): boolean => {
      if (over) return false;
      size += bytes.byteLength;
      if (size <= this.#maxBytes) return true;
      over = true;
      const error = this.#tooLarge();
      this.#body.cancel(error);
      consumer.fail(error);
      return false;
    };
    this.#body.read({
      chunk: (bytes) => {
        if (fits(bytes)) consumer.chunk(bytes);
      },
      lentChunk: (bytes) => {
        if (fits(bytes)) lend(consumer, bytes);
      },
      end: (trailers) => consumer.end(trailers),
      fail: (error) => consumer.fail(error),
    });
  }

  pause(): void {
    this.#body.pause();
  }

  resume(): void {
    this.#body.resume();
  }

  cancel(reason: GatewayError): void {
    this.#body.cancel(reason);
  }
}
