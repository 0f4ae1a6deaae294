// Control characters: those of ASCII and of ISO 6429 (C0, DEL, C1), and those of Unicode that turn the direction of text
// around, so that people read something else than programs do.
import { Bytes, BytesWriter } from 'sluice';

/** Bytes of the control character at `at`, 0 when there is none. `isText`: line ends and tabs are none. */
function controlAt(text: Bytes, at: i32, isText: bool): i32 {
  const byte = text[at];
  if (byte < 0x20) return isText && (byte == 0x09 || byte == 0x0a || byte == 0x0d) ? 0 : 1;
  if (byte < 0x7f) return 0;
  if (byte == 0x7f) return 1;
  const left = text.length - at;
  // U+0080 to U+009F.
  if (byte == 0xc2) return left >= 2 && text[at + 1] >= 0x80 && text[at + 1] < 0xa0 ? 2 : 0;
  if (byte != 0xe2 || left < 3) return 0;
  const second = text[at + 1];
  const third = text[at + 2];
  // U+202A to U+202E, and U+2066 to U+2069.
  if (second == 0x80) return third >= 0xaa && third <= 0xae ? 3 : 0;
  return second == 0x81 && third >= 0xa6 && third <= 0xa9 ? 3 : 0;
}

/**
 * Whether there is one in a text.
 * @param isText line ends and tabs are none
 */
export function hasControls(text: Bytes, isText: bool): bool {
  for (let at = 0; at < text.length; at++) if (controlAt(text, at, isText) != 0) return true;
  return false;
}

/** The text without them. */
export function withoutControls(text: Bytes, isText: bool): Bytes {
  const out = new BytesWriter();
  for (let at = 0; at < text.length; ) {
    const length = controlAt(text, at, isText);
    if (length == 0) out.byte(text[at]);
    at += max(length, 1);
  }
  return out.bytes;
}
