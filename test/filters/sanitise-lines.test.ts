// The built-in filter `sanitise` over several documents of JSON in one body, whole and in chunks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { document } from '../sdk/json-arbitrary.js';
import { chainOf } from './built-in.js';
import { assertSameInChunks, inChunks } from './sanitise-chunks.js';

const LINES = { 'content-type': 'application/x-ndjson' };
const CONFIG = {
  json: {
    replacement: '#',
    keys: ['password'],
    paths: ['/user/email'],
    rules: [
      { key: 'gone', action: 'remove' },
      { key: 'card', action: 'mask', keepLast: 4 },
    ],
  },
};

describe('sanitise: lines of JSON', () => {
  const whole = chainOf('sanitise', CONFIG);
  const streaming = chainOf('sanitise', { ...CONFIG, stream: true });

  const cases: readonly [name: string, body: string, cleaned: string | null][] = [
    ['are cleaned each', '{"password":1}\n{"password":2}\n', '{"password":"#"}\n{"password":"#"}\n'],
    ['may end without a line end', '{"a":1}\r\n{"password":2}', '{"a":1}\r\n{"password":"#"}'],
    [
      'have pointers that begin anew',
      '{"user":{"email":1}}\n{"user":{"email":2},"email":3}',
      '{"user":{"email":"#"}}\n{"user":{"email":"#"},"email":3}',
    ],
    ['may lack members', '{"gone":1}\n{"a":2,"gone":[3]}\n[]', '{}\n{"a":2}\n[]'],
    ['may be masked', '{"card":"4111111"}\n{"card":"4222222"}', '{"card":"***1111"}\n{"card":"***2222"}'],
    ['may be of any type', '1\n"a"\nnull\n[{"password":"x"}]', '1\n"a"\nnull\n[{"password":"#"}]'],
    ['may be empty', '\n\n{"password":1}\n\n\n', '\n\n{"password":"#"}\n\n\n'],
    ['may be none at all', ' \n', ' \n'],
    ['may be records (RFC 7464)', '\x1e{"password":1}\n\x1e{"b":2}\n', '\x1e{"password":"#"}\n\x1e{"b":2}\n'],
    ['are refused where one is broken', '{"a":1}\n{"password":2\n{"a":1}', null],
    ['are refused where one is cut', '{"a":1}\n{"password":2', null],
    ['are refused where one is no JSON', '{"a":1}\nhello\n', null],
  ];
  for (const [name, body, cleaned] of cases)
    it(name, () => {
      const { client } = whole.exchange({ target: '/' }, { headers: LINES, body });
      assert.equal(client!.status, cleaned === null ? 502 : 200);
      if (cleaned !== null) assert.equal(client!.text, cleaned);
      assertSameInChunks(
        streaming,
        LINES,
        body,
        cleaned === null ? { status: 502, text: '' } : { text: cleaned },
      );
    });

  for (const type of ['application/jsonl', 'application/json-seq; charset=utf-8', 'Application/X-JsonLines'])
    it(`are what ${type} has`, () => {
      const headers = { 'content-type': type };
      const { client } = whole.exchange({ target: '/' }, { headers, body: '{"password":1}\n{}' });
      assert.equal(client!.text, '{"password":"#"}\n{}');
    });

  it('are refused when there is a piece of them', () => {
    const answer = { status: 206, headers: LINES, body: '{"a":1}\n' };
    assert.equal(whole.exchange({ target: '/' }, answer).client!.status, 502);
  });

  it('come to what each comes to as a document of its own, wherever they are cut', () => {
    const alone = (body: string): string => {
      const headers = { 'content-type': 'application/json' };
      return whole.exchange({ target: '/' }, { headers, body }).client!.text;
    };
    fc.assert(
      fc.property(
        fc.array(document, { maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 4 }),
        (lines, numbers) => {
          const body = lines.join('\n');
          const text = lines.map(alone).join('\n');
          const cuts = numbers.map((number) => number % (Buffer.byteLength(body) + 1)).sort((a, b) => a - b);
          assert.equal(whole.exchange({ target: '/' }, { headers: LINES, body }).client!.text, text);
          assert.deepEqual(inChunks(streaming, LINES, body, cuts), { status: 200, text });
        },
      ),
      { seed: 31, numRuns: 1000 },
    );
  });

  it('are text to detectors alone', () => {
    const detecting = chainOf('sanitise', { detect: [{ kinds: ['email'], value: '#' }] });
    const { client } = detecting.exchange({ target: '/' }, { headers: LINES, body: 'not JSON: a@b.co\n' });
    assert.equal(client!.text, 'not JSON: #\n');
  });
});
