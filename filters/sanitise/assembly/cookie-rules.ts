// Attributes that every cookie of a response is to have: `secure`, `httponly` and `samesite` (RFC 6265, RFC 6265bis).
import { ABSENT, Bytes, BytesWriter, Headers, Json, refuse } from 'sluice';

const SEMICOLON: u8 = 0x3b;
const EQUALS: u8 = 0x3d;
const STAR: u8 = 0x2a;

/** Bytes of the value of an attribute: browsers pass over one with more (RFC 6265bis §5.6), whatever its name. */
const MOST_VALUE = 1024;

/** How much a SameSite protects: the larger, the more. */
enum SameSite {
  /** Absent, or what no browser knows. */
  Unset,
  None,
  Lax,
  Strict,
}

export class CookieRules {
  private secure: bool = false;
  private httpOnly: bool = false;
  private sameSite: SameSite = SameSite.Unset;
  private readonly exempt: Bytes[] = [];
  private active: bool = false;

  /** Reads `{ secure, httpOnly, sameSite, except }`; in `configure`. */
  read(config: Json): void {
    this.secure = config.get('secure').bool();
    this.httpOnly = config.get('httpOnly').bool();
    const sameSite = config.get('sameSite');
    this.sameSite = sameSiteOf(sameSite.bytes);
    if (sameSite.exists && this.sameSite < SameSite.Lax) refuse(sameSite.pointer, 'expected Lax or Strict');
    for (let item = config.get('except').first(); item.exists; item = item.next()) {
      if (!item.isString || item.bytes.isEmpty) refuse(item.pointer, 'expected the name of a cookie');
      this.exempt.push(item.bytes);
    }
    this.active = this.secure || this.httpOnly || this.sameSite != SameSite.Unset;
  }

  /** Gives cookies what they lack; none loses what it has. */
  apply(headers: Headers): void {
    if (!this.active) return;
    let at = headers.find('set-cookie');
    while (at >= 0 && !this.hardened(headers.valueAt(at)).exists) at = headers.find('set-cookie', at + 1);
    if (at < 0) return;
    // One has to change, so all are written again, in their order.
    headers.remove('set-cookie');
    for (at = headers.find('set-cookie'); at >= 0; at = headers.find('set-cookie', at + 1)) {
      const cookie = headers.valueAt(at);
      const changed = this.hardened(cookie);
      headers.add('set-cookie', changed.exists ? changed : cookie);
    }
  }

  /** The cookie with what it lacks, absent when it lacks nothing. */
  private hardened(cookie: Bytes): Bytes {
    if (this.isExempt(cookie)) return ABSENT;
    let secure = false;
    let httpOnly = false;
    let sameSite = SameSite.Unset;
    let end = endOfPiece(cookie, 0);
    while (end < cookie.length) {
      const start = end + 1;
      end = endOfPiece(cookie, start);
      const attribute = cookie.slice(start, end);
      const name = nameOf(attribute);
      const value = valueOf(attribute);
      if (value.length > MOST_VALUE) continue;
      if (name.equalsIgnoreCase('secure')) secure = true;
      else if (name.equalsIgnoreCase('httponly')) httpOnly = true;
      // Of several the last counts.
      else if (name.equalsIgnoreCase('samesite')) sameSite = sameSiteOf(value);
    }
    const raises = sameSite < this.sameSite;
    if ((secure || !this.secure) && (httpOnly || !this.httpOnly) && !raises) return ABSENT;
    const out = new BytesWriter();
    if (raises) addWithoutSameSite(out, cookie);
    else out.add(cookie);
    if (this.secure && !secure) out.add('; Secure');
    if (this.httpOnly && !httpOnly) out.add('; HttpOnly');
    if (raises) out.add(this.sameSite == SameSite.Strict ? '; SameSite=Strict' : '; SameSite=Lax');
    return out.bytes;
  }

  private isExempt(cookie: Bytes): bool {
    if (this.exempt.length == 0) return false;
    const name = nameOf(cookie.slice(0, endOfPiece(cookie, 0)));
    for (let i = 0; i < this.exempt.length; i++) {
      const exempt = this.exempt[i];
      const last = exempt.length - 1;
      if (exempt[last] == STAR ? name.startsWithBytes(exempt.slice(0, last)) : name.equalsBytes(exempt))
        return true;
    }
    return false;
  }
}

function addWithoutSameSite(out: BytesWriter, cookie: Bytes): void {
  let end = endOfPiece(cookie, 0);
  out.add(cookie.slice(0, end));
  while (end < cookie.length) {
    const start = end + 1;
    end = endOfPiece(cookie, start);
    const attribute = cookie.slice(start, end);
    if (!nameOf(attribute).equalsIgnoreCase('samesite')) out.byte(SEMICOLON).add(attribute);
  }
}

function endOfPiece(cookie: Bytes, from: i32): i32 {
  const end = cookie.indexOfByte(SEMICOLON, from);
  return end < 0 ? cookie.length : end;
}

function nameOf(piece: Bytes): Bytes {
  const equal = piece.indexOfByte(EQUALS);
  return (equal < 0 ? piece : piece.slice(0, equal)).trim();
}

function valueOf(piece: Bytes): Bytes {
  const equal = piece.indexOfByte(EQUALS);
  return equal < 0 ? piece.slice(piece.length) : piece.slice(equal + 1).trim();
}

function sameSiteOf(value: Bytes): SameSite {
  if (value.equalsIgnoreCase('strict')) return SameSite.Strict;
  if (value.equalsIgnoreCase('lax')) return SameSite.Lax;
  return value.equalsIgnoreCase('none') ? SameSite.None : SameSite.Unset;
}
