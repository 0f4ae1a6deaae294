// biome-ignore-all lint/suspicious/noTemplateCurlyInString: braces are the syntax of a secret reference
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { route, TestGateway, until } from '../support/gateway.js';
import { RawClient } from '../support/raw-client.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const PATIENT = { deadlineMs: 2000 };
const CANARY = 'canary-4f1b9c';

interface Stage {
  readonly gateway: TestGateway;
  readonly config: (changes?: Record<string, unknown>) => Record<string, unknown>;
  readonly seen: IncomingMessage['headers'][];
  readonly keep: (value: string) => void;
}

async function start(test: TestContext, grant: Record<string, unknown> = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-kept-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'token');
  const keep = (value: string): void => writeFileSync(file, `{"token":"${value}"}\n`);
  keep(CANARY);
  const seen: IncomingMessage['headers'][] = [];
  const target = await startHttpTarget(test, (request, response) => {
    seen.push(request.headers);
    response.end('{}');
  });
  const reference = `secret+file://${file}#token`;
  const config = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
    upstreams: { sample: { targets: [{ url: target.url }], headers: { 'x-key': `Key \${${reference}}` } } },
    filters: {
      user: {
        module: './secrets.wasm',
        limits: PATIENT,
        grants: { secrets: [{ name: 'token', from: reference, ...grant }] },
        ...changes,
      },
      thief: { module: './secret-thief.wasm', limits: PATIENT },
    },
    routes: [route('all', '/*', ['user']), route('watched', '/steal/:how', ['user', 'thief'])],
  });
  const gateway = await TestGateway.start(test, config() as never, ['secrets', 'secret-thief', 'signer']);
  return { gateway, config, seen, keep };
}

describe('a secret', () => {
  it('goes into headers of the upstream, from the configuration and by a filter, and nowhere else', async (test) => {
    const { gateway, seen } = await start(test);
    const answer = await fetch(gateway.url('/set'), { headers: { authorization: 'forged' } });
    assert.equal(answer.status, 200);
    assert.equal(seen[0]!['x-key'], `Key ${CANARY}`);
    assert.equal(seen[0]!.authorization, `Bearer ${CANARY}`);
    const dump = Buffer.from(await (await fetch(gateway.url('/dump'))).arrayBuffer());
    assert.ok(dump.byteLength >= 65536);
    assert.ok(!dump.includes(CANARY), 'the memory of a filter that may not read it');

    const failed = await fetch(gateway.url('/read'));
    assert.equal(failed.status, 503);
    const line = await gateway.logLine(({ code }) => code === 'SLUICE_FILTER_TRAP');
    assert.match(String(line['msg']), /the grant of the secret token does not say read/);
    for (const page of ['/metrics', '/config', '/filters', '/readyz']) {
      assert.ok(!(await (await gateway.admin(page)).text()).includes(CANARY), page);
    }
    assert.ok(!JSON.stringify(gateway.log()).includes(CANARY));
  });

  it('is read by a filter only where its grant says so, and the log says so, too', async (test) => {
    const { gateway, seen } = await start(test, { read: true });
    assert.equal((await fetch(gateway.url('/read'))).status, 200);
    assert.equal(seen[0]!['x-read'], CANARY);
    const line = await gateway.logLine(({ secret }) => secret !== undefined);
    assert.deepEqual(
      [line['filter'], line['secret'], line['msg']],
      ['user', 'token', 'a filter may read a secret'],
    );
    assert.ok(!JSON.stringify(gateway.log()).includes(CANARY));
  });

  it('goes to the upstreams that its grant names, and the request to another one fails', async (test) => {
    const { gateway, config, seen } = await start(test);
    const from = /secret\+file:[^}"]*#token/.exec(gateway.text())![0];
    const whole = config({ grants: { secrets: [{ name: 'token', from, upstreams: ['other'] }] } });
    const { upstreams, routes } = whole as { upstreams: Record<string, object>; routes: object[] };
    await gateway.apply({
      ...whole,
      upstreams: { ...upstreams, other: upstreams['sample'] },
      routes: [...routes, { ...route('other', '/other', ['user']), upstream: 'other' }],
    } as never);
    assert.equal((await fetch(gateway.url('/other'))).status, 200);
    assert.equal(seen.at(-1)!.authorization, `Bearer ${CANARY}`);
    const seenBefore = seen.length;
    const refused = await fetch(gateway.url('/set'));
    assert.equal(refused.status, 503);
    const problem = await refused.text();
    assert.ok(!problem.includes(CANARY));
    assert.equal((JSON.parse(problem) as { code: string }).code, 'SLUICE_FILTER_TRAP');
    assert.equal(seen.length, seenBefore);
    const line = await gateway.logLine(({ error }) => error === 'SLUICE_FILTER_TRAP');
    assert.match(
      String(line['reason']),
      /puts the secret token into a header of a request to the upstream sample, which its grant does not name/,
    );
    assert.ok(!JSON.stringify(gateway.log()).includes(CANARY));
  });

  it('signs for a filter whose grant says so, which never has it', async (test) => {
    const { gateway, config, seen } = await start(test);
    const from = /secret\+file:[^}"]*#token/.exec(gateway.text())![0];
    const signer = (grants: Record<string, unknown>) =>
      config({ module: './signer.wasm', grants: { crypto: true, ...grants } }) as never;
    await gateway.apply(signer({ secrets: [{ name: 'token', from, sign: true }] }));
    const codeOf = (path: string) => createHmac('sha256', CANARY).update(path).digest('hex');
    await fetch(gateway.url('/signed'));
    assert.equal(seen.at(-1)!['x-code'], codeOf('/signed'));

    const answer = await fetch(gateway.url('/dump'));
    assert.equal(answer.headers.get('x-code'), codeOf('/dump'));
    assert.ok(!Buffer.from(await answer.arrayBuffer()).includes(CANARY), 'the memory of a filter that signs');
    assert.equal((await fetch(gateway.url('/read'))).status, 503);

    await gateway.apply(signer({ secrets: [{ name: 'token', from }] }));
    assert.equal((await fetch(gateway.url('/signed'))).status, 503);
    await gateway.logLine(({ msg }) => /the grant of the secret token does not say sign/.test(String(msg)));
    await gateway.reload(signer({ crypto: false, secrets: [{ name: 'token', from, sign: true }] }));
    await gateway.logLine(({ msg }) => /asks for crypto, the config does not grant it/.test(String(msg)));
    assert.ok(!JSON.stringify(gateway.log()).includes(CANARY));
  });

  it('in the config of a filter is the value there, and errors do not quote it', async (test) => {
    const { gateway, config, seen } = await start(test);
    const from = /secret\+file:[^}"]*#token/.exec(gateway.text())![0];
    await gateway.apply(config({ config: { greeting: `Hello \${${from}}` } }) as never);
    await fetch(gateway.url('/set'));
    assert.equal(seen.at(-1)!['x-greeting'], `Hello ${CANARY}`);

    for (const bad of [{ greeting: from, refuse: true }, { greeting: `${'x'.repeat(40)}\${${from}}` }]) {
      const said =
        bad.refuse === true ? /greeting: I was told \[secret\]/ : /greeting: must NOT have more than 40/;
      await gateway.reload(config({ config: bad }) as never);
      await gateway.logLine(({ msg }) => said.test(String(msg)));
    }
    assert.ok(!JSON.stringify(gateway.log()).includes(CANARY));
    assert.equal((await fetch(gateway.url('/set'))).status, 200);
  });

  it('is not in the memory of a later filter, nor does it follow its header elsewhere', async (test) => {
    const { gateway, seen } = await start(test);
    for (const how of ['look', 'add', 'answer', 'replace', 'remove']) {
      const answer = await fetch(gateway.url(`/steal/${how}`));
      assert.equal(answer.status, 200, how);
      const memory = Buffer.from(await answer.arrayBuffer());
      assert.ok(memory.byteLength >= 65536);
      assert.ok(!memory.includes(CANARY), how);
      const shown = { add: '[secret]', replace: 'Basic other', remove: null }[how];
      assert.equal(answer.headers.get('x-seen'), shown === undefined ? '[secret]' : (shown ?? ''), how);
    }
    assert.deepEqual(
      seen.map((headers) => [headers['x-copy'], headers.authorization]),
      [
        ['[secret]', `Bearer ${CANARY}`],
        ['[secret]', `Bearer ${CANARY}`],
        ['[secret]', 'Basic other'],
        ['[secret]', undefined],
      ],
    );
  });

  it('cannot be dropped, moved or doubled by a client', async (test) => {
    const { gateway, seen } = await start(test);
    await RawClient.exchange(
      gateway.port,
      'GET /set HTTP/1.1\r\nhost: a\r\nconnection: close, authorization\r\n' +
        'authorization: [secret]\r\nx-mine: [secret]\r\nauthorization: [secret]\r\n\r\n',
    );
    assert.equal(seen[0]!.authorization, `Bearer ${CANARY}`);
    assert.equal(seen[0]!['x-mine'], '[secret]');
  });

  it('that no grant names fails the load with both sides', async (test) => {
    const { gateway, config } = await start(test);
    const grants = { secrets: [{ name: 'other', from: 'secret+env://PATH' }] };
    await gateway.reload(config({ grants }) as never);
    const line = await gateway.logLine(({ code }) => code === 'SLUICE_FILTER_CAPABILITY');
    assert.match(String(line['msg']), /user.*uses the secret "token", its grants.secrets have \["other"\]/);
    assert.equal((await fetch(gateway.url('/set'))).status, 200);
  });

  it('that was rotated reaches the traffic with the next reload, and no request fails', async (test) => {
    const { gateway, seen, keep } = await start(test);
    let isOver = false;
    const statuses = new Set<number>();
    const client = (async () => {
      while (!isOver) statuses.add((await fetch(gateway.url('/set'))).status);
    })();
    for (const value of ['second-77', 'third-88']) {
      keep(value);
      await gateway.gateway.reload();
      await until(() => seen.at(-1)!.authorization === `Bearer ${value}`);
      await until(() => seen.at(-1)!['x-key'] === `Key ${value}`);
    }
    isOver = true;
    await client;
    assert.deepEqual([...statuses], [200]);
  });

  it('that does not resolve refuses the configuration with its place, and the one before it runs on', async (test) => {
    const { gateway, config } = await start(test);
    for (const [from, expected] of [
      ['secret+file:///nowhere/at/all', /expected a file that can be read/],
      ['secret+env://SLUICE_NEVER_SET', /SLUICE_NEVER_SET, which is not set/],
      ['secret://store', /only a configuration in etcd has a store/],
      ['token', /expected a reference such as/],
    ] as const) {
      await gateway.reload(config({ grants: { secrets: [{ name: 'token', from }] } }) as never);
      const line = await gateway.logLine(({ msg }) => expected.test(String(msg)));
      assert.equal((line['place'] as { pointer: string }).pointer, '/filters/user/grants/secrets/0/from');
    }
    await gateway.reload(config({ grants: { secrets: [] } }) as never);
    await gateway.logLine(({ code }) => code === 'SLUICE_FILTER_CAPABILITY');
    assert.equal((await fetch(gateway.url('/set'))).status, 200);
  });
});
