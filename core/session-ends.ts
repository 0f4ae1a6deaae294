// When a session of Node's http2 ends: between two reads, and with nothing of it on its way out.
//
// In the midst of a read, nghttp2 goes on with the frames that came along, and the next one that is wrong ends the process by an
// assertion: a GOAWAY, a request and a RST_STREAM of 5 bytes are enough.
//
// A stream that is destroyed while the socket still has bytes of it is left to the collector, with fields of a header block that
// was not whole. When the session is collected before it, Node counts those as lost, and ends the process by another assertion.
import type { Http2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** What Node destroys a session with when nghttp2 has given up on it, and reads no further. */
const GIVEN_UP = 'ERR_HTTP2_ERROR';

/**
 * Has `close` and `destroy` wait for the end of the read that goes on, whoever calls them: Node does so by itself. What the peer
 * has not taken by then is given up before the streams are.
 */
export function endInOrder(session: Http2Session, socket: Socket): void {
  const close = session.close.bind(session);
  const destroy = session.destroy.bind(session);
  const end = (error?: Error | number, code?: number): void => {
    if (session.destroyed || unsentBytes(socket) === 0) {
      destroy(error as Error, code);
      return;
    }
    // By then its writes have failed, and Node has not looked at its end yet.
    socket.prependOnceListener('close', () => destroy(error as Error, code));
    socket.destroy();
  };
  session.close = (done) => void setImmediate(close, done);
  session.destroy = (error?: Error | number, code?: number) => {
    const isGivenUp = error instanceof Error && (error as NodeJS.ErrnoException).code === GIVEN_UP;
    if (isGivenUp) end(error, code);
    else setImmediate(end, error, code);
  };
}

/** What a session writes goes past the socket, which does not count it; the handle below does. */
function unsentBytes(socket: Socket): number {
  const { _handle: handle } = socket as { readonly _handle?: { readonly writeQueueSize?: number } | null };
  return handle?.writeQueueSize ?? 0;
}
