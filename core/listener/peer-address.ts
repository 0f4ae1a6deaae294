// Addresses of peers as text, from the bytes an engine shows.

const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/**
 * Writes 4 bytes as dotted quad, 16 bytes as IPv6 in the form of RFC 5952, IPv4-mapped ones as IPv4.
 * Any other length (the peer is already gone) gives the empty string.
 */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  if (bytes.length !== 16) return '';
  if (MAPPED_PREFIX.every((byte, index) => bytes[index] === byte)) return formatAddress(bytes.subarray(12));
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i]! << 8) | bytes[i + 1]!).toString(16));
  return compress(groups);
}

/** Addresses of which the text is kept. */
const MOST_KNOWN = 4096;

/** Writes addresses of peers, and remembers those of IPv4: a client sends many requests. */
export class PeerAddresses {
  /** By the four bytes. */
  readonly #known = new Map<number, string>();

  /** @param buffer as `formatAddress` takes it */
  textOf(buffer: ArrayBuffer): string {
    const bytes = new Uint8Array(buffer);
    if (bytes.length !== 4) return formatAddress(bytes);
    const key = (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!;
    let text = this.#known.get(key);
    if (text === undefined) {
      text = formatAddress(bytes);
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      this.#known.set(key, text);
    }
    return text;
  }
}

/** Replaces the longest run of at least two zero groups, the first of equals, by `::`. */
function compress(groups: readonly string[]): string {
  let bestStart = -1;
  let bestLength = 1;
  for (let i = 0; i < groups.length; i++) {
    let length = 0;
    while (groups[i + length] === '0') length++;
    if (length > bestLength) {
      bestStart = i;
      bestLength = length;
    }
  }
  if (bestStart < 0) return groups.join(':');
  const before = groups.slice(0, bestStart).join(':');
  const after = groups.slice(bestStart + bestLength).join(':');
  return `${before}::${after}`;
}
