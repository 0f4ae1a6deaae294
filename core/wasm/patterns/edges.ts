// What lies on both sides of a place between two bytes, and which edges of a pattern hold there.
import { NODE_END, NODE_WORD } from './nfa.js';

/** What a byte, or an end of the text, is to the place beside it. */
export const WORD = 0;
export const OTHER = 1;
/** Of a character that began before the place. */
export const CONTINUATION = 2;
export const TEXT_END = 3;
export const TEXT_START = 4;

/** All that may follow a place. */
export const SIDES: readonly number[] = [WORD, OTHER, CONTINUATION, TEXT_END];

/** Bytes where word characters begin and end, and continuation bytes. */
export const WORD_BORDERS: readonly number[] = [0x30, 0x3a, 0x41, 0x5b, 0x5f, 0x60, 0x61, 0x7b, 0x80, 0xc0];

export function sideOf(byte: number): number {
  if (isWordByte(byte)) return WORD;
  return byte >= 0x80 && byte <= 0xbf ? CONTINUATION : OTHER;
}

/**
 * Whether an edge that asks for what follows holds between two sides.
 * @param kind NODE_END, NODE_WORD or NODE_INSIDE
 */
export function holds(kind: number, before: number, after: number): boolean {
  if (kind === NODE_END) return after === TEXT_END;
  const isBorder = (before === WORD) !== (after === WORD);
  return kind === NODE_WORD ? isBorder : !isBorder && after !== CONTINUATION;
}

function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x5f ||
    (byte >= 0x61 && byte <= 0x7a)
  );
}
