// Memory for pieces of bodies on their way, used again and again. Fresh memory costs several times what it takes to copy
// something into it: the kernel clears it page by page, and what is thrown away makes the collector run.
import assert from 'node:assert';
import { Buffer } from 'node:buffer';

/** Size of what the pool hands out: as much as one read of a socket brings. */
export const PIECE_BYTES = 64 * 1024;
/** For less a piece would be a waste: many connections that wait would have one each. */
const LEAST_BYTES = 24 * 1024;
/** Pieces that are kept for the next who needs one: 4 MiB. */
const MOST_IDLE = 64;

/** Pieces of PIECE_BYTES. What stands in one is anybody's. */
export class ChunkPool {
  readonly #idle: Buffer[] = [];

  /** A piece that nobody else has until it is given back. One that never is, the collector gets. */
  take(): Buffer {
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
  }

  /** Once, by whoever took it, when nothing reads it any more. */
  give(piece: Buffer): void {
    if (this.#idle.length < MOST_IDLE) this.#idle.push(piece);
  }
}

/** Of this thread. */
export const CHUNK_POOL = new ChunkPool();

/** A copy that is the caller's for good. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  // Not zeroed first, and small ones come out of the shared pool of Node.
  const copy = Buffer.allocUnsafe(bytes.byteLength);
  copy.set(bytes);
  return copy;
}

/** A copy of bytes that wait for a moment. Ends with `release` or `keep`, one of them, once; or nobody has it any more. */
export class WaitingBytes {
  readonly bytes: Uint8Array;
  #piece: Buffer | null = null;
  #over = false;

  constructor(bytes: Uint8Array) {
    const { byteLength } = bytes;
    if (byteLength < LEAST_BYTES || byteLength > PIECE_BYTES) {
      this.bytes = copyOf(bytes);
      return;
    }
    this.#piece = CHUNK_POOL.take();
    this.#piece.set(bytes);
    this.bytes = this.#piece.subarray(0, byteLength);
  }

  /** Nobody has the bytes any more. */
  release(): void {
    assert(!this.#over, 'memory is given back once');
    this.#over = true;
    if (this.#piece !== null) CHUNK_POOL.give(this.#piece);
  }

  /** The same bytes, the caller's for good. */
  keep(): Uint8Array {
    const kept = this.#piece === null ? this.bytes : copyOf(this.bytes);
    this.release();
    return kept;
  }
}
