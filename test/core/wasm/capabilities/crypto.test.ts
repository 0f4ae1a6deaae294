import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import { CryptoCapability } from '../../../../core/wasm/capabilities/crypto.js';
import { GuestMemory } from '../../../../core/wasm/guest-memory.js';
import { MAX_HASH_BYTES, MAX_PUBLIC_KEYS, PUBLIC_KEY_P256, PUBLIC_KEY_RSA } from '../../../../sdk/abi/abi.js';
import {
  IMPORT_HMAC_SHA256,
  IMPORT_HMAC_SHA256_SECRET,
  IMPORT_PUBLIC_KEY_IMPORT,
  IMPORT_SHA256,
  IMPORT_SIGNATURE_VERIFY,
} from '../../../../sdk/abi/names.js';

const PAGE = 65536;
const SECRETS = [
  { name: 'header-only', value: null, key: null },
  { name: 'signer', value: null, key: 'caf\u00e9' },
];

function capability(pages = 1) {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const crypto = new CryptoCapability(new GuestMemory(memory), SECRETS);
  const calls = crypto.functions as Record<string, (...numbers: number[]) => number>;
  return {
    bytes: Buffer.from(memory.buffer),
    sha256: calls[IMPORT_SHA256]!,
    hmac: calls[IMPORT_HMAC_SHA256]!,
    sign: calls[IMPORT_HMAC_SHA256_SECRET]!,
    importKey: calls[IMPORT_PUBLIC_KEY_IMPORT]!,
    verify: calls[IMPORT_SIGNATURE_VERIFY]!,
    endConfigure: () => crypto.endConfigure(),
  };
}

describe('the capability crypto', () => {
  it('writes digests and codes of exactly the bytes it is given', () => {
    const { bytes, sha256, hmac } = capability();
    bytes.write('..abc..key', 8);
    sha256(10, 3, 64);
    assert.equal(bytes.toString('hex', 64, 96), createHash('sha256').update('abc').digest('hex'));
    hmac(15, 3, 10, 3, 128);
    assert.equal(bytes.toString('hex', 128, 160), createHmac('sha256', 'key').update('abc').digest('hex'));
    assert.ok(
      [bytes.subarray(96, 128), bytes.subarray(160)].every((rest) => rest.every((byte) => byte === 0)),
    );
  });

  it('may write over what it reads', () => {
    const { bytes, sha256 } = capability();
    bytes.write('abc', 0);
    sha256(0, 3, 0);
    assert.equal(bytes.toString('hex', 0, 32), createHash('sha256').update('abc').digest('hex'));
  });

  it('reads and writes up to the last byte of the memory, and nothing beyond', () => {
    const { bytes, sha256, hmac } = capability();
    sha256(PAGE - 1, 1, PAGE - 32);
    assert.equal(bytes.toString('hex', PAGE - 32), createHash('sha256').update('\0').digest('hex'));
    bytes.fill(0);
    for (const [address, length, digest] of [
      [PAGE, 1, 0],
      [PAGE - 1, 2, 0],
      [-1, 1, 0],
      [0, 0, PAGE - 31],
      [0, 0, -32],
    ] as const)
      assert.throws(() => sha256(address, length, digest), /beyond the memory/);
    for (const [key, keyLength, address, length, code] of [
      [PAGE, 1, 0, 0, 0],
      [0, 1, PAGE - 1, 2, 0],
      [0, 1, 0, 1, PAGE - 31],
      [-2, 4, 0, 1, 0],
    ] as const)
      assert.throws(() => hmac(key, keyLength, address, length, code), /beyond the memory/);
    assert.ok(bytes.every((byte) => byte === 0));
  });

  it('makes codes with a secret whose grant says so, and leaves nothing of it in the memory', () => {
    const { bytes, sign } = capability();
    bytes.write('abc', 8);
    sign(1, 8, 3, 64);
    assert.equal(
      bytes.toString('hex', 64, 96),
      createHmac('sha256', Buffer.from('caf\u00e9', 'utf8')).update('abc').digest('hex'),
    );
    bytes.fill(0, 0, 96);
    assert.ok(bytes.every((byte) => byte === 0));
  });

  it('makes no code with any other secret, nor reads or writes beyond the memory with one', () => {
    const { bytes, sign } = capability();
    assert.throws(() => sign(0, 0, 1, 0), /the grant of the secret header-only does not say sign/);
    for (const id of [2, -1, 1.5, Number.NaN]) assert.throws(() => sign(id, 0, 1, 0), /does not exist/);
    assert.throws(() => sign(1, PAGE, 1, 0), /beyond the memory/);
    assert.throws(() => sign(1, 0, 1, PAGE - 31), /beyond the memory/);
    assert.throws(() => sign(1, 0, MAX_HASH_BYTES + 1, 0), /at most 8388608 bytes/);
    assert.ok(bytes.every((byte) => byte === 0));
  });

  it('hashes no more than 8 MiB at once', () => {
    const { sha256, hmac } = capability(MAX_HASH_BYTES / PAGE + 1);
    sha256(0, MAX_HASH_BYTES, 0);
    const message = /at most 8388608 bytes are hashed at once/;
    assert.throws(() => sha256(0, MAX_HASH_BYTES + 1, 0), message);
    assert.throws(() => sha256(0, -1, 0), message);
    assert.throws(() => hmac(0, MAX_HASH_BYTES + 1, 0, 0, 0), message);
    assert.throws(() => hmac(0, 1, 0, MAX_HASH_BYTES + 1, 0), message);
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [{ n, e }, { x, y }] = [rsa, ec].map(({ publicKey }) => publicKey.export({ format: 'jwk' })) as [
    { n: string; e: string },
    { x: string; y: string },
  ];

  /** Writes the members into the memory, one behind the other, and imports them. */
  function importing({ bytes, importKey }: ReturnType<typeof capability>) {
    return (kind: number, first: string, second: string): number => {
      const length = bytes.write(first, 1000, 'latin1');
      return importKey(kind, 1000, length, 1000 + length, bytes.write(second, 1000 + length, 'latin1'));
    };
  }

  it('checks signatures by the keys that were imported, each by its id', () => {
    const own = capability();
    const { bytes, verify, endConfigure } = own;
    const importKey = importing(own);
    assert.equal(importKey(PUBLIC_KEY_P256, x, y), 0);
    assert.equal(importKey(PUBLIC_KEY_P256, n, e), -1);
    assert.equal(importKey(PUBLIC_KEY_RSA, x, y), -1);
    assert.equal(importKey(PUBLIC_KEY_RSA, n, e), 1);
    endConfigure();
    const data = Buffer.from('data');
    const byEc = sign('sha256', data, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' });
    const byRsa = sign('sha256', data, rsa.privateKey);
    bytes.set(data, PAGE - 4);
    bytes.set(byEc, 100);
    bytes.set(byRsa, 200);
    assert.deepEqual(
      [
        verify(0, PAGE - 4, 4, 100, 64),
        verify(1, PAGE - 4, 4, 200, 256),
        verify(0, PAGE - 4, 4, 200, 256),
        verify(1, PAGE - 4, 4, 100, 64),
        verify(0, PAGE - 4, 3, 100, 64),
        verify(0, PAGE - 4, 4, 101, 64),
        verify(1, PAGE - 4, 4, 200, 257),
        verify(1, PAGE - 4, 4, 199, 257),
        verify(0, PAGE - 4, 4, 0, PAGE),
        verify(0, PAGE - 4, 4, PAGE, 0),
      ],
      [1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    );
  });

  it('has no keys but its own, takes none after configure, and none of kinds that do not exist', () => {
    const own = capability();
    const importKey = importing(own);
    assert.throws(() => own.verify(0, 0, 1, 0, 64), /public key 0 does not exist/);
    for (const kind of [2, -1, 1.5, Number.NaN])
      assert.throws(() => importKey(kind, x, y), /public keys of the kind .* do not exist/);
    assert.equal(importKey(PUBLIC_KEY_P256, x, y), 0);
    assert.throws(() => capability().verify(0, 0, 1, 0, 64), /public key 0 does not exist/);
    for (const id of [1, -1, 0.5, Number.NaN])
      assert.throws(() => own.verify(id, 0, 1, 0, 64), /does not exist/);
    own.endConfigure();
    assert.throws(() => importKey(PUBLIC_KEY_P256, x, y), /public keys are imported in configure only/);
    assert.equal(own.verify(0, 0, 1, 0, 64), 0);
  });

  it('takes so many keys and no more, what is no key not counted', () => {
    const importKey = importing(capability());
    for (let id = 0; id < MAX_PUBLIC_KEYS; id += 1) {
      assert.equal(importKey(PUBLIC_KEY_RSA, n, ''), -1);
      assert.equal(importKey(PUBLIC_KEY_RSA, n, e), id);
    }
    assert.equal(importKey(PUBLIC_KEY_RSA, n, ''), -1);
    assert.throws(() => importKey(PUBLIC_KEY_RSA, n, e), /more than 256 public keys/);
  });

  it('reads keys, data and signatures up to the last byte of the memory, and nothing beyond', () => {
    const own = capability();
    own.bytes.write(x, PAGE - 43, 'latin1');
    own.bytes.write(y, 0, 'latin1');
    assert.equal(own.importKey(PUBLIC_KEY_P256, PAGE - 43, 43, 0, 43), 0);
    for (const [first, firstLength, second, secondLength] of [
      [PAGE - 42, 43, 0, 43],
      [0, 43, PAGE - 42, 43],
      [-1, 1, 0, 43],
      [0, -1, 0, 43],
      [0, 43, 0, -1],
    ] as const)
      assert.throws(
        () => own.importKey(PUBLIC_KEY_P256, first, firstLength, second, secondLength),
        /beyond the memory/,
      );
    assert.equal(own.importKey(PUBLIC_KEY_P256, 0, PAGE, 0, PAGE), -1);
    for (const [address, length, signature, signatureLength] of [
      [PAGE - 1, 2, 0, 64],
      [-1, 1, 0, 64],
      [0, 1, PAGE - 63, 64],
      [0, 1, -64, 64],
      [0, 1, 0, -1],
    ] as const)
      assert.throws(() => own.verify(0, address, length, signature, signatureLength), /beyond the memory/);
    assert.throws(() => own.verify(0, 0, MAX_HASH_BYTES + 1, 0, 64), /at most 8388608 bytes/);
    assert.throws(() => own.verify(0, 0, -1, 0, 64), /at most 8388608 bytes/);
  });
});
