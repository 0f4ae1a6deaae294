// Holds the bytes of a JSON document to a plain schema in one walk, without making values of them. It says yes only where
// JSON.parse and ajv would; whatever it does not know for sure it leaves to them, so that one pair of judges decides what is
// refused and why. It sees on its way whether names are unique, which spares guests a walk of their own. Hot path: names
// and strings are taken 16 bytes at a time.
import { stops } from '../../../../sdk/abi/assembly/json-string';
import {
  ARRAY,
  BLOCK,
  BOOLEAN,
  FRACTION,
  KEY_LENGTH,
  KEY_NODE,
  KEY_SIZE,
  KEY_TEXT,
  NODE_ABOVE,
  NODE_ASKS_NUMBER,
  NODE_ASKS_TEXT,
  NODE_BELOW,
  NODE_FEWEST_ITEMS,
  NODE_ITEMS,
  NODE_KEY_COUNT,
  NODE_KEYS,
  NODE_LEAST,
  NODE_LONGEST,
  NODE_MATCHER,
  NODE_MOST,
  NODE_MOST_ITEMS,
  NODE_MOST_PROPERTIES,
  NODE_OTHERS,
  NODE_REQUIRED,
  NODE_SHORTEST,
  NODE_TEXT_COUNT,
  NODE_TEXTS,
  NODE_TYPES,
  NULL,
  OBJECT,
  STRING,
  TEXT_LENGTH,
  TEXT_PLACE,
  TEXT_SIZE,
  WALK_BEYOND_ASCII,
  WALK_FITS,
  WALK_UNIQUE,
  WALK_UNSURE,
  WHOLE,
} from '../plain-layout';

/** Whether the judge of this index takes a text, which is ASCII. */
// @ts-ignore: decorator
@external('host', 'matches')
declare function matches(judge: i32, at: usize, length: i32): bool;
/** What number is written there. */
// @ts-ignore: decorator
@external('host', 'numberAt')
declare function numberAt(at: usize, length: i32): f64;

const MOST_DEPTH: i32 = 100;
/** Whole numbers of so many digits are exact. */
const MOST_DIGITS: i32 = 15;
/** Names of one object, beside those that its schema knows, that are compared with each other. */
const MOST_STRANGERS: usize = 16;
/** Where a value ends that is none, or may not be one. */
const DOUBT: usize = 0;

const SPACE: u32 = 0x20;
const QUOTE: u32 = 0x22;
const COMMA: u32 = 0x2c;
const MINUS: u32 = 0x2d;
const DOT: u32 = 0x2e;
const ZERO: u32 = 0x30;
const COLON: u32 = 0x3a;
const BRACKET: u32 = 0x5b;
const BACKSLASH: u32 = 0x5c;
const BRACKET_END: u32 = 0x5d;
const LETTER_F: u32 = 0x66;
const LETTER_N: u32 = 0x6e;
const LETTER_T: u32 = 0x74;
const LETTER_U: u32 = 0x75;
const BRACE: u32 = 0x7b;
const BRACE_END: u32 = 0x7d;

/** Address and length of each name that its schema does not know, of all objects that are open. */
const STRANGER: usize = 8;
const strangers = memory.data((MOST_DEPTH + 2) * 17 * 8);

let end: usize = 0;
/** Of the last string. */
let hasEscape: bool = false;
let isAscii: bool = true;
/** Some string went beyond ASCII. */
let needsUtf8: bool = false;
let isUnique: bool = true;
/** Behind the last of `strangers`. */
let top: usize = 0;

/** Where a schema may lie, and a document behind it. */
export function start(): usize {
  return (__heap_base + 15) & ~15;
}

/**
 * Walks the document of `length` bytes at `document`; two blocks behind it are there as well.
 * @param node what it must be
 */
export function walk(node: usize, document: usize, length: i32): i32 {
  end = document + length;
  v128.store(end, i64x2.splat(0));
  needsUtf8 = false;
  isUnique = true;
  top = strangers;
  const after = valueAt(skip(document), node, 0);
  if (after == DOUBT || skip(after) != end) return WALK_UNSURE;
  return (isUnique ? WALK_UNIQUE : WALK_FITS) | (needsUtf8 ? WALK_BEYOND_ASCII : 0);
}

// Each of these takes the address where something begins and answers the address behind it, or `DOUBT`. Behind the document
// is a zero, which begins nothing, goes on nothing and stops a string: so bytes are looked at without asking whether they are there.

function valueAt(at: usize, node: usize, depth: i32): usize {
  const types = load<u32>(node, NODE_TYPES);
  const byte = <u32>load<u8>(at);
  if (byte == QUOTE) return (types & STRING) == 0 ? DOUBT : textAt(at + 1, node);
  if (byte == BRACE) return (types & OBJECT) == 0 || depth > MOST_DEPTH ? DOUBT : objectAt(at + 1, node, depth + 1);
  if (byte == BRACKET) return (types & ARRAY) == 0 || depth > MOST_DEPTH ? DOUBT : arrayAt(at + 1, node, depth + 1);
  if (byte == LETTER_T) return (types & BOOLEAN) != 0 && load<u32>(at) == 0x65757274 /* true */ ? at + 4 : DOUBT;
  if (byte == LETTER_F) return (types & BOOLEAN) != 0 && load<u32>(at, 1) == 0x65736c61 /* alse */ ? at + 5 : DOUBT;
  if (byte == LETTER_N) return (types & NULL) != 0 && load<u32>(at) == 0x6c6c756e /* null */ ? at + 4 : DOUBT;
  return numeralAt(at, node, types);
}

function objectAt(start: usize, node: usize, depth: i32): usize {
  const keys = <usize>load<u32>(node, NODE_KEYS);
  const keysEnd = keys + <usize>load<u32>(node, NODE_KEY_COUNT) * KEY_SIZE;
  const required = load<u32>(node, NODE_REQUIRED);
  let at = skip(start);
  if (load<u8>(at) == BRACE_END) return required == 0 ? at + 1 : DOUBT;
  const ownStrangers = top;
  let found: u32 = 0;
  // Most documents have their keys in the order of the schema: such a name is compared and not read.
  let next = keys;
  for (let left = load<i32>(node, NODE_MOST_PROPERTIES); left > 0; left--) {
    let key: usize = 0;
    if (next < keysEnd && isText(at, load<u32>(next, KEY_TEXT), load<i32>(next, KEY_LENGTH))) {
      key = next;
      at += load<u32>(next, KEY_LENGTH);
    } else {
      if (load<u8>(at) != QUOTE) return DOUBT;
      const nameEnd = stringAt(at + 1);
      // `\u0061` is an `a`, and nobody writes it like that.
      if (nameEnd == DOUBT || hasEscape) return DOUBT;
      key = keyAt(keys, keysEnd, at, <i32>(nameEnd - at));
      if (key == 0 && isUnique) meet(ownStrangers, at, <i32>(nameEnd - at));
      at = skip(nameEnd);
      if (load<u8>(at) != COLON) return DOUBT;
      at++;
    }
    let property: usize;
    if (key == 0) property = load<u32>(node, NODE_OTHERS);
    else {
      const bit = 1 << (<u32>(key - keys) / <u32>KEY_SIZE);
      if ((found & bit) != 0) isUnique = false;
      found |= bit;
      property = load<u32>(key, KEY_NODE);
      next = key + KEY_SIZE;
    }
    at = valueAt(skip(at), property, depth);
    if (at == DOUBT) return DOUBT;
    at = skip(at);
    const byte = <u32>load<u8>(at);
    if (byte == BRACE_END) {
      top = ownStrangers;
      return (found & required) == required ? at + 1 : DOUBT;
    }
    if (byte != COMMA) return DOUBT;
    at = skip(at + 1);
  }
  return DOUBT;
}

/** The key of this name, which is taken with its quotes; 0 when there is none. */
function keyAt(keys: usize, keysEnd: usize, at: usize, length: i32): usize {
  for (let key = keys; key < keysEnd; key += KEY_SIZE) {
    if (load<i32>(key, KEY_LENGTH) == length + 1 && isText(at, load<u32>(key, KEY_TEXT), length)) return key;
  }
  return 0;
}

/** Takes a name that the schema does not know. @param first of the same object */
function meet(first: usize, at: usize, length: i32): void {
  if (top - first >= MOST_STRANGERS * STRANGER) {
    isUnique = false;
    return;
  }
  for (let other = first; other < top; other += STRANGER) {
    if (load<i32>(other, 4) == length && isText(at, load<u32>(other), length)) isUnique = false;
  }
  store<u32>(top, <u32>at);
  store<i32>(top, length, 4);
  top += STRANGER;
}

function arrayAt(start: usize, node: usize, depth: i32): usize {
  const items = <usize>load<u32>(node, NODE_ITEMS);
  const fewest = load<i32>(node, NODE_FEWEST_ITEMS);
  let at = skip(start);
  if (load<u8>(at) == BRACKET_END) return fewest <= 0 ? at + 1 : DOUBT;
  const most = load<i32>(node, NODE_MOST_ITEMS);
  for (let count = 1; count <= most; count++) {
    at = valueAt(at, items, depth);
    if (at == DOUBT) return DOUBT;
    at = skip(at);
    const byte = <u32>load<u8>(at);
    if (byte == BRACKET_END) return count >= fewest ? at + 1 : DOUBT;
    if (byte != COMMA) return DOUBT;
    at = skip(at + 1);
  }
  return DOUBT;
}

function textAt(start: usize, node: usize): usize {
  const after = stringAt(start);
  if (after == DOUBT || load<u32>(node, NODE_ASKS_TEXT) == 0) return after;
  // Else its bytes are not its characters.
  if (hasEscape || !isAscii) return DOUBT;
  const length = <i32>(after - 1 - start);
  if (length < load<i32>(node, NODE_SHORTEST) || length > load<i32>(node, NODE_LONGEST)) return DOUBT;
  const count = load<i32>(node, NODE_TEXT_COUNT);
  if (count >= 0 && !isOneOf(load<u32>(node, NODE_TEXTS), count, start, length)) return DOUBT;
  const judge = load<i32>(node, NODE_MATCHER);
  return judge < 0 || matches(judge, start, length) ? after : DOUBT;
}

function isOneOf(texts: usize, count: i32, at: usize, length: i32): bool {
  for (let text = texts; count > 0; count--, text += TEXT_SIZE) {
    if (load<i32>(text, TEXT_LENGTH) == length && isText(at, load<u32>(text, TEXT_PLACE), length)) return true;
  }
  return false;
}

function numeralAt(start: usize, node: usize, types: u32): usize {
  const isNegative = load<u8>(start) == MINUS;
  let at = isNegative ? start + 1 : start;
  const first = at;
  let whole: i64 = 0;
  let digit = <u32>load<u8>(at) - ZERO;
  const leads = digit == 0;
  while (digit < 10) {
    whole = whole * 10 + digit;
    digit = <u32>load<u8>(++at) - ZERO;
  }
  const digits = <i32>(at - first);
  if (digits == 0 || digits > MOST_DIGITS || (leads && digits > 1)) return DOUBT;
  let type = WHOLE;
  const isFraction = load<u8>(at) == DOT;
  if (isFraction) {
    type = FRACTION;
    const fraction = ++at;
    while (<u32>load<u8>(at) - ZERO < 10) at++;
    if (at == fraction) return DOUBT;
  }
  // An exponent, which may make it whole or infinite, is left where it stands, and that is a doubt for who reads on.
  if ((types & type) == 0) return DOUBT;
  if (load<u32>(node, NODE_ASKS_NUMBER) == 0) return at;
  const value = isFraction ? numberAt(start, <i32>(at - start)) : <f64>(isNegative ? -whole : whole);
  return value >= load<f64>(node, NODE_LEAST) &&
    value <= load<f64>(node, NODE_MOST) &&
    value > load<f64>(node, NODE_ABOVE) &&
    value < load<f64>(node, NODE_BELOW)
    ? at
    : DOUBT;
}

/** A string whose first character is at `at`. Inlined for the usual one: short, and nothing to look at before its end. */
// @ts-ignore: decorator
@inline function stringAt(at: usize): usize {
  const mask = stops(at);
  const stop = at + ctz(mask);
  if (mask != 0 && load<u8>(stop) == QUOTE) {
    hasEscape = false;
    isAscii = true;
    return stop + 1;
  }
  return longStringAt(at);
}

function longStringAt(at: usize): usize {
  hasEscape = false;
  isAscii = true;
  // The zero behind the document stops it.
  while (at < end) {
    const mask = stops(at);
    if (mask == 0) {
      at += BLOCK;
      continue;
    }
    at += ctz(mask);
    const byte = <u32>load<u8>(at);
    if (byte == QUOTE) return at + 1;
    if (byte < SPACE) return DOUBT;
    if (byte == BACKSLASH) {
      hasEscape = true;
      at = escapeAt(at + 1);
      if (at == DOUBT) return DOUBT;
    } else {
      isAscii = false;
      needsUtf8 = true;
      do at++;
      while (load<u8>(at) >= 0x80);
    }
  }
  return DOUBT;
}

/** What follows a backslash. */
function escapeAt(at: usize): usize {
  const byte = <u32>load<u8>(at);
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
    case 0x62: // b
    case LETTER_F:
    case LETTER_N:
    case 0x72: // r
    case LETTER_T:
      return at + 1;
    case LETTER_U:
      for (let digit = 1; digit <= 4; digit++) if (!isHexDigit(load<u8>(at + digit))) return DOUBT;
      return at + 5;
    default:
      return DOUBT;
  }
}

/** True when `text`, of that length, begins at `at`. */
// @ts-ignore: decorator
@inline function isText(at: usize, text: usize, length: i32): bool {
  return length <= BLOCK
    ? (differences(at, text) & ((1 << length) - 1)) == 0
    : differences(at, text) == 0 && isLongText(at, text, length);
}

function isLongText(at: usize, text: usize, length: i32): bool {
  if (at + length > end) return false;
  let done = BLOCK;
  for (; done + BLOCK <= length; done += BLOCK) if (differences(at + done, text + done) != 0) return false;
  return (differences(at + done, text + done) & ((1 << (length - done)) - 1)) == 0;
}

/** A bit for each of 16 bytes that is not the same. */
// @ts-ignore: decorator
@inline function differences(left: usize, right: usize): i32 {
  return i8x16.bitmask(i8x16.ne(v128.load(left), v128.load(right)));
}

/** To the next token. Compact documents have no space, so the first test is the usual one. */
// @ts-ignore: decorator
@inline function skip(at: usize): usize {
  return load<u8>(at) > SPACE ? at : skipSpaces(at);
}

function skipSpaces(at: usize): usize {
  while (isSpace(load<u8>(at))) at++;
  return at;
}

// @ts-ignore: decorator
@inline function isSpace(byte: u32): bool {
  return byte == SPACE || byte == 0x0a || byte == 0x0d || byte == 0x09;
}

function isHexDigit(byte: u32): bool {
  return byte - ZERO < 10 || (byte | SPACE) - 0x61 < 6;
}
