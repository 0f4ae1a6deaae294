// A certificate and its key as one sealed secret of a real etcd: rotated while connections run, and on no disk in clear.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { TestAuthority, type TestIdentity } from '../support/certificates.js';
import { EtcdCluster } from '../support/etcd-process.js';
import { route, until } from '../support/gateway.js';
import { SealedFleet } from '../support/sealed-fleet.js';
import { startHttpTarget } from '../support/upstream-servers.js';

let cluster: EtcdCluster;
before(async () => {
  cluster = await EtcdCluster.start();
});
after(() => cluster.stop());

const root = TestAuthority.root();
const clients = [TestAuthority.root(), TestAuthority.root()] as const;

function identity(name: string): TestIdentity {
  return root.issue({ names: ['api.example.com'], subject: { CN: name } });
}

function secretOf({ chain, key }: TestIdentity): string {
  return JSON.stringify({ cert: chain, key });
}

for (const engine of ['uws', 'node'] as const) {
  test(`a listener of the engine ${engine} has its certificate from a secret`, async (t) => {
    const sealed = new SealedFleet(t, cluster, `tls-${engine}`);
    const target = await startHttpTarget(t, (_, response) => response.end('{}'));
    const [first, second] = [identity('first'), identity('second')];
    await sealed.put('tls/api', secretOf(first));
    await sealed.put('tls/clients', clients[0].cert);
    await sealed.fleet.apply(
      JSON.stringify({
        listeners: [
          {
            name: 'public',
            address: '127.0.0.1:0',
            engine,
            tls: {
              certificates: [{ cert: 'secret://tls/api#cert', key: 'secret://tls/api#key' }],
              clientAuth: { ca: 'secret://tls/clients' },
            },
          },
        ],
        admin: { address: '127.0.0.1:0' },
        upstreams: { sample: { targets: [{ url: target.url }] } },
        routes: [route('all', '/*')],
        workers: { count: 1 },
      }),
      'stable',
      [],
    );
    const gateway = await sealed.start(t);
    const client = (by: TestAuthority): ConnectionOptions => {
      const { chain, key } = by.issue({ usage: 'client' });
      return {
        host: '127.0.0.1',
        port: gateway.port,
        servername: 'api.example.com',
        ca: root.cert,
        cert: chain,
        key,
      };
    };
    const known = [client(clients[0]), client(clients[1])] as const;

    /** What a new connection sees, and the status that it gets. */
    const visit = async (options: ConnectionOptions): Promise<string> => {
      const socket = connect(options);
      const closed = once(socket, 'close').then(() => Promise.reject(new Error('closed')));
      closed.catch(() => undefined);
      try {
        await Promise.race([once(socket, 'secureConnect'), closed]);
        const { CN } = socket.getPeerCertificate().subject;
        socket.write('GET / HTTP/1.1\r\nhost: api.example.com\r\n\r\n');
        const [answer] = (await Promise.race([once(socket, 'data'), closed])) as [Buffer];
        return `${CN} ${answer.toString('latin1', 9, 12)}`;
      } catch {
        return 'refused';
      } finally {
        socket.destroy();
      }
    };
    assert.equal(await visit(known[0]), 'first 200');
    assert.equal(await visit(known[1]), 'refused');

    const running = connect(known[0]);
    await once(running, 'secureConnect');
    await sealed.put('tls/api', secretOf(second));
    await until(async () => (await visit(known[0])) === 'second 200');
    await sealed.put('tls/clients', clients[1].cert);
    await until(async () => (await visit(known[1])) === 'second 200');
    assert.equal(await visit(known[0]), 'refused');
    running.write('GET / HTTP/1.1\r\nhost: api.example.com\r\n\r\n');
    assert.match(String((await once(running, 'data'))[0]), /^HTTP\/1\.1 200/);
    running.destroy();

    await sealed.put('tls/api', secretOf({ ...second, key: first.key }));
    const line = await gateway.logged(({ code }) => code === 'SLUICE_CONFIG_CERTIFICATE');
    assert.match(String(line['msg']), /another key than the certificate has/);
    assert.equal(await visit(known[1]), 'second 200');

    for (const { key } of [first, second]) {
      const body = key.split('\n')[1]!;
      for (const file of filesBelow(sealed.folder)) assert.ok(!readFileSync(file).includes(body), file);
      assert.ok(!gateway.output().includes(body));
    }
    if (process.platform !== 'linux') return;
    const open = readdirSync(`/proc/${gateway.child.pid}/fd`).map((fd) =>
      linkOf(`/proc/${gateway.child.pid}/fd/${fd}`),
    );
    assert.deepEqual(
      open.filter((path) => path.includes('/sluice-')),
      [],
      'files that the engine has read are closed',
    );
  });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
