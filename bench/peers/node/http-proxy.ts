// A proxy by http-proxy on Node's own server, in a process of its own, with the rules of `job.ts` where a path has some.
// `node http-proxy.js UPSTREAM-PORT`.
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import httpProxy from 'http-proxy';
import { jobRuleOf } from './job.js';
import type { Rule } from './rule.js';

const common = {
  target: `http://127.0.0.1:${process.argv[2]}`,
  agent: new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 256 }),
};
const plain = httpProxy.createProxyServer(common);
const ruled = httpProxy.createProxyServer({ ...common, selfHandleResponse: true });
for (const proxy of [plain, ruled]) {
  proxy.on('error', (_error, _request, response) => {
    if ('writeHead' in response && !response.headersSent) response.writeHead(502);
    response.end();
  });
}
ruled.on('proxyRes', (upstream, request, response) => {
  void reply(jobRuleOf(pathOf(request.url!)), upstream, response);
});

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  if (request.url === '/plain') plain.web(request, response);
  else void judge(request, response);
});
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));

async function judge(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(request);
  const path = pathOf(request.url!);
  const refusal = jobRuleOf(path).request?.({
    ...{ method: request.method!, path, query: request.url!.slice(path.length + 1), body },
    headers: request.headers as Record<string, string>,
  });
  if (refusal === null || refusal === undefined) {
    ruled.web(request, response, { buffer: Readable.from([body], { objectMode: false }) });
    return;
  }
  response.writeHead(refusal, { 'content-type': 'application/problem+json' });
  response.end('{"title":"This request is not allowed."}');
}

async function reply(rule: Rule, upstream: IncomingMessage, response: ServerResponse): Promise<void> {
  const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...headers } = upstream.headers;
  const answer = {
    status: upstream.statusCode!,
    headers: headers as Record<string, string>,
    body: await buffer(upstream),
  };
  const { status, headers: kept, body } = rule.response?.(answer) ?? answer;
  response.writeHead(status, { ...kept, 'content-length': body.length });
  response.end(body);
}

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}
