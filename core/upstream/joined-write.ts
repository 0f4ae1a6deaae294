// Writes to sockets out of memory that is used again: what belongs together goes out as one write, and nothing that the
// caller has is needed once it is back.
import type { Socket } from 'node:net';
import { CHUNK_POOL, PIECE_BYTES } from '../chunk-pool.js';

/** Beside a longer head there might be no room in a piece. */
const MAX_JOINED_HEAD_BYTES = 16 * 1024;

/**
 * Writes `head` and `bytes`. As a rule the kernel takes each piece at once, and the next one finds its memory free; where it
 * does not, the socket has the memory until it is through.
 * @param head  in latin1, perhaps empty
 * @param bytes at least one
 * @returns false when no more should come until `drain`
 */
export function writeJoined(socket: Socket, head: string, bytes: Uint8Array): boolean {
  let prefix = head;
  if (head.length > MAX_JOINED_HEAD_BYTES) {
    socket.write(head, 'latin1');
    prefix = '';
  }
  let more = true;
  for (let at = 0; at < bytes.byteLength; ) {
    const piece = CHUNK_POOL.take();
    const begin = prefix === '' ? 0 : piece.write(prefix, 0, 'latin1');
    const end = Math.min(bytes.byteLength, at + PIECE_BYTES - begin);
    piece.set(bytes.subarray(at, end), begin);
    more = writePiece(socket, piece, begin + end - at);
    prefix = '';
    at = end;
  }
  return more;
}

function writePiece(socket: Socket, piece: Buffer, size: number): boolean {
  let isFree = false;
  const more = socket.write(piece.subarray(0, size), (error) => {
    // Where a write has failed nobody says whether its memory is still read: that is for the collector to know.
    if (!isFree && !error) CHUNK_POOL.give(piece);
  });
  // libuv tries to write at once: where nothing is left to be written, the kernel has all of it.
  if (socket.writableLength === 0) {
    isFree = true;
    CHUNK_POOL.give(piece);
  }
  return more;
}
