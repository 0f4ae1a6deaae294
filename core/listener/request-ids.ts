// Request ids: unique, hard to guess from outside, cheap. No id of a client is ever taken over.
import { randomBytes } from 'node:crypto';

const COUNTER_DIGITS = 8;
const COUNTER_END = 36 ** COUNTER_DIGITS;

/**
 * Gives ids of 22 characters `[A-Za-z0-9_-]`: 14 random ones per instance (84 bits), then a counter in base 36
 * that starts anywhere. Ids order and count requests for those who see several; they are no secret tokens.
 */
export class RequestIds {
  readonly #prefix = randomBytes(11).toString('base64url').slice(0, 14);
  #next = randomBytes(4).readUInt32LE();

  next(): string {
    this.#next = (this.#next + 1) % COUNTER_END;
    return this.#prefix + this.#next.toString(36).padStart(COUNTER_DIGITS, '0');
  }
}
