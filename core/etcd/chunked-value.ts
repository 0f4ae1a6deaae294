// Bytes of any size under keys that hold less: a manifest with lengths and digests, and chunks beside it. The manifest is
// written last and names its chunks, so what it says is whole, whoever else writes or removes the same.
import { createHash, randomBytes } from 'node:crypto';
import { GatewayError } from '../errors.js';
import { inSlices, pause } from '../time-slices.js';
import type { Condition, KeyValueStore, StoredEntry, Write } from './key-value-store.js';

/** What a manifest says of its chunks. */
export interface ChunkList {
  /** Name of the writing that the chunks are of. */
  readonly writing: string;
  /** Index of the first chunk. Default 0. */
  readonly first?: number;
  readonly chunks: number;
  readonly bytes: number;
  /** Of the whole, in hex. */
  readonly sha256: string;
}

/**
 * What a manifest says of chunks, if it does: whoever may write to the store can put anything there.
 * @throws GatewayError SLUICE_CONFIG_RELEASE
 */
export function asChunkList(found: unknown, what: string): ChunkList {
  const { writing, first = 0, chunks, bytes, sha256 } = (found ?? {}) as Partial<ChunkList>;
  const isList =
    typeof writing === 'string' && typeof sha256 === 'string' && [first, chunks, bytes].every(isCount);
  if (!isList) throw damaged(`${what}: its manifest does not say which chunks it has`);
  return found as ChunkList;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** etcd refuses requests above 1.5 MiB unless told otherwise; to receive so much takes the calling thread a millisecond. */
const CHUNK_BYTES = 256 * 1024;
const HASHED_AT_ONCE = 64 * 1024;

/** In hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The same, while requests are handled. Another thread would have to be given a copy, and that takes longer. */
export async function sha256InSlices(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  await inSlices(partsOf(bytes), (part) => hash.update(part));
  return hash.digest('hex');
}

function* partsOf(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let from = 0; from < bytes.length; from += HASHED_AT_ONCE)
    yield bytes.subarray(from, from + HASHED_AT_ONCE);
}

/** Where a value goes, and when. */
export interface ChunkedTarget {
  readonly manifest: string;
  chunks(writing: string): string;
  /** What has to hold when the manifest is written, beside chunks that are there. */
  readonly conditions: readonly Condition[];
  /** Written with the manifest. */
  readonly writes: readonly Write[];
}

/**
 * Writes the chunks of values and, last, the manifest that `manifestOf` makes of their lists. False when a condition did
 * not hold: then nothing of this writing is left.
 */
export async function writeChunked(
  store: KeyValueStore,
  values: readonly Uint8Array[],
  keys: ChunkedTarget,
  manifestOf: (lists: readonly ChunkList[]) => unknown,
): Promise<boolean> {
  const writing = randomBytes(8).toString('hex');
  const prefix = keys.chunks(writing);
  const lists: ChunkList[] = [];
  let first = 0;
  for (const bytes of values) {
    const chunks = Math.ceil(bytes.length / CHUNK_BYTES);
    for (let index = 0; index < chunks; index++) {
      const value = bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
      await store.commit([], [{ put: chunkKey(prefix, first + index), value }]);
    }
    lists.push({ writing, first, chunks, bytes: bytes.length, sha256: sha256(bytes) });
    first += chunks;
  }
  const manifest: Write = { put: keys.manifest, value: Buffer.from(JSON.stringify(manifestOf(lists))) };
  if (await store.commit(keys.conditions, [manifest, ...keys.writes])) return true;
  await store.commit([], [{ removePrefix: prefix }]);
  return false;
}

/**
 * Reads a value whose chunks a manifest lists.
 * @param isShared whether its memory is such as other threads are given without a copy
 * @throws GatewayError SLUICE_CONFIG_RELEASE when a chunk is missing or the bytes are not what was written
 */
export async function readChunked(
  store: KeyValueStore,
  list: ChunkList,
  prefix: string,
  what: string,
  isShared = false,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  const first = list.first ?? 0;
  for (let index = 0; index < list.chunks; index += 1) {
    const entry = await store.get(chunkKey(prefix, first + index));
    parts.push(present(entry, `${what}: chunk ${index} of ${list.chunks}`));
    await pause();
  }
  const bytes = await joined(parts, isShared);
  if (bytes.length !== list.bytes || (await sha256InSlices(bytes)) !== list.sha256) {
    throw damaged(`${what}: found ${bytes.length} bytes with another digest, expected ${list.bytes} bytes`);
  }
  await pause();
  return bytes;
}

async function joined(parts: readonly Buffer[], isShared: boolean): Promise<Buffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = isShared ? Buffer.from(new SharedArrayBuffer(length)) : Buffer.allocUnsafe(length);
  let at = 0;
  await inSlices(parts, (part) => {
    at += part.copy(bytes, at);
  });
  return bytes;
}

function present(entry: StoredEntry | null, what: string): Buffer {
  if (entry === null) throw damaged(`${what} is missing`);
  return entry.value;
}

function chunkKey(prefix: string, index: number): string {
  return `${prefix}${String(index).padStart(5, '0')}`;
}

export function damaged(message: string): GatewayError {
  return new GatewayError('SLUICE_CONFIG_RELEASE', message);
}
