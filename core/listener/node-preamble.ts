// Takes what a proxy says of its client off a connection, before TLS and HTTP see the first byte.
import type { Socket } from 'node:net';
import { type Preamble, readPreamble } from './proxy-preamble.js';

/**
 * Reads the preamble of a connection and puts back what follows it. A connection without a valid one is cut, and so is one
 * that has not sent it in time.
 * @param waitMs until all of it is there
 * @param told   gets the address of the client; null when the proxy speaks for itself
 */
export function takePreamble(socket: Socket, waitMs: number, told: (address: string | null) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const cut = (): void => void socket.destroy();
  const timer = setTimeout(cut, waitMs);
  const look = (): void => {
    const bytes = socket.read() as Buffer | null;
    if (bytes === null) return;
    seen = Buffer.concat([seen, bytes]);
    const preamble: Preamble = readPreamble(seen);
    if (preamble.kind === 'incomplete') return;
    stop();
    if (preamble.kind === 'invalid') {
      cut();
      return;
    }
    if (preamble.length < seen.length) socket.unshift(seen.subarray(preamble.length));
    told(preamble.address);
  };
  const stop = (): void => {
    clearTimeout(timer);
    socket.removeListener('readable', look);
    socket.removeListener('end', cut);
    socket.removeListener('close', stop);
  };
  socket.on('readable', look);
  socket.on('end', cut);
  socket.on('close', stop);
}
