// Media types of `content-type` (RFC 9110 §8.3.1), compared without regard to case.
import { ABSENT, Bytes } from './bytes';

/** `type/subtype` of a field value in lower case, without parameters. */
export function mediaType(value: Bytes): Bytes {
  const end = value.indexOfByte(0x3b);
  return (end < 0 ? value : value.slice(0, end)).trim().toLowerCase();
}

/** Value of the first parameter called `name` (lower case), without quotes; `exists` is false when there is none. */
export function mediaParameter(value: Bytes, name: string): Bytes {
  let at = value.indexOfByte(0x3b);
  while (at >= 0) {
    const end = value.indexOfByte(0x3b, at + 1);
    const piece = value.slice(at + 1, end < 0 ? value.length : end);
    const equal = piece.indexOfByte(0x3d);
    if (equal >= 0 && piece.slice(0, equal).trim().equalsIgnoreCase(name)) {
      const text = piece.slice(equal + 1).trim();
      return text.length >= 2 && text[0] == 0x22 && text[text.length - 1] == 0x22 ? text.slice(1, text.length - 1) : text;
    }
    at = end;
  }
  return ABSENT;
}

/** True for a media type that says its content is one JSON text: `application/json`, `text/json`, `…+json`. */
export function isJsonMediaType(type: Bytes): bool {
  return type.equals('application/json') || type.equals('text/json') || type.endsWith('+json');
}
