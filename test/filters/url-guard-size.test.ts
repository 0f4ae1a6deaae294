import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestRequest } from '../../sdk/testing/index.js';
import { chainOf } from './built-in.js';
import { ALLOW, EVIL, form, GOOD, outcome, post } from './url-guarding.js';

describe('url-guard: a body that is as large as the limits of a route allow by default', () => {
  const MIB = 1 << 20;
  const fill = (piece: string): string => piece.repeat(Math.floor((MIB - 64) / piece.length));
  const list = (item: string): string => `[${fill(`${item},`)}0]`;
  const members = (member: (index: number) => string): string => {
    let text = '{"a":0';
    for (let index = 0; text.length < MIB - 64; index++) text += `,${member(index)}`;
    return `${text}}`;
  };
  const json = chainOf('url-guard', {
    fields: [{ json: '/*/url' }, { json: '/*/*/*' }, { json: '/hook/url' }],
    scan: ['json', 'form', 'query'],
    allow: ALLOW,
    rewrite: true,
  });
  const documents: readonly [what: string, text: string, expected: RegExp][] = [
    ['short strings', list('"a"'), /^passed/],
    ['short strings with an escape', list('"\\n"'), /^passed/],
    ['short strings with a percent sign', list('"%2f"'), /^passed/],
    ['strings with a scheme', list('"a:b"'), /^passed/],
    ['objects', list('{"x":1}'), /^passed/],
    ['members', members((index) => `"${index}":{}`), /^passed/],
    ['members with escapes', members((index) => `"\\u0041${index}":{"\\u0042":[]}`), /^passed/],
    ['one long string', `["${fill('%')}"]`, /^passed/],
    ['one long string of escapes', `["${fill('\\u0020')}"]`, /^passed/],
    ['one long string, encoded many times', `["${fill('%2525')}"]`, /^passed/],
    ['one long name', `{"${fill('A\\n')}":{"url":null}}`, /^passed/],
    ['one long URL', `["https://${fill('a')}"]`, /^400 INVALID json/],
    ['long URLs', list(`"${GOOD}/${'é'.repeat(4000)}"`), /^passed/],
    ['allowed URLs', list(`"${GOOD}"`), /^400 TOO_MANY json \/1000$/],
    ['allowed URLs in odd spelling', list('"https:hooks.example.com\\\\a"'), /^400 TOO_MANY json \/1000$/],
    ['depth', `{"a":${'['.repeat(511) + ']'.repeat(511)}}`, /^400 NOT_STRING/],
    ['too much depth', fill('['), /^400 NOT_JSON json$/],
  ];
  for (const [what, text, expected] of documents) {
    it(`fits into the memory: JSON of ${what}`, () => assert.match(outcome(json, post(text)), expected));
  }
  const forms: readonly [what: string, text: string, expected: RegExp][] = [
    ['names', fill('a&'), /^400 TOO_MANY form$/],
    ['semicolons', `a=${fill(';')}`, /^400 TOO_MANY form$/],
    ['ampersands', fill('&'), /^passed/],
    ['one long value', `a=${fill('%2525')}`, /^passed/],
    ['one long name', fill('%41'), /^passed/],
    ['one URL', `url=${GOOD}/${fill('a')}`, /^400 INVALID form url$/],
  ];
  const form1 = chainOf('url-guard', {
    fields: [{ form: 'url' }],
    scan: ['form'],
    allow: ALLOW,
    rewrite: true,
  });
  for (const [what, text, expected] of forms) {
    it(`fits into the memory: a form of ${what}`, () => assert.match(outcome(form1, form(text)), expected));
  }

  it('is looked at for as many as 64 pointers', () => {
    const fields = Array.from({ length: 64 }, (_, index) => ({ json: `/${index}/url`, required: true }));
    const chain = chainOf('url-guard', { fields, allow: ALLOW });
    const urls = (last: string): TestRequest =>
      post(Array.from({ length: 64 }, (_, index) => ({ url: index === 63 ? last : GOOD })));
    assert.match(outcome(chain, urls(GOOD)), /^passed/);
    assert.equal(outcome(chain, urls(EVIL)), '400 NOT_ALLOWED json /63/url');
    assert.equal(outcome(chain, post([{ url: GOOD }])), '400 MISSING json /1/url');
  });

  it('may have a thousand URLs', () => {
    const urls = (count: number): TestRequest => post(Array.from({ length: count }, () => ({ url: GOOD })));
    const chain = chainOf('url-guard', { fields: [{ json: '/*/url' }], allow: ALLOW });
    assert.match(outcome(chain, urls(1000)), /^passed/);
    assert.equal(outcome(chain, urls(1001)), '400 TOO_MANY json /1000/url');
    assert.match(outcome(chain, urls(1000)), /^passed/);
  });
});
