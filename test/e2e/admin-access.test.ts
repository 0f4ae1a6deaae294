// Who may ask the admin listener, and that it follows the secrets and certificates of the gateway.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { TestAuthority, type TestIdentity } from '../support/certificates.js';
import { TestGateway, until } from '../support/gateway.js';

const root = TestAuthority.root();
const FIRST = root.issue({ names: ['127.0.0.1'], subject: { CN: 'first' } });
const TOKEN = 'the-first-token-of-this-gateway';
const NEXT = 'the-second-token-of-this-gateway';
/** An address that is not among those of loopback for whoever reads it, and is one all the same. */
const WIDER = '[::ffff:127.0.0.1]:0';

const FILES = {
  'admin.crt': FIRST.chain,
  'admin.key': FIRST.key,
  'ca.crt': root.cert,
  token: `${TOKEN}\n`,
};
const certificates = [{ cert: './admin.crt', key: './admin.key' }];
const token = 'secret+file://./token';

const start = (test: TestContext, admin: Readonly<Record<string, unknown>>) =>
  TestGateway.start(test, { admin, routes: [] }, [], FILES);

async function ask(
  { gateway }: TestGateway,
  path: string,
  options: RequestOptions = {},
): Promise<{ readonly status: number; readonly shown: string }> {
  const sent = request({
    host: '127.0.0.1',
    port: gateway.adminPort,
    path,
    ca: root.cert,
    agent: false,
    ...options,
  });
  sent.end();
  const [response] = await once(sent, 'response');
  const shown = response.socket.getPeerCertificate().subject.CN;
  response.resume();
  await once(response, 'end');
  return { status: response.statusCode, shown };
}

const bearing = (text: string): RequestOptions => ({ headers: { authorization: `Bearer ${text}` } });
const showing = ({ chain, key }: TestIdentity): RequestOptions => ({ cert: chain, key });

describe('the admin listener', () => {
  it('serves callers with the token beyond loopback, by TLS', async (test) => {
    const gateway = await start(test, { address: WIDER, tls: { certificates }, token });
    assert.deepEqual(await ask(gateway, '/readyz', bearing(TOKEN)), { status: 200, shown: 'first' });
    assert.equal((await ask(gateway, '/readyz')).status, 401);
    assert.equal((await ask(gateway, '/readyz', bearing(NEXT))).status, 401);
    assert.equal((await ask(gateway, '/healthz')).status, 200);
    await assert.rejects(fetch(`http://127.0.0.1:${gateway.gateway.adminPort}/healthz`));
  });

  it('takes a token that was rotated, and the one of before no longer', async (test) => {
    const gateway = await start(test, { address: WIDER, tls: { certificates }, token });
    writeFileSync(join(gateway.folder, 'token'), NEXT);
    await until(async () => (await ask(gateway, '/readyz', bearing(NEXT))).status === 200);
    assert.equal((await ask(gateway, '/readyz', bearing(TOKEN))).status, 401);
  });

  it('keeps its token when the next one cannot be used', async (test) => {
    const gateway = await start(test, { address: WIDER, tls: { certificates }, token });
    writeFileSync(join(gateway.folder, 'token'), 'short');
    const refused = await gateway.logLine(({ code }) => code === 'SLUICE_SECRET_UNRESOLVED');
    assert.match(String(refused['msg']), /a secret that is no token, expected 16 characters or more/);
    assert.equal((await ask(gateway, '/readyz', bearing(TOKEN))).status, 200);
    assert.equal((await ask(gateway, '/readyz', bearing('short'))).status, 401);
  });

  it('shows a certificate that was replaced', async (test) => {
    const gateway = await start(test, { address: WIDER, tls: { certificates }, token });
    const { chain, key } = root.issue({ names: ['127.0.0.1'], subject: { CN: 'second' } });
    writeFileSync(join(gateway.folder, 'admin.crt'), chain);
    writeFileSync(join(gateway.folder, 'admin.key'), key);
    await until(async () => (await ask(gateway, '/healthz')).shown === 'second');
  });

  it('lets in whom it knows by certificate, and nobody else', async (test) => {
    const clientAuth = { ca: './ca.crt' };
    const gateway = await start(test, { address: WIDER, tls: { certificates, clientAuth } });
    const operator = root.issue({ usage: 'client' });
    assert.equal((await ask(gateway, '/metrics', showing(operator))).status, 200);
    await assert.rejects(ask(gateway, '/healthz'));
    const stranger = TestAuthority.root().issue({ usage: 'client' });
    await assert.rejects(ask(gateway, '/healthz', showing(stranger)));
  });

  it('wants both where both are configured', async (test) => {
    const clientAuth = { ca: './ca.crt' };
    const gateway = await start(test, { address: WIDER, tls: { certificates, clientAuth }, token });
    const operator = showing(root.issue({ usage: 'client' }));
    assert.equal((await ask(gateway, '/metrics', operator)).status, 401);
    assert.equal((await ask(gateway, '/metrics', { ...operator, ...bearing(TOKEN) })).status, 200);
    await assert.rejects(ask(gateway, '/metrics', bearing(TOKEN)));
  });

  it('wants its token on loopback and in clear text too', async (test) => {
    const gateway = await start(test, { address: '127.0.0.1:0', token });
    assert.equal((await gateway.admin('/readyz')).status, 401);
    const url = `http://127.0.0.1:${gateway.gateway.adminPort}/readyz`;
    assert.equal((await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } })).status, 200);
  });

  const open: readonly [what: string, admin: Readonly<Record<string, unknown>>, says: RegExp][] = [
    ['nothing', { address: WIDER }, /beside it `tls`, and `token` or/],
    ['a token in clear text', { address: WIDER, token }, /beside it `tls`$/m],
    ['TLS for everybody', { address: WIDER, tls: { certificates } }, /beside it `token` or/],
    [
      'TLS that only asks for certificates',
      { address: WIDER, tls: { certificates, clientAuth: { ca: './ca.crt', mode: 'request' } } },
      /beside it `token` or `tls\.clientAuth` with the mode "require"/,
    ],
    ['nothing, on every address', { address: '0.0.0.0:0' }, /"0\.0\.0\.0:0", an address beyond loopback/],
    ['nothing, by a name', { address: 'gateway.internal:0' }, /an address beyond loopback/],
  ];
  for (const [what, admin, says] of open) {
    it(`does not start beyond loopback with ${what}`, async (test) => {
      await assert.rejects(start(test, admin), says);
    });
  }

  it('does not take a token that is written into the configuration, nor show it', async (test) => {
    await assert.rejects(start(test, { address: '127.0.0.1:0', token: TOKEN }), (error: Error) => {
      assert.match(error.message, /\/admin\/token: found a text of 31 characters, expected a reference/);
      return true;
    });
  });
});
