// Media types of `content-type` (RFC 9110 §8.3.1), compared without regard to case.
import { ABSENT, Bytes } from './bytes';
import { isToken } from './framing';
import { isQuotedString, quotedEnd, unquoted } from './quoted-string';

/** `type/subtype` of a field value in lower case, without parameters. */
export function mediaType(value: Bytes): Bytes {
  const end = value.indexOfByte(0x3b);
  return (end < 0 ? value : value.slice(0, end)).trim().toLowerCase();
}

/**
 * Value of the first parameter called `name` (lower case), without quotes and escapes; `exists` is false when there is
 * none.
 */
export function mediaParameter(value: Bytes, name: string): Bytes {
  const parameters = new MediaParameters(value);
  while (parameters.next()) if (parameters.name.equalsIgnoreCase(name)) return parameters.value;
  return ABSENT;
}

/** True for a media type that says its content is one JSON text: `application/json`, `text/json`, `…+json`. */
export function isJsonMediaType(type: Bytes): bool {
  return type.equals('application/json') || type.equals('text/json') || type.endsWith('+json');
}

/** True when the whole value is a media type as RFC 9110 §8.3.1 has it, with parameters or without. */
export function isMediaType(value: Bytes): bool {
  const end = value.indexOfByte(0x3b);
  const type = (end < 0 ? value : value.slice(0, end)).trim();
  const slash = type.indexOfByte(0x2f);
  if (slash < 0 || !isToken(type.slice(0, slash)) || !isToken(type.slice(slash + 1))) return false;
  const parameters = new MediaParameters(value);
  while (parameters.next()) {}
  return parameters.isValid;
}

/**
 * Walks over the parameters of a media type, and of other values that end in `;name=value`:
 * `while (parameters.next()) … parameters.name … parameters.value`. What is no parameter is skipped; `isValid` then
 * turns false.
 */
@final
export class MediaParameters {
  /** Name of the current parameter, as sent. */
  name: Bytes = ABSENT;
  /** Value of the current parameter as sent, quotes and escapes included. */
  rawValue: Bytes = ABSENT;
  /** False once something was not as RFC 9110 §5.6.6 has it. After the last parameter it speaks for all. */
  isValid: bool = true;
  private position: i32;

  /** @param text the whole value, such as that of a `content-type` field */
  constructor(private readonly text: Bytes) {
    const first = text.indexOfByte(0x3b);
    this.position = first < 0 ? text.length : first;
  }

  /** Goes to the next parameter. False after the last. */
  next(): bool {
    const text = this.text;
    while (this.position < text.length) {
      const end = parameterEnd(text, this.position + 1);
      const piece = text.slice(this.position + 1, end).trim();
      this.position = end;
      if (piece.isEmpty) continue;
      const equal = piece.indexOfByte(0x3d);
      if (equal >= 0) {
        const name = piece.slice(0, equal);
        const value = piece.slice(equal + 1);
        if (!isToken(name) || !(isToken(value) || isQuotedString(value))) this.isValid = false;
        this.name = name.trim();
        this.rawValue = value.trim();
        if (!this.name.isEmpty) return true;
      }
      this.isValid = false;
    }
    this.name = ABSENT;
    this.rawValue = ABSENT;
    return false;
  }

  /** Value of the current parameter without quotes and escapes. */
  get value(): Bytes {
    return unquoted(this.rawValue);
  }
}

/** Index of the `;` that ends the parameter at `from`, or of the end of the text; one in a quoted value ends nothing. */
function parameterEnd(text: Bytes, from: i32): i32 {
  let isValueStart = false;
  for (let i = from; i < text.length; i++) {
    const byte = text[i];
    if (byte == 0x3b) return i;
    if (byte == 0x22 && isValueStart) i = quotedEnd(text, i) - 1;
    isValueStart = byte == 0x3d || (isValueStart && (byte == 0x20 || byte == 0x09));
  }
  return text.length;
}
