// The corpus against both: the filter on the gateway's own runtime code, and JSON Schema as the filter `validate` uses it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type AllowedUrls, UrlAllowList, type UrlVerdict } from '../../core/url-allow-list.js';
import { SchemaStore } from '../../core/wasm/schemas/schema-store.js';
import { urlText } from '../sdk/url-arbitrary.js';
import { chainOf } from './built-in.js';
import { ATTACKS, CORPUS_ALLOW, HARMLESS } from './url-guard-corpus.js';

/** Codes of the filter, and the verdicts of the keyword that they stand for. */
const VERDICTS: Readonly<Record<string, UrlVerdict>> = {
  URL_GUARD_INVALID: 'invalid',
  URL_GUARD_NOT_ALLOWED: 'not-allowed',
  URL_GUARD_SPELLING: 'spelling',
};

/** Judges texts by the filter, each as a string of a JSON body. */
function filterJudge(allow: readonly AllowedUrls[], rewrite = false): (text: string) => UrlVerdict | string {
  const chain = chainOf('url-guard', { fields: [{ json: '/url' }], allow, rewrite });
  const headers = { 'content-type': 'application/json' };
  return (text) => {
    const body = JSON.stringify({ url: text });
    const { upstream, client, failures } = chain.exchange({ method: 'POST', target: '/', headers, body });
    assert.deepEqual(failures, [], text);
    if (upstream === null) return VERDICTS[(JSON.parse(client!.text) as { code: string }).code]!;
    const sent = (JSON.parse(upstream.text) as { url: string }).url;
    if (!rewrite) assert.equal(sent, text);
    return rewrite ? sent : 'allowed';
  };
}

describe('the corpus of URLs', () => {
  it('has two hundred attacks and sixty harmless URLs at least, none of them twice', () => {
    const texts = [...ATTACKS.map(([text]) => text), ...HARMLESS];
    assert.equal(new Set(texts).size, texts.length);
    assert.ok(ATTACKS.length >= 200 && HARMLESS.length >= 60, `${ATTACKS.length} and ${HARMLESS.length}`);
  });

  const filter = filterJudge([CORPUS_ALLOW]);
  const keyword = new UrlAllowList(CORPUS_ALLOW);
  const schema = new SchemaStore().compile(
    JSON.stringify({ type: 'string', format: 'sluice-url', sluiceUrl: CORPUS_ALLOW }),
    0,
  );
  const fits = (text: string): boolean => schema.check(Buffer.from(JSON.stringify(text))).kind === 'valid';
  const shown = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

  for (const [text, verdict, why] of ATTACKS) {
    it(`is refused at ${shown(text)}, ${verdict}: ${why}`, () => {
      assert.equal(keyword.judge(text), verdict);
      assert.equal(filter(text), verdict);
      assert.equal(fits(text), false);
    });
  }

  for (const text of HARMLESS) {
    it(`passes at ${shown(text)}`, () => {
      assert.equal(keyword.judge(text), 'allowed');
      assert.equal(filter(text), 'allowed');
      assert.equal(fits(text), true);
    });
  }

  it('reaches the allowed place only, or nothing, where spellings are rewritten', () => {
    const rewritten = filterJudge([CORPUS_ALLOW], true);
    for (const [text, verdict] of ATTACKS) {
      const sent = rewritten(text);
      if (verdict !== 'spelling') assert.equal(sent, verdict, text);
      else assert.equal(keyword.judge(sent), 'allowed', `${text} was rewritten to ${sent}`);
    }
    for (const text of HARMLESS) assert.equal(keyword.judge(rewritten(text)), 'allowed', text);
  });
});

/** Hosts that generated URLs have, of every kind, so that much of what is made up is allowed. */
const GENEROUS: AllowedUrls = {
  schemes: ['https', 'http', 'ws'],
  hosts: ['example', 'a', '*.example', '*', '127.0.0.0/8', '0.0.0.0/0', '::/0', 'xn--9ca', '::1'],
  ports: [80, 443, 8080, 65535],
};
const PARTS = fc
  .tuple(
    ...[
      fc.constantFrom('https', 'http', 'HTTPS', 'ws', 'wss', 'ftp', 'x'),
      fc.constantFrom('://', ':/', ':', ':\\\\'),
    ],
    ...[
      fc.constantFrom('', '', '', '@', 'u@', 'a.example@'),
      fc.constantFrom('', '', ':80', ':0443', ':8080', ':81', ':'),
    ],
    fc.constantFrom(
      'a',
      'b.example',
      'EXAMPLE',
      'a.b.com',
      'com',
      '0x7f.1',
      '8.8.8.8',
      '10.0.0.1',
      '[::1]',
      'é.com',
    ),
    fc.constantFrom('', '/', '/a/../b', '\\', '/%2e', '?q@', '#', '/ ', '/é?\\'),
  )
  .map(
    ([scheme, slashes, userinfo, port, host, rest]) => `${scheme}${slashes}${userinfo}${host}${port}${rest}`,
  );
const TEXT = fc.oneof({ weight: 1, arbitrary: urlText }, { weight: 1, arbitrary: PARTS });
const RUNS = 6000;

describe('a URL that somebody made up', () => {
  const filter = filterJudge([GENEROUS]);
  const keyword = new UrlAllowList(GENEROUS);

  it('passes the filter and the keyword, or neither', () => {
    let allowed = 0;
    const property = fc.property(TEXT, (text) => {
      const passes = filter(text) === 'allowed';
      assert.equal(passes, keyword.judge(text) === 'allowed', JSON.stringify(text));
      if (passes) allowed++;
    });
    fc.assert(property, { numRuns: RUNS });
    assert.ok(allowed > RUNS / 200, `only ${allowed} passed`);
  });

  it('is, when it passes, one that Node and those who split at slashes take to an allowed place', () => {
    const strict = filterJudge([
      CORPUS_ALLOW,
      { ...GENEROUS, hosts: ['b.example', '127.0.0.0/8', '8.8.8.8'] },
    ]);
    const isAllowed = (scheme: string, host: string, port: number): boolean => {
      if (host === 'hooks.example.com') return scheme === 'https' && port === 443;
      return (
        /^(?:b\.example|8\.8\.8\.8|127\.\d+\.\d+\.\d+|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]+\])$/.test(host) &&
        ['https', 'http', 'ws'].includes(scheme) &&
        [80, 443, 8080, 65535].includes(port)
      );
    };
    const property = fc.property(TEXT, (text) => {
      if (strict(text) !== 'allowed') return;
      const url = new URL(text);
      const scheme = url.protocol.slice(0, -1);
      const standard = scheme === 'https' ? 443 : 80;
      assert.ok(isAllowed(scheme, url.hostname, Number(url.port || standard)), text);
      // RFC 3986, appendix B, which is what most other parsers go by.
      const [, rfcScheme, authority] = /^([^:/?#]+):\/\/([^/?#]*)/.exec(text)!;
      assert.equal(rfcScheme!.toLowerCase(), scheme);
      assert.equal(authority!.toLowerCase().replace(/:(\d+)$/, ''), url.hostname);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it('is rewritten to one that says the same to everybody, or refused', () => {
    const rewritten = filterJudge([GENEROUS], true);
    const property = fc.property(TEXT, (text) => {
      const sent = rewritten(text);
      if (sent === 'invalid' || sent === 'not-allowed') return;
      assert.equal(keyword.judge(sent), 'allowed', `${JSON.stringify(text)} was rewritten to ${sent}`);
    });
    fc.assert(property, { numRuns: RUNS });
  });
});
