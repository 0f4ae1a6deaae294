// Lower-case names of response fields, found by their bytes. A name that is known costs a few comparisons: no string is
// made of it, and the one that is returned has its hash, so that every later look-up of it is cheaper than that of a fresh
// one. Half of what it costs to cut the name out, hash it and find it in a map.
import { Buffer } from 'node:buffer';

const KNOWN = [
  ...['accept-ranges', 'access-control-allow-credentials', 'access-control-allow-headers'],
  ...['access-control-allow-methods', 'access-control-allow-origin', 'access-control-expose-headers'],
  ...['access-control-max-age', 'age', 'allow', 'alt-svc', 'cache-control', 'connection'],
  ...['content-disposition', 'content-encoding', 'content-language', 'content-length', 'content-location'],
  ...['content-range', 'content-security-policy', 'content-type', 'cross-origin-opener-policy'],
  ...['cross-origin-resource-policy', 'date', 'etag', 'expires', 'keep-alive', 'last-modified', 'link'],
  ...['location', 'origin-agent-cluster', 'pragma', 'proxy-authenticate', 'referrer-policy', 'retry-after'],
  ...['server', 'server-timing', 'set-cookie', 'strict-transport-security', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'vary', 'via', 'www-authenticate', 'x-content-type-options', 'x-dns-prefetch-control'],
  ...['x-download-options', 'x-frame-options', 'x-permitted-cross-domain-policies', 'x-powered-by'],
  ...['x-request-id', 'x-xss-protection'],
];

/** Sets what a capital letter lacks; `-` and digits have it already, and no other byte of a token becomes one of them. */
const LOWER = 0x20;
const SLOTS = 1024;
/** The names one after the other: all that is compared lies within a few lines of a cache. */
const BYTES = Buffer.from(KNOWN.join(''));
const STARTS = Uint16Array.from(KNOWN, (_, index) => KNOWN.slice(0, index).join('').length);
/** By slot: place of the last name in it, counted from 1; and by name, likewise, the one before it. 0 for none. */
const LAST_IN_SLOT = new Uint8Array(SLOTS);
const BEFORE = new Uint8Array(KNOWN.length);
for (const [index, name] of KNOWN.entries()) {
  const slot = slotOf(name.length, name.charCodeAt(name.length - 1));
  BEFORE[index] = LAST_IN_SLOT[slot]!;
  LAST_IN_SLOT[slot] = index + 1;
}

/** @param start,end where the name stands, a token of at least one byte */
export function lowerCaseName(bytes: Buffer, start: number, end: number): string {
  let place = LAST_IN_SLOT[slotOf(end - start, bytes[end - 1]!)]!;
  while (place !== 0) {
    const name = KNOWN[place - 1]!;
    if (name.length === end - start && matches(STARTS[place - 1]!, bytes, start, end)) return name;
    place = BEFORE[place - 1]!;
  }
  return bytes.toString('latin1', start, end).toLowerCase();
}

/** Lengths and last letters differ the most. */
function slotOf(length: number, last: number): number {
  return ((length << 5) | (last & 0x1f)) % SLOTS;
}

function matches(name: number, bytes: Buffer, start: number, end: number): boolean {
  let at = name;
  for (let i = start; i < end; i++) if ((bytes[i]! | LOWER) !== BYTES[at++]) return false;
  return true;
}
