import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { describe, it } from 'node:test';
import { SecretScanner } from '../../../core/secrets/secret-scanner.js';
import { spellingsOf } from '../../../core/secrets/spellings.js';

const MARKER = '[secret]';

function scanner(...values: readonly string[]): SecretScanner {
  return new SecretScanner(new Map(values.map((value, index) => [`secret://${index}`, value])));
}

/** The text in pieces that end at these offsets. */
function inPieces(of: SecretScanner, bytes: Buffer, cuts: readonly number[]): string {
  const scan = of.begin(() => {});
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.byteLength]) {
    // Memory of its own: what is held back must not be that of a piece.
    const piece = Buffer.from(bytes.subarray(from, cut));
    parts.push(Buffer.from(scan.take(piece)));
    piece.fill(0x2e);
    from = cut;
  }
  parts.push(scan.end());
  return Buffer.concat(parts).toString('latin1');
}

/** What the scanner is to come to, the slow way: every byte of every spelling, and runs of them that overlap. */
function expected(values: readonly string[], bytes: Buffer): string {
  const joined = new Uint8Array(bytes.byteLength);
  const covered = new Uint8Array(bytes.byteLength);
  for (const spelling of values.flatMap(spellingsOf)) {
    for (let at = bytes.indexOf(spelling); at !== -1; at = bytes.indexOf(spelling, at + 1)) {
      covered.fill(1, at, at + spelling.byteLength);
      joined.fill(1, at + 1, at + spelling.byteLength);
    }
  }
  let text = '';
  for (let i = 0; i < bytes.byteLength; i += 1) {
    if (covered[i] === 0) text += String.fromCharCode(bytes[i]!);
    else if (joined[i] === 0) text += MARKER;
  }
  return text;
}

describe('the scanner of secrets', () => {
  const secret = 'k3y/with+more "quotes" é';

  it('takes out every spelling, cut anywhere', () => {
    const of = scanner(secret);
    let cuts = 0;
    for (const spelling of spellingsOf(secret)) {
      const bytes = Buffer.concat([Buffer.from('before '), spelling, Buffer.from(' behind')]);
      for (let cut = 0; cut <= bytes.byteLength; cut += 1) {
        assert.equal(inPieces(of, bytes, [cut]), `before ${MARKER} behind`);
        cuts += 1;
      }
      assert.equal(inPieces(of, bytes, [...bytes.keys()]), `before ${MARKER} behind`);
    }
    assert.ok(cuts > 1000, `${cuts}`);
  });

  it('comes to the same in pieces as whole, and as a search for each spelling does', () => {
    let found = 0;
    for (let run = 0; run < 400; run += 1) {
      // Of two letters, so that they overlap, hold and begin each other.
      const values = Array.from({ length: randomInt(1, 5) }, () => ab(randomInt(8, 14)));
      const of = scanner(...values);
      const parts = Array.from({ length: randomInt(1, 12) }, () => {
        const spellings = spellingsOf(values[randomInt(values.length)]!);
        const spelling = Buffer.from(spellings[randomInt(spellings.length)]!);
        return randomInt(2) === 0 ? Buffer.from(ab(randomInt(30))) : spelling.subarray(randomInt(3));
      });
      const bytes = Buffer.concat(parts);
      const whole = inPieces(of, bytes, []);
      assert.equal(whole, expected(values, bytes), `${values} in ${bytes.toString('latin1')}`);
      const cuts = Array.from({ length: randomInt(20) }, () => randomInt(bytes.byteLength + 1));
      assert.equal(
        inPieces(
          of,
          bytes,
          cuts.sort((a, b) => a - b),
        ),
        whole,
      );
      if (whole.includes(MARKER)) found += 1;
    }
    assert.ok(found > 200, `${found} of 400 texts held a secret`);
  });

  it('finds nothing in random text, binary and base64, of which it lets every byte go', () => {
    const values = Array.from({ length: 100 }, () => randomBytes(12).toString('base64url'));
    const of = scanner(...values, 'password', '00000000');
    const texts = [
      randomBytes(1 << 20),
      Buffer.from(randomBytes(1 << 20).toString('base64')),
      Buffer.from(
        randomBytes(1 << 19)
          .toString('hex')
          .replaceAll('0', '1'),
      ),
      Buffer.from(JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ id, name: `user ${id}` })))),
    ];
    for (const text of texts) assert.equal(of.redact(text, assert.fail), text);
  });

  it('holds back what may become a secret and not a byte more', () => {
    const scan = scanner('abcdefgh').begin(() => {});
    const take = (text: string): string => Buffer.from(scan.take(Buffer.from(text))).toString();
    assert.equal(take('xyz'), 'xyz');
    assert.equal(take('xyzabcdefg'), 'xyz');
    assert.equal(take('abc'), 'abcdefg');
    // Its last letter may be the first one of base64.
    assert.equal(take('defgh'), '');
    assert.equal(take('.'), `${MARKER}.`);
    assert.equal(take('abcd'), '');
    assert.equal(Buffer.from(scan.end()).toString(), 'abcd');
  });

  it('holds no more of one that goes on for ever', () => {
    const of = scanner('aaaaaaaa');
    const scan = of.begin(() => {});
    let released = 0;
    for (let i = 0; i < 1000; i += 1) released += scan.take(Buffer.alloc(1000, 'a')).byteLength;
    assert.equal(released, 0);
    assert.equal(Buffer.from(scan.take(Buffer.from('b'))).toString(), `${MARKER}b`);
  });

  it('names secrets by reference, equal ones by the first, and does not look for short ones', () => {
    const of = scanner('seven77', 'eight888', 'eight888', 'ünï4');
    assert.deepEqual(of.tooShort, ['secret://0', 'secret://3']);
    const found: string[] = [];
    const text = of.redactText('seven77 eight888 ZWlnaHQ4ODg=', (reference) => found.push(reference));
    assert.deepEqual(found, ['secret://1', 'secret://1']);
    assert.match(text, /^seven77 \[secret:\/\/1\] \[secret:\/\/1\]/);
  });

  it('reads a megabyte in which every byte nearly is a secret as it reads any other', () => {
    // Each byte would be read again for each beginning by a search that goes back.
    const of = scanner(
      `${'a'.repeat(5000)}b`,
      ...Array.from({ length: 50 }, (_, i) => `${'a'.repeat(100 + i)}c`),
    );
    const bytes = Buffer.alloc(1 << 20, 'a');
    assert.equal(of.redact(bytes, assert.fail), bytes);
  });
});

function ab(length: number): string {
  return Array.from({ length }, () => (randomInt(2) === 0 ? 'a' : 'b')).join('');
}
