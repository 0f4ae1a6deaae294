// Whatever happens to secrets of a real etcd, no byte of them is in anything that the gateway and the commands write.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: braces are the syntax of a secret reference
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { EtcdCluster } from '../support/etcd-process.js';
import { route, until } from '../support/gateway.js';
import { sluiceWith } from '../support/gateway-process.js';
import { SealedFleet } from '../support/sealed-fleet.js';
import { findSecret } from '../support/secret-search.js';
import { guestBytes } from '../support/test-guests.js';
import { closedOrigin, startHttpTarget } from '../support/upstream-servers.js';

/** With what each encoding changes in its own way, as headers can hold it. */
const distinct = (what: string): string => `${what} "c4n4ry"/+<caf\u00e9>~?\\9f`;
const VALUES = {
  header: distinct('header'),
  config: distinct('config'),
  granted: distinct('granted'),
  read: distinct('read'),
  rotated: distinct('rotated'),
  damaged: distinct('damaged'),
};

let cluster: EtcdCluster;
let guest: Uint8Array;
before(async () => {
  cluster = await EtcdCluster.start();
  guest = await guestBytes('secrets');
});
after(() => cluster.stop());

test('no secret, nor a key, is in what a gateway and the commands write, whatever happens', async (t) => {
  const sealed = new SealedFleet(t, cluster, 'silence');
  const { fleet } = sealed;
  const seen: IncomingHttpHeaders[] = [];
  const target = await startHttpTarget(t, (request, response) => {
    seen.push(request.headers);
    response.end('{}');
  });
  const dead = await closedOrigin();
  const filterOf = (from: string, read: boolean, config: object) => ({
    module: SealedFleet.moduleName('secrets', guest),
    config: { greeting: '${secret://config}', ...config },
    limits: { deadlineMs: 2000 },
    grants: { secrets: [{ name: 'token', from, read }] },
  });
  const documentOf = (config: object = {}, header = 'secret://header'): string =>
    JSON.stringify({
      listeners: [{ name: 'public', address: '127.0.0.1:0' }],
      admin: { address: '127.0.0.1:0' },
      log: { level: 'debug' },
      upstreams: {
        sample: { targets: [{ url: target.url }], headers: { 'x-key': header } },
        dead: { targets: [{ url: dead }], headers: { 'x-key': header } },
      },
      filters: {
        user: filterOf('secret://granted', false, config),
        reader: filterOf('secret://read', true, {}),
      },
      routes: [
        route('all', '/*', ['user']),
        route('reads', '/read', ['reader']),
        { ...route('dead', '/dead', ['user']), upstream: 'dead' },
      ],
      workers: { count: 1 },
    });
  for (const name of ['header', 'config', 'granted', 'read'] as const) await sealed.put(name, VALUES[name]);
  await fleet.apply(documentOf(), 'stable', [guest]);
  const gateway = await sealed.start(t);
  const written = new Map<string, string>();

  // Success, in all the ways in which a secret is used.
  const answers: string[] = [];
  const ask = async (path: string, status: number): Promise<void> => {
    const answer = await fetch(gateway.url(path));
    assert.equal(answer.status, status, path);
    answers.push(`${JSON.stringify([...answer.headers])}${await answer.text()}`);
  };
  const asUtf8 = (value: unknown): string => Buffer.from(String(value), 'latin1').toString();
  await ask('/set', 200);
  assert.equal(asUtf8(seen.at(-1)!['x-key']), VALUES.header);
  assert.equal(asUtf8(seen.at(-1)!['x-greeting']), VALUES.config);
  assert.equal(asUtf8(seen.at(-1)!.authorization), `Bearer ${VALUES.granted}`);
  await ask('/read', 200);
  assert.equal(asUtf8(seen.at(-1)!['x-read']), VALUES.read);
  // Failures of requests: no upstream, and a filter that quotes its config and its secret as it fails.
  await ask('/dead', 502);
  await ask('/fail', 503);
  await gateway.logged(({ msg }) => /greeting is \[secret\]/.test(String(msg)));

  // Refusals: of a filter that quotes its config, of a config that does not fit, of a value that cannot stand in a header.
  const refused = (said: RegExp) => gateway.logged(({ msg }) => said.test(String(msg)));
  await fleet.apply(documentOf({ refuse: true }), 'stable', [guest]);
  await refused(/configuration refused: .*I was told \[secret\]/);
  await fleet.apply(documentOf({ greeting: `${'x'.repeat(40)}\${secret://config}` }), 'stable', [guest]);
  await refused(/greeting: must NOT have more than 40/);
  await fleet.apply(documentOf({}, 'secret://header#field'), 'stable', [guest]);
  await refused(/a JSON object, as a field of it is asked for/);
  await fleet.apply(documentOf(), 'stable', [guest]);
  // Damaged, foreign and unfit entries.
  const tampered = sealed.sealed('header', VALUES.damaged);
  tampered[tampered.byteLength - 1]! ^= 1;
  for (const [entry, said] of [
    [tampered, /header as it was sealed/],
    [tampered.subarray(0, 100), /header that is whole/],
    [sealed.sealed('granted', VALUES.damaged), /header sealed under this name/],
    [sealed.sealed('header', VALUES.damaged, 'foreign'), /header sealed with a key of the ring/],
    [sealed.sealed('header', `${VALUES.damaged}\n\u0000`), /found a secret with a control character/],
    [Buffer.from('plain text'), /header that is sealed/],
  ] as const) {
    await fleet.store.commit([], [{ put: fleet.keys.secret('header'), value: entry }]);
    await refused(said);
  }
  const list = await sealed.secret('', 'list', '--json');
  assert.equal(list.code, 1);
  written.set('secret list, damaged', list.stdout + list.stderr);
  // Rotation of a value and of the key.
  const set = await sealed.secret(VALUES.rotated, 'set', 'header', '--json');
  written.set('secret set', set.stdout + set.stderr);
  await until(async () => {
    await ask('/set', 200);
    return asUtf8(seen.at(-1)!['x-key']) === VALUES.rotated;
  });
  sealed.keep('second', 'first');
  for (const args of [['rekey', '--json'], ['list', '--json'], ['list']]) {
    const end = await sealed.secret('', ...args);
    assert.equal(end.code, 0, end.stderr);
    written.set(`secret ${args.join(' ')}`, end.stdout + end.stderr);
  }
  gateway.child.kill('SIGHUP');

  const env = { SLUICE_SECRET_KEYS_FILE: sealed.keyFile };
  for (const args of [
    ['check', sealed.location, '--json'],
    ['check', sealed.location, '--verbose'],
    ['status', '--json', '--config', sealed.location],
    ['releases', '--json', '--config', sealed.location],
  ])
    written.set(args.join(' '), JSON.stringify(await sluiceWith({ env }, ...args)));
  assert.match(written.get(`check ${sealed.location} --json`)!, /valid.{1,4}:true/);
  for (const page of ['/metrics', '/config', '/filters', '/readyz', '/healthz']) {
    const answer = await fetch(`http://127.0.0.1:${gateway.adminPort}${page}`);
    written.set(page, await answer.text());
  }
  assert.equal(await gateway.stop(), 0);
  written.set('answers', answers.join('\n'));
  written.set('log', gateway.output());
  for (const file of readdirSync(sealed.cache)) {
    const bytes = readFileSync(join(sealed.cache, file));
    written.set(`cache, ${file}`, bytes.toString('latin1'));
    // Entries stand there in base64.
    const texts = bytes.toString('latin1').match(/[A-Za-z0-9+/]{40,}={0,2}/g) ?? [];
    written.set(
      `cache, ${file}, decoded`,
      texts.map((text) => Buffer.from(text, 'base64').toString('latin1')).join(),
    );
  }
  const { entries } = await fleet.store.list([{ prefix: `${fleet.keys.prefix}/` }]);
  written.set('etcd', entries.map(({ key, value }) => `${key} ${value.toString('latin1')}`).join('\n'));

  const keys = ['first', 'second', 'foreign'].map((name) => sealed.line(name).slice(name.length + 1));
  for (const [where, text] of written) {
    const bytes = Buffer.from(text, where.startsWith('cache') || where === 'etcd' ? 'latin1' : 'utf8');
    for (const value of Object.values(VALUES))
      assert.equal(findSecret(bytes, value), null, `${value} in ${where}`);
    for (const key of keys) {
      assert.equal(findSecret(bytes, key), null, `a key in ${where}`);
      const raw = Buffer.from(key, 'base64');
      for (const form of [raw, raw.toString('hex'), raw.toString('base64url')])
        assert.ok(!bytes.includes(form), `a key in ${where}`);
    }
  }
  // What was searched is what there was to find.
  assert.match(written.get('log')!, /"level":"debug"|"level":20|callout|debug|serving/);
  assert.ok(written.has('cache, release.json'));
  assert.match(written.get('/config')!, /"reader"/);
});
