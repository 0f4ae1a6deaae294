// Which hosts are names of the DNS, and which of these may be public.
import { Bytes } from 'sluice';

const DOT: u8 = 0x2e;
const DASH: u8 = 0x2d;
const MOST_NAME = 253;
const MOST_LABEL = 63;

/** Last labels that no public name has: RFC 6761 and its registry, RFC 8375, and those that ICANN keeps back. */
const CLOSED_SUFFIXES: StaticArray<string> = [
  'alt', // RFC 9476
  'arpa', // home.arpa and ipv4only.arpa among them
  'corp',
  'example', // RFC 6761
  'home',
  'internal', // metadata.google.internal among them
  'intranet',
  'invalid', // RFC 6761
  'lan',
  'local', // RFC 6762, and svc.cluster.local
  'localdomain',
  'localhost', // RFC 6761
  'mail',
  'onion', // RFC 7686
  'private',
  'test', // RFC 6761
  // Public by name, metadata of a cloud in truth.
  'metadata.goog',
  'metadata.tencentyun.com',
];

/** True for labels of letters, digits, `-` and `_`, in lower case and without a dot at the end. */
export function isDomain(text: Bytes): bool {
  if (text.isEmpty || text.length > MOST_NAME) return false;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    if (i < text.length && text[i] != DOT) {
      if (!isLabelByte(text[i])) return false;
      continue;
    }
    const length = i - start;
    if (length == 0 || length > MOST_LABEL || text[start] == DASH || text[i - 1] == DASH) return false;
    start = i + 1;
  }
  return true;
}

/** True for a domain of two labels or more that is not of special use. Its addresses may still be anything. */
export function isPublicDomain(domain: Bytes): bool {
  if (domain.indexOfByte(DOT) < 0) return false;
  for (let i = 0; i < CLOSED_SUFFIXES.length; i++) {
    const suffix = CLOSED_SUFFIXES[i];
    if (!domain.endsWith(suffix)) continue;
    const at = domain.length - suffix.length;
    if (at == 0 || domain[at - 1] == DOT) return false;
  }
  return true;
}

function isLabelByte(byte: u32): bool {
  return byte - 0x61 < 26 || byte - 0x30 < 10 || byte == DASH || byte == 0x5f;
}
