import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { BatchGuest, type Input } from './batch-guest.js';

interface Seen {
  readonly name: string | null;
  readonly value: string;
  readonly valid: boolean;
}

describe('Cookies', () => {
  let guest: BatchGuest;
  before(async () => {
    guest = await BatchGuest.build({
      imports: ['Cookies'],
      functions: `function walk(text: Bytes): Bytes {
        const out = new JsonWriter().beginArray();
        const cookies = new Cookies(text);
        while (cookies.next()) {
          out.beginObject().name('name');
          if (cookies.name.exists) out.textBytes(cookies.name);
          else out.nothing();
          out.name('value').textBytes(cookies.value).name('valid').bool(cookies.isValid).endObject();
        }
        return out.endArray().bytes;
      }`,
      questions: {
        walk: 'walk(a)',
        first: "new Cookies(a).get('sid')",
        count: "new Cookies(a).count('sid')",
      },
    });
  });

  function walk(text: Input): Seen[] {
    return JSON.parse(Buffer.from(guest.askOne('walk', text) as string, 'hex').toString()) as Seen[];
  }

  const hex = (text: string) => Buffer.from(text).toString('hex');

  it('shows names and values in order', () => {
    assert.deepEqual(walk('SID=31d4d96e407aad42; lang=en-US'), [
      { name: 'SID', value: '31d4d96e407aad42', valid: true },
      { name: 'lang', value: 'en-US', valid: true },
    ]);
  });

  it('takes a name that comes twice for two cookies', () => {
    const text = 'sid=one; other=x; sid=two; SID=three';
    assert.equal(walk(text).length, 4);
    assert.equal(guest.askOne('count', text), 2);
    assert.equal(guest.askOne('first', text), hex('one'));
    assert.equal(guest.askOne('count', 'a=1'), 0);
  });

  it('splits at the first equals sign and at every semicolon, quoted or not', () => {
    assert.deepEqual(walk('a=b=c; d="e;f"'), [
      { name: 'a', value: 'b=c', valid: true },
      { name: 'd', value: '"e', valid: false },
      { name: null, value: 'f"', valid: false },
    ]);
  });

  it('takes the quotes off a value, and decodes nothing', () => {
    assert.deepEqual(walk('a="x y"; b="z"; c="; d=%20; e=""'), [
      { name: 'a', value: 'x y', valid: false },
      { name: 'b', value: 'z', valid: true },
      { name: 'c', value: '"', valid: false },
      { name: 'd', value: '%20', valid: true },
      { name: 'e', value: '', valid: true },
    ]);
  });

  it('shows pieces without a name, and says that they are not valid', () => {
    assert.deepEqual(
      ['a=x,y', 'a=x\\y', 'a=x y', 'a=\x7f', 'a=é', 'a=x"y'].map((text) => walk(text)[0]!.valid),
      [false, false, false, false, false, false],
    );
    assert.deepEqual(walk('; ;lone;=empty;  spaced = out \t;a b=c'), [
      { name: null, value: 'lone', valid: false },
      { name: '', value: 'empty', valid: false },
      { name: 'spaced', value: 'out', valid: true },
      { name: 'a b', value: 'c', valid: false },
    ]);
  });

  it('has no cookies where there is no field', () => {
    assert.deepEqual([walk(null), walk('')], [[], []]);
    assert.equal(guest.askOne('first', null), null);
    assert.equal(guest.askOne('first', 'sid='), '');
  });

  it('gives back whatever was joined', () => {
    const name = fc.string({
      unit: fc.constantFrom(..."abcXYZ09!#$%&'*+-.^_`|~"),
      minLength: 1,
      maxLength: 8,
    });
    const value = fc.string({
      unit: fc.constantFrom(..."abcXYZ09!#$%&'()*+-./:<=>?@[]^_`{|}~"),
      maxLength: 12,
    });
    const cookies = fc.array(fc.tuple(name, value), { maxLength: 20 });
    fc.assert(
      fc.property(cookies, (all) => {
        assert.deepEqual(
          walk(all.map(([n, v]) => `${n}=${v}`).join('; ')),
          all.map(([n, v]) => ({ name: n, value: v, valid: true })),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('never traps, whatever the bytes', () => {
    const bytes = fc.array(fc.constantFrom(...Buffer.from('a=;" \t,\\'), 0, 0x80, 0xff), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 200 }), (all) => {
        guest.ask(
          'walk',
          all.map((one) => [Buffer.from(one)]),
        );
      }),
      { numRuns: 40 },
    );
  });
});
