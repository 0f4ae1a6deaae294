// The HTTP clients, each with servers that it can speak to, so that one suite holds all of them to the same behaviour.
import { createServer as createHttpsServer } from 'node:https';
import type { TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { openHttp1 } from '../../core/upstream/balanced-upstream.js';
import { buildUpstream } from '../../core/upstream/build-upstream.js';
import { TestAuthority } from './certificates.js';
import { clientTls } from './client-tls.js';
import type { BuildUpstream } from './upstream-client.js';
import { listenSecurely, startHttpTarget, startRawTarget } from './upstream-servers.js';

export interface Engine {
  readonly build: BuildUpstream;
  readonly startHttpTarget: typeof startHttpTarget;
  readonly startRawTarget: typeof startRawTarget;
}

const PLAIN = { startHttpTarget, startRawTarget };

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
};

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
};
