// Globs over paths, segment by segment. Matching goes back to the last star only, so it takes at most as many steps as
// the path and the pattern have bytes, multiplied.
import { Bytes } from './bytes';
import { isUtf8 } from './codec/utf8';
import { utf8SequenceEnd } from './json/utf8';

const SLASH: u8 = 0x2f;
const STAR: u8 = 0x2a;
const QUESTION: u8 = 0x3f;
const OPEN: u8 = 0x5b;
const CLOSE: u8 = 0x5d;
const BACKSLASH: u8 = 0x5c;
const DASH: u8 = 0x2d;

/**
 * A pattern of a whole path. `/` separates segments, and nothing but `**` reaches over one.
 *
 *   *       any characters of a segment, or none
 *   **      as a segment: any number of segments, or none, so that `/a/**` matches `/a` too
 *   ?       one character
 *   [a-z_]  one character of these; `[!…]` and `[^…]`: one that is none of these
 *   \       before a character: that character, without its meaning
 *
 * A character is a code point of UTF-8, or one byte where a path is no UTF-8. Case counts. A dot is like any other.
 */
@final
export class Glob {
  private constructor(private readonly pattern: Bytes) {}

  /**
   * Null when it is none: not UTF-8, `**` beside something else in its segment, a set that is empty, reversed, not
   * closed or holds a `/`, or a `\` before a `/` or at the end. A pattern of `configure` may be kept.
   */
  static compile(pattern: Bytes): Glob | null {
    return pattern.exists && isPattern(pattern) ? new Glob(pattern) : null;
  }

  /** True when the whole path fits. It is compared as it stands: decode or normalise it first. */
  matches(path: Bytes): bool {
    return path.exists && matchSegments(this.pattern, path);
  }
}

function matchSegments(pattern: Bytes, path: Bytes): bool {
  const patternEnd = pattern.address + pattern.length;
  const pathEnd = path.address + path.length;
  // First bytes of segments; one beyond the end when there is none left.
  let wanted = pattern.address;
  let at = path.address;
  // Behind the last `**`: the segment of the pattern, and that of the path it was tried at.
  let retryWanted: usize = 0;
  let retryAt: usize = 0;
  while (true) {
    if (wanted > patternEnd) {
      if (at > pathEnd) return true;
    } else {
      const wantedEnd = segmentEnd(wanted, patternEnd);
      if (wantedEnd - wanted == 2 && load<u16>(wanted) == 0x2a2a) {
        wanted = wantedEnd + 1;
        if (wanted > patternEnd) return true;
        retryWanted = wanted;
        retryAt = at;
        continue;
      }
      // Further on there are fewer segments still.
      if (at > pathEnd) return false;
      const atEnd = segmentEnd(at, pathEnd);
      if (matchSegment(wanted, wantedEnd, at, atEnd)) {
        wanted = wantedEnd + 1;
        at = atEnd + 1;
        continue;
      }
    }
    if (retryWanted == 0) return false;
    retryAt = segmentEnd(retryAt, pathEnd) + 1;
    wanted = retryWanted;
    at = retryAt;
  }
}

function matchSegment(wanted: usize, wantedEnd: usize, at: usize, end: usize): bool {
  // Behind the last star: the element of the pattern, and where it was tried.
  let retryWanted: usize = 0;
  let retryAt: usize = 0;
  while (true) {
    if (wanted < wantedEnd && load<u8>(wanted) == STAR) {
      retryWanted = ++wanted;
      retryAt = at;
      if (wanted == wantedEnd) return true;
      continue;
    }
    if (at == end) return wanted == wantedEnd;
    if (wanted < wantedEnd) {
      const wantedNext = elementEnd(wanted, wantedEnd);
      const next = characterEnd(at, end);
      if (matchElement(wanted, wantedNext, at, next)) {
        wanted = wantedNext;
        at = next;
        continue;
      }
    }
    if (retryWanted == 0) return false;
    retryAt = characterEnd(retryAt, end);
    wanted = retryWanted;
    at = retryAt;
  }
}

/** Compares one character with one element other than a star. */
function matchElement(wanted: usize, wantedEnd: usize, at: usize, end: usize): bool {
  const first = load<u8>(wanted);
  if (first == QUESTION) return true;
  if (first == OPEN) return matchSet(wanted + 1, wantedEnd - 1, codePoint(at, end));
  if (first == BACKSLASH) wanted++;
  return wantedEnd - wanted == end - at && memory.compare(wanted, at, end - at) == 0;
}

/** `at` and `end` are what stands between the brackets. */
function matchSet(at: usize, end: usize, point: u32): bool {
  const negated = isNegation(load<u8>(at));
  if (negated) at++;
  while (at < end) {
    if (load<u8>(at) == BACKSLASH) at++;
    let next = characterEnd(at, end);
    const least = codePoint(at, next);
    let most = least;
    if (next + 1 < end && load<u8>(next) == DASH) {
      at = next + 1;
      if (load<u8>(at) == BACKSLASH) at++;
      next = characterEnd(at, end);
      most = codePoint(at, next);
    }
    if (point >= least && point <= most) return !negated;
    at = next;
  }
  return negated;
}

/** End of the element at `at`, in a pattern that was checked. */
function elementEnd(at: usize, end: usize): usize {
  const first = load<u8>(at);
  if (first == BACKSLASH) return characterEnd(at + 1, end);
  if (first != OPEN) return characterEnd(at, end);
  while (load<u8>(++at) != CLOSE) if (load<u8>(at) == BACKSLASH) at++;
  return at + 1;
}

function isPattern(pattern: Bytes): bool {
  if (!isUtf8(pattern)) return false;
  const end = pattern.address + pattern.length;
  let start = pattern.address;
  for (let at = start; at < end; ) {
    const byte = load<u8>(at);
    if (byte == OPEN) {
      at = setEnd(at + 1, end);
      if (at == 0) return false;
      continue;
    }
    if (byte == BACKSLASH) {
      if (++at == end || load<u8>(at) == SLASH) return false;
    } else if (byte == STAR && at + 1 < end && load<u8>(at, 1) == STAR) {
      if (at != start || (at + 2 < end && load<u8>(at, 2) != SLASH)) return false;
      at++;
    } else if (byte == SLASH) {
      start = at + 1;
    }
    at++;
  }
  return true;
}

/** End of the set whose bracket opened before `at`, or 0 when it is none. */
function setEnd(at: usize, end: usize): usize {
  if (at < end && isNegation(load<u8>(at))) at++;
  const first = at;
  while (at < end && load<u8>(at) != CLOSE) {
    at = memberStart(at, end);
    if (at == 0) return 0;
    const next = characterEnd(at, end);
    // A dash before the closing bracket stands for itself.
    if (next + 1 < end && load<u8>(next) == DASH && load<u8>(next, 1) != CLOSE) {
      const last = memberStart(next + 1, end);
      if (last == 0) return 0;
      const lastEnd = characterEnd(last, end);
      if (codePoint(last, lastEnd) < codePoint(at, next)) return 0;
      at = lastEnd;
    } else {
      at = next;
    }
  }
  return at < end && at > first ? at + 1 : 0;
}

/** Where the character of a set stands, behind its `\` if it has one; 0 when there may be none. */
function memberStart(at: usize, end: usize): usize {
  if (load<u8>(at) == BACKSLASH) at++;
  return at < end && load<u8>(at) != SLASH ? at : 0;
}

// @ts-ignore: decorator
@inline function isNegation(byte: u8): bool {
  return byte == 0x21 || byte == 0x5e;
}

function segmentEnd(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) != SLASH) at++;
  return at;
}

// @ts-ignore: decorator
@inline function characterEnd(at: usize, end: usize): usize {
  if (load<u8>(at) < 0x80) return at + 1;
  const next = utf8SequenceEnd(at, end);
  return next == 0 ? at + 1 : next;
}

/** The code point of a character; a byte that is no UTF-8 lies beyond all of them. */
function codePoint(at: usize, end: usize): u32 {
  const first = <u32>load<u8>(at);
  const size = <i32>(end - at);
  if (size == 1) return first < 0x80 ? first : 0x110000 + first;
  let point = first & (0x7f >> size);
  for (let i = 1; i < size; i++) point = (point << 6) | (load<u8>(at + i) & 0x3f);
  return point;
}
