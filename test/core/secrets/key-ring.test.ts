import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { GatewayError } from '../../../core/errors.js';
import { KeyRing, newKeyLine } from '../../../core/secrets/key-ring.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-keys-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** As an operator may mistake them; nothing of them may show in an error. */
const KEY = Buffer.from('canary-key-0123456789-abcdefghij').toString('base64');

function refusal(read: () => unknown): GatewayError {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    assert.equal(error.code, 'SLUICE_SECRET_KEYS');
    const shown = inspect(error) + error.stack;
    for (let at = 0; at + 8 <= KEY.length; at++) assert.ok(!shown.includes(KEY.slice(at, at + 8)), shown);
    assert.ok(!shown.includes('canary'), shown);
    return error;
  }
  return assert.fail('it was read');
}

describe('a key ring', () => {
  it('has keys by name, of which the first one seals', () => {
    const ring = KeyRing.parse(
      `# keys of the fleet\r\n\n  ${newKeyLine('2026-11')}  \r\n# before\n${newKeyLine('2025.a_b')}`,
      'keys',
    );
    assert.deepEqual(ring.names, ['2026-11', '2025.a_b']);
    assert.equal(ring.first.name, '2026-11');
    assert.equal(ring.find('2025.a_b')?.name, '2025.a_b');
    assert.equal(ring.find('2024'), undefined);
  });

  it('tells two keys of one name apart, and prints no bytes', () => {
    const keys = [0, 1].map(() => KeyRing.parse(newKeyLine('k'), 'keys').first);
    assert.notDeepEqual(keys[0]!.check, keys[1]!.check);
    const ring = KeyRing.parse(`k:${KEY}`, 'keys');
    const shown = inspect(ring, { depth: 9, showHidden: true }) + JSON.stringify([ring, ring.first]);
    assert.ok(!shown.includes(KEY));
    assert.ok(!shown.includes('canary'));
  });

  it('is refused for any line that is none, by its number and without what stands there', () => {
    const cases: [lines: string, said: RegExp][] = [
      ['', /^keys: found no key, expected a line NAME:BASE64/],
      ['# nothing', /found no key/],
      [`\n${KEY}`, /^keys:2: found a line without ":"/],
      [`${KEY}:name`, /^keys:1: found another name/],
      [`${KEY.replace('=', '')}:name`, /^keys:1: found another name/],
      [`na me:${KEY}`, /found another name/],
      [`:${KEY}`, /found another name/],
      [`${'n'.repeat(33)}:${KEY}`, /found another name, expected 1 to 32/],
      [`k: ${KEY}`, /found something else after ":"/],
      [`k:${KEY} # mine`, /found something else after ":"/],
      [`k:${KEY.replace('=', '')}`, /expected base64 with its padding/],
      [`k:${KEY.slice(0, -2)}9=`, /expected base64 with its padding/],
      [`k:${KEY.slice(0, 40)}`, /found a key of 30 bytes, expected 32/],
      [`k:${Buffer.alloc(48, KEY).toString('base64')}`, /found a key of 48 bytes/],
      ['k:', /found a key of 0 bytes/],
      [`k:${Buffer.alloc(32).toString('base64')}`, /found one byte 32 times/],
      [`k:${KEY}\nk:${KEY}`, /^keys:2: found a second key k,/],
      [`k:${KEY}\nl:${KEY}`, /^keys:2: found the key l to be that of k,/],
    ];
    for (const [lines, said] of cases)
      assert.match(refusal(() => KeyRing.parse(lines, 'keys')).message, said);
  });

  it('comes from a file that nobody else may read', () => {
    const file = join(folder, 'keys');
    writeFileSync(file, newKeyLine('k'));
    for (const mode of [0o400, 0o600, 0o440, 0o640]) {
      chmodSync(file, mode);
      assert.deepEqual(KeyRing.readFile(file).names, ['k']);
    }
    for (const mode of [0o444, 0o644, 0o604, 0o602, 0o660, 0o641]) {
      chmodSync(file, mode);
      const { message } = refusal(() => KeyRing.readFile(file));
      assert.ok(
        message.startsWith(`${file}: found the mode 0${mode.toString(8)}, expected one that lets nobody`),
      );
      assert.ok(message.endsWith(`: chmod 400 ${file}`));
    }
    symlinkSync(file, join(folder, 'link'));
    assert.match(refusal(() => KeyRing.readFile(join(folder, 'link'))).message, /found the mode/);
  });

  it('comes from a file that is one, and small', () => {
    execFileSync('mkfifo', ['-m', '600', join(folder, 'pipe')]);
    assert.match(refusal(() => KeyRing.readFile(join(folder, 'pipe'))).message, /no regular file/);
    assert.match(refusal(() => KeyRing.readFile(folder)).message, /no regular file/);
    assert.match(refusal(() => KeyRing.readFile(join(folder, 'none'))).message, /ENOENT/);
    writeFileSync(join(folder, 'large'), `k:${KEY}\n`.repeat(3000), { mode: 0o600 });
    assert.match(refusal(() => KeyRing.readFile(join(folder, 'large'))).message, /larger than 65536 bytes/);
  });
});
