// Listeners with TLS as curl sees them, over every version of HTTP that it speaks.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { EXPIRED, TestAuthority, type TestIdentity } from '../support/certificates.js';
import { route, TestGateway } from '../support/gateway.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const root = TestAuthority.root();
const other = TestAuthority.root();
const server = root.issue({ names: ['api.example.com'] });

/** Exit codes of curl. */
const CONNECT_FAILED = 35;
const UNTRUSTED = 60;

interface Visit {
  /** 0 when there was a response. */
  readonly exit: number;
  readonly status: string;
  readonly version: string;
  readonly body: string;
}

class Stage {
  readonly #gateway: TestGateway;

  constructor(gateway: TestGateway) {
    this.#gateway = gateway;
  }

  visit(...args: readonly string[]): Promise<Visit> {
    return this.#visit('api.example.com', args);
  }

  /** By another name than the certificate has. */
  visitAs(host: string, ...args: readonly string[]): Promise<Visit> {
    return this.#visit(host, args);
  }

  #visit(host: string, args: readonly string[]): Promise<Visit> {
    const url = `https://${host}:${this.#gateway.port}/users/1`;
    const resolve = `${host}:${this.#gateway.port}:127.0.0.1`;
    const show = ['--silent', '--write-out', '\n%{http_code} %{http_version}', '--resolve', resolve];
    const trust = args.includes('--cacert') ? [] : ['--cacert', this.path('root.crt')];
    return new Promise((done) => {
      execFile('curl', [...show, ...trust, ...args, url], (error, stdout) => {
        const lines = stdout.split('\n');
        const [status = '', version = ''] = lines.pop()!.split(' ');
        done({ exit: error === null ? 0 : Number(error.code), status, version, body: lines.join('\n') });
      });
    });
  }

  /** Options that show a certificate. */
  as(name: string, { chain, key }: TestIdentity): readonly string[] {
    writeFileSync(this.path(`${name}.crt`), chain);
    writeFileSync(this.path(`${name}.key`), key);
    return ['--cert', this.path(`${name}.crt`), '--key', this.path(`${name}.key`)];
  }

  path(name: string): string {
    return join(this.#gateway.folder, name);
  }
}

async function start(t: TestContext, listener: object, tls: object = {}): Promise<Stage> {
  const target = await startHttpTarget(t, (_, response) => response.end('{"id":1}'));
  const certificates = [{ cert: './api.crt', key: './api.key' }];
  const gateway = await TestGateway.start(
    t,
    {
      listeners: [{ name: 'public', address: '127.0.0.1:0', tls: { certificates, ...tls }, ...listener }],
      upstreams: { sample: { targets: [{ url: target.url }] } },
      routes: [route('users', '/users/:id')],
    },
    [],
    { 'api.crt': server.chain, 'api.key': server.key, 'root.crt': root.cert, 'other.crt': other.cert },
  );
  return new Stage(gateway);
}

const LISTENERS = {
  'uws, HTTP/1.1': { listener: { engine: 'uws' }, version: '1.1', args: ['--http1.1'] },
  'node, HTTP/1.1': { listener: { engine: 'node' }, version: '1.1', args: ['--http1.1'] },
  'node, HTTP/2': { listener: { engine: 'node', http2: true }, version: '2', args: ['--http2'] },
} as const;

for (const [name, { listener, version, args }] of Object.entries(LISTENERS)) {
  describe(`curl to ${name}`, () => {
    it('is served by TLS 1.2 and 1.3', async (t) => {
      const stage = await start(t, listener);
      for (const newest of ['1.2', '1.3']) {
        const visit = await stage.visit(...args, '--tls-max', newest);
        assert.deepEqual(visit, { exit: 0, status: '200', version, body: '{"id":1}' });
      }
    });

    it('makes no handshake by older versions, or by suites without forward secrecy', async (t) => {
      const stage = await start(t, listener);
      const weak = [
        ['--tls-max', '1.1', '--ciphers', 'DEFAULT:@SECLEVEL=0'],
        ['--tls-max', '1.2', '--ciphers', 'AES128-SHA:AES256-SHA256:ECDHE-RSA-AES128-SHA:@SECLEVEL=0'],
      ];
      for (const wish of weak) assert.equal((await stage.visit(...args, ...wish)).exit, CONNECT_FAILED);
    });

    it('trusts the certificate for its authority and its name only', async (t) => {
      const stage = await start(t, listener);
      assert.equal((await stage.visit(...args, '--cacert', stage.path('other.crt'))).exit, UNTRUSTED);
      assert.equal((await stage.visitAs('www.example.com', ...args)).exit, UNTRUSTED);
    });

    it('is let in by a certificate, and not without one or with a wrong one', async (t) => {
      const stage = await start(t, listener, { clientAuth: { ca: './root.crt' } });
      const right = stage.as('right', root.issue({ usage: 'client' }));
      assert.equal((await stage.visit(...args, ...right)).status, '200');
      const wrong = {
        none: [],
        stranger: stage.as('stranger', other.issue({ usage: 'client' })),
        late: stage.as('late', root.issue({ usage: 'client', ...EXPIRED })),
      };
      for (const [what, shown] of Object.entries(wrong)) {
        const { exit, status } = await stage.visit(...args, ...shown);
        assert.ok(exit !== 0 || status === '403', `${what}: ${exit} ${status}`);
      }
    });
  });
}
