// Paths of URLs and path patterns, compared segment by segment after percent-decoding.
import { ABSENT, Bytes, percentDecode } from 'sluice';

const SLASH: u8 = 0x2f;
const BACKSLASH: u8 = 0x5c;
const SEMICOLON: u8 = 0x3b;
const PERCENT: u8 = 0x25;
const DOT: u8 = 0x2e;
const COLON: u8 = 0x3a;
const STAR: u8 = 0x2a;

/** The decoded segments of a path. */
export class UrlPath {
  constructor(readonly segments: Bytes[]) {}

  /** Null for a path that a server could resolve to another one: no pattern fits it. */
  static parse(text: Bytes): UrlPath | null {
    const segments: Bytes[] = [];
    for (let start = 1; start <= text.length; ) {
      let end = text.indexOfByte(SLASH, start);
      if (end < 0) end = text.length;
      const segment = percentDecode(text.slice(start, end));
      if (!segment.exists || !isPlain(segment)) return null;
      segments.push(segment);
      start = end + 1;
    }
    return new UrlPath(segments);
  }
}

/**
 * False for a decoded segment with a slash, a control character or one more escape in it, and for one that is `.` or
 * `..` when its parameters (`;x`) are cut off.
 */
function isPlain(segment: Bytes): bool {
  let nameEnd = segment.length;
  for (let i = 0; i < segment.length; i++) {
    const byte = segment[i];
    if (byte < 0x20 || byte == 0x7f || byte == SLASH || byte == BACKSLASH) return false;
    if (byte == PERCENT && i + 3 <= segment.length && percentDecode(segment.slice(i, i + 3)).exists)
      return false;
    if (byte == SEMICOLON && i < nameEnd) nameEnd = i;
  }
  if (nameEnd == 1) return segment[0] != DOT;
  return nameEnd != 2 || segment[0] != DOT || segment[1] != DOT;
}

/** A pattern: literals, `:parameters` and a last `*`. */
export class PathPattern {
  /** Why the last `parse` answered null. */
  static problem: string = '';

  private constructor(
    // A parameter is absent here: any segment that is not empty fits it.
    private readonly segments: Bytes[],
    private readonly isOpen: bool,
  ) {}

  /** Null when the text is no pattern. */
  static parse(text: Bytes): PathPattern | null {
    if (text.length == 0 || text[0] != SLASH) return fail('a path begins with /');
    const segments: Bytes[] = [];
    let isOpen = false;
    for (let start = 1; start <= text.length; ) {
      let end = text.indexOfByte(SLASH, start);
      if (end < 0) end = text.length;
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
        if (!isPlain(segment)) return fail('a segment that servers read in several ways cannot be matched');
        segments.push(segment);
      }
    }
    return new PathPattern(segments, isOpen);
  }

  fits(path: UrlPath): bool {
    const own = this.segments;
    const given = path.segments;
    if (this.isOpen ? given.length <= own.length : given.length != own.length) return false;
    for (let i = 0; i < own.length; i++) {
      const literal = own[i];
      if (literal.exists ? !literal.equalsBytes(given[i]) : given[i].isEmpty) return false;
    }
    return true;
  }
}

function fail(problem: string): PathPattern | null {
  PathPattern.problem = problem;
  return null;
}
