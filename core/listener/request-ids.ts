// Request ids: unique, hard to guess from outside, cheap. No id of a client is ever taken over.
import { randomBytes } from 'node:crypto';

/** The last digits, from a table: `toString(36)` calls the runtime each time. */
const PAIRS: readonly string[] = Array.from({ length: 36 ** 2 }, (_, n) => n.toString(36).padStart(2, '0'));
const ROUNDS = 36 ** 6;

/**
 * Gives ids of 22 characters `[A-Za-z0-9_-]`: 14 random ones per instance (84 bits), then a counter in base 36
 * that starts anywhere. Ids order and count requests for those who see several; they are no secret tokens.
 */
export class RequestIds {
  readonly #prefix = randomBytes(11).toString('base64url').slice(0, 14);
  /** The counter but for its last two digits, and those. */
  #round = randomBytes(4).readUInt32LE() % ROUNDS;
  #pair = randomBytes(2).readUInt16LE() % PAIRS.length;
  #start = this.#startOfRound();

  next(): string {
    this.#pair += 1;
    if (this.#pair === PAIRS.length) {
      this.#pair = 0;
      this.#round = (this.#round + 1) % ROUNDS;
      this.#start = this.#startOfRound();
    }
    return this.#start + PAIRS[this.#pair]!;
  }

  #startOfRound(): string {
    return this.#prefix + this.#round.toString(36).padStart(6, '0');
  }
}
