import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { TestAuthority, type TestIdentity } from '../support/certificates.js';
import { EtcdCluster, withMutualTls } from '../support/etcd-process.js';
import { FleetStage } from '../support/fleet-stage.js';
import { TestGateway, until } from '../support/gateway.js';
import { sluice } from '../support/gateway-process.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-expiry-'));
after(() => rmSync(folder, { recursive: true }));

const root = TestAuthority.root({ subject: { O: 'Example', CN: 'Root' }, toDays: 3000 });

function put(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function certificateIn(name: string, { chain, key }: TestIdentity): { cert: string; key: string } {
  return { cert: put(`${name}.crt`, chain), key: put(`${name}.key`, key) };
}

const ca = put('ca.crt', root.cert);
const api = root.issue({ names: ['api.example.com'], toDays: 12.5 });
const own = root.issue({ subject: { CN: 'gateway' }, usage: 'client', toDays: 100 });
const crl = put('clients.crl', root.list({ fromDays: -20, toDays: 3.5 }));

/** Everything that can run out: of a listener the certificate, the authorities and their lists, of an upstream likewise. */
const SECURED = {
  listeners: [
    {
      name: 'public',
      address: '127.0.0.1:0',
      tls: { certificates: [certificateIn('api', api)], clientAuth: { ca, crl, mode: 'request' } },
    },
  ],
  upstreams: {
    sample: {
      targets: [{ url: 'https://127.0.0.1:9' }],
      tls: { ca, ...certificateIn('own', own) },
    },
  },
  routes: [],
};

const SERIES = 'sluice_certificate_not_after_timestamp_seconds';

async function seriesOf(gateway: TestGateway): Promise<Map<string, number>> {
  const text = await (await gateway.admin('/metrics')).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${SERIES}{`));
  return new Map(lines.map((line) => [line.slice(SERIES.length, line.lastIndexOf(' ')), secondsIn(line)]));
}

function secondsIn(line: string): number {
  return Number(line.slice(line.lastIndexOf(' ') + 1));
}

/** What was said of certificates at the start. */
async function warnings(gateway: TestGateway): Promise<Record<string, unknown>[]> {
  await gateway.logLine(({ msg }) => msg === 'serving');
  return gateway.log().filter(({ notAfter }) => notAfter !== undefined);
}

describe('certificates that run out', () => {
  it('are in the metrics and, when it is soon, in the log', async (t) => {
    const gateway = await TestGateway.start(t, SECURED);
    const labels = (use: string, name: string, kind: string, subject: string, serial: string): string =>
      `{use="${use}",name="${name}",kind="${kind}",subject="${subject}",serial="${serial}"}`;
    const series = await seriesOf(gateway);
    assert.deepEqual([...series.keys()].sort(), [
      labels('listener', 'public', 'authority', 'CN=Root,O=Example', root.serial),
      labels('listener', 'public', 'certificate', 'CN=api.example.com', api.serial),
      labels('listener', 'public', 'revocation-list', 'CN=Root,O=Example', ''),
      labels('upstream', 'sample', 'authority', 'CN=Root,O=Example', root.serial),
      labels('upstream', 'sample', 'certificate', 'CN=gateway', own.serial),
    ]);
    const days = [...series.values()].map((seconds) => Math.floor((seconds - Date.now() / 1000) / 86_400));
    assert.deepEqual(days, [3, 12, 99, 2999, 2999]);
    const warned = await warnings(gateway);
    assert.deepEqual(
      warned.map(({ level, msg }) => [level, String(msg).replace(/, at .*/, '')]),
      [
        ['warn', 'revocation list of CN=Root,O=Example, used by listener public, runs out in 3 days'],
        ['warn', 'certificate CN=api.example.com, used by listener public, runs out in 12 days'],
      ],
    );
  });

  it('are gone from the metrics when others take their places', async (t) => {
    const gateway = await TestGateway.start(t, SECURED);
    const next = root.issue({ names: ['api.example.com'], toDays: 90 });
    const tls = { certificates: [certificateIn('next', next)] };
    await gateway.apply({
      ...SECURED,
      upstreams: {},
      listeners: [{ name: 'other', address: '127.0.0.1:0', tls }],
    });
    const serials = [...(await seriesOf(gateway)).keys()].map((key) => /serial="(.*?)"/.exec(key)?.[1]);
    assert.deepEqual(serials, [next.serial]);
  });

  it('change with their files', async (t) => {
    const first = root.issue({ names: ['api.example.com'], toDays: 90 });
    const second = root.issue({ names: ['api.example.com'], toDays: 5.5 });
    const tls = { certificates: [certificateIn('rotated', first)] };
    const listeners = [{ name: 'public', address: '127.0.0.1:0', tls }];
    const gateway = await TestGateway.start(t, { listeners, routes: [] });
    const serials = async (): Promise<(string | undefined)[]> =>
      [...(await seriesOf(gateway)).keys()].map((labels) => /serial="(.*?)"/.exec(labels)?.[1]);
    assert.deepEqual(await serials(), [first.serial]);
    certificateIn('rotated', second);
    await until(async () => (await serials()).includes(second.serial));
    assert.deepEqual(await serials(), [second.serial]);
    const { msg } = await gateway.logLine(({ serial }) => serial === second.serial);
    assert.match(
      String(msg),
      /^certificate CN=api\.example\.com, used by listener public, runs out in 5 days/,
    );
  });

  it('are warned of as long before as the configuration says', async (t) => {
    const certificates = { warnDays: 10 };
    const gateway = await TestGateway.start(t, { ...SECURED, certificates } as typeof SECURED);
    const warned = await warnings(gateway);
    assert.deepEqual(
      warned.map(({ kind, use, name, level }) => ({ kind, use, name, level })),
      [{ kind: 'revocation-list', use: 'listener', name: 'public', level: 'warn' }],
    );
  });
});

describe('sluice check', () => {
  it('warns of certificates that run out, and knows when all of them do', async () => {
    const file = put('sluice.json', JSON.stringify(SECURED));
    const { code, stdout, stderr } = await sluice('check', file);
    assert.equal(code, 0);
    assert.match(stderr, /^warning: \S+ \/upstreams\/\S+: no route leads to this upstream, [^\n]+\n$/);
    const [result, ...warnings] = stdout.trimEnd().split('\n');
    assert.match(result!, /: valid /);
    assert.deepEqual(
      warnings.map((line) => line.replace(/, at .*/, '')),
      [
        'warning: revocation list of CN=Root,O=Example, used by listener public, runs out in 3 days',
        'warning: certificate CN=api.example.com, used by listener public, runs out in 12 days',
      ],
    );
    const { certificates } = JSON.parse((await sluice('check', file, '--json')).stdout) as {
      certificates: Record<string, string>[];
    };
    assert.equal(certificates.length, 5);
    const { notAfter, ...facts } = certificates[1]!;
    assert.deepEqual(facts, {
      use: 'listener',
      name: 'public',
      kind: 'certificate',
      subject: 'CN=api.example.com',
      serial: api.serial,
    });
    assert.ok(Date.parse(notAfter!) > Date.now());
  });
});

describe('sluice status', () => {
  let cluster: EtcdCluster;
  before(async () => {
    cluster = await EtcdCluster.start();
  });
  after(() => cluster.stop());

  it('tells when the first certificate of a gateway runs out, and warns of those that do soon', async (t) => {
    const stage = new FleetStage(t, cluster, 'expiry');
    const id = await stage.fleet.apply(JSON.stringify(SECURED));
    await stage.gateway('secured');
    await stage.reported('secured', (report) => report?.['release'] === id);
    const { code, stdout } = await stage.run('status');
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^NODE .* VERSION +CERTIFICATES UNTIL$/m);
    assert.match(stdout, /^secured +stable .* current +\S+ +\d{4}-\d\d-\d\dT\S+Z$/m);
    assert.deepEqual(
      stdout
        .split('\n')
        .filter((line) => line.startsWith('secured: '))
        .map((line) => line.replace(/, at .*/, '')),
      [
        'secured: certificate CN=api.example.com, used by listener public, runs out in 12 days',
        'secured: revocation list of CN=Root,O=Example, used by listener public, runs out in 3 days',
      ],
    );
    const { nodes } = await stage.json<{ nodes: { certificates: { what: string }[] }[] }>('status');
    assert.deepEqual(
      nodes[0]!.certificates.map(({ what }) => what).at(-1),
      'authority CN=Root,O=Example, used by upstream sample,',
    );
  });

  it('tells of what the connection to etcd is made with', async (t) => {
    const member = certificateIn('etcd', root.issue({ names: ['localhost', '127.0.0.1'] }));
    const client = root.issue({ subject: { CN: 'node' }, usage: 'client', toDays: 2.5 });
    const shown = certificateIn('node', client);
    const secured = await EtcdCluster.start(withMutualTls({ member, ca, root, client }));
    t.after(() => secured.stop());
    const stage = new FleetStage(t, secured, 'expiry');
    const id = await stage.fleet.apply(
      JSON.stringify({ listeners: [{ name: 'public', address: '127.0.0.1:0' }] }),
    );
    const options = ['--etcd-ca', ca, '--etcd-cert', shown.cert, '--etcd-key', shown.key];
    const gateway = await stage.gateway('secured', ...options);
    await stage.reported('secured', (report) => report?.['release'] === id);
    const { stdout } = await stage.run('status', ...options);
    assert.match(
      stdout,
      /^secured: certificate CN=node, used by the connection to etcd, runs out in 2 days/m,
    );
    assert.match(gateway.output(), /"use":"store","name":"etcd","kind":"certificate","subject":"CN=node"/);

    // Replaced on disk, as a platform does it long before the end.
    certificateIn('node', root.issue({ subject: { CN: 'renewed' }, usage: 'client', toDays: 200 }));
    await stage.reported('secured', (report) => /CN=renewed/.test(JSON.stringify(report)));
    assert.doesNotMatch((await stage.run('status', ...options)).stdout, /runs out in/);
  });

  it('believes nothing that is no date', async (t) => {
    const stage = new FleetStage(t, cluster, 'expiry-hostile');
    const certificates = [
      null,
      5,
      { what: 'x', notAfter: '\u001b[2J', warnFrom: '2020-01-01' },
      { what: 'x', notAfter: '2020-01-01' },
      { what: '\u001b[2J', notAfter: '2020-01-01', warnFrom: '2019-01-01' },
    ];
    const report = { channel: 'stable', release: null, certificates };
    const value = Buffer.from(JSON.stringify(report));
    await stage.fleet.store.commit([], [{ put: stage.fleet.keys.node('bad'), value }]);
    const { stdout } = await stage.run('status');
    assert.ok(!stdout.includes('\u001b'));
    assert.match(stdout, /^bad: \\x1b\[2J ran out \d+ days ago, at 2020-01-01T00:00:00\.000Z$/m);
  });
});
