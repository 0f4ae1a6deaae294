// Masks of strings and numbers that end as the value does.
import { Bytes } from '../bytes';
import { escapeEnd } from './string';
import { utf8SequenceEnd } from './utf8';

const STAR: u8 = 0x2a;
const QUOTE: u8 = 0x22;

/** Stars in place of values that have no characters: fewer would read like an empty string. */
const STARS_OF_OTHERS = 4;

/**
 * A JSON string with a star for each character of the value, but for the last `keepLast`, which stay as they are spelled. A
 * value that has no more than those is hidden whole, and so is all that is neither string nor number.
 * @param raw one valid value without spaces around it
 */
export function maskOf(raw: Bytes, keepLast: i32): Bytes {
  const first = raw[0];
  const isString = first == QUOTE;
  const isNumber = first == 0x2d || <u32>first - 0x30 < 10;
  if (!isString && !isNumber) return starsAndRest(STARS_OF_OTHERS, 0, 0);
  const edge: usize = isString ? 1 : 0;
  const start = raw.address + edge;
  const end = raw.address + raw.length - edge;
  let count = 0;
  for (let at = start; at < end; at = characterEnd(at, end)) count++;
  if (keepLast <= 0 || keepLast >= count) return starsAndRest(count, end, end);
  const hidden = count - keepLast;
  let kept = start;
  for (let i = 0; i < hidden; i++) kept = characterEnd(kept, end);
  return starsAndRest(hidden, kept, end);
}

function starsAndRest(stars: i32, from: usize, end: usize): Bytes {
  const rest = end - from;
  const size = <usize>stars + rest + 2;
  const to = __sluice_reserve(size);
  store<u8>(to, QUOTE);
  memory.fill(to + 1, STAR, stars);
  memory.copy(to + 1 + stars, from, rest);
  store<u8>(to + size - 1, QUOTE);
  return new Bytes(to, <i32>size);
}

/** End of the character at `at`: a byte, a UTF-8 sequence, or an escape. */
function characterEnd(at: usize, end: usize): usize {
  const byte = load<u8>(at);
  if (byte == 0x5c) return escapeEnd(at, end);
  return byte < 0x80 ? at + 1 : utf8SequenceEnd(at, end);
}
