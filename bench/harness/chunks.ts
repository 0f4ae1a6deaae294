// Bodies that are too large to be held: so many bytes, in chunks.

const CHUNK = Buffer.alloc(256 * 1024, 'x');

/** Chunks that come to exactly so many bytes; all of them are views of the same memory. */
export function* chunksOf(bytes: number): Generator<Uint8Array> {
  for (let left = bytes; left > 0; left -= CHUNK.length)
    yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}
