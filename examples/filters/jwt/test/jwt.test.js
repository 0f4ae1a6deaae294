import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestChain, TestClock } from '@sluice/sdk/testing';

const module = fileURLToPath(new URL('../build/jwt.wasm', import.meta.url));
const SECRET = 'a-key-of-at-least-32-characters!';
const NOW = 1_800_000_000;
const GOOD = { iss: 'https://id.example', aud: ['other', 'api'], sub: 'ada', exp: NOW + 60, admin: false };

const first = generateKeyPairSync('rsa', { modulusLength: 2048 });
const second = generateKeyPairSync('rsa', { modulusLength: 2048 });
const third = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwkOf = ({ publicKey }, kid) => ({ kid, use: 'sig', ...publicKey.export({ format: 'jwk' }) });

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
function hs256(payload, { secret = SECRET, ...head } = {}) {
  const signed = `${part({ alg: 'HS256', ...head })}.${part(payload)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
function rs256(payload, pair, head = {}) {
  const signed = `${part({ alg: 'RS256', ...head })}.${part(payload)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), pair.privateKey).toString('base64url')}`;
}
function es256(payload, pair, head = {}) {
  const signed = `${part({ alg: 'ES256', ...head })}.${part(payload)}`;
  const key = { key: pair.privateKey, dsaEncoding: 'ieee-p1363' };
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

describe('jwt', () => {
  const keys = [jwkOf(first, 'one'), jwkOf(second, 'two'), jwkOf(third, 'three')];
  const config = {
    audience: 'api',
    issuer: 'https://id.example',
    secret: 'hmac',
    keys,
    claims: { sub: 'x-user', admin: 'x-admin', roles: 'x-roles' },
  };
  const clock = new TestClock(NOW * 1000);
  const options = { secrets: { hmac: SECRET }, clock };
  const chain = new TestChain([{ module, config }], options);
  const send = (token, to = chain) => {
    const headers = { authorization: `Bearer ${token}`, 'x-user': 'root', 'x-roles': 'all' };
    const outcome = to.exchange({ target: '/', headers });
    assert.deepEqual(outcome.failures, []);
    return outcome;
  };

  for (const [what, token] of Object.entries({
    'by the secret': hs256(GOOD),
    'by a key that it names': rs256(GOOD, second, { kid: 'two' }),
    'by a key that it does not name': rs256(GOOD, second),
    'by a key on a curve': es256(GOOD, third, { kid: 'three' }),
    'for one audience': hs256({ ...GOOD, aud: 'api' }),
    'that has just expired': hs256({ ...GOOD, exp: NOW - 29 }),
  })) {
    it(`takes a token that is signed ${what}`, () => {
      const { upstream } = send(token);
      assert.equal(upstream?.headers.get('x-user'), 'ada');
      assert.equal(upstream?.headers.get('x-admin'), 'false');
      assert.equal(upstream?.headers.has('x-roles'), false);
    });
  }

  const [head, , signature] = hs256(GOOD).split('.');
  for (const [what, token] of Object.entries({
    'signed by another secret': hs256(GOOD, { secret: 'x' }),
    'signed by another key than it names': rs256(GOOD, second, { kid: 'one' }),
    'signed by a public key as if it were the secret': hs256(GOOD, { secret: JSON.stringify(keys[0]) }),
    'signed by a key on a curve as if it were another': es256(GOOD, third, { alg: 'RS256' }),
    'signed by a key on a curve that it does not name': es256(GOOD, third, { kid: 'one' }),
    'with another payload': `${head}.${part({ ...GOOD, sub: 'root' })}.${signature}`,
    'with no signature': `${part({ alg: 'none' })}.${part(GOOD)}.`,
    'with another algorithm': hs256(GOOD, { alg: 'HS512' }),
    'with a header that must be understood': hs256(GOOD, { crit: ['b64'] }),
    'that has expired': hs256({ ...GOOD, exp: NOW - 30 }),
    'that never expires': hs256({ ...GOOD, exp: undefined }),
    'that expires with a text': hs256({ ...GOOD, exp: String(NOW + 60) }),
    'that is not valid yet': hs256({ ...GOOD, nbf: NOW + 31 }),
    'for somebody else': hs256({ ...GOOD, aud: 'apis' }),
    'for nobody': hs256({ ...GOOD, aud: undefined }),
    'from somebody else': hs256({ ...GOOD, iss: 'https://id.example.org' }),
    'with a payload that is no object': hs256([GOOD]),
    'of two parts': 'a.b',
    'of nothing': '',
    'of dots': '..',
  })) {
    it(`refuses a token ${what}`, () => {
      const { upstream, client } = send(token);
      assert.equal(upstream, null);
      assert.equal(client?.status, 401);
      assert.match(client?.headers.get('www-authenticate'), /^Bearer error="invalid_token"/);
    });
  }

  it('asks for a token where there is none', () => {
    for (const headers of [{}, { authorization: 'Basic YTpi' }]) {
      const { client } = chain.exchange({ target: '/', headers });
      assert.equal(client?.status, 401);
      assert.equal(client?.headers.get('www-authenticate'), 'Bearer');
    }
  });

  it('takes one kind of signature where the config has one', () => {
    const hmacOnly = new TestChain([{ module, config: { audience: 'api', secret: 'hmac' } }], options);
    const rsaOnly = new TestChain([{ module, config: { audience: 'api', keys } }], { clock });
    const accepted = (token, to) => send(token, to).upstream !== null;
    assert.deepEqual(
      [accepted(hs256(GOOD), hmacOnly), accepted(rs256(GOOD, first), hmacOnly)],
      [true, false],
    );
    assert.deepEqual([accepted(hs256(GOOD), rsaOnly), accepted(rs256(GOOD, first), rsaOnly)], [false, true]);
  });

  it('is refused with a key that is none', () => {
    const bad = { audience: 'api', keys: [{ n: 'AQAB', e: 'AQAB' }] };
    assert.throws(
      () => new TestChain([{ module, config: bad }]),
      /expected an RSA key .* or one on the curve P-256/,
    );
  });
});
