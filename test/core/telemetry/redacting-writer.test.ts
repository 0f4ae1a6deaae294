import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SecretScanner } from '../../../core/secrets/secret-scanner.js';
import { RedactingWriter } from '../../../core/telemetry/redacting-writer.js';

const REFERENCE = 'secret+file:///run/key#a';

function written(secret: string, ...texts: readonly string[]): { lines: unknown[]; found: string[] } {
  let text = '';
  const found: string[] = [];
  const writer = new RedactingWriter({ write: (lines) => (text += lines) }, (name) => found.push(name));
  writer.guard = new SecretScanner(new Map([[REFERENCE, secret]]));
  writer.write(texts.map((msg) => `${JSON.stringify({ msg })}\n`).join(''));
  const lines = text.trimEnd().split('\n');
  return { lines: lines.map((line) => (JSON.parse(line) as { msg: string }).msg), found };
}

describe('the writer before the log', () => {
  it('hands on what it gets when it has no order', () => {
    const lines: string[] = [];
    const writer = new RedactingWriter({ write: (line) => lines.push(line) }, assert.fail);
    writer.write('anything\n');
    assert.deepEqual(lines, ['anything\n']);
  });

  it('puts the reference in place of a secret, tells each, and leaves other lines as they are', () => {
    const secret = 'key "with" ü';
    const base64 = Buffer.from(`x${secret}`).toString('base64url');
    const { lines, found } = written(secret, 'ünharmed', `at ${secret}, ${secret}`, 'and', base64);
    assert.deepEqual(lines.slice(0, 3), ['ünharmed', `at [${REFERENCE}], [${REFERENCE}]`, 'and']);
    assert.match(String(lines[3]), /^.{2}\[secret\+file:\/\/\/run\/key#a\].?$/);
    assert.deepEqual(found, [REFERENCE, REFERENCE, REFERENCE]);
  });

  it('leaves out a line that would be JSON no more', () => {
    // The "n" of the line break begins what looks like it.
    const { lines } = written('nothing-at-all', 'a', 'b\nothing-at-all', 'c');
    assert.deepEqual(lines, ['a', 'a line of the log was left out, as it had a secret in it', 'c']);
  });
});
