// The path of a URL with its dot segments resolved: the path state of WHATWG URL §4.4.
import { Bytes, lower } from '../bytes';
import { PATH } from './character-class';
import { UrlWriter } from './writer';

/**
 * Writes a path that is a list of segments.
 * @param text the path as sent, up to the query
 * @param isSpecial a backslash is a slash, and the path has one segment at least
 * @param isFile the first segment may be a drive letter, which is not to be left
 */
export function writePath(out: UrlWriter, text: Bytes, isSpecial: bool, isFile: bool): Bytes {
  const start = out.end;
  if (text.isEmpty && !isSpecial) return out.since(start);
  let at = text.length > 0 && isSlash(text[0], isSpecial) ? 1 : 0;
  let isLast = false;
  while (!isLast) {
    let end = at;
    while (end < text.length && !isSlash(text[end], isSpecial)) end++;
    isLast = end == text.length;
    const segment = text.slice(at, end);
    const dots = dotsOf(segment);
    if (dots == 2) leaveSegment(out, start, isFile);
    if (dots == 0 || isLast) {
      const isFirst = out.end == start;
      out.byte(0x2f);
      if (dots == 0) writeSegment(out, segment, isFile && isFirst);
    }
    at = end + 1;
  }
  return out.since(start);
}

function writeSegment(out: UrlWriter, segment: Bytes, mayBeDrive: bool): void {
  if (mayBeDrive && isDriveLetter(segment)) {
    out.byte(segment[0]);
    out.byte(0x3a);
  } else {
    out.encoded(segment, PATH);
  }
}

/** Two characters, a letter and `:` or `|`. */
export function isDriveLetter(text: Bytes): bool {
  return text.length == 2 && lower(text[0]) - 0x61 < 26 && (text[1] == 0x3a || text[1] == 0x7c);
}

function leaveSegment(out: UrlWriter, start: usize, isFile: bool): void {
  const path = out.since(start);
  if (path.isEmpty || (isFile && path.length == 3 && path[2] == 0x3a && isDriveLetter(path.slice(1)))) return;
  do out.end--;
  while (load<u8>(out.end) != 0x2f);
}

/** 1 for `.`, 2 for `..`, either spelled with `%2e` as well; 0 for any other segment. */
function dotsOf(segment: Bytes): i32 {
  let dots = 0;
  for (let at = 0; at < segment.length; dots++) {
    if (dots == 2) return 0;
    if (segment[at] == 0x2e) at++;
    else if (at + 2 < segment.length && segment[at] == 0x25 && segment[at + 1] == 0x32 && lower(segment[at + 2]) == 0x65) at += 3;
    else return 0;
  }
  return dots;
}

// @ts-ignore: decorator
@inline function isSlash(byte: u8, isSpecial: bool): bool {
  return byte == 0x2f || (isSpecial && byte == 0x5c);
}
