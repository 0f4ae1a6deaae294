// Specifications from a seed, as large as a test wants them, with an example and faults of each operation.

/** Numbers from 0 up to 1 that a seed decides (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The same value with the members of every object in another order. */
export function shuffled(value: unknown, seed: number): unknown {
  const random = randomFrom(seed);
  const shuffle = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(shuffle);
    if (typeof inner !== 'object' || inner === null) return inner;
    const keyed = Object.entries(inner).map(([key, member]) => ({
      key,
      member: shuffle(member),
      at: random(),
    }));
    keyed.sort((a, b) => a.at - b.at);
    return Object.fromEntries(keyed.map(({ key, member }) => [key, member]));
  };
  return shuffle(value);
}
