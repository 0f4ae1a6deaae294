// Whether everybody reads a URL as it was read here. Parsers disagree on backslashes, credentials, control characters,
// what is not ASCII, slashes left out or doubled, and hosts that want normalising; a URL that has none of these is spelled plainly.
import { Bytes, Url } from 'sluice';

const SLASH: u8 = 0x2f;
const BACKSLASH: u8 = 0x5c;
const COLON: u8 = 0x3a;
const AT: u8 = 0x40;
const QUESTION: u8 = 0x3f;
const HASH: u8 = 0x23;
const MOST_PORT_DIGITS = 5;

/** @param url what was read in the text; valid, and of a scheme that has a host */
export function isPlain(text: Bytes, url: Url): bool {
  for (let i = 0; i < text.length; i++) if (text[i] <= 0x20 || text[i] >= 0x7f) return false;
  const end = plainAuthorityEnd(text, url);
  return end > 0 && isPlainPath(text.slice(end)) && !hidesHost(text.slice(end));
}

/** End of `scheme://host:port`, when it stands in the text as it was read, in letters of any case; else -1. */
function plainAuthorityEnd(text: Bytes, url: Url): i32 {
  const schemeEnd = url.scheme.length;
  if (!text.slice(0, schemeEnd).toLowerCase().equalsBytes(url.scheme)) return -1;
  if (!text.slice(schemeEnd).startsWith('://')) return -1;
  const hostEnd = schemeEnd + 3 + url.host.length;
  if (
    !text
      .slice(schemeEnd + 3, hostEnd)
      .toLowerCase()
      .equalsBytes(url.host)
  )
    return -1;
  let end = hostEnd;
  if (end < text.length && text[end] == COLON) {
    end++;
    while (end < text.length && <u32>text[end] - 0x30 < 10) end++;
    const digits = end - hostEnd - 1;
    if (digits < 1 || digits > MOST_PORT_DIGITS || text[hostEnd + 1] == 0x30) return -1;
  }
  return end == text.length || text[end] == SLASH || text[end] == QUESTION || text[end] == HASH ? end : -1;
}

/** True when no segment of the path is a dot segment, and no backslash could be the end of one. */
function isPlainPath(rest: Bytes): bool {
  let start = 0;
  for (let i = 0; i <= rest.length; i++) {
    const byte: u8 = i < rest.length ? rest[i] : HASH;
    if (byte == BACKSLASH) return false;
    const isEnd = byte == QUESTION || byte == HASH;
    if (byte != SLASH && !isEnd) continue;
    if (isDotSegment(rest.slice(start, i))) return false;
    if (isEnd) return true;
    start = i + 1;
  }
  return true;
}

function isDotSegment(segment: Bytes): bool {
  let dots = 0;
  for (let at = 0; at < segment.length; dots++) {
    if (segment[at] == 0x2e) at++;
    else if (segment.slice(at, at + 3).equalsIgnoreCase('%2e')) at += 3;
    else return false;
  }
  return dots == 1 || dots == 2;
}

/** True when a parser that lets only a slash end the authority would find credentials in it, and another host. */
function hidesHost(rest: Bytes): bool {
  const at = rest.indexOfByte(AT);
  const slash = rest.indexOfByte(SLASH);
  return at >= 0 && (slash < 0 || at < slash);
}
