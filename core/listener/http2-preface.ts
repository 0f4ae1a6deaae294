// Which protocol a client speaks in clear text on an address that has two (RFC 9113 §3.3, prior knowledge).
import type { Socket } from 'node:net';

/** RFC 9113 §3.4; no request of HTTP/1.1 begins so. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/**
 * Reads the first bytes of a connection, puts them back and says whether they are the preface of HTTP/2.
 * @param waitMs longest wait for the next byte; then, and when the client leaves before, the connection is cut
 */
export function tellProtocol(socket: Socket, waitMs: number, told: (isHttp2: boolean) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const cut = (): void => void socket.destroy();
  const look = (): void => {
    const bytes = socket.read() as Buffer | null;
    if (bytes === null) return;
    seen = Buffer.concat([seen, bytes]);
    const length = Math.min(seen.length, PREFACE.length);
    const matches = seen.subarray(0, length).equals(PREFACE.subarray(0, length));
    if (matches && length < PREFACE.length) return;
    socket.removeListener('readable', look);
    socket.removeListener('end', cut);
    socket.removeListener('timeout', cut);
    socket.setTimeout(0);
    socket.unshift(seen);
    told(matches);
  };
  socket.setTimeout(waitMs);
  socket.on('readable', look);
  socket.on('end', cut);
  socket.on('timeout', cut);
}
