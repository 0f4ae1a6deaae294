// The filter in a whole gateway: what it needs to be granted, and what operators see of it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { route, type TestConfig, TestGateway } from '../support/gateway.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const GRANTS = { idna: true };

function configOf(url: string, config: object, grants: object = GRANTS): TestConfig {
  return {
    upstreams: { sample: { targets: [{ url }] } },
    filters: {
      urls: {
        module: 'builtin:url-guard',
        // A busy machine may leave a thread waiting for longer than the default.
        limits: { deadlineMs: 2000 },
        config: {
          fields: [{ query: 'url' }, { json: '/url' }],
          allow: [{ hosts: ['hooks.example.com'] }],
          ...config,
        },
        grants,
      },
    },
    routes: [route('all', '/*', ['urls'])],
  };
}

describe('the filter url-guard behind a listener', () => {
  it('lets through what is allowed, rewritten, and refuses the rest before the upstream sees it', async (test) => {
    const seen: string[] = [];
    const target = await startHttpTarget(test, async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      seen.push(`${request.url} ${body}`);
      response.end();
    });
    const gateway = await TestGateway.start(test, configOf(target.url, { rewrite: true }));
    const post = (url: string): Promise<Response> =>
      fetch(gateway.url('/'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ url }),
      });
    assert.equal((await post('https:\\\\ｈｏｏｋｓ.example.com\\a')).status, 200);
    const refused = await post('https://[::ffff:169.254.169.254]/');
    assert.equal(refused.status, 400);
    assert.equal(((await refused.json()) as { code: string }).code, 'URL_GUARD_NOT_ALLOWED');
    assert.equal((await fetch(gateway.url('/?url=//evil'))).status, 400);
    assert.deepEqual(seen, ['/ {"url":"https://hooks.example.com/a"}']);
  });

  it('says in the log and in the metrics what it would refuse, and nothing of its value', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end());
    const gateway = await TestGateway.start(
      test,
      configOf(target.url, { mode: 'report' }, { ...GRANTS, log: true, metrics: true }),
    );
    assert.equal((await fetch(gateway.url('/?url=https://evil.example/'))).status, 200);
    const text = 'would answer 400 URL_GUARD_NOT_ALLOWED query url';
    await gateway.logLine((line) => JSON.stringify(line).includes(text));
    assert.equal(JSON.stringify(gateway.log()).includes('evil'), false);
    const series = 'sluice_x_url_guard_reported_total{filter="urls",code="URL_GUARD_NOT_ALLOWED"}';
    assert.equal(await gateway.metric(series), 1);
  });

  it('does not load where one of its grants is missing, and names it', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end());
    const needs = async (missing: RegExp, config: object, grants: object): Promise<void> => {
      await assert.rejects(TestGateway.start(test, configOf(target.url, config, grants)), missing);
    };
    await needs(/\/filters\/urls\/grants: .*asks for idna/, {}, { log: true, metrics: true });
    await needs(/metrics/, { mode: 'report' }, { ...GRANTS, log: true });
  });
});
