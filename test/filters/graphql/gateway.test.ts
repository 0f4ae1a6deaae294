// The filter in a whole gateway, behind a filter that says which roles there are.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { route, TestGateway } from '../../support/gateway.js';
import { startHttpTarget } from '../../support/upstream-servers.js';

const KNOWN = '{ user { name } }';

describe('the filter graphql behind a listener', () => {
  it('knows operations by their hash, and callers by what an earlier filter lets through', async (test) => {
    const seen: string[] = [];
    const target = await startHttpTarget(test, async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      seen.push(body);
      assert.equal(request.headers['content-length'], String(Buffer.byteLength(body)));
      response.end();
    });
    // A busy machine may leave a thread waiting for longer than the default.
    const limits = { deadlineMs: 5000 };
    const gateway = await TestGateway.start(test, {
      upstreams: { sample: { targets: [{ url: target.url }] } },
      filters: {
        roles: {
          module: 'builtin:policy',
          limits,
          grants: { patterns: true },
          config: {
            rules: [
              { methods: ['POST'], path: '/graphql', headers: { 'x-role': { present: false } } },
              { methods: ['POST'], path: '/graphql', headers: { 'x-role': { matches: 'admin|user' } } },
            ],
          },
        },
        graph: {
          module: 'builtin:graphql',
          limits,
          grants: { graphql: true, crypto: true },
          config: {
            schema: 'type Query { user: User } type User { name: String  mail: String }',
            permissions: [
              { allow: ['Query', 'User.name'] },
              { headers: { 'x-role': 'admin' }, allow: ['User.mail'] },
            ],
            persisted: { only: false, operations: [KNOWN] },
          },
        },
      },
      routes: [route('all', '/*', ['roles', 'graph'])],
    });
    const send = async (body: object, headers: Record<string, string> = {}): Promise<string> => {
      const response = await fetch(gateway.url('/graphql'), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      return text === '' ? `${response.status}` : `${response.status} ${JSON.parse(text).code}`;
    };
    const sha256Hash = createHash('sha256').update(KNOWN).digest('hex');
    const extensions = { persistedQuery: { version: 1, sha256Hash } };
    const mail = { query: '{ user { mail } }' };
    assert.equal(await send({ extensions }), '200');
    assert.equal(await send(mail), '403 GRAPHQL_FORBIDDEN');
    assert.equal(await send(mail, { 'x-role': 'admin' }), '200');
    assert.equal(await send(mail, { 'x-role': 'user' }), '403 GRAPHQL_FORBIDDEN');
    assert.equal(await send(mail, { 'x-role': 'admin', x_role: 'admin' }), '403 POLICY_DENIED');
    assert.equal(await send(mail, { x_role: 'admin' }), '403 POLICY_DENIED');
    assert.deepEqual(seen, [JSON.stringify({ query: KNOWN, extensions }), JSON.stringify(mail)]);
  });

  it('does not load where the schema lacks what its permissions name', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end());
    const graph = {
      module: 'builtin:graphql',
      grants: { graphql: true },
      config: { schema: 'type Query { a: Int }', denyFields: ['Query.b'] },
    };
    const start = TestGateway.start(test, {
      upstreams: { sample: { targets: [{ url: target.url }] } },
      filters: { graph },
      routes: [route('all', '/*', ['graph'])],
    });
    await assert.rejects(
      start,
      /denyFields\/0: the schema has no object type, interface or field of this name/,
    );
  });
});
