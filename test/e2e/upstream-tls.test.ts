// Upstreams over TLS as the configuration asks for it, from its files to the log.
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { createServer, type ServerOptions } from 'node:https';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { readCertificate } from '../../core/tls/certificate.js';
import { authorising } from '../support/callout-stage.js';
import { selfSigned, TestAuthority } from '../support/certificates.js';
import { route, TestGateway, until } from '../support/gateway.js';
import { listenSecurely, startHttpTarget, type TestTarget } from '../support/upstream-servers.js';

const root = TestAuthority.root();
const clients = TestAuthority.root({ subject: { CN: 'Authority of clients' } });
const { cert: serverCert, chain: cert, key } = root.issue({ names: ['localhost'] });

const gateway = (CN: string) => clients.issue({ usage: 'client', subject: { CN } });

/** Answers with who asked; `/slow` ends when it is told to. */
async function startTarget(t: TestContext, options: ServerOptions = {}) {
  const finish: (() => void)[] = [];
  const demands = { requestCert: true, rejectUnauthorized: true, ca: clients.cert };
  const server = createServer({ cert, key, ...demands, ...options }, (request, response) => {
    const { CN } = (request.socket as TLSSocket).getPeerCertificate().subject;
    if (request.url !== '/slow') response.end(CN);
    else {
      response.write('begun ');
      finish.push(() => response.end(CN));
    }
  });
  return { ...(await listenSecurely(t, server, 0)), finish };
}

function configFor(target: TestTarget, tls: Readonly<Record<string, unknown>>, more = {}) {
  const url = target.url.replace('127.0.0.1', 'localhost');
  return {
    upstreams: { sample: { targets: [{ url }], tls: { ca: './ca.crt', ...tls }, ...more } },
    routes: [route('all', '/*')],
  };
}

function replace(stage: TestGateway, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(stage.folder, `${name}.next`), text);
    renameSync(join(stage.folder, `${name}.next`), join(stage.folder, name));
  }
}

describe('an upstream over TLS', { timeout: 60_000 }, () => {
  it('is shown the certificate of the configuration, and a new one without a cut when the files change', async (t) => {
    const target = await startTarget(t);
    const [first, second] = [gateway('first'), gateway('second')];
    const files = { 'ca.crt': root.cert, 'own.crt': first.chain, 'own.key': first.key };
    const tls = { cert: './own.crt', key: './own.key', pins: [readCertificate(serverCert).pin] };
    const stage = await TestGateway.start(t, configFor(target, tls), [], files);
    const ask = async (): Promise<string> => (await fetch(stage.url('/'))).text();
    assert.equal(await ask(), 'first');
    const slow = await fetch(stage.url('/slow'));
    replace(stage, { 'own.crt': second.chain, 'own.key': second.key });
    await until(async () => (await ask()) === 'second');
    target.finish[0]!();
    assert.equal(await slow.text(), 'begun first');
    // No connection that was opened with the old certificate is of any use any more.
    await until(() =>
      target.sockets.filter((socket) => !socket.destroyed).every((socket) => nameOf(socket) === 'second'),
    );
  });

  const failures: Record<string, [tls: Record<string, unknown>, code: string, reason: RegExp]> = {
    'trusts another authority': [
      { ca: './other.crt' },
      'SLUICE_UPSTREAM_CERTIFICATE',
      /is refused: its authority is not known/,
    ],
    'is told another name': [
      { serverName: 'billing.internal' },
      'SLUICE_UPSTREAM_CERTIFICATE',
      /it is not for billing\.internal but for DNS:localhost/,
    ],
    'has another pin': [
      { pins: [readCertificate(selfSigned().cert).pin] },
      'SLUICE_UPSTREAM_PIN',
      /has a pin of its upstream/,
    ],
    'has a pin, and verifies nothing else': [
      { pins: [readCertificate(selfSigned().cert).pin], insecureSkipVerify: true },
      'SLUICE_UPSTREAM_PIN',
      /has a pin of its upstream/,
    ],
    'asks for TLS 1.3 of one that has not': [
      { minVersion: 'TLSv1.3' },
      'SLUICE_UPSTREAM_TLS',
      /it speaks no version of TLS that we do/,
    ],
  };
  for (const [how, [tls, code, reason]] of Object.entries(failures)) {
    it(`says in the log, and not to the client, what is wrong when it ${how}`, async (t) => {
      const target = await startTarget(t, { maxVersion: 'TLSv1.2' });
      const own = gateway('gateway');
      const files = {
        ...{ 'ca.crt': root.cert, 'other.crt': clients.cert, 'own.crt': own.chain, 'own.key': own.key },
      };
      const config = configFor(target, { cert: './own.crt', key: './own.key', ...tls });
      const stage = await TestGateway.start(t, config, [], files);
      const response = await fetch(stage.url('/'));
      const problem = (await response.json()) as { code: string; detail: string };
      assert.equal(response.status, 502);
      assert.equal(problem.code, code);
      assert.doesNotMatch(problem.detail, /localhost|internal/);
      const line = await stage.logLine((entry) => JSON.stringify(entry).includes(code));
      assert.match(JSON.stringify(line), reason);
    });
  }

  it('is reached without verification only with a warning at the start', async (t) => {
    const target = await startTarget(t);
    const own = gateway('gateway');
    const files = { 'ca.crt': clients.cert, 'own.crt': own.chain, 'own.key': own.key };
    const tls = { cert: './own.crt', key: './own.key', insecureSkipVerify: true };
    const stage = await TestGateway.start(t, configFor(target, tls), [], files);
    assert.equal((await fetch(stage.url('/'))).status, 200);
    const line = await stage.logLine(({ level, upstream }) => level === 'warn' && upstream === 'sample');
    assert.match(String(line['msg']), /not verified \(insecureSkipVerify\)/);
  });

  it('is shown the certificate by callouts of filters as well, in either version', async (t) => {
    const asked: string[] = [];
    const demands = { requestCert: true, rejectUnauthorized: true, ca: clients.cert };
    const server = createSecureServer({ cert, key, ...demands, allowHTTP1: true }, (request, response) => {
      asked.push(`${request.httpVersion} ${nameOf(request.stream?.session?.socket ?? request.socket)}`);
      response.end();
    });
    const service = await listenSecurely(t, server, 0);
    const api = await startHttpTarget(t, (_request, response) => response.end('the API'));
    const own = gateway('gateway');
    const tls = { ca: './ca.crt', cert: './own.crt', key: './own.key' };
    const upstreams = Object.fromEntries(
      ['http1', 'http2'].map((protocol) => [
        protocol,
        { targets: [{ url: service.url.replace('127.0.0.1', 'localhost') }], protocol, tls },
      ]),
    );
    const filters = { first: authorising('http1'), second: authorising('http2') };
    const stage = await TestGateway.start(
      t,
      {
        upstreams: { sample: { targets: [{ url: api.url }] }, ...upstreams },
        filters,
        routes: [route('all', '/*', Object.keys(filters))],
      },
      ['authz'],
      { 'ca.crt': root.cert, 'own.crt': own.chain, 'own.key': own.key },
    );
    assert.equal(await (await fetch(stage.url('/'))).text(), 'the API');
    assert.deepEqual(asked, ['1.1 gateway', '2.0 gateway']);
  });

  it('speaks HTTP/2 where it is told to', async (t) => {
    const server = createSecureServer({ cert, key }, (request, response) => {
      response.end(`${request.httpVersion} ${request.authority}`);
    });
    const target = await listenSecurely(t, server, 0);
    const stage = await TestGateway.start(t, configFor(target, {}, { protocol: 'http2' }), [], {
      'ca.crt': root.cert,
    });
    assert.equal(await (await fetch(stage.url('/'))).text(), `2.0 localhost:${new URL(target.url).port}`);
  });
});

function nameOf(socket: unknown): string {
  return String((socket as TLSSocket).getPeerCertificate().subject.CN);
}
