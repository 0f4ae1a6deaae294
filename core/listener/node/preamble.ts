// Takes what a proxy says of its client off a connection, before TLS and HTTP see the first byte.
import type { Socket } from 'node:net';
import { takeFirstBytes } from './first-bytes.js';
import { readPreamble } from './proxy-preamble.js';

/**
 * A connection without a valid preamble is cut, and so is one that has not sent all of it in time.
 * @param told gets the address of the client; null when the proxy speaks for itself
 */
export function takePreamble(socket: Socket, waitMs: number, told: (address: string | null) => void): void {
  takeFirstBytes(socket, waitMs, (seen) => {
    const preamble = readPreamble(seen);
    if (preamble.kind === 'incomplete') return 'more';
    if (preamble.kind === 'invalid') return 'cut';
    return { rest: seen.subarray(preamble.length), goOn: () => told(preamble.address) };
  });
}
