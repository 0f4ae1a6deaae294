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
