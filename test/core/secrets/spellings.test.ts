import assert from 'node:assert/strict';
import { stringify } from 'node:querystring';
import { describe, it } from 'node:test';
import { spellingsOf } from '../../../core/secrets/spellings.js';

const SECRET = 'p@ss <w0rd>/é+"\\\n~\'=\u{1f511}';
const utf8 = Buffer.from(SECRET);

function has(text: string, secret = SECRET): boolean {
  const bytes = Buffer.from(text);
  return spellingsOf(secret).some((spelling) => bytes.includes(Buffer.from(spelling)));
}

describe('the spellings of a value', () => {
  const texts: [string, string][] = [
    ['UTF-8', SECRET],
    ['hex in lower case', utf8.toString('hex')],
    ['hex in upper case', utf8.toString('hex').toUpperCase()],
    ['encodeURIComponent', encodeURIComponent(SECRET)],
    ['encodeURI', encodeURI(SECRET)],
    ['a form', new URLSearchParams({ key: SECRET }).toString()],
    ['a query string', stringify({ key: SECRET })],
    ['percent in lower case', encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase())],
    ['percent for everything', utf8.toString('hex').replace(/../g, '%$&')],
    ['JSON', JSON.stringify(SECRET)],
    // As these write it with their defaults.
    ['Python urllib.parse.quote', 'p%40ss%20%3Cw0rd%3E/%C3%A9%2B%22%5C%0A~%27%3D%F0%9F%94%91'],
    ['Go url.QueryEscape', 'p%40ss+%3Cw0rd%3E%2F%C3%A9%2B%22%5C%0A~%27%3D%F0%9F%94%91'],
    ['PHP urlencode', 'p%40ss+%3Cw0rd%3E%2F%C3%A9%2B%22%5C%0A%7E%27%3D%F0%9F%94%91'],
    ['Python json.dumps', String.raw`p@ss <w0rd>/\u00e9+\"\\\n~'=\ud83d\udd11`],
    ['PHP json_encode', String.raw`p@ss <w0rd>\/\u00e9+\"\\\n~'=\ud83d\udd11`],
    ['Go json.Marshal', String.raw`p@ss \u003cw0rd\u003e/é+\"\\\n~'=🔑`],
    ['Java Gson', String.raw`p@ss \u003cw0rd\u003e/é+\"\\\n~\u0027\u003d🔑`],
    ['.NET System.Text.Json', String.raw`p@ss \u003Cw0rd\u003E/\u00E9\u002B\u0022\\\n~\u0027=\uD83D\uDD11`],
    ['JSON, escaped throughout', [...Array(SECRET.length).keys()].map((i) => unit(SECRET, i)).join('')],
  ];
  for (const [name, text] of texts) {
    it(`are found in ${name}`, () => assert.ok(has(text), text));
  }

  it('are found in base64, wherever in a longer text the value begins', () => {
    for (const value of [SECRET, '12345678', '123456789', '\xfb\xef\xbe\xff\xfe?>~']) {
      for (const before of ['', 'u', 'u:', 'usr:']) {
        for (const behind of ['', '!', '!!']) {
          for (const alphabet of ['base64', 'base64url'] as const) {
            const text = Buffer.from(before + value + behind).toString(alphabet);
            assert.ok(has(text, value), `${alphabet} ${before}${value}${behind}: ${text}`);
          }
        }
      }
    }
  });

  it('are each there once, and none of them is shorter than the value', () => {
    for (const value of ['abcdefgh', SECRET]) {
      const spellings = spellingsOf(value).map((spelling) => Buffer.from(spelling).toString('latin1'));
      assert.equal(new Set(spellings).size, spellings.length);
      assert.ok(spellings.every(({ length }) => length >= Buffer.byteLength(value)));
    }
  });
});

function unit(text: string, index: number): string {
  return `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`;
}
