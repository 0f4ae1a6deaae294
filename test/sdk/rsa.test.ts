import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, type KeyObject, privateEncrypt, sign } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { PublicKeyGuest } from './public-key-guest.js';

let guest: PublicKeyGuest;
before(async () => {
  guest = await PublicKeyGuest.build('RsaPublicKey', ['n', 'e']);
});

const jwkOf = (key: KeyObject): object => key.export({ format: 'jwk' });

/** Signs what stands there, with all of its bytes given. */
const signRaw = (key: KeyObject, encoded: Buffer): Buffer =>
  privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded);

const KEYS = [
  [2048, 65537],
  [2048, 3],
  [2056, 17],
  [2080, 65537],
  [3072, 65537],
  [4096, 0x10000001],
] as const;

describe('RsaPublicKey', () => {
  for (const [modulusLength, publicExponent] of KEYS) {
    it(`takes what a key of ${modulusLength} bits with the exponent ${publicExponent} has signed, and nothing else`, () => {
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
      const cases = Array.from({ length: 12 }, (_, index) => {
        const data = 'x'.repeat(index * 7);
        return { data, signature: sign('sha256', Buffer.from(data), privateKey) };
      });
      const answers = (change: (signature: Buffer, index: number) => Buffer, more = '') =>
        guest.verify(
          jwkOf(publicKey),
          cases.map(({ data, signature }, index) => [data + more, change(Buffer.from(signature), index)]),
        );
      const all = (answer: boolean) => cases.map(() => answer);
      assert.deepEqual(
        answers((signature) => signature),
        all(true),
      );
      assert.deepEqual(
        answers((signature) => signature, '!'),
        all(false),
      );
      const flipped = (signature: Buffer, index: number): Buffer => {
        const at = Math.floor((signature.length * index) / cases.length);
        signature[at]! ^= 1 << (index % 8);
        return signature;
      };
      assert.deepEqual(answers(flipped), all(false));
    });
  }

  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const verifies = (signature: Uint8Array | null): unknown =>
    guest.verifyOne(jwkOf(publicKey), 'data', signature);

  it('takes no signature of another length, none that is not below the modulus, and none that is absent', () => {
    const right = sign('sha256', Buffer.from('data'), privateKey);
    assert.equal(verifies(right), true);
    assert.equal(verifies(null), false);
    assert.equal(verifies(Buffer.alloc(0)), false);
    assert.equal(verifies(right.subarray(1)), false);
    assert.equal(verifies(Buffer.concat([Buffer.alloc(1), right])), false);
    const { n } = publicKey.export({ format: 'jwk' }) as { n: string };
    const modulus = BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`);
    const above = (BigInt(`0x${right.toString('hex')}`) + modulus).toString(16).padStart(512, '0');
    // The same number modulo the modulus; of 2048 bits where it fits into them.
    if (above.length === 512) assert.equal(verifies(Buffer.from(above, 'hex')), false);
    for (const value of [0n, 1n, modulus - 1n, modulus, 2n ** 2048n - 1n])
      assert.equal(verifies(Buffer.from(value.toString(16).padStart(512, '0'), 'hex')), false, String(value));
    assert.equal(guest.verifyOne(jwkOf(publicKey), null, sign('sha256', Buffer.from(''), privateKey)), false);
  });

  it('takes no other digest, and no other padding', () => {
    assert.equal(verifies(sign('sha512', Buffer.from('data'), privateKey)), false);
    assert.equal(verifies(sign('sha1', Buffer.from('data'), privateKey)), false);
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    assert.equal(verifies(sign('sha256', Buffer.from('data'), { key: privateKey, padding })), false);
  });

  it('takes no encoding that is right only in parts, as forgers for small exponents make them', () => {
    const right = sign('sha256', Buffer.from('data'), privateKey);
    const encoded = Buffer.from(
      // What the key makes of its own signature is what was signed.
      privateDecryptRaw(publicKey, right),
    );
    assert.deepEqual(signRaw(privateKey, encoded), right);
    const tail = encoded.subarray(256 - 51);
    const variants: Buffer[] = [
      // Fewer bytes of padding, and anything behind the digest.
      Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(8, 0xff), Buffer.from([0]), tail, Buffer.alloc(194)]),
      // The block type of an encryption.
      Buffer.from(encoded).fill(2, 1, 2),
      // Padding that is not all ones.
      Buffer.from(encoded).fill(0xfe, 100, 101),
      // No end of the padding.
      Buffer.from(encoded).fill(0xff, 204, 205),
      // Parameters of the algorithm left out, or of another kind.
      Buffer.from(encoded).fill(0x04, 256 - 36, 256 - 35),
    ];
    for (const variant of variants) {
      assert.equal(variant.length, 256);
      assert.equal(verifies(signRaw(privateKey, variant)), false, variant.toString('hex'));
    }
  });

  it('takes no key that signatures cannot be trusted by', () => {
    const jwk = publicKey.export({ format: 'jwk' }) as { n: string; e: string };
    const n = Buffer.from(jwk.n, 'base64url');
    const even = Buffer.from(n);
    even[255]! &= 0xfe;
    const ofBits = (bits: number): string => {
      const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff);
      bytes[0]! >>= bytes.length * 8 - bits;
      return bytes.toString('base64url');
    };
    const keys = [
      {},
      { n: Buffer.concat([Buffer.alloc(3), n]).toString('base64url') },
      { n: ofBits(2049) },
      { n: ofBits(8192) },
      { e: 'Aw' },
      { e: 'AAAD' },
      { e: ofBits(64) },
    ];
    const none = [
      { n: undefined },
      { n: '' },
      { n: `${jwk.n}=` },
      { n: '+' },
      { n: even.toString('base64url') },
      { n: n.subarray(1).toString('base64url') },
      { n: Buffer.alloc(1025, 0xff).toString('base64url') },
      { n: Buffer.alloc(256).toString('base64url') },
      { e: undefined },
      { e: '' },
      { e: 'AQ' },
      { e: 'Ag' },
      { e: 'AAAA' },
      { n: ofBits(2047) },
      { n: ofBits(8193) },
      { n: `${jwk.n}\n` },
      { n: ` ${jwk.n}` },
      { n: jwk.n.replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1)) },
      { n: `${'A'.repeat(4096)}${jwk.n}` },
      { e: 'AAAB' },
      { e: 'AQAA' },
      { e: ofBits(65) },
      { ...jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey), n: undefined, e: undefined },
    ];
    const found = guest.areKeys([...keys, ...none].map((changes) => ({ ...jwk, ...changes })));
    assert.deepEqual(found, [...keys.map(() => true), ...none.map(() => false)]);
  });
});

function privateDecryptRaw(key: KeyObject, signature: Buffer): Buffer {
  const { n, e } = key.export({ format: 'jwk' }) as { n: string; e: string };
  const number = (text: string): bigint => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`);
  const modulus = number(n);
  let result = 1n;
  let base = BigInt(`0x${signature.toString('hex')}`);
  for (let power = number(e); power > 0n; power >>= 1n) {
    if (power & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return Buffer.from(result.toString(16).padStart(512, '0'), 'hex');
}
