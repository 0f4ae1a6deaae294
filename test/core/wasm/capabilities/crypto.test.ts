import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { CryptoCapability } from '../../../../core/wasm/capabilities/crypto.js';
import { GuestMemory } from '../../../../core/wasm/guest-memory.js';
import { MAX_HASH_BYTES } from '../../../../sdk/abi/abi.js';
import { IMPORT_HMAC_SHA256, IMPORT_HMAC_SHA256_SECRET, IMPORT_SHA256 } from '../../../../sdk/abi/names.js';

const PAGE = 65536;
const SECRETS = [
  { name: 'header-only', value: null, key: null },
  { name: 'signer', value: null, key: 'caf\u00e9' },
];

function capability(pages = 1) {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { functions } = new CryptoCapability(new GuestMemory(memory), SECRETS);
  const calls = functions as Record<string, (...numbers: number[]) => void>;
  return {
    bytes: Buffer.from(memory.buffer),
    sha256: calls[IMPORT_SHA256]!,
    hmac: calls[IMPORT_HMAC_SHA256]!,
    sign: calls[IMPORT_HMAC_SHA256_SECRET]!,
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
});
