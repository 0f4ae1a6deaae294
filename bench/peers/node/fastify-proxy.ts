// A proxy by @fastify/http-proxy, in a process of its own, set up as its documentation says, with the rules of `job.ts` where a
// path has some. `node fastify-proxy.js UPSTREAM-PORT`.
import { buffer } from 'node:stream/consumers';
import fastifyProxy, { type FastifyHttpProxyOptions } from '@fastify/http-proxy';
import { type FastifyRequest, fastify } from 'fastify';
import { jobRuleOf } from './job.js';
import type { ProxiedRequest } from './rule.js';

const app = fastify({ logger: false });
const common: FastifyHttpProxyOptions = {
  upstream: `http://127.0.0.1:${process.argv[2]}`,
  undici: { connections: 256, pipelining: 1 },
};

app.register(fastifyProxy, { ...common, prefix: '/plain', rewritePrefix: '/plain' });

// Bodies are held whole, and go out as they came in.
app.register(async (ruled) => {
  ruled.removeAllContentTypeParsers();
  ruled.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  ruled.register(fastifyProxy, {
    ...common,
    prefix: '/',
    proxyPayloads: false,
    preHandler(request, reply, done) {
      const refusal = jobRuleOf(pathOf(request.url)).request?.(proxied(request)) ?? null;
      if (refusal === null) return done();
      reply.code(refusal).header('content-type', 'application/problem+json');
      reply.send('{"title":"This request is not allowed."}');
    },
    handler: (request, reply, dest, options) =>
      reply.from(dest, { ...options, ...bodyOf(request as FastifyRequest) }),
    replyOptions: {
      async onResponse(request, reply, res) {
        const rule = jobRuleOf(pathOf(request.url)).response;
        const { stream } = res as unknown as { readonly stream: NodeJS.ReadableStream };
        if (rule === undefined) return reply.send(stream);
        const headers = reply.getHeaders() as Record<string, string>;
        const cleaned = rule({ status: reply.statusCode, headers, body: await buffer(stream) });
        for (const name of Object.keys(headers)) reply.removeHeader(name);
        const { 'content-length': _, 'transfer-encoding': __, ...kept } = cleaned.headers;
        return reply.code(cleaned.status).headers(kept).send(cleaned.body);
      },
    },
  });
});

app.listen({ host: '127.0.0.1', port: 0 }).then((address) => process.send!(Number(new URL(address).port)));
process.on('disconnect', () => process.exit(0));

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

/** What goes out as it is: a body of JSON would be written anew. */
function bodyOf({ body, headers }: FastifyRequest): { body?: unknown; contentType?: string } {
  return body === undefined ? {} : { body, contentType: headers['content-type'] ?? '' };
}

function proxied(request: FastifyRequest): ProxiedRequest {
  const { method, headers, body } = request;
  const path = pathOf(request.url);
  return {
    ...{ method, path, query: request.url.slice(path.length + 1) },
    headers: headers as Record<string, string>,
    body: (body as Buffer | undefined) ?? Buffer.alloc(0),
  };
}
