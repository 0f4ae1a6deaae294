// What commands say of an etcd that they cannot speak to, for want of the right TLS.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestAuthority, type TestIdentity } from '../support/certificates.js';
import { EtcdCluster, withMutualTls } from '../support/etcd-process.js';
import { sluice, sluiceWith } from '../support/gateway-process.js';

const MAIN = fileURLToPath(new URL('../../core/cli/main.js', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'sluice-etcd-access-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function filesOf(name: string, { chain, key }: TestIdentity): { cert: string; key: string } {
  return { cert: put(`${name}.crt`, chain), key: put(`${name}.key`, key) };
}

const root = TestAuthority.root({ subject: { CN: 'Root' } });
const other = TestAuthority.root({ subject: { CN: 'Other' } });
const ca = put('ca.crt', root.cert);
const otherCa = put('other.crt', other.cert);
const member = filesOf('member', root.issue({ names: ['localhost', '127.0.0.1'] }));
const identity = root.issue({ subject: { CN: 'operator' }, usage: 'client' });
const operator = filesOf('operator', identity);
const stranger = filesOf('stranger', other.issue({ subject: { CN: 'stranger' }, usage: 'client' }));

describe('an etcd that asks for certificates', () => {
  let cluster: EtcdCluster;
  before(async () => {
    cluster = await EtcdCluster.start(withMutualTls({ member, ca, root, client: identity }));
  });
  after(() => cluster.stop());

  /** By its address, for which Node has a warning of its own that is nobody's business. */
  const port = (): number => cluster.members[0]!.port;
  const secure = (...args: readonly string[]): ReturnType<typeof sluice> =>
    sluice('releases', '--config', `etcds://127.0.0.1:${port()}/x`, ...args);
  const showing = ({ cert, key }: { cert: string; key: string }): string[] => [
    ...['--etcd-ca', ca, '--etcd-cert', cert, '--etcd-key', key],
  ];

  it('is spoken to with the right ones, and nothing is said beside', async () => {
    const { code, stderr } = await secure(...showing(operator));
    assert.deepEqual([code, stderr], [0, '']);
  });

  it('is spoken to without the proxy that the environment names for the web', async () => {
    const location = `etcds://localhost:${port()}/x`;
    const proxies = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'grpc_proxy'];
    const env = Object.fromEntries(proxies.map((name) => [name, 'http://127.0.0.1:1']));
    const { code, stderr } = await sluiceWith(
      { env },
      'releases',
      '--config',
      location,
      ...showing(operator),
    );
    assert.deepEqual([code, stderr], [0, '']);
  });

  it('is not without, and the reason stands in one line', async () => {
    const refused =
      /^SLUICE_CONFIG_STORE_UNREACHABLE \S+: no connection: etcd ended the handshake, .*\(--etcd-cert\)\n$/;
    for (const args of [['--etcd-ca', ca], showing(stranger)]) {
      const { code, stderr } = await secure(...args);
      assert.equal(code, 1);
      assert.match(stderr, refused);
    }
    assert.match(
      (await secure('--etcd-ca', otherCa, '--etcd-cert', operator.cert, '--etcd-key', operator.key)).stderr,
      /^SLUICE_CONFIG_STORE_UNREACHABLE \S+: no connection: [^\n]*certificate[^\n]*--etcd-ca\n$/,
    );
    assert.match(
      (await sluice('releases', '--config', `etcd://127.0.0.1:${port()}/x`)).stderr,
      /^SLUICE_CONFIG_STORE_UNREACHABLE \S+: no connection: [^\n]+; does it speak TLS \(etcds:\/\/\)\?\n$/,
    );
  });

  it('is not asked with files that cannot be right', async () => {
    const mixed = await secure(...showing({ cert: operator.cert, key: stranger.key }));
    assert.equal(mixed.code, 2);
    assert.match(
      mixed.stderr,
      /^--etcd-cert \S+, --etcd-key \S+: key values mismatch, expected a certificate and its key/,
    );
    const empty = await secure('--etcd-ca', put('empty.crt', 'nothing\n'));
    assert.equal(empty.code, 2);
    assert.match(empty.stderr, /^--etcd-ca \S+: found no certificate, expected PEM\n$/);
  });
});

describe('a user without a home folder', {
  skip: process.getuid?.() !== 0 && 'only root can become one',
}, () => {
  /** Nobody of this machine. */
  const NOBODY = 54_321;

  async function as(...args: readonly string[]): Promise<{ code: number | null; stderr: string }> {
    const { HOME: _, XDG_STATE_HOME: __, ...env } = process.env;
    const child = spawn(process.execPath, [MAIN, ...args], { uid: NOBODY, gid: NOBODY, env, cwd: '/' });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stderr };
  }

  it('is told what to say where something is to be kept, and needs none elsewhere', async () => {
    const nowhere = 'etcd://127.0.0.1:1/x';
    const run = await as('run', '--config', nowhere);
    assert.equal(run.code, 2);
    assert.match(run.stderr, /^this user has no home folder: --cache FOLDER or XDG_STATE_HOME is needed\n$/);
    assert.match((await as('check', nowhere)).stderr, /^SLUICE_CONFIG_STORE_UNREACHABLE /);
  });
});
