// Whether bytes are text. Hot for bodies: ASCII is passed 16 bytes at a time.
import { Bytes } from '../bytes';
import { utf8SequenceEnd } from '../json/utf8';

/** True when the bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF, nothing cut. */
export function isUtf8(bytes: Bytes): bool {
  const end = bytes.address + bytes.length;
  let at = bytes.address;
  while (at < end) {
    if (at + 16 <= end) {
      const mask = i8x16.bitmask(v128.load(at));
      if (mask == 0) {
        at += 16;
        continue;
      }
      at += ctz(mask);
    } else if (load<u8>(at) < 0x80) {
      at++;
      continue;
    }
    do {
      at = utf8SequenceEnd(at, end);
      if (at == 0) return false;
    } while (at < end && load<u8>(at) >= 0x80);
  }
  return true;
}
