// Schemes that the WHATWG URL standard knows (§4.2).
import { Bytes, lower } from '../bytes';

/** Port of a special scheme, -1 of one that has none or is not special. */
export function defaultPort(scheme: Bytes): i32 {
  if (scheme.equals('http') || scheme.equals('ws')) return 80;
  if (scheme.equals('https') || scheme.equals('wss')) return 443;
  return scheme.equals('ftp') ? 21 : -1;
}

/** Bytes of the scheme at the beginning of a text, without the colon that ends it; -1 when there is none. */
export function schemeLength(text: Bytes): i32 {
  for (let i = 0; i < text.length; i++) {
    const byte = text[i];
    if (byte == 0x3a && i > 0) return i;
    if (lower(byte) - 0x61 < 26) continue;
    const isMark = byte == 0x2b || byte == 0x2d || byte == 0x2e;
    if (i == 0 || (!isMark && <u32>byte - 0x30 > 9)) return -1;
  }
  return -1;
}
