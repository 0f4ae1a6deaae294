// Addresses of mail as JSON Schema means them (RFC 5321 §4.1.2): a local part of atoms, and a name of a host with a dot in it.
import { Bytes } from 'sluice';

export function isEmail(text: Bytes): bool {
  const at = text.indexOfByte(0x40);
  return at > 0 && isLocalPart(text.slice(0, at)) && isDomain(text.slice(at + 1));
}

function isLocalPart(text: Bytes): bool {
  let isStart = true;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i];
    if (byte == 0x2e && isStart) return false;
    if (byte != 0x2e && !isAtomByte(byte)) return false;
    isStart = byte == 0x2e;
  }
  return !isStart;
}

function isDomain(text: Bytes): bool {
  let dots = 0;
  let before: u32 = 0x2e;
  for (let i = 0; i < text.length; i++) {
    const byte = <u32>text[i];
    if (byte == 0x2e) {
      if (before == 0x2e || before == 0x2d) return false;
      dots++;
    } else if (byte == 0x2d) {
      if (before == 0x2e) return false;
    } else if (!isAlphanumeric(byte)) {
      return false;
    }
    before = byte;
  }
  return dots > 0 && before != 0x2e && before != 0x2d;
}

function isAlphanumeric(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26 || byte - 0x30 < 10;
}

function isAtomByte(byte: u32): bool {
  if (isAlphanumeric(byte)) return true;
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
    case 0x2f: // /
    case 0x3d: // =
    case 0x3f: // ?
    case 0x5e: // ^
    case 0x5f: // _
    case 0x60: // `
    case 0x7b: // {
    case 0x7c: // |
    case 0x7d: // }
    case 0x7e: // ~
      return true;
    default:
      return false;
  }
}
