// Finds in a text what the detectors know, from the left to the right, in one pass.
import { cardEnd } from './card';
import { cloudKeyEnd } from './cloud-key';
import { emailEnd, emailStart } from './email';
import { ibanEnd } from './iban';
import { jwtEnd } from './jwt';
import { nationalIdEnd } from './national-id';
import { phoneEnd, plusEnd } from './phone';
import { privateKeyEnd } from './private-key';
import { byteAt, isDigit, isWord } from './text';
import { isRandom, runEnd } from './token';

/** What is looked for. The order is that in which detectors are asked where several could begin. */
export enum Kind {
  PrivateKey,
  Jwt,
  CloudKey,
  Iban,
  Card,
  NationalId,
  Phone,
  Email,
  Token,
}

/** Names of the kinds in a config, in their order. */
export const KIND_NAMES: string[] = [
  'private-key',
  'jwt',
  'cloud-key',
  'iban',
  'card',
  'national-id',
  'phone',
  'email',
  'token',
];

/** `open` a text, then `next` until it is false. Made in `configure`; a search leaves nothing behind but numbers. */
@final
export class Finder {
  private kinds: u32 = 0;
  private floor: usize = 0; // Nothing before belongs to what is found next.
  private end: usize = 0;
  private randomFrom: usize = 0; // Up to here there is no token.
  /** Of what was found: kind, first byte, and end. */
  kind: Kind = Kind.PrivateKey;
  start: usize = 0;
  stop: usize = 0;

  add(kind: Kind): void {
    this.kinds |= 1 << kind;
  }

  has(kind: Kind): bool {
    return ((this.kinds >> kind) & 1) != 0;
  }

  open(start: usize, end: usize): void {
    this.floor = start;
    this.stop = start;
    this.end = end;
    this.randomFrom = start;
  }

  /** Goes to the next place where something is found. */
  next(): bool {
    const end = this.end;
    const first = this.floor;
    let at = this.stop;
    while (at < end) {
      const byte = <u32>load<u8>(at);
      if (isWord(byte)) {
        // Inside of a word nothing begins.
        if ((at == first || !isWord(load<u8>(at - 1))) && this.word(at, end)) return true;
        at++;
        while (at < end && isWord(load<u8>(at))) at++;
        continue;
      }
      if (this.mark(byte, at, end)) return true;
      at++;
    }
    this.stop = end;
    return false;
  }

  private word(at: usize, end: usize): bool {
    if (isDigit(load<u8>(at))) {
      // Digits behind a decimal point are a fraction.
      if (at >= this.floor + 2 && load<u8>(at - 1) == 0x2e && isDigit(load<u8>(at - 2))) return false;
      if (this.has(Kind.Card) && this.found(Kind.Card, at, cardEnd(at, end))) return true;
    } else {
      if (this.has(Kind.Jwt) && this.found(Kind.Jwt, at, jwtEnd(at, end))) return true;
      if (this.has(Kind.CloudKey) && this.found(Kind.CloudKey, at, cloudKeyEnd(at, end))) return true;
      if (this.has(Kind.Iban) && this.found(Kind.Iban, at, ibanEnd(at, end))) return true;
    }
    if (this.has(Kind.NationalId) && this.found(Kind.NationalId, at, nationalIdEnd(at, end))) return true;
    if (isDigit(load<u8>(at)) && this.has(Kind.Phone) && this.found(Kind.Phone, at, phoneEnd(at, end)))
      return true;
    return this.has(Kind.Token) && this.token(at, end);
  }

  private mark(byte: u32, at: usize, end: usize): bool {
    switch (byte) {
      case 0x2d: // -
        return this.has(Kind.PrivateKey) && this.found(Kind.PrivateKey, at, privateKeyEnd(at, end));
      case 0x2b: // +
        return this.has(Kind.Phone) && !this.isBehindWord(at) && this.found(Kind.Phone, at, plusEnd(at, end));
      case 0x28: // (
        return (
          this.has(Kind.Phone) && !this.isBehindWord(at) && this.found(Kind.Phone, at, phoneEnd(at, end))
        );
      case 0x40: // @
        return this.has(Kind.Email) && this.email(at, at + 1, end);
      case 0x25: // %
        if (byteAt(at + 1, end) != 0x34 || byteAt(at + 2, end) != 0x30) return false;
        return this.has(Kind.Email) && this.email(at, at + 3, end);
      default:
        return false;
    }
  }

  private isBehindWord(at: usize): bool {
    return at > this.floor && isWord(load<u8>(at - 1));
  }

  private email(at: usize, domain: usize, end: usize): bool {
    const start = emailStart(at, this.floor);
    return start != 0 && this.found(Kind.Email, start, emailEnd(domain, end));
  }

  private token(at: usize, end: usize): bool {
    if (at < this.randomFrom) return false;
    const stop = runEnd(at, end);
    this.randomFrom = stop;
    return isRandom(at, stop) && this.found(Kind.Token, at, stop);
  }

  private found(kind: Kind, start: usize, stop: usize): bool {
    if (stop == 0) return false;
    this.kind = kind;
    this.start = start;
    this.stop = stop;
    this.floor = stop;
    return true;
  }
}
