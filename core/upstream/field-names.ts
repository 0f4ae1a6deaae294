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

interface KnownName {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Sets what a capital letter lacks; `-` and digits have it already, and no other byte of a token becomes one of them. */
const LOWER = 0x20;
/** Lengths and last letters differ the most. */
const SLOTS = 1024;
const TABLE: readonly (readonly KnownName[])[] = Array.from({ length: SLOTS }, (_, slot) =>
  KNOWN.map((name) => ({ name, bytes: Buffer.from(name) })).filter(
    ({ bytes }) => slotOf(bytes.length, bytes[bytes.length - 1]!) === slot,
  ),
);

/** @param start,end where the name stands, a token of at least one byte */
export function lowerCaseName(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  const candidates = TABLE[slotOf(length, bytes[end - 1]!)]!;
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates[i]!;
    if (candidate.bytes.length === length && matches(candidate.bytes, bytes, start)) return candidate.name;
  }
  return bytes.toString('latin1', start, end).toLowerCase();
}

function slotOf(length: number, last: number): number {
  return ((length << 5) | (last & 0x1f)) % SLOTS;
}

function matches(name: Uint8Array, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < name.length; i++) if ((bytes[start + i]! | LOWER) !== name[i]) return false;
  return true;
}
