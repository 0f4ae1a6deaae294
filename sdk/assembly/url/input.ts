// What of a text is a URL before it is taken apart: the first steps of the basic URL parser, WHATWG URL §4.4.
import { Bytes } from '../bytes';
import { utf8SequenceEnd } from '../json/utf8';

export function isUtf8(text: Bytes): bool {
  let at = text.address;
  const end = at + text.length;
  while (at < end) {
    if (load<u8>(at) < 0x80) {
      at++;
    } else {
      at = utf8SequenceEnd(at, end);
      if (at == 0) return false;
    }
  }
  return true;
}

/** The text without control characters and spaces at its ends, and without tabs and newlines anywhere. */
export function strip(text: Bytes): Bytes {
  let start = 0;
  let end = text.length;
  while (start < end && text[start] <= 0x20) start++;
  while (end > start && text[end - 1] <= 0x20) end--;
  const trimmed = text.slice(start, end);
  let plain = 0;
  while (plain < trimmed.length && !isDropped(trimmed[plain])) plain++;
  return plain == trimmed.length ? trimmed : withoutDropped(trimmed);
}

function withoutDropped(text: Bytes): Bytes {
  const at = __sluice_reserve(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i];
    if (!isDropped(byte)) store<u8>(at + length++, byte);
  }
  return new Bytes(at, length);
}

// @ts-ignore: decorator
@inline function isDropped(byte: u8): bool {
  return byte == 0x09 || byte == 0x0a || byte == 0x0d;
}
