// The HTTP clients, each with servers that it can speak to, so that one suite holds all of them to the same behaviour.
import type { RequestListener } from 'node:http';
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { openHttp1 } from '../../core/upstream/balanced-upstream.js';
import { buildUpstream } from '../../core/upstream/build-upstream.js';
import { TestAuthority } from './certificates.js';
import { clientTls } from './client-tls.js';
import type { BuildUpstream } from './upstream-client.js';
import { listen, listenSecurely, startHttpTarget, startRawTarget } from './upstream-servers.js';

export interface Engine {
  readonly build: BuildUpstream;
  readonly startHttpTarget: typeof startHttpTarget;
  readonly startRawTarget: typeof startRawTarget;
  /** Many requests share a connection: none is closed with a request, and no target spells HTTP/1.1. */
  readonly multiplexes: boolean;
}

const PLAIN = { startHttpTarget, startRawTarget, multiplexes: false };

const authority = TestAuthority.root();
const { chain: cert, key } = authority.issue({
  names: ['127.0.0.1', 'localhost', 'db.internal', 'api.example'],
});
const tls = clientTls({ ca: authority.cert });

const SECURE: typeof PLAIN = {
  startHttpTarget: (test: TestContext, handler) =>
    listenSecurely(test, createHttpsServer({ cert, key, keepAliveTimeout: 60_000 }, handler), 0),
  startRawTarget: (test, onSocket, port = 0) => {
    let index = 0;
    return listenSecurely(
      test,
      createTlsServer({ cert, key }, (socket) => onSocket(socket, index++)),
      port,
    );
  },
  multiplexes: false,
};

/** The API of node:http2 that resembles node:http is near enough to it for what the suites do. */
const asHandler = (handler: RequestListener) => handler as unknown as Http2Handler;
type Http2Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

const HTTP2 = { startRawTarget, multiplexes: true };

/** By the name of the connection. */
export const ENGINES: Readonly<Record<string, Engine>> = {
  Http1Connection: {
    ...PLAIN,
    build: (options, resolve) => buildUpstream(options, openHttp1, resolve),
  },
  'Http1Connection with TLS': {
    ...SECURE,
    build: (options, resolve) => buildUpstream({ ...options, tls }, openHttp1, resolve),
  },
  Http2Connection: {
    ...HTTP2,
    startHttpTarget: (test, handler) => listen(test, createHttp2Server(asHandler(handler)), 0),
    build: (options, resolve) => buildUpstream({ ...options, protocol: 'http2' }, undefined, resolve),
  },
  'Http2Connection with TLS': {
    ...HTTP2,
    startHttpTarget: (test, handler) =>
      listenSecurely(test, createSecureServer({ cert, key }, asHandler(handler)), 0),
    build: (options, resolve) => buildUpstream({ ...options, tls, protocol: 'http2' }, undefined, resolve),
  },
};
