// When a session of Node's http2 ends: between two reads. In the midst of one, nghttp2 goes on with the frames that came along, and
// the next one that is wrong ends the process by an assertion: a GOAWAY, a request and a RST_STREAM of 5 bytes are enough.
import type { Http2Session } from 'node:http2';

/** What Node destroys a session with when nghttp2 has given up on it, and reads no further. */
const GIVEN_UP = 'ERR_HTTP2_ERROR';

/** Has `close` and `destroy` wait for the end of the read that goes on, whoever calls them: Node does so by itself. */
export function endBetweenReads(session: Http2Session): void {
  const close = session.close.bind(session);
  const destroy = session.destroy.bind(session);
  session.close = (done) => void setImmediate(close, done);
  session.destroy = (error?: Error | number, code?: number) => {
    const isGivenUp = error instanceof Error && (error as NodeJS.ErrnoException).code === GIVEN_UP;
    if (isGivenUp) destroy(error, code);
    else setImmediate(destroy, error as Error, code);
  };
}
