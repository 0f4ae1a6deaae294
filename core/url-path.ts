// Paths of URLs and the patterns of `paths`, compared segment by segment after percent-decoding. Decoded segments are
// strings of bytes ("binary"), so that what is not UTF-8 can be compared too.

/** A pattern of `/literal/:parameter/*`. */
export interface UrlPathPattern {
  /** Null: any segment that is not empty. */
  readonly segments: readonly (string | null)[];
  /** One segment or more may follow. */
  readonly isOpen: boolean;
}

/** @throws RangeError with what is wrong with the text */
export function parseUrlPathPattern(text: string): UrlPathPattern {
  if (!text.startsWith('/')) throw new RangeError('a path begins with /');
  const raw = text.slice(1).split('/');
  const isOpen = raw.at(-1) === '*';
  if (isOpen) raw.pop();
  if (raw.includes('*')) throw new RangeError('a * stands last');
  return { segments: raw.map(parseSegment), isOpen };
}

function parseSegment(raw: string): string | null {
  if (raw.includes('*')) throw new RangeError('a * fills a whole segment');
  if (raw === ':') throw new RangeError('a parameter has a name');
  if (raw.startsWith(':')) return null;
  const segment = decode(raw);
  if (segment === null) throw new RangeError('a % is followed by two hex digits');
  if (!isPlain(segment))
    throw new RangeError('dot segments, and segments that servers read in several ways, cannot be matched');
  return segment;
}

/**
 * The decoded segments of a path; null for one that a server could resolve to another path, which no pattern fits.
 * @param path as a URL has it, beginning with `/`
 */
export function parseUrlPath(path: string): readonly string[] | null {
  const segments: string[] = [];
  for (const raw of path.slice(1).split('/')) {
    const segment = decode(raw);
    if (segment === null || !isPlain(segment)) return null;
    segments.push(segment);
  }
  return segments;
}

/** True when the segments of `parseUrlPath` are what the pattern says. */
export function fitsUrlPath({ segments, isOpen }: UrlPathPattern, path: readonly string[]): boolean {
  if (isOpen ? path.length <= segments.length : path.length !== segments.length) return false;
  return segments.every((literal, index) =>
    literal === null ? path[index] !== '' : literal === path[index],
  );
}

/** Null when a `%` is not followed by two hex digits. */
function decode(text: string): string | null {
  if (/%(?![0-9a-f]{2})/i.test(text)) return null;
  const bytes = Buffer.from(text).toString('latin1');
  return bytes.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

// C0 and C1 begin what was an ASCII character before UTF-8 forbade it, and still is one to old readers.
const DOUBTFUL = /[\0-\x1f\x7f\xc0\xc1/\\]|%(?:[0-9A-Fa-f]{2}|[Uu][0-9A-Fa-f]{4})/;
const DOTS = /(?:^|;)\.{1,2}(?:;|$)/;

/** No slash, control character or further escape, and no part between the `;` of its parameters that is `.` or `..`. */
function isPlain(segment: string): boolean {
  return !DOUBTFUL.test(segment) && !DOTS.test(segment);
}
