import assert from 'node:assert/strict';
import { createDecipheriv, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { GatewayError } from '../../../core/errors.js';
import { KeyRing, newKeyLine } from '../../../core/secrets/key-ring.js';
import { storedSecrets } from '../../../core/secrets/lookup.js';
import { SealedProvider } from '../../../core/secrets/sealed-provider.js';
import { openSecret, readSealedHeader, sealSecret } from '../../../core/secrets/sealed-secret.js';
import { secretProviderContract } from '../../contract/secret-provider.contract.js';

const LINES = ['new', 'old'].map(newKeyLine);
const RING = KeyRing.parse(LINES.join('\n'), 'keys');
const NAME = 'users/token';
const CANARY = 'canary-sealed-3b7d';

function seal(value: string | Uint8Array = CANARY, name = NAME, key = RING.first): Buffer {
  return sealSecret({ name, value: Buffer.from(value), changedAtMs: 1_790_000_000_123 }, key);
}

function refusal(bytes: Buffer, { name = NAME, ring = RING } = {}): GatewayError {
  try {
    openSecret(name, bytes, ring);
  } catch (error) {
    assert.ok(error instanceof GatewayError, inspect(error));
    assert.ok(!inspect(error).includes(CANARY));
    assert.ok(error.message.startsWith(`an entry ${name} `), error.message);
    return error;
  }
  return assert.fail('it was opened');
}

describe('a sealed secret', () => {
  it('is opened as it was sealed, whatever its bytes and with whatever key of the ring', () => {
    for (const length of [0, 1, 59, 60, 61, 124, 125, 4096, 65_536]) {
      const value = randomBytes(length);
      for (const name of ['a', NAME, `${'n/'.repeat(127)}n`]) {
        for (const key of [RING.first, RING.find('old')!]) {
          const opened = openSecret(name, seal(value, name, key), RING);
          assert.ok(value.equals(opened.value));
          assert.deepEqual([opened.name, opened.changedAtMs], [name, 1_790_000_000_123]);
        }
      }
    }
  });

  it('says its name, key and time without a key, and nothing of the value', () => {
    const bytes = seal();
    assert.deepEqual(readSealedHeader(NAME, bytes), {
      name: NAME,
      key: 'new',
      changedAtMs: 1_790_000_000_123,
    });
    assert.ok(!bytes.includes(CANARY));
    const lengths = ['', 'x', 'x'.repeat(60)].map((value) => seal(value).byteLength);
    assert.equal(new Set(lengths).size, 1, 'short values have one length');
    assert.equal(seal('x'.repeat(61)).byteLength, lengths[0]! + 64);
    assert.notDeepEqual(seal(), seal());
  });

  it('of an earlier version is opened by a later one', () => {
    const key = Buffer.from('00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210', 'hex');
    const ring = KeyRing.parse(`2026-11:${key.toString('base64')}`, 'keys');
    const kept = Buffer.from(
      'U0xTAQGgxFBse6gWeuYPBhiBBzIwMjYtMTELdXNlcnMvdG9rZW4AAABAcSEp5xhSClH3KnIf73cPzYEw1MckNA6PvE5AX6+QHNCtO53V1nEYpBE0' +
        'CxXxdPUFKNP7nQUktsrRPxov8kE0BF+FH3mg4FWVyeCbr+ie5EVyMm7zK66ee0yajok=',
      'base64',
    );
    const { value, changedAtMs } = openSecret(NAME, kept, ring);
    assert.deepEqual([Buffer.from(value).toString(), changedAtMs], ['s3cr3t', 1_790_000_000_123]);
    // By the drawing of the layout, without our code: 42 bytes of header, nonce, box, tag.
    const decipher = createDecipheriv('aes-256-gcm', key, kept.subarray(42, 54));
    decipher.setAAD(kept.subarray(0, 42)).setAuthTag(kept.subarray(-16));
    const box = Buffer.concat([decipher.update(kept.subarray(54, -16)), decipher.final()]);
    assert.deepEqual(box, Buffer.concat([Buffer.of(0, 0, 0, 6), Buffer.from('s3cr3t'), Buffer.alloc(54)]));
  });

  it('is refused when any bit of it was changed', () => {
    const bytes = seal();
    const codes = new Set<string>();
    for (let bit = 0; bit < bytes.byteLength * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      codes.add(refusal(changed).code);
    }
    assert.deepEqual([...codes].sort(), ['SLUICE_SECRET_KEYS', 'SLUICE_SECRET_SEALED']);
    bytes[bytes.byteLength - 20]! ^= 1;
    const { code, message } = refusal(bytes);
    assert.equal(code, 'SLUICE_SECRET_SEALED');
    assert.equal(message, `an entry ${NAME} as it was sealed: it was changed since`);
  });

  it('is refused when it was cut anywhere, or goes on', () => {
    const bytes = seal();
    for (let length = 3; length < bytes.byteLength; length++) {
      const { code, message } = refusal(bytes.subarray(0, length));
      assert.equal(code, 'SLUICE_SECRET_SEALED');
      assert.match(message, /that is whole: it (ends after|has) \d+ bytes/, `${length}`);
    }
    for (let length = 0; length < 3; length++)
      assert.match(
        refusal(bytes.subarray(0, length)).message,
        /that is sealed: found \d bytes that begin otherwise/,
      );
    assert.match(refusal(Buffer.concat([bytes, bytes])).message, /that is whole: it has/);
  });

  it('is refused under another name, also where its header says that name', () => {
    const bytes = seal(CANARY, 'users/other');
    const swapped = refusal(bytes);
    assert.equal(swapped.code, 'SLUICE_SECRET_SEALED');
    assert.equal(swapped.message, `an entry ${NAME} sealed under this name: it was sealed as users/other`);
    const renamed = Buffer.from(bytes.toString('latin1').replace('users/other', 'users/token'), 'latin1');
    assert.match(refusal(renamed).message, /as it was sealed: it was changed since/);
  });

  it('is refused with a key that the ring has not, or not with these bytes', () => {
    const ring = KeyRing.parse(LINES[0]!, 'keys');
    const missing = refusal(seal(CANARY, NAME, RING.find('old')), { ring });
    assert.equal(missing.code, 'SLUICE_SECRET_KEYS');
    assert.match(missing.message, /a key of the ring, which has new: it was sealed with old$/);
    const other = refusal(seal(), { ring: KeyRing.parse(newKeyLine('new'), 'keys') });
    assert.equal(other.code, 'SLUICE_SECRET_KEYS');
    assert.match(other.message, /with the key new of the ring: it was sealed with another key of that name$/);
  });

  it('is not moved to another key of the ring by what its header says', () => {
    const [one, two] = ['aaa', 'bbb'].map((name) => KeyRing.parse(newKeyLine(name), 'keys').first);
    const bytes = seal(CANARY, NAME, one);
    const moved = Buffer.from(bytes);
    moved.write('bbb', 19);
    two!.check.copy(moved, 10);
    const ring = { find: () => two, names: ['bbb'] } as unknown as KeyRing;
    assert.match(refusal(moved, { ring }).message, /it was changed since/);
  });

  it('is refused in a format that is not known', () => {
    const bytes = seal();
    bytes[3] = 2;
    const { code, message } = refusal(bytes);
    assert.equal(code, 'SLUICE_SECRET_SEALED');
    assert.match(message, /of the format 1, which this version reads: it has the format 2$/);
  });

  it('is refused when it is something else, and never quoted', () => {
    for (const text of ['', CANARY, 'SL', '{"token":"x"}']) {
      const { code, message } = refusal(Buffer.from(text));
      assert.equal(code, 'SLUICE_SECRET_SEALED');
      assert.match(message, /that is sealed: found \d+ bytes that begin otherwise/);
    }
    for (let length = 0; length < 200; length++) {
      const { message } = refusal(Buffer.concat([Buffer.from('SLS\x01'), randomBytes(length)]));
      assert.match(message, /^[\x20-\x7e]+$/);
    }
  });
});

describe('secrets of the store', () => {
  secretProviderContract(() => {
    const entries = new Map<string, Buffer>();
    const keep = (value: string): string => {
      entries.set(NAME, seal(value));
      return NAME;
    };
    return { provider: new SealedProvider(entries, RING), keep, absent: 'none' };
  });

  const entries = new Map([
    [NAME, seal(`{"key":"${CANARY}"}`)],
    ['bytes', seal(Buffer.of(0x61, 0xff), 'bytes')],
    ['empty', seal('', 'empty')],
    ['moved', seal()],
  ]);

  it('resolve whole or by field, and say what is wrong with which entry', () => {
    const find = (text: string, ring: KeyRing | null = RING) =>
      storedSecrets(entries, ring, []).find(text)[0]!;
    assert.equal(find(`secret://${NAME}#key`).value, CANARY);
    const cases: [text: string, ring: KeyRing | null, code: string | undefined, said: RegExp][] = [
      [`secret://${NAME}#none`, RING, undefined, /a JSON object with a text called "none"/],
      [
        'secret://none',
        RING,
        undefined,
        /an entry none in the store, which has none: `sluice secret set none` makes/,
      ],
      ['secret://empty', RING, undefined, /a secret that is not empty/],
      ['secret://bytes', RING, 'SLUICE_SECRET_SEALED', /an entry bytes whose value is UTF-8/],
      ['secret://moved', RING, 'SLUICE_SECRET_SEALED', /an entry moved sealed under this name/],
      [
        `secret://${NAME}`,
        null,
        'SLUICE_SECRET_KEYS',
        /keys to open the entry users\/token with: give --keys FILE/,
      ],
    ];
    for (const [text, ring, code, said] of cases) {
      const { value, problem, code: found } = find(text, ring);
      assert.equal(value, null);
      assert.match(problem ?? '', said);
      assert.equal(found, code);
    }
  });
});
