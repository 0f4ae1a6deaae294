// Which bytes the WHATWG URL standard has percent-encoded where (§1.3), and which it forbids in hosts (§3.2). A class
// is a bit; the classes of a byte are those that it is in.

/** C0 control percent-encode set. */
export const CONTROL: u32 = 1;
export const FRAGMENT: u32 = 2;
export const QUERY: u32 = 4;
export const SPECIAL_QUERY: u32 = 8;
export const PATH: u32 = 16;
export const USERINFO: u32 = 32;
/** Forbidden host code points. */
export const NO_HOST: u32 = 64;
/** Forbidden domain code points. */
export const NO_DOMAIN: u32 = 128;

const ENCODED: u32 = CONTROL | FRAGMENT | QUERY | SPECIAL_QUERY | PATH | USERINFO;
const FORBIDDEN: u32 = NO_HOST | NO_DOMAIN;

/** The classes of a byte. Those of a code point beyond ASCII are those of each of its bytes in UTF-8. */
export function classesOf(byte: u32): u32 {
  if (byte >= 0x80) return ENCODED;
  if (byte < 0x20 || byte == 0x7f) return byte == 0 ? ENCODED | FORBIDDEN : ENCODED | NO_DOMAIN;
  switch (byte) {
    case 0x20: // space
    case 0x3c: // <
    case 0x3e: // >
      return (ENCODED & ~CONTROL) | FORBIDDEN;
    case 0x22: // "
      return ENCODED & ~CONTROL;
    case 0x23: // #
      return QUERY | SPECIAL_QUERY | PATH | USERINFO | FORBIDDEN;
    case 0x25: // %
      return NO_DOMAIN;
    case 0x27: // '
      return SPECIAL_QUERY;
    case 0x2f: // /
    case 0x3a: // :
    case 0x40: // @
    case 0x5b: // [
    case 0x5c: // \
    case 0x5d: // ]
    case 0x7c: // |
      return USERINFO | FORBIDDEN;
    case 0x3b: // ;
    case 0x3d: // =
      return USERINFO;
    case 0x3f: // ?
    case 0x5e: // ^
      return PATH | USERINFO | FORBIDDEN;
    case 0x60: // `
      return FRAGMENT | PATH | USERINFO;
    case 0x7b: // {
    case 0x7d: // }
      return PATH | USERINFO;
    default:
      return 0;
  }
}
