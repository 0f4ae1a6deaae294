// The cookies of a request (RFC 6265 §4.2): what a client sent, in order, nothing left out and nothing decoded.
import { ABSENT, Bytes } from './bytes';
import { combinedField } from './combined-field';
import { isToken } from './framing';
import { Headers } from './headers';

/**
 * Walks over cookies: `while (cookies.next()) … cookies.name … cookies.value`. Empty pieces are skipped. A name may come
 * more than once, and which of them counts no standard says: ask `count`, or take all.
 */
@final
export class Cookies {
  /** Name of the current cookie; absent when the piece has no `=`. Case counts. */
  name: Bytes = ABSENT;
  /** Value of the current cookie as sent, quotes included. */
  rawValue: Bytes = ABSENT;
  private position: i32 = 0;

  /** @param text the value of a `cookie` field */
  constructor(private readonly text: Bytes) {}

  /** Those of a request, of all its `cookie` fields. */
  static of(headers: Headers): Cookies {
    return new Cookies(combinedField(headers, 'cookie', '; '));
  }

  /** Goes to the next cookie. False after the last. */
  next(): bool {
    const text = this.text;
    while (this.position < text.length) {
      let end = text.indexOfByte(0x3b, this.position);
      if (end < 0) end = text.length;
      const piece = text.slice(this.position, end).trim();
      this.position = end + 1;
      if (piece.isEmpty) continue;
      const equal = piece.indexOfByte(0x3d);
      this.name = equal < 0 ? ABSENT : piece.slice(0, equal).trim();
      this.rawValue = equal < 0 ? piece : piece.slice(equal + 1).trim();
      return true;
    }
    this.name = ABSENT;
    this.rawValue = ABSENT;
    return false;
  }

  /** Value of the current cookie without the quotes around it. */
  get value(): Bytes {
    const raw = this.rawValue;
    return isQuoted(raw) ? raw.slice(1, raw.length - 1) : raw;
  }

  /**
   * True when the current cookie is what RFC 6265 §4.1.1 lets a server set: the name a token, and in the value no
   * control character, space, quote, comma, backslash or byte beyond ASCII.
   */
  get isValid(): bool {
    if (!isToken(this.name)) return false;
    const value = this.value;
    for (let i = 0; i < value.length; i++) if (!isCookieOctet(value[i])) return false;
    return true;
  }

  /** Value of the first cookie from here on that is called `name`; call it again for the next of them. */
  get(name: string): Bytes {
    while (this.next()) if (this.name.equals(name)) return this.value;
    return ABSENT;
  }

  /** How many cookies are called `name`, wherever the walk stands. */
  count(name: string): i32 {
    const all = new Cookies(this.text);
    let found = 0;
    while (all.next()) if (all.name.equals(name)) found++;
    return found;
  }
}

function isQuoted(text: Bytes): bool {
  return text.length >= 2 && text[0] == 0x22 && text[text.length - 1] == 0x22;
}

function isCookieOctet(byte: u8): bool {
  return byte > 0x20 && byte < 0x7f && byte != 0x22 && byte != 0x2c && byte != 0x3b && byte != 0x5c;
}
