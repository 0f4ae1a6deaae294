// Request ids: unique, hard to guess from outside, cheap. No id of a client is ever taken over.
import { randomBytes } from 'node:crypto';

const PAIRS: readonly string[] = Array.from({ length: 36 ** 2 }, (_, n) => n.toString(36).padStart(2, '0'));
const HALF_END = PAIRS.length ** 2;

/**
 * Gives ids of 22 characters `[A-Za-z0-9_-]`: 14 random ones per instance (84 bits), then a counter in base 36
 * that starts anywhere. Ids order and count requests for those who see several; they are no secret tokens.
 */
export class RequestIds {
  readonly #prefix = randomBytes(11).toString('base64url').slice(0, 14);
  // The counter in two halves, digits from a table: `toString(36)` calls the runtime each time.
  #high = randomBytes(4).readUInt32LE() % HALF_END;
  #low = randomBytes(4).readUInt32LE() % HALF_END;
  #start = this.#prefix + digits(this.#high);

  next(): string {
    this.#low += 1;
    if (this.#low === HALF_END) {
      this.#low = 0;
      this.#high = (this.#high + 1) % HALF_END;
      this.#start = this.#prefix + digits(this.#high);
    }
    return this.#start + digits(this.#low);
  }
}

/** Four digits of base 36. */
function digits(half: number): string {
  return PAIRS[Math.floor(half / PAIRS.length)]! + PAIRS[half % PAIRS.length]!;
}
