// Numbers by texts, in two arrays: thousands are two allocations, which a thread hands to another one without a copy.
// Floor 0, imports nothing of ours.

/**
 * What an index is made of. Its buckets are as many as a power of two; those of one text stand next to each other:
 *
 *   starts   | of bucket 0 | of bucket 1 | … | their number |
 *   entries  | hash, number | hash, number | …
 */
export interface TextIndexParts {
  readonly starts: Uint32Array;
  readonly entries: Uint32Array;
}

/** The texts themselves are not kept: what is found may belong to another one with the same hash. */
export class TextIndex {
  readonly parts: TextIndexParts;
  readonly #mask: number;

  constructor(parts: TextIndexParts) {
    this.parts = parts;
    this.#mask = parts.starts.length - 2;
  }

  /** @param pairs a text may stand in several */
  static of(pairs: readonly (readonly [text: string, number: number])[]): TextIndex {
    let buckets = 1;
    while (buckets < pairs.length) buckets *= 2;
    const hashes = pairs.map(([text]) => hashOf(text));
    const starts = new Uint32Array(buckets + 1);
    for (const hash of hashes) starts[(hash & (buckets - 1)) + 1]! += 1;
    for (let bucket = 1; bucket <= buckets; bucket++) starts[bucket]! += starts[bucket - 1]!;
    const free = starts.slice();
    const entries = new Uint32Array(2 * pairs.length);
    for (const [at, hash] of hashes.entries()) {
      const place = free[hash & (buckets - 1)]!++;
      entries[2 * place] = hash;
      entries[2 * place + 1] = pairs[at]![1];
    }
    return new TextIndex({ starts, entries });
  }

  /** The numbers of a text, in their order, and hardly ever those of another one. */
  numbersOf(text: string): readonly number[] {
    const { starts, entries } = this.parts;
    const hash = hashOf(text);
    const bucket = hash & this.#mask;
    const end = starts[bucket + 1]!;
    let found: number[] | null = null;
    for (let place = starts[bucket]!; place < end; place++) {
      if (entries[2 * place] !== hash) continue;
      found ??= [];
      found.push(entries[2 * place + 1]!);
    }
    return found ?? NONE;
  }
}

const NONE: readonly number[] = Object.freeze([]);

/** FNV-1a over UTF-16 units, with the last mixing of MurmurHash3, which the low bits need. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
