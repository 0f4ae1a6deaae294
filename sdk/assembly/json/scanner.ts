// Strict RFC 8259 scanning of bytes, without a tree. Hot path: strings are skipped 16 bytes at a time.
// Every function takes the address to read from and the end of the document, and answers the address after what
// it read, or 0 when the document is not JSON; `failure` and `failedAt` then say why and where.
import { stops } from '../../abi/assembly/json-string';
import { hexDigit } from '../percent';
import { utf8SequenceEnd } from './utf8';

/** Containers that may lie within one another. */
export const MAX_DEPTH = 512;

export enum Failure {
  None = 0,
  UnexpectedEnd,
  UnexpectedByte,
  BadEscape,
  BadUtf8,
  TooDeep,
  DuplicateName,
  TooLong,
}

/** Why the last scan failed. Valid after a scan that answered 0. */
export let failure: Failure = Failure.None;
/** Address at which it failed. */
export let failedAt: usize = 0;
/** True when the last string that was scanned has an escape in it. */
export let escaped: bool = false;

/** Records a failure. Answers 0. */
export function fail(reason: Failure, at: usize): usize {
  failure = reason;
  failedAt = at;
  return 0;
}

/** Says that `at` holds nothing that may stand there. Answers 0. */
export function unexpected(at: usize, end: usize): usize {
  return fail(at < end ? Failure.UnexpectedByte : Failure.UnexpectedEnd, at);
}

// @ts-ignore: decorator
@inline export function skipSpace(at: usize, end: usize): usize {
  // Compact documents have none, so the first test is the usual one.
  if (at < end && load<u8>(at) <= 0x20) at = skipSpaces(at, end);
  return at;
}

function skipSpaces(at: usize, end: usize): usize {
  while (at < end && isSpace(load<u8>(at))) at++;
  return at;
}

const RECORD_SEPARATOR: u32 = 0x1e;

/** Skips what may stand between the documents of a sequence: spaces, and what begins a record (RFC 7464). */
export function skipSeparators(at: usize, end: usize): usize {
  while (at < end && (isSpace(load<u8>(at)) || load<u8>(at) == RECORD_SEPARATOR)) at++;
  return at;
}

/** What may stand between tokens. */
// @ts-ignore: decorator
@inline export function isSpace(byte: u32): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}

/** Whether a string or a number begins with this byte. */
// @ts-ignore: decorator
@inline export function isScalar(byte: u32): bool {
  return byte == 0x22 || byte == 0x2d || byte - 0x30 < 10;
}

/** `at` is after the opening quote. Inlined for the usual string: short, and nothing to look at before its end. */
// @ts-ignore: decorator
@inline export function scanString(at: usize, end: usize): usize {
  if (at + 16 <= end) {
    const mask = stops(at);
    const stop = at + ctz(mask);
    if (mask != 0 && load<u8>(stop) == 0x22) {
      escaped = false;
      return stop + 1;
    }
  }
  return scanLongString(at, end);
}

function scanLongString(at: usize, end: usize): usize {
  escaped = false;
  do {
    if (at + 16 <= end) {
      const mask = stops(at);
      if (mask == 0) {
        at += 16;
        continue;
      }
      at += ctz(mask);
    } else {
      at = skipPlain(at, end);
      if (at == end) return fail(Failure.UnexpectedEnd, end);
    }
    const byte = load<u8>(at);
    if (byte == 0x22) return at + 1;
    at = scanUnusual(at, end);
  } while (at != 0);
  return 0;
}

/** Over the last bytes of a document, up to one that ends a string or needs a look. */
function skipPlain(at: usize, end: usize): usize {
  while (at < end) {
    const byte = load<u8>(at);
    if (byte < 0x20 || byte >= 0x80 || byte == 0x22 || byte == 0x5c) break;
    at++;
  }
  return at;
}

/** What in a string is neither plain ASCII nor its end: an escape, or characters beyond ASCII. */
function scanUnusual(at: usize, end: usize): usize {
  const byte = load<u8>(at);
  if (byte < 0x20) return fail(Failure.UnexpectedByte, at);
  if (byte == 0x5c) {
    escaped = true;
    return scanEscape(at, end);
  }
  do {
    const next = utf8SequenceEnd(at, end);
    if (next == 0) return fail(Failure.BadUtf8, at);
    at = next;
  } while (at < end && load<u8>(at) >= 0x80);
  return at;
}

function scanEscape(at: usize, end: usize): usize {
  if (at + 1 >= end) return fail(Failure.UnexpectedEnd, end);
  const letter = load<u8>(at, 1);
  switch (letter) {
    case 0x22: // "
    case 0x5c: // \
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 2;
    case 0x75: { // u
      if (at + 6 > end) return fail(Failure.UnexpectedEnd, end);
      const digits =
        hexDigit(load<u8>(at, 2)) | hexDigit(load<u8>(at, 3)) | hexDigit(load<u8>(at, 4)) | hexDigit(load<u8>(at, 5));
      return digits < 0 ? fail(Failure.BadEscape, at) : at + 6;
    }
    default:
      return fail(Failure.BadEscape, at);
  }
}

/** `at` is the first byte of the number. */
export function scanNumber(at: usize, end: usize): usize {
  if (load<u8>(at) == 0x2d) at++;
  if (at >= end) return unexpected(at, end);
  const first = load<u8>(at);
  if (first == 0x30) at++;
  else {
    at = scanDigits(at, end);
    if (at == 0) return 0;
  }
  if (at < end && load<u8>(at) == 0x2e) {
    at = scanDigits(at + 1, end);
    if (at == 0) return 0;
  }
  if (at < end && (load<u8>(at) | 0x20) == 0x65) {
    at++;
    if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) at++;
    at = scanDigits(at, end);
  }
  return at;
}

function scanDigits(at: usize, end: usize): usize {
  const start = at;
  while (at < end && <u32>load<u8>(at) - 0x30 < 10) at++;
  return at == start ? unexpected(at, end) : at;
}

/** A string, number or literal; `at` is its first byte. */
export function scanScalar(at: usize, end: usize): usize {
  if (at >= end) return unexpected(at, end);
  const byte = load<u8>(at);
  if (byte == 0x22) return scanString(at + 1, end);
  if (byte == 0x2d || <u32>byte - 0x30 < 10) return scanNumber(at, end);
  if (at + 4 <= end) {
    const word = load<u32>(at);
    if (word == 0x65757274 /* true */ || word == 0x6c6c756e /* null */) return at + 4;
    if (word == 0x736c6166 /* fals */ && at + 5 <= end && load<u8>(at, 4) == 0x65) return at + 5;
  }
  return unexpected(at, end);
}

/** The name of a member up to the first byte of its value; `at` is where the opening quote must be. */
export function scanName(at: usize, end: usize): usize {
  if (at >= end || load<u8>(at) != 0x22) return unexpected(at, end);
  at = scanString(at + 1, end);
  return at == 0 ? 0 : scanColon(at, end);
}

/** From the end of a name to the first byte of its value. */
// @ts-ignore: decorator
@inline export function scanColon(at: usize, end: usize): usize {
  at = skipSpace(at, end);
  if (at >= end || load<u8>(at) != 0x3a) return unexpected(at, end);
  return skipSpace(at + 1, end);
}

/** Like `scanColon`, for compact documents, which have no space around it. */
// @ts-ignore: decorator
@inline export function skipColon(at: usize, end: usize): usize {
  if (at + 1 < end && load<u8>(at) == 0x3a && load<u8>(at, 1) > 0x20) return at + 1;
  return scanColon(at, end);
}

// One byte a level: 0x7d or 0x5d, the byte that closes it.
const closers = memory.data(MAX_DEPTH);

/**
 * A whole value of any kind; `at` is its first byte.
 * @param depth containers that `at` already lies in
 */
export function scanValue(at: usize, end: usize, depth: i32 = 0): usize {
  const floor = depth;
  let closer: u32 = 0;
  while (at != 0) {
    const byte = <u32>(at < end ? load<u8>(at) : 0);
    // `{` and `[` differ from their closers by 2.
    if (byte == 0x7b || byte == 0x5b) {
      if (depth == MAX_DEPTH) return fail(Failure.TooDeep, at);
      at = skipSpace(at + 1, end);
      if (at < end && load<u8>(at) == byte + 2) {
        at++;
      } else {
        closer = byte + 2;
        store<u8>(closers + depth++, closer);
        if (byte == 0x7b) at = scanName(at, end);
        continue;
      }
    } else {
      at = scanScalar(at, end);
      if (at == 0) return 0;
    }
    for (;;) {
      if (depth == floor) return at;
      at = skipSpace(at, end);
      const after = <u32>(at < end ? load<u8>(at) : 0);
      if (after == 0x2c) {
        at = skipSpace(at + 1, end);
        if (closer == 0x7d) at = scanName(at, end);
        break;
      }
      if (after != closer) return unexpected(at, end);
      at++;
      depth--;
      if (depth > floor) closer = load<u8>(closers + depth - 1);
    }
  }
  return 0;
}

/**
 * A whole document: one value, spaces around it, nothing else. Answers `end`.
 * @param depth containers that it counts as lying in: all of `MAX_DEPTH` but those that it may have itself
 */
export function scanDocument(at: usize, end: usize, depth: i32 = 0): usize {
  at = skipSpace(at, end);
  // What is absent begins at address 0, which `scanValue` takes for a failure that it was told of.
  if (at == end) return unexpected(at, end);
  at = scanValue(at, end, depth);
  if (at == 0) return 0;
  at = skipSpace(at, end);
  return at == end ? end : unexpected(at, end);
}

/** The failure in words, for logs and for clients: never a byte of the document. */
export function failureText(): string {
  switch (failure) {
    case Failure.UnexpectedEnd:
      return 'it ends too early';
    case Failure.BadEscape:
      return 'a string has an escape that JSON does not know';
    case Failure.BadUtf8:
      return 'a string is not UTF-8';
    case Failure.TooDeep:
      return 'it is nested too deep';
    case Failure.TooLong:
      return 'a name, a number or the space before one is too long';
    case Failure.DuplicateName:
      return 'an object has two members of the same name';
    default:
      return 'a character stands where JSON does not allow it';
  }
}
