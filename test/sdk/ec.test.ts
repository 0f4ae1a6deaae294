import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { BASE, inverse, multiply, N, negate, P, type Point, pointOver, sum } from './p256.js';
import { PublicKeyGuest } from './public-key-guest.js';

let guest: PublicKeyGuest;
before(async () => {
  guest = await PublicKeyGuest.build('EcPublicKey', ['x', 'y']);
});

const dsaEncoding = 'ieee-p1363';
const hexOf = (number: bigint): string => number.toString(16).padStart(64, '0');
const bytesOf = (...numbers: bigint[]): Buffer => Buffer.from(numbers.map(hexOf).join(''), 'hex');
const digestOf = (data: string): bigint => BigInt(`0x${createHash('sha256').update(data).digest('hex')}`);
const jwkOf = (key: KeyObject): object => key.export({ format: 'jwk' });

function jwkAt([x, y]: Point): object {
  return {
    kty: 'EC',
    crv: 'P-256',
    x: bytesOf(x).toString('base64url'),
    y: bytesOf(y).toString('base64url'),
  };
}

/** Of what node says, which is to be the same. */
function both(jwk: object, data: string, signature: Buffer): boolean {
  const key = createPublicKey({ key: jwk as never, format: 'jwk' });
  const expected = verify('sha256', Buffer.from(data), { key, dsaEncoding }, signature);
  assert.equal(guest.verifyOne(jwk, data, signature), expected);
  return expected;
}

/** Signs by the rule, with the number of the key and any number in place of a random one. */
function signBy(secret: bigint, data: string, chance: bigint): Buffer {
  const r = multiply(BASE, chance)![0] % N;
  const s = (inverse(chance, N) * (digestOf(data) + r * secret)) % N;
  return bytesOf(r, s);
}

describe('EcPublicKey', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = jwkOf(publicKey);
  const verifies = (signature: Uint8Array | null, data = 'data'): unknown =>
    guest.verifyOne(jwk, data, signature);

  it('takes what a key has signed, and nothing else', () => {
    for (let turn = 0; turn < 8; turn += 1) {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const cases = Array.from({ length: 8 }, (_, index) => {
        const data = 'x'.repeat(index * 9);
        const signature = sign('sha256', Buffer.from(data), { key: pair.privateKey, dsaEncoding });
        const wrong = Buffer.from(signature);
        wrong[index * 8 + turn]! ^= 1 << turn;
        return { data, signature, wrong };
      });
      assert.deepEqual(
        guest.verify(
          jwkOf(pair.publicKey),
          cases.flatMap(({ data, signature, wrong }) => [
            [data, signature],
            [data, wrong],
            [`${data}!`, signature],
          ]),
        ),
        cases.flatMap(() => [true, false, false]),
      );
      const byOthers = cases.map(({ data, signature }) => [data, signature] as const);
      assert.deepEqual(
        guest.verify(jwk, byOthers),
        cases.map(() => false),
      );
    }
  });

  it('agrees with node on keys at the ends of the curve, whatever the chance that was signed with', () => {
    for (const secret of [1n, 2n, 3n, N - 1n, N - 2n, (N - 1n) / 2n, 2n ** 255n]) {
      const own = jwkAt(multiply(BASE, secret)!);
      for (const chance of [1n, 2n, N - 1n, secret, 2n ** 128n + 1n])
        assert.ok(both(own, 'data', signBy(secret, 'data', chance)), `${secret} ${chance}`);
    }
  });

  it('agrees with node on signatures of any key', () => {
    const number = fc.bigInt({ min: 1n, max: N - 1n });
    fc.assert(
      fc.property(number, number, fc.string(), fc.nat(511), (secret, chance, data, bit) => {
        const own = jwkAt(multiply(BASE, secret)!);
        const signature = signBy(secret, data, chance);
        assert.ok(both(own, data, signature));
        signature[bit >> 3]! ^= 1 << (bit & 7);
        assert.ok(!both(own, data, signature));
      }),
      { seed: 31, numRuns: 60 },
    );
  });

  it('takes a point whose x is above the number of points, which the signature has less that number', () => {
    // Nobody meets one by chance: the key is made for it, Q = (s R - e G) / r.
    const e = digestOf('data');
    const s = 12345n;
    let x = N + 1n;
    while (pointOver(x) === null) x += 1n;
    const r = pointOver(x);
    const part = sum(multiply(r, s), negate(multiply(BASE, e % N)));
    const key = multiply(part, inverse(x - N, N))!;
    assert.ok(x < P);
    assert.ok(both(jwkAt(key), 'data', bytesOf(x - N, s)));
    assert.equal(guest.verifyOne(jwkAt(key), 'data', bytesOf(x, s)), false);
  });

  it('takes no signature that leads to the point at infinity', () => {
    const secret = 77n;
    const r = ((N - (digestOf('data') % N)) * inverse(secret, N)) % N;
    for (const s of [1n, 9n, N - 1n]) assert.ok(!both(jwkAt(multiply(BASE, secret)!), 'data', bytesOf(r, s)));
  });

  it('takes no number that is none from 1 up to the number of points', () => {
    const right = sign('sha256', Buffer.from('data'), { key: privateKey, dsaEncoding });
    assert.equal(verifies(right), true);
    const r = BigInt(`0x${right.subarray(0, 32).toString('hex')}`);
    const s = BigInt(`0x${right.subarray(32).toString('hex')}`);
    for (const bad of [0n, N, N + 1n, 2n ** 256n - 1n]) {
      assert.equal(verifies(bytesOf(bad, s)), false, hexOf(bad));
      assert.equal(verifies(bytesOf(r, bad)), false, hexOf(bad));
    }
    assert.equal(verifies(bytesOf(0n, 0n)), false);
    // Of every signature there is a second one, which the rule takes.
    assert.equal(verifies(bytesOf(r, N - s)), true);
  });

  it('takes no signature of another length or another digest, none in DER, and none that is absent', () => {
    const right = sign('sha256', Buffer.from('data'), { key: privateKey, dsaEncoding });
    for (const bad of [null, Buffer.alloc(0), right.subarray(1), Buffer.concat([right, Buffer.alloc(1)])])
      assert.equal(verifies(bad), false);
    assert.equal(verifies(sign('sha256', Buffer.from('data'), privateKey)), false);
    assert.equal(verifies(sign('sha512', Buffer.from('data'), { key: privateKey, dsaEncoding })), false);
    const ofNothing = sign('sha256', Buffer.from(''), { key: privateKey, dsaEncoding });
    assert.equal(verifies(ofNothing, ''), true);
    assert.equal(guest.verifyOne(jwk, null, ofNothing), false);
  });

  it('takes no key that is no point of the curve', () => {
    const { x, y } = jwk as { x: string; y: string };
    const ofNumber = (number: bigint): string => bytesOf(number).toString('base64url');
    const [zeroX, zeroY] = pointOver(0n)!;
    const zero = { x: ofNumber(zeroX), y: ofNumber(zeroY) };
    assert.deepEqual(guest.areKeys([jwk, { ...jwk, ...zero }]), [true, true]);
    const none = [
      { x: undefined },
      { y: undefined },
      { x: '' },
      { x: `${x}=` },
      { x: y, y: x },
      // Each stands for the same bytes where base64 is read loosely.
      { x: `${x}\n` },
      { x: `${x.slice(0, -1)}${String.fromCharCode(x.charCodeAt(42) + 1)}` },
      { x: `${'A'.repeat(4096)}${x}` },
      { x: Buffer.from(x, 'base64url').subarray(1).toString('base64url') },
      { x: Buffer.concat([Buffer.alloc(1), Buffer.from(x, 'base64url')]).toString('base64url') },
      { x: ofNumber(0n), y: ofNumber(0n) },
      // The coordinates of a point, and the prime more.
      { x: ofNumber(P), y: ofNumber(zeroY) },
      { x: ofNumber(2n ** 256n - 1n) },
      { y: ofNumber(BigInt(`0x${Buffer.from(y, 'base64url').toString('hex')}`) ^ 1n) },
      jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey),
      jwkOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
      { ...jwkOf(generateKeyPairSync('ed25519').publicKey), y: undefined },
      { ...jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey), x: undefined, y: undefined },
    ];
    assert.deepEqual(
      guest.areKeys(none.map((changes) => ({ ...jwk, ...changes }))),
      none.map(() => false),
    );
  });
});
