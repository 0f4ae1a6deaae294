// Targets that speak HTTP/2 stream by stream, and upstreams that speak it to them.
import assert from 'node:assert/strict';
import {
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { TestContext } from 'node:test';
import { type ErrorCode, GatewayError } from '../../core/errors.js';
import { BufferedBody } from '../../core/exchange.js';
import type { Upstream, UpstreamOptions } from '../../core/upstream/upstream.js';
import { startUpstream, upstreamRequest } from './upstream-client.js';
import { listen, type TestTarget } from './upstream-servers.js';

/** @param index of the stream, over all connections */
export type OnStream = (stream: ServerHttp2Stream, fields: IncomingHttpHeaders, index: number) => void;

export interface Http2Target extends TestTarget {
  readonly sessions: ServerHttp2Session[];
}

/** Runs node:http2 in clear text. */
export async function startHttp2Target(
  t: TestContext,
  onStream: OnStream,
  options: ServerOptions = {},
): Promise<Http2Target> {
  const server = createServer(options);
  const sessions: ServerHttp2Session[] = [];
  let index = 0;
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream, fields) => {
    stream.on('error', () => {});
    onStream(stream, fields, index++);
  });
  return { ...(await listen(t, server, 0)), sessions };
}

/** An upstream with HTTP/2 that is disposed at the end of the test. */
export function startHttp2Upstream(
  test: TestContext,
  urls: readonly string[],
  changes: Partial<UpstreamOptions> = {},
): Upstream {
  return startUpstream(test, urls, { protocol: 'http2', ...changes });
}

/** Answers with the path, or the body where there is one. */
export const echo: OnStream = (stream, fields) => {
  stream.respond({ ':status': 200 });
  let text = '';
  stream.on('data', (bytes) => {
    text += String(bytes);
  });
  stream.on('end', () => stream.end(text || fields[':path']));
};

/** An error of this code, whose message fits. */
export function hasCode(code: ErrorCode, reason = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GatewayError);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, reason);
    return true;
  };
}

export function post(text: string, method = 'POST') {
  return upstreamRequest({ method, body: new BufferedBody(Buffer.from(text)) });
}
