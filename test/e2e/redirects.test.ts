import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { calling } from '../support/callout-stage.js';
import { route, TestGateway } from '../support/gateway.js';
import { startHttpTarget, type TestTarget } from '../support/upstream-servers.js';

interface Stage {
  readonly gateway: TestGateway;
  readonly api: TestTarget;
  readonly files: TestTarget;
  /** Headers that reached the place that is not the upstream's own. */
  readonly seen: Record<string, unknown>[];
}

/** An API whose redirects are followed to `files` and nowhere else: `/to?URL` is one. */
async function startStage(test: TestContext): Promise<Stage> {
  const seen: Record<string, unknown>[] = [];
  const files = await startHttpTarget(test, (request, response) => {
    seen.push(request.headers);
    response.end(`file ${request.url}`);
  });
  const api = await startHttpTarget(test, (request, response) => {
    const [, location] = /^\/(?:to|pass)\?(.*)$/.exec(request.url!) ?? [];
    if (location === undefined) response.end(`api ${request.url}`);
    else response.writeHead(302, { location: decodeURIComponent(location) }).end();
  });
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  test.after(() => rmSync(folder, { recursive: true }));
  const secret = join(folder, 'key');
  writeFileSync(secret, 'op3rator');
  const upstream = {
    targets: [{ url: api.url }],
    headers: { 'x-key': `\${secret+file://${secret}}`, 'user-agent': 'op3rator' },
    redirects: { mode: 'follow', hosts: ['127.0.0.1'], ports: [Number(new URL(files.url).port)] },
  };
  const gateway = await TestGateway.start(
    test,
    {
      upstreams: { sample: upstream, passing: { targets: upstream.targets } },
      filters: { ask: calling('sample') },
      routes: [
        route('all', '/*'),
        route('asked', '/asked', ['ask']),
        route('passing', '/pass', [], { upstream: 'passing' }),
      ],
      log: { level: 'debug' },
    },
    ['callouts'],
  );
  return { gateway, api, files, seen };
}

const to = (location: string): string => `/to?${encodeURIComponent(location)}`;
const counted = (outcome: string): string =>
  `sluice_upstream_redirects_total{upstream="sample",outcome="${outcome}"}`;

describe('redirects that the gateway follows', () => {
  it('end where they lead, without the credentials of client and operator, and show in log and metrics', async (test) => {
    const { gateway, api, files, seen } = await startStage(test);
    const answer = await fetch(gateway.url(to(`${files.url}/report?x=1`)), {
      headers: { authorization: 'cl1ent', cookie: 'cl1ent', 'x-token': 'cl1ent', accept: 'text/plain' },
      redirect: 'manual',
    });
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), 'file /report?x=1');
    assert.doesNotMatch(JSON.stringify(seen), /cl1ent|op3rator|x-forwarded|x-key/);
    assert.equal(seen[0]!['accept'], 'text/plain');
    assert.equal(seen[0]!['host'], new URL(files.url).host);
    const id = answer.headers.get('x-request-id');
    assert.equal(seen[0]!['x-request-id'], id);
    const line = await gateway.logLine((candidate) => candidate['id'] === id);
    assert.equal(line['target'], files.url);
    assert.deepEqual(line['redirects'], [files.url]);
    const plain = await fetch(gateway.url(to('/next')));
    assert.equal(await plain.text(), 'api /next');
    assert.equal(await gateway.metric(counted('followed')), 2);
    const own = await gateway.logLine((candidate) => candidate['id'] === plain.headers.get('x-request-id'));
    assert.deepEqual(own['redirects'], [api.url]);
  });

  it('that lead anywhere else are answered 502, and only the log says where they lead', async (test) => {
    const { gateway, seen } = await startStage(test);
    for (const location of ['http://169.254.169.254/latest', 'http://2130706433:1/', '//evil.example/']) {
      const answer = await fetch(gateway.url(to(location)), { redirect: 'manual' });
      assert.equal(answer.status, 502);
      assert.equal(answer.headers.get('location'), null);
      const text = await answer.text();
      assert.equal((JSON.parse(text) as { code: string }).code, 'SLUICE_UPSTREAM_REDIRECT');
      assert.doesNotMatch(text, /169\.254|2130706433|127\.0\.0\.1|evil/);
      const line = await gateway.logLine(
        (candidate) => candidate['id'] === answer.headers.get('x-request-id'),
      );
      assert.match(String(line['reason']), /is refused: it leads to http:\/\/(169|127|evil)/);
    }
    assert.equal(await gateway.metric(counted('refused')), 3);
    assert.deepEqual(seen, []);
  });

  it('go to the client where the upstream does not say follow', async (test) => {
    const { gateway } = await startStage(test);
    const target = `/pass?${encodeURIComponent('http://evil.example/')}`;
    const answer = await fetch(gateway.url(target), { redirect: 'manual' });
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.get('location'), 'http://evil.example/');
  });

  it('are followed and refused for callouts as for requests', async (test) => {
    const { gateway, files, seen } = await startStage(test);
    const ask = async (location: string): Promise<string> => {
      const answer = await fetch(gateway.url('/asked'), { headers: { 'x-callout': to(location) } });
      return `${answer.status} ${await answer.text()}`;
    };
    await ask(`${files.url}/list`);
    assert.equal(seen.length, 1);
    assert.doesNotMatch(JSON.stringify(seen), /op3rator/);
    await ask('http://169.254.169.254/');
    const line = await gateway.logLine(({ msg, outcome }) => msg === 'callout ended' && outcome === 'failed');
    assert.equal((line['error'] as { code: string }).code, 'SLUICE_UPSTREAM_REDIRECT');
    assert.equal(seen.length, 1);
  });
});
