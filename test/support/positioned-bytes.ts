// Bodies whose every byte tells where it stands and whose it is: memory that was used again too early shows at once.
import { randomBytes } from 'node:crypto';

/** A prime, so that nothing of the size of a buffer repeats. */
const PERIOD = 65_521;
const SOURCE = randomBytes(PERIOD);
const TWICE = Buffer.concat([SOURCE, SOURCE]);

const placeOf = (seed: number, at: number): number => (seed * 7919 + at) % PERIOD;

/** Bytes `from` to `from + size` of the body of a seed, in memory of their own. */
export function positioned(seed: number, from: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let done = 0; done < size; ) {
    const place = placeOf(seed, from + done);
    done += TWICE.copy(bytes, done, place, Math.min(TWICE.byteLength, place + size - done));
  }
  return bytes;
}

/** Holds a body to what it has to be while it arrives. */
export class PositionCheck {
  bytes = 0;
  /** Where the first byte stands that is another; -1 as long as there is none. */
  wrongAt = -1;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  take(bytes: Uint8Array): void {
    if (this.wrongAt === -1 && !positioned(this.#seed, this.bytes, bytes.byteLength).equals(bytes)) {
      const wanted = positioned(this.#seed, this.bytes, bytes.byteLength);
      this.wrongAt = this.bytes + bytes.findIndex((byte, index) => byte !== wanted[index]);
    }
    this.bytes += bytes.byteLength;
  }
}
