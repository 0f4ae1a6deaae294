// Paths and path patterns, compared segment by segment after percent-decoding. What another reader could take for another
// path is no path here.
import { ABSENT, Bytes } from './bytes';
import { BytesWriter } from './bytes-writer';
import { hexDigit, percentDecode } from './percent';

const SLASH: u8 = 0x2f;
const BACKSLASH: u8 = 0x5c;
const SEMICOLON: u8 = 0x3b;
const PERCENT: u8 = 0x25;
const DOT: u8 = 0x2e;
const COLON: u8 = 0x3a;
const STAR: u8 = 0x2a;

/** Escapes of escapes of escapes; what hides deeper is refused unread. */
const MOST_DECODINGS = 3;

/**
 * What a reader of a path puts up with. Both refuse a segment that a server could take for `.` or `..`, one with a control
 * character, one that writes ASCII in more bytes than UTF-8 has for it (`%c0%ae`), and what becomes one of these, or a
 * slash, when it is decoded again (`%252e`).
 */
export enum PathReading {
  /** An encoded slash or backslash is a character of its segment; so is an escape of an escape that comes to nothing bad. */
  Tolerant,
  /** An encoded slash or backslash, and any escape of an escape, is refused. */
  Strict,
}

/** The decoded segments of a path. */
@final
export class PathSegments {
  private constructor(private readonly segments: Bytes[]) {}

  /**
   * Null for a path that some server could resolve to another one, and for one with a `%` that two hex digits do not
   * follow: no rule should let it through.
   * @param path percent-encoded, beginning with `/`, such as `request.path` or `url.path`
   */
  static parse(path: Bytes, reading: PathReading): PathSegments | null {
    const segments: Bytes[] = [];
    for (let start = 1; start <= path.length; ) {
      const end = segmentEnd(path, start);
      const segment = percentDecode(path.slice(start, end));
      if (!segment.exists || isDoubtful(segment, reading)) return null;
      segments.push(segment);
      start = end + 1;
    }
    return new PathSegments(segments);
  }

  /** Number of segments; a path that ends in `/` has an empty one last. */
  get size(): i32 {
    return this.segments.length;
  }

  /** Segment at `index`. Traps outside of 0 to `size` - 1. */
  at(index: i32): Bytes {
    return this.segments[index];
  }
}

/**
 * A pattern such as `/literal/:parameter/*`. A literal is compared exactly, both percent-decoded; a parameter fits one segment that is
 * not empty; a `*` stands last and fits the rest, which may be empty.
 */
@final
export class PathPattern {
  /** Why the last `parse` answered null. */
  static problem: string = '';

  private constructor(
    // A parameter is absent here: any segment that is not empty fits it.
    private readonly segments: Bytes[],
    private readonly isOpen: bool,
  ) {}

  /** Null when the text is no pattern, or has a literal that no path of this reading can have: `PathPattern.problem` says why. */
  static parse(text: Bytes, reading: PathReading): PathPattern | null {
    if (text.length == 0 || text[0] != SLASH) return fail('a path begins with /');
    const segments: Bytes[] = [];
    let isOpen = false;
    for (let start = 1; start <= text.length; ) {
      const end = segmentEnd(text, start);
      const raw = text.slice(start, end);
      start = end + 1;
      if (isOpen) return fail('a * stands last');
      if (raw.length == 1 && raw[0] == STAR) isOpen = true;
      else if (raw.indexOfByte(STAR) >= 0) return fail('a * fills a whole segment');
      else if (raw.length > 1 && raw[0] == COLON) segments.push(ABSENT);
      else if (raw.indexOfByte(COLON) == 0) return fail('a parameter has a name');
      else {
        const segment = percentDecode(raw);
        if (!segment.exists) return fail('a % is followed by two hex digits');
        if (isDoubtful(segment, reading)) {
          return fail('dot segments, and segments that servers read in several ways, cannot be matched');
        }
        segments.push(segment);
      }
    }
    return new PathPattern(segments, isOpen);
  }

  /** Whether the whole path fits. */
  fits(path: PathSegments): bool {
    const own = this.segments;
    if (this.isOpen ? path.size <= own.length : path.size != own.length) return false;
    for (let i = 0; i < own.length; i++) {
      const literal = own[i];
      const given = path.at(i);
      if (literal.exists ? !literal.equalsBytes(given) : given.isEmpty) return false;
    }
    return true;
  }
}

function fail(problem: string): PathPattern | null {
  PathPattern.problem = problem;
  return null;
}

function segmentEnd(path: Bytes, start: i32): i32 {
  const end = path.indexOfByte(SLASH, start);
  return end < 0 ? path.length : end;
}

function isDoubtful(segment: Bytes, reading: PathReading): bool {
  const takesSlashes = reading == PathReading.Tolerant;
  if (isAmiss(segment, takesSlashes)) return true;
  let inner = segment;
  for (let decodings = 0; hasEscape(inner); decodings++) {
    if (reading == PathReading.Strict || decodings == MOST_DECODINGS) return true;
    inner = decodeAgain(inner);
    // Nobody asked for a slash that is encoded twice: a listener that refuses encoded slashes does not see it.
    if (isAmiss(inner, false)) return true;
  }
  return false;
}

/**
 * Whether it has a character that a segment does not have, or a part of it is `.` or `..`. Parts end at a slash or
 * backslash, and at the parameters of a segment (`;x`): some servers read `/files/..;/secret` as `/secret`.
 */
function isAmiss(segment: Bytes, takesSlashes: bool): bool {
  let start = 0;
  for (let i = 0; i <= segment.length; i++) {
    const byte: u8 = i < segment.length ? segment[i] : SLASH;
    // C0 and C1 begin what was an ASCII character before UTF-8 forbade it, and still is one to old readers.
    if (byte < 0x20 || byte == 0x7f || byte == 0xc0 || byte == 0xc1) return true;
    if (byte != SLASH && byte != BACKSLASH && byte != SEMICOLON) continue;
    if (!takesSlashes && byte != SEMICOLON && i < segment.length) return true;
    const length = i - start;
    if (length == 1 && segment[start] == DOT) return true;
    if (length == 2 && segment[start] == DOT && segment[start + 1] == DOT) return true;
    start = i + 1;
  }
  return false;
}

function hasEscape(segment: Bytes): bool {
  for (let at = segment.indexOfByte(PERCENT); at >= 0; at = segment.indexOfByte(PERCENT, at + 1)) {
    if (escapeAt(segment, at) != NO_ESCAPE) return true;
  }
  return false;
}

const NO_ESCAPE: i32 = -1;

/** The byte that `%XX` stands for; of `%uXXXX`, which some servers know, none that a path may have. */
function escapeAt(segment: Bytes, at: i32): i32 {
  if (segment[at] != PERCENT) return NO_ESCAPE;
  const first = digitAt(segment, at + 1);
  const second = digitAt(segment, at + 2);
  if ((first | second) >= 0) return (first << 4) | second;
  if (at + 1 >= segment.length || (segment[at + 1] | 0x20) != 0x75) return NO_ESCAPE;
  for (let i = 2; i < 6; i++) if (digitAt(segment, at + i) < 0) return NO_ESCAPE;
  return 0;
}

function digitAt(segment: Bytes, at: i32): i32 {
  return at < segment.length ? hexDigit(segment[at]) : NO_ESCAPE;
}

/** As a lenient reader would: a `%` that begins no escape stays. */
function decodeAgain(segment: Bytes): Bytes {
  const out = new BytesWriter();
  for (let i = 0; i < segment.length; i++) {
    const byte = escapeAt(segment, i);
    out.byte(byte == NO_ESCAPE ? segment[i] : <u8>byte);
    if (byte != NO_ESCAPE) i += 2;
  }
  return out.bytes;
}
