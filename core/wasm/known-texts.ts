// Texts that are said over and over, such as names of the headers that a filter sets: a comparison of a few bytes spares
// making them anew, and the engine knows them when they are looked up.

const SLOTS = 64;
/** Longer ones differ from call to call. */
const MOST_LENGTH = 64;

export class KnownTexts {
  readonly #texts: string[] = new Array<string>(SLOTS).fill('');

  /** The `length` bytes at `address` as latin1. */
  take(bytes: Buffer, address: number, length: number): string {
    if (length === 0) return '';
    if (length > MOST_LENGTH) return bytes.toString('latin1', address, address + length);
    const first = bytes[address]!;
    const middle = bytes[address + (length >> 1)]!;
    const last = bytes[address + length - 1]!;
    const slot = (length + first * 5 + middle * 7 + last * 11) % SLOTS;
    const known = this.#texts[slot]!;
    if (known.length === length && isAt(known, bytes, address)) return known;
    const text = bytes.toString('latin1', address, address + length);
    this.#texts[slot] = text;
    return text;
  }
}

function isAt(text: string, bytes: Buffer, address: number): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) !== bytes[address + i]) return false;
  return true;
}
