// Which protocol a client speaks in clear text on an address that has two (RFC 9113 §3.3, prior knowledge).
import type { Socket } from 'node:net';
import { takeFirstBytes } from './first-bytes.js';

/** RFC 9113 §3.4; no request of HTTP/1.1 begins so. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** @param waitMs until enough has come to tell; after that the connection is cut */
export function tellProtocol(socket: Socket, waitMs: number, told: (isHttp2: boolean) => void): void {
  takeFirstBytes(socket, waitMs, (seen) => {
    const length = Math.min(seen.length, PREFACE.length);
    const matches = seen.subarray(0, length).equals(PREFACE.subarray(0, length));
    if (matches && length < PREFACE.length) return 'more';
    return { rest: seen, goOn: () => told(matches) };
  });
}
