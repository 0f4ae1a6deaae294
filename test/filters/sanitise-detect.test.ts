// What the detectors of the built-in filter `sanitise` find in JSON and in text, and what they leave.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TestChain, type TestHeaders } from '../../sdk/testing/index.js';
import { builtIn, readmeExample, schemaFindings } from './built-in.js';
import { assertSameInChunks } from './sanitise-chunks.js';
import { SAMPLES } from './sanitise-samples.js';

const SECRET = 'the key of the operator';
const codeOf = (value: string): string => createHmac('sha256', SECRET).update(value).digest('hex');
const TEXT = { 'content-type': 'text/plain' };
const JSON_TYPE = { 'content-type': 'application/json' };
const KINDS = Object.keys(SAMPLES);

function chainOf(detect: unknown, more: Record<string, unknown> = {}): TestChain {
  const config = { hashSecret: 'pseudonyms', detect, ...more };
  assert.deepEqual(schemaFindings('sanitise', config), []);
  return new TestChain([{ module: builtIn('sanitise'), config }], { secrets: { pseudonyms: SECRET } });
}

type Sent = { body: string | Uint8Array; type?: string; headers?: TestHeaders; status?: number };

function exchange(chain: TestChain, { body, type = 'text/plain', headers, status = 200 }: Sent) {
  const sent = { ...(type !== '' && { 'content-type': type }), ...headers };
  const { client, failures } = chain.exchange({ target: '/' }, { headers: sent, body, status });
  assert.deepEqual(failures, []);
  return client!;
}

const inText = (chain: TestChain, body: string): string => exchange(chain, { body }).text;
const inJson = (chain: TestChain, body: string): string =>
  exchange(chain, { body, type: 'application/json' }).text;

/** The text as it was, and as it is with `#` in place of what is marked. */
function readSample(sample: string): { text: string; cleaned: string } {
  return { text: sample.replace(/[«»]/g, ''), cleaned: sample.replace(/«[^»]*»/g, '#') };
}

for (const [kind, samples] of Object.entries(SAMPLES)) {
  describe(`sanitise: the detector ${kind}`, () => {
    const chain = chainOf([{ kinds: [kind], value: '#' }]);
    const streaming = chainOf([{ kinds: [kind], value: '#' }], { stream: true });
    for (const sample of samples) {
      const { text, cleaned } = readSample(sample);
      const found = text !== cleaned;
      it(`${found ? 'finds' : 'leaves'} ${JSON.stringify(sample)}, in text and in JSON`, () => {
        assert.equal(inText(chain, text), cleaned);
        assert.equal(inText(chain, `a ${text}\n`), `a ${cleaned}\n`);
        assertSameInChunks(streaming, TEXT, `a ${text}\n`, { text: `a ${cleaned}\n` });
        const escapeAll = (value: string): string =>
          `"${value.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;
        for (const spell of [JSON.stringify, escapeAll]) {
          const input = `{"a":[${spell(text)}],"b":1}`;
          const out = inJson(chain, input);
          if (spell !== escapeAll) assertSameInChunks(streaming, JSON_TYPE, input, { text: out });
          assert.deepEqual(JSON.parse(out), { a: [cleaned], b: 1 });
          if (!found) assert.equal(out, `{"a":[${spell(text)}],"b":1}`);
        }
      });
    }
  });
}

describe('sanitise: what becomes of what was found', () => {
  it('is replaced by [redacted], or by what the config says', () => {
    const chain = chainOf([{ kinds: ['card'] }, { kinds: ['email'], value: '"<é>\\' }]);
    assert.equal(inText(chain, '4111111111111111 a@b.co'), '[redacted] "<é>\\');
    assert.equal(inJson(chain, '["4111111111111111 a@b.co"]'), '["[redacted] \\"<é>\\\\"]');
  });

  it('is masked but for its end', () => {
    const chain = chainOf([{ kinds: ['card', 'email'], action: 'mask', keepLast: 4 }]);
    assert.equal(inText(chain, 'x 4111 1111 1111 1111 y'), 'x ***************1111 y');
    assert.equal(inJson(chain, '"a@bücher.déü"'), '"********.déü"');
    assert.equal(inJson(chain, '"a@b\\u00fccher.d\\u00e9\\u00fc"'), '"********.d\\u00e9\\u00fc"');
  });

  it('is masked whole when it is not longer than what is kept', () => {
    const chain = chainOf([{ kinds: ['email'], action: 'mask', keepLast: 6 }]);
    assert.equal(inText(chain, 'a@b.co ab@b.co'), '****** *@b.co'.replace('*@b.co', '*b@b.co'));
  });

  it('is hashed under the secret, as it is spelled', () => {
    const chain = chainOf([{ kinds: ['email'], action: 'hash' }]);
    assert.equal(inText(chain, '<a@b.co>'), `<${codeOf('a@b.co')}>`);
    assert.equal(inJson(chain, '["a\\u0040b.co"]'), `["${codeOf('a@b.co')}"]`);
  });

  it('is each kind by its own rule', () => {
    const chain = chainOf([
      { kinds: ['card'], action: 'mask', keepLast: 4 },
      { kinds: ['iban', 'email'], value: '#' },
    ]);
    assert.equal(
      inText(chain, 'a@b.co 4111111111111111 DE89370400440532013000 +4930123456'),
      '# ************1111 # +4930123456',
    );
  });

  it('leaves escapes in the rest of a string as they are spelled', () => {
    const chain = chainOf([{ kinds: ['card'], value: '#' }]);
    assert.equal(
      inJson(chain, '["\\u00e9\\/ \\ud83d 4111111111111111 \\ud83d\\ude00\\n"]'),
      '["\\u00e9\\/ \\ud83d # \\ud83d\\ude00\\n"]',
    );
  });

  it('is a number of JSON as a whole, or none', () => {
    const chain = chainOf([
      { kinds: ['card'], action: 'mask', keepLast: 4 },
      { kinds: ['national-id'], value: '#' },
    ]);
    assert.equal(
      inJson(
        chain,
        '[4111111111111111, 52998224725, 4111111111111111.5, -4111111111111111, 4111111111111111e3, 7]',
      ),
      '["************1111", "#", 4111111111111111.5, -4111111111111111, 4111111111111111e3, 7]',
    );
  });

  it('is a number of JSON in whatever spelling its digits have', () => {
    const chain = chainOf([{ kinds: ['card'], action: 'mask', keepLast: 4 }]);
    const spellings = [
      '4111111111111111.0',
      '4111111111111111.000',
      '4111111111111111e0',
      '4111111111111111E+0',
      '4111111111111111.0e-0',
      '4.111111111111111e15',
      '4.11111111111111100E+15',
      '411111111111111100e-2',
      '41111111111111.11e2',
      '0.4111111111111111e16',
      '0.0004111111111111111e+0019',
    ];
    for (const spelling of spellings)
      assert.equal(inJson(chain, `[1,${spelling} ,2]`), '[1,"************1111" ,2]', spelling);
    const others = [
      '4111111111111111.1',
      '4111111111111111e1',
      '4111111111111111e-1',
      '4.111111111111111e14',
      '4.111111111111111e16',
      '4111111111111111e999999999999999999999',
      '4111111111111111e-999999999999999999999',
      '-4111111111111111.0',
      '0.4111111111111111',
      '0e16',
      '0.0',
      '1e400',
      `4111111111111111.${'0'.repeat(5000)}1`,
    ];
    assert.equal(inJson(chain, `[${others.join()}]`), `[${others.join()}]`);
  });

  it('is no name of a member, and nothing that a rule or a key names already', () => {
    const chain = chainOf([{ kinds: ['card'], value: '#' }], {
      json: { rules: [{ pointer: '/keep', action: 'keep' }], keys: ['x'], replacement: '!' },
    });
    assert.equal(
      inJson(
        chain,
        '{"4111111111111111":"4111111111111111","x":"4111111111111111","keep":"4111111111111111"}',
      ),
      '{"4111111111111111":"#","x":"!","keep":"4111111111111111"}',
    );
  });

  it('is a private key up to the end of the text where nothing ends it', () => {
    const chain = chainOf([{ kinds: ['private-key'], value: '#' }]);
    assert.equal(inText(chain, 'a -----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n'), 'a #');
  });

  it('loses content-length, etag and digests of the body as it was', () => {
    const chain = chainOf([{ kinds: ['card'] }]);
    const headers = { etag: '"1"', 'content-md5': 'x' };
    const seen = exchange(chain, { body: '4111111111111111', headers });
    assert.deepEqual(seen.headers.flat, ['content-type', 'text/plain']);
    const same = exchange(chain, { body: '4111111111111112', headers });
    assert.equal(same.headers.get('etag'), '"1"');
  });
});

describe('sanitise: bodies that detectors look through', () => {
  const chain = chainOf([{ kinds: ['card'], value: '#' }]);
  const CARD = '4111111111111111';
  const looked = [
    'text/plain',
    'text/html; charset=utf-8',
    'text/csv',
    'text/event-stream',
    'application/xml',
    'application/atom+xml',
    'application/x-ndjson',
    'application/javascript',
    'application/x-www-form-urlencoded',
    'TEXT/PLAIN',
    '',
  ];
  for (const type of looked) {
    it(`are those of type ${type || 'none'}`, () => {
      assert.equal(exchange(chain, { body: `a ${CARD}`, type }).text, 'a #');
    });
  }
  for (const type of ['image/png', 'application/octet-stream', 'application/pdf', 'multipart/form-data']) {
    it(`are not those of type ${type}`, () => {
      assert.equal(exchange(chain, { body: `a ${CARD}`, type }).text, `a ${CARD}`);
    });
  }

  it('are not those that are no text and say nothing of their type', () => {
    const body = Buffer.concat([Buffer.from([0xff, 0x00]), Buffer.from(` ${CARD} `)]);
    assert.deepEqual(Buffer.from(exchange(chain, { body, type: '' }).body), body);
  });

  it('are Latin-1 as well', () => {
    const body = Buffer.from(`caf\xe9 ${CARD} caf\xe9`, 'latin1');
    assert.equal(Buffer.from(exchange(chain, { body }).body).toString('latin1'), 'caf\xe9 # caf\xe9');
  });

  const unreadable: readonly [name: string, sent: Sent][] = [
    ['in a piece', { body: '4111', status: 206 }],
    ['compressed', { body: 'x', headers: { 'content-encoding': 'gzip' } }],
    ['in UTF-16', { body: Buffer.from(CARD, 'utf16le'), type: 'text/plain; charset=utf-16le' }],
    ['in UTF-16 that says so itself', { body: Buffer.from(`\ufeff${CARD}`, 'utf16le') }],
  ];
  for (const [name, sent] of unreadable) {
    it(`are blocked ${name}, unless the config says pass`, () => {
      assert.equal(JSON.parse(exchange(chain, sent).text).code, 'SANITISE_UNREADABLE');
      const passing = chainOf([{ kinds: ['card'] }], { json: { onInvalid: 'pass' } });
      assert.deepEqual(Buffer.from(exchange(passing, sent).body), Buffer.from(sent.body as string));
    });
  }

  it('are JSON and text by any of the types that they say', () => {
    const chain = chainOf([{ kinds: ['card'], value: '#' }], { json: { keys: ['pin'], replacement: '!' } });
    const types: readonly (string | string[])[] = [
      'APPLICATION/JSON',
      'text/json',
      'application/x-json',
      'text/x-json; charset=utf-8',
      'application/vnd.api+json',
      'text/html, application/json',
      'application/json, text/html',
      'application/json;charset',
      ['text/html', 'application/json'],
      ['application/json', 'image/png'],
      // What says nothing, as if nothing had been said.
      '',
      'json',
      '/',
      'application/',
      ', ;',
    ];
    for (const type of types)
      assert.equal(
        exchange(chain, { body: `{"pin":1,"a":${CARD}}`, headers: { 'content-type': type } }).text,
        '{"pin":"!","a":"#"}',
        String(type),
      );
    for (const type of ['', 'plain', 'image/png, text/plain', ['image/png', 'text/plain']])
      assert.equal(exchange(chain, { body: `a ${CARD}`, headers: { 'content-type': type } }).text, 'a #');
    const wide = {
      body: `a ${CARD}`,
      headers: { 'content-type': ['text/plain', 'text/plain; charset=UTF-16'] },
    };
    assert.equal(exchange(chain, wide).status, 502);
  });

  it('are blocked when they should be JSON and are not', () => {
    for (const body of [`{"a":"${CARD}"`, `["${CARD}",]`, `{"a":"${CARD}\\x"}`]) {
      assert.equal(JSON.parse(inJson(chain, body)).code, 'SANITISE_UNREADABLE');
    }
  });

  it('are as the README shows them', () => {
    const shown = readmeExample('sanitise', 'detect') as { readonly detect: unknown };
    assert.equal(
      inJson(
        chainOf(shown.detect, { ...shown }),
        '{"note":"a@b.co paid with 4111 1111 1111 1111","key":"ghp_aB3dE6gH9jK2mN5pQ8sT1vW4xY7zaB3dE6gH9jK2"}',
      ),
      `{"note":"${codeOf('a@b.co')} paid with ***************1111","key":"[key]"}`,
    );
  });
});

describe('sanitise: detectors, for any text and any document', () => {
  const chain = chainOf([{ kinds: KINDS, value: '#' }]);
  const found = Object.values(SAMPLES)
    .flat()
    .filter((sample) => /^«[^»]*»$/.test(sample))
    .map((sample) => sample.slice(1, -1));
  const harmless = fc.string({
    unit: fc.constantFrom('é', ' ', '"', '\\', '\n', '😀', '\u0001', ',', '{', '<'),
    maxLength: 12,
  });
  const piece = fc.tuple(harmless, fc.constantFrom(...found)).map(([before, sample]) => ({ before, sample }));
  const pieces = fc.array(piece, { maxLength: 5 });

  it('find each of several and change nothing in between', () => {
    fc.assert(
      fc.property(pieces, (list) => {
        const text = list.map(({ before, sample }) => `${before} | ${sample} | `).join('');
        const cleaned = list.map(({ before }) => `${before} | # | `).join('');
        assert.equal(inText(chain, text), cleaned);
        const out = inJson(chain, `{"k": ${JSON.stringify(text)} ,"n":[1.0]}`);
        assert.equal(out, `{"k": ${JSON.stringify(cleaned)} ,"n":[1.0]}`);
      }),
      { seed: 1, numRuns: 1500 },
    );
  });

  it('leave valid JSON valid, whatever they find in it', () => {
    const units = [
      ...'aZ09@.-+_= /%',
      '\\',
      '"',
      'é',
      '😀',
      '\ud83d',
      'eyJ',
      '4111',
      '1111',
      'AKIA',
      '(',
      '\n',
    ];
    const string = fc.string({ unit: fc.constantFrom(...units), maxLength: 60 });
    fc.assert(
      fc.property(fc.array(string, { maxLength: 4 }), (texts) => {
        const out = JSON.parse(inJson(chain, JSON.stringify(texts))) as string[];
        assert.equal(out.length, texts.length);
        // Looking again finds nothing that was overlooked.
        const again = inJson(chain, JSON.stringify(out));
        assert.equal(JSON.parse(again).length, out.length);
      }),
      { seed: 2, numRuns: 3000 },
    );
  });

  it('come to the same in text and in the string of a document', () => {
    const unit = fc.constantFrom(
      ...'aB01@.-+ /',
      '4111 1111 1111 1111',
      'x@y.zz',
      '+4930123456',
      'é',
      'DE89',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
        assert.equal(JSON.parse(inJson(chain, JSON.stringify([text])))[0], inText(chain, text));
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  it('leave no more memory behind than one response takes', () => {
    const body = JSON.stringify(
      Array.from({ length: 200 }, (_, i) => ({ a: `a${i}@b.co`, n: i, t: 'plain' })),
    );
    inJson(chain, body);
    const before = chain.memoryBytes;
    for (let i = 0; i < 100; i += 1) inJson(chain, body);
    assert.equal(chain.memoryBytes, before);
  });

  it('have room for a mebibyte of short findings, and for one of short strings', () => {
    const count = 60_000;
    const out = inJson(chain, JSON.stringify(Array.from({ length: count }, () => 'ada@example.com')));
    assert.equal(out, JSON.stringify(Array.from({ length: count }, () => '#')));
    const short = `[${'"",'.repeat(300_000)}"a\\n"]`;
    assert.equal(inJson(chain, short), short);
  });
});

describe('sanitise: what to look for, in the config', () => {
  const refused: readonly [name: string, detect: unknown, message: RegExp][] = [
    ['no kinds', [{ kinds: [] }], /detect\/0\/kinds: expected a list/],
    ['an unknown kind', [{ kinds: ['card', 'ssn'] }], /detect\/0\/kinds\/1: expected one of private-key/],
    [
      'a kind in two rules',
      [{ kinds: ['card'] }, { kinds: ['iban', 'card'] }],
      /detect\/1\/kinds\/1: this kind has/,
    ],
    ['an unknown action', [{ kinds: ['card'], action: 'remove' }], /detect\/0\/action: expected replace/],
    ['characters to keep and no mask', [{ kinds: ['card'], keepLast: 4 }], /detect\/0\/keepLast: only mask/],
    [
      'a value and a mask',
      [{ kinds: ['card'], action: 'mask', value: 'x' }],
      /detect\/0\/value: only replace/,
    ],
    ['hash and no hashSecret', [{ kinds: ['card'], action: 'hash' }], /detect\/0: hash needs/],
  ];
  for (const [name, detect, message] of refused) {
    it(`is refused with the place: ${name}`, () => {
      assert.throws(() => new TestChain([{ module: builtIn('sanitise'), config: { detect } }]), {
        code: 'SLUICE_FILTER_CONFIG',
        message,
      });
    });
  }
});
