// The JSON cursor of the SDK: what it finds, what it decodes, and what it takes for JSON.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { BatchGuest } from './batch-guest.js';

const MAX = 9223372036854775807n;

describe('the JSON cursor', () => {
  let guest: BatchGuest;
  before(async () => {
    guest = await BatchGuest.build({
      imports: ['hasUniqueNames', 'Json', 'parseProblem'],
      questions: {
        raw: 'Json.parse(a).raw',
        found: 'Json.parse(a).find(b.toString()).raw',
        // As text: integers of 64 bits are no numbers of JavaScript.
        integer: 'Bytes.from(Json.parse(a).integer().toString())',
        isNumber: 'Json.parse(a).isNumber',
        isBool: 'Json.parse(a).isBool',
        threeDeep: 'Json.parse(a, 3).exists',
        noneDeep: 'Json.parse(a, 0).exists',
        problem: 'Json.parse(a).exists ? ABSENT : Bytes.from(parseProblem(a))',
        duplicates: 'hasUniqueNames(a) ? ABSENT : Bytes.from(parseProblem(a))',
      },
    });
  });

  const text = (question: string, a: string | null, b = ''): string | null => {
    const answer = guest.askOne(question, a, b);
    return answer === null ? null : Buffer.from(answer as string, 'hex').toString();
  };

  it('gives the text of a value without the spaces around it', () => {
    for (const value of ['1', '"a "', 'null', '{ }', '[ 1 , {"a" : 2 } ]']) {
      for (const [lead, trail] of [
        ['', ''],
        [' \r\n\t', '\n'],
        ['', '  '],
      ]) {
        assert.equal(text('raw', lead + value + trail), value);
      }
    }
  });

  it('finds what a pointer of RFC 6901 names', () => {
    const document =
      '{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\\\j":5,"k\\"l":6," ":7,"m~n":8,"~1":9}';
    const rows: readonly [pointer: string, raw: string | null][] = [
      ['', document],
      ['/foo', '["bar","baz"]'],
      ['/foo/0', '"bar"'],
      ['/foo/1', '"baz"'],
      ['/', '0'],
      ['/a~1b', '1'],
      ['/c%d', '2'],
      ['/e^f', '3'],
      ['/g|h', '4'],
      ['/i\\j', '5'],
      ['/k"l', '6'],
      ['/ ', '7'],
      ['/m~0n', '8'],
      ['/~01', '9'],
      ['/foo/2', null],
      ['/foo/-', null],
      ['/foo/01', null],
      ['/foo/1x', null],
      ['/foo/', null],
      ['/foo/-1', null],
      ['/foo/4294967296', null],
      ['/bar', null],
      ['/foo/0/0', null],
    ];
    for (const [pointer, raw] of rows) assert.equal(text('found', document, pointer), raw, pointer);
  });

  it('tells numbers and booleans from the rest', () => {
    for (const value of ['0', '-1.5e3', 'true', 'false', 'null', '"1"', '[1]', '{}']) {
      const type = typeof JSON.parse(value);
      assert.equal(guest.askOne('isNumber', value), type === 'number', value);
      assert.equal(guest.askOne('isBool', value), type === 'boolean', value);
    }
  });

  it('reads every integer of up to 18 digits exactly', () => {
    const limit = 10n ** 18n - 1n;
    fc.assert(
      fc.property(fc.bigInt({ min: -limit, max: limit }), (value) => {
        assert.equal(text('integer', `${value}`), `${value}`);
      }),
      { seed: 4, numRuns: 500 },
    );
    assert.equal(text('integer', '-0'), '0');
  });

  it('rounds other numbers towards zero, and stays within 64 bits', () => {
    const rows: readonly [number: string, integer: bigint][] = [
      ['12.9', 12n],
      ['-12.9', -12n],
      ['1.5e3', 1500n],
      ['1e-400', 0n],
      ['12345678901234567890123', MAX],
      ['-1e300', -MAX - 1n],
      ['9223372036854775807', MAX],
    ];
    for (const [number, integer] of rows) assert.equal(text('integer', number), `${integer}`, number);
  });

  it('holds a document to a depth when told', () => {
    const rows: readonly [document: string, three: boolean, none: boolean][] = [
      ['1', true, true],
      ['[]', true, false],
      ['[{"a":[]}]', true, false],
      ['[{"a":[1,{}]}]', false, false],
      ['[[[[]]]]', false, false],
    ];
    for (const [document, three, none] of rows) {
      assert.equal(guest.askOne('threeDeep', document), three, document);
      assert.equal(guest.askOne('noneDeep', document), none, document);
    }
  });

  it('says what is wrong with nothing, also after another document was wrong', () => {
    for (const question of ['problem', 'duplicates']) {
      for (const nothing of [null, '', ' ']) {
        const at = nothing?.length ?? 0;
        assert.match(text(question, '["\\q"]')!, /an escape/);
        assert.equal(text(question, nothing), `it ends too early (byte ${at})`);
      }
    }
  });

  it('reports two members of one name, decoded, and where their object ends', () => {
    assert.equal(text('duplicates', '{"a":{"b":1},"b":[{"a":1}]}'), null);
    assert.equal(
      text('duplicates', '[{"a":1,"\\u0061":2}]'),
      'an object has two members of the same name (byte 18)',
    );
  });
});
