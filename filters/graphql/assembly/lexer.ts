// Tokens of a GraphQL document, found in its bytes (GraphQL §2.1). The document has to be UTF-8.
import { Bytes } from 'sluice';

export enum Token {
  /** What no token begins with, or one that is not closed. */
  Invalid,
  End,
  /** One of `! $ & ( ) : = @ [ ] { | }`, or `...`: its first byte is `byte`. */
  Punctuator,
  Name,
  Int,
  Float,
  String,
  Block,
}

/** Walks over a document: `next()`, then `kind` and where the token stands. */
@final
export class Lexer {
  kind: Token = Token.Invalid;
  /** First byte of the token. */
  byte: u32 = 0;
  /** Where the token begins; where reading stopped when it is invalid. */
  start: i32 = 0;
  end: i32 = 0;
  /** Tokens read. */
  count: i32 = 0;

  constructor(readonly text: Bytes) {}

  /** Bytes of the token. */
  get token(): Bytes {
    return this.text.slice(this.start, this.end);
  }

  next(): void {
    this.start = this.skip(this.end);
    this.byte = this.at(this.start);
    this.count++;
    const byte = this.byte;
    if (this.start >= this.text.length) return this.finish(Token.End, this.start);
    if (isNameStart(byte)) {
      let end = this.start + 1;
      while (isNameStart(this.at(end)) || isDigit(this.at(end))) end++;
      return this.finish(Token.Name, end);
    }
    if (isDigit(byte) || byte == 0x2d) return this.number();
    if (byte == 0x22) {
      const isBlock = this.at(this.start + 1) == 0x22 && this.at(this.start + 2) == 0x22;
      return isBlock ? this.block(this.start + 3) : this.string(this.start + 1);
    }
    if (byte == 0x2e) {
      const isSpread = this.at(this.start + 1) == 0x2e && this.at(this.start + 2) == 0x2e;
      return isSpread ? this.finish(Token.Punctuator, this.start + 3) : this.fail();
    }
    if (isPunctuator(byte)) return this.finish(Token.Punctuator, this.start + 1);
    this.fail();
  }

  private finish(kind: Token, end: i32): void {
    this.kind = kind;
    this.end = end;
  }

  private fail(): void {
    this.finish(Token.Invalid, this.start);
  }

  /** 0 beyond the end. */
  private at(index: i32): u32 {
    return index < this.text.length ? load<u8>(this.text.address + index) : 0;
  }

  /** Past blanks, ends of lines, commas, byte order marks and comments. */
  private skip(at: i32): i32 {
    while (at < this.text.length) {
      const byte = this.at(at);
      if (byte == 0x20 || byte == 0x0a || byte == 0x2c || byte == 0x09 || byte == 0x0d) at++;
      else if (byte == 0xef && this.at(at + 1) == 0xbb && this.at(at + 2) == 0xbf) at += 3;
      else if (byte != 0x23) break;
      else while (at < this.text.length && this.at(at) != 0x0a && this.at(at) != 0x0d) at++;
    }
    return at;
  }

  private number(): void {
    let at = this.start + (this.byte == 0x2d ? 1 : 0);
    let kind = Token.Int;
    if (!isDigit(this.at(at))) return this.fail();
    if (this.at(at) == 0x30) {
      if (isDigit(this.at(++at))) return this.fail();
    } else at = this.digits(at);
    if (this.at(at) == 0x2e) {
      kind = Token.Float;
      if (!isDigit(this.at(++at))) return this.fail();
      at = this.digits(at);
    }
    if ((this.at(at) | 0x20) == 0x65) {
      kind = Token.Float;
      at++;
      if (this.at(at) == 0x2b || this.at(at) == 0x2d) at++;
      if (!isDigit(this.at(at))) return this.fail();
      at = this.digits(at);
    }
    if (this.at(at) == 0x2e || isNameStart(this.at(at))) return this.fail();
    this.finish(kind, at);
  }

  private digits(at: i32): i32 {
    while (isDigit(this.at(at))) at++;
    return at;
  }

  private string(at: i32): void {
    while (at < this.text.length) {
      const byte = this.at(at);
      if (byte == 0x22) return this.finish(Token.String, at + 1);
      if (byte == 0x0a || byte == 0x0d) break;
      if (byte != 0x5c) {
        at++;
        continue;
      }
      at = this.escape(at + 1);
      if (at == 0) break;
    }
    this.fail();
  }

  /** Where the escape ends whose backslash is before `at`; 0 when it is none. */
  private escape(at: i32): i32 {
    const byte = this.at(at);
    if (byte == 0x75) return this.at(at + 1) == 0x7b ? this.variableEscape(at + 2) : this.fixedEscape(at + 1);
    const isShort =
      byte == 0x22 ||
      byte == 0x5c ||
      byte == 0x2f ||
      byte == 0x62 ||
      byte == 0x66 ||
      byte == 0x6e ||
      byte == 0x72 ||
      byte == 0x74;
    return isShort ? at + 1 : 0;
  }

  /** `\u{1f600}`: up to eight digits. */
  private variableEscape(at: i32): i32 {
    let code: u64 = 0;
    for (let i = 0; i <= 8; i++) {
      const byte = this.at(at + i);
      if (byte == 0x7d) return i > 0 && isScalar(code) ? at + i + 1 : 0;
      const digit = hexDigit(byte);
      if (digit < 0) return 0;
      code = code * 16 + digit;
    }
    return 0;
  }

  /** `\ud83d\ude00`: half a pair is no character. */
  private fixedEscape(at: i32): i32 {
    const first = this.fourDigits(at);
    if (first < 0) return 0;
    if (isScalar(first)) return at + 4;
    if (first >= 0xdc00 || this.at(at + 4) != 0x5c || this.at(at + 5) != 0x75) return 0;
    const second = this.fourDigits(at + 6);
    return second >= 0xdc00 && second <= 0xdfff ? at + 10 : 0;
  }

  private fourDigits(at: i32): i32 {
    let code = 0;
    for (let i = 0; i < 4; i++) {
      const digit = hexDigit(this.at(at + i));
      if (digit < 0) return -1;
      code = code * 16 + digit;
    }
    return code;
  }

  private block(at: i32): void {
    while (at < this.text.length) {
      const isQuotes = this.at(at) == 0x22 && this.at(at + 1) == 0x22 && this.at(at + 2) == 0x22;
      if (isQuotes) return this.finish(Token.Block, at + 3);
      const isEscaped =
        this.at(at) == 0x5c && this.at(at + 1) == 0x22 && this.at(at + 2) == 0x22 && this.at(at + 3) == 0x22;
      at += isEscaped ? 4 : 1;
    }
    this.fail();
  }
}

function isNameStart(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26 || byte == 0x5f;
}

function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

function hexDigit(byte: u32): i32 {
  if (isDigit(byte)) return byte - 0x30;
  const letter = byte | 0x20;
  return letter - 0x61 < 6 ? letter - 0x57 : -1;
}

function isScalar(code: u64): bool {
  return code < 0xd800 || (code > 0xdfff && code <= 0x10ffff);
}

function isPunctuator(byte: u32): bool {
  switch (byte) {
    case 0x21:
    case 0x24:
    case 0x26:
    case 0x28:
    case 0x29:
    case 0x3a:
    case 0x3d:
    case 0x40:
    case 0x5b:
    case 0x5d:
    case 0x7b:
    case 0x7c:
    case 0x7d:
      return true;
    default:
      return false;
  }
}
