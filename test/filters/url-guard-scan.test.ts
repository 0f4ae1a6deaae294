import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chainOf } from './built-in.js';
import { EVIL, form, GOOD, outcome, post, table } from './url-guarding.js';

const LOOK_LIKE = [
  ...[
    'https://evil.example/',
    'HTTP://evil.example',
    'http:evil.example',
    'https:/evil.example',
    'gopher://evil',
  ],
  ...['//evil.example/', '\\\\evil.example\\x', '/\\evil.example', '\\/evil.example', 'file:/etc/passwd'],
  ...[
    ' https://evil.example/',
    '\thttps://evil.example/',
    '\u00a0https://evil.example/',
    '\ufeffhttps://evil',
  ],
  ...[
    '\u3000//evil.example',
    'ht\ntps://evil.example/',
    'https:\n//evil.example/',
    '/\t/evil.example',
    'data:,evil',
  ],
  ...[
    'javascript:evil()',
    'jar:http://evil!/',
    'view-source:http://evil',
    'url:http://evil',
    'php://evil',
    'x-y+z.1:/evil',
  ],
  ...[
    'https%3A%2F%2Fevil.example',
    '%2f%2fevil.example',
    'https%253A%252F%252Fevil',
    'file:evil',
    'ldap:\\evil',
    'netdoc:evil',
  ],
];
const LOOK_UNLIKE = [
  ...[
    '',
    'a',
    '/',
    '/evil',
    './evil',
    'evil.example',
    'evil.example/path',
    'see https://evil.example/',
    'a//evil',
    ':',
  ],
  ...[
    'note: //evil',
    'Data: 5 evils',
    'url: evil',
    'file: evil',
    'http',
    'http:',
    '12:30',
    'C:evil',
    'mailto:evil@a.example',
  ],
  ...[
    'tel:+49',
    'urn:isbn:evil',
    '1http://evil',
    '://evil',
    '?https://evil',
    '100%',
    '%zz//evil',
    '%',
    'é://evil',
    '~/evil',
  ],
];

describe('url-guard: what looks like a URL', () => {
  const json = chainOf('url-guard', { scan: ['json'], allow: [] });
  const query = chainOf('url-guard', { scan: ['query', 'form'], allow: [] });
  const targets = (text: string): string[] => [`/?a=${encodeURIComponent(text)}`];
  for (const text of LOOK_LIKE) {
    it(`does ${JSON.stringify(text)}`, () => {
      assert.match(outcome(json, post({ a: [text] })), /^400 (?:NOT_ALLOWED|INVALID) json \/a\/0$/);
      for (const target of targets(text))
        assert.match(outcome(query, { target }), /^400 (?:NOT_ALLOWED|INVALID) query a$/);
      assert.match(
        outcome(query, form(`a=${encodeURIComponent(text)}`)),
        /^400 (?:NOT_ALLOWED|INVALID) form a$/,
      );
    });
  }
  for (const text of LOOK_UNLIKE) {
    it(`does not ${JSON.stringify(text)}`, () => {
      assert.match(outcome(json, post([{ a: text }])), /^passed/);
      for (const target of targets(text)) assert.match(outcome(query, { target }), /^passed/);
    });
  }
});

table('scanning', { scan: ['query', 'json', 'form'], fields: [{ json: '/hook' }] }, [
  ['/?a=1&b=x', 'passed'],
  [`/?a=${GOOD}`, 'passed'],
  [`/?a=${EVIL}`, '400 NOT_ALLOWED query a'],
  ['/?https://evil.example', '400 NOT_ALLOWED query'],
  [`/?a=1;b=${EVIL}`, '400 NOT_ALLOWED query b'],
  [`/?a=1;b=${GOOD}`, 'passed'],
  [`/?a=%zz${EVIL}`, 'passed'],
  ['/?a=https://%zz', '400 INVALID query a'],
  [post({ a: { b: [1, 'x', GOOD] }, hook: GOOD }), 'passed'],
  [post({ a: { b: [1, 'x', EVIL] } }), '400 NOT_ALLOWED json /a/b/2'],
  [post('{"a":"\\u002f\\/evil.example"}'), '400 INVALID json /a'],
  [post({ [EVIL]: 'x' }), 'passed'],
  [post({ hook: 'no url' }), '400 INVALID json /hook'],
  [form(`x=${EVIL}`), '400 NOT_ALLOWED form x'],
  [form(`x=${GOOD}`), 'passed'],
]);
