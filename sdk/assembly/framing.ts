// Which header edits a host accepts: syntax of names and values, and the fields it writes itself. For checking a
// config in `configure`, so that a bad one is refused at load and not on the first request.
import { Bytes } from './bytes';

/** True for a name (lower case) that the host would not let a filter edit. */
export function isFramingHeader(name: Bytes): bool {
  return name.equals('host') || name.equals('content-length') || isHopByHop(name);
}

/** True for a name (lower case) that no filter sees: the field ends at the gateway (RFC 9110 §7.6.1). */
export function isHopByHop(name: Bytes): bool {
  switch (name.length) {
    case 2:
      return name.equals('te');
    case 7:
      return name.equals('trailer') || name.equals('upgrade');
    case 10:
      return name.equals('connection') || name.equals('keep-alive');
    case 16:
      return name.equals('proxy-connection');
    case 17:
      return name.equals('transfer-encoding');
    case 18:
      return name.equals('proxy-authenticate');
    case 19:
      return name.equals('proxy-authorization');
    default:
      return false;
  }
}

/** True for a `token` of RFC 9110 §5.6.2, which field names and methods are. */
export function isToken(text: Bytes): bool {
  if (text.length == 0) return false;
  for (let i = 0; i < text.length; i++) if (!isTokenByte(text[i])) return false;
  return true;
}

/** True for a byte that a token may hold. */
export function isTokenByte(byte: u8): bool {
  const letter = byte | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || isTokenMark(byte);
}

function isTokenMark(byte: u8): bool {
  switch (byte) {
    case 0x21: // !
    case 0x23: // #
    case 0x24: // $
    case 0x25: // %
    case 0x26: // &
    case 0x27: // '
    case 0x2a: // *
    case 0x2b: // +
    case 0x2d: // -
    case 0x2e: // .
    case 0x5e: // ^
    case 0x5f: // _
    case 0x60: // `
    case 0x7c: // |
    case 0x7e: // ~
      return true;
    default:
      return false;
  }
}

/** True for a field value of RFC 9110 §5.5: no control character but HTAB. */
export function isFieldValue(text: Bytes): bool {
  for (let i = 0; i < text.length; i++) {
    const byte = text[i];
    if ((byte < 0x20 && byte != 0x09) || byte == 0x7f) return false;
  }
  return true;
}
