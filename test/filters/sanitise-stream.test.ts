// The built-in filter `sanitise` over bodies in chunks: it does to them what it does to whole ones.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TestChain, type TestResponse } from '../../sdk/testing/index.js';
import { document } from '../sdk/json-arbitrary.js';
import { builtIn, chainOf, readmeExample, schemaFindings } from './built-in.js';
import { assertSameInChunks, inChunks } from './sanitise-chunks.js';
import { SAMPLES } from './sanitise-samples.js';

const SECRET = 'the key of the operator';
const JSON_TYPE = { 'content-type': 'application/json' };
const TEXT = { 'content-type': 'text/plain' };
const KINDS = Object.keys(SAMPLES);

/** The same config for whole bodies and for chunks. */
function twins(
  config: Record<string, unknown>,
  stream: unknown = true,
): { whole: TestChain; streaming: TestChain } {
  const load = (more: object): TestChain => {
    const all = { hashSecret: 'pseudonyms', ...config, ...more };
    assert.deepEqual(schemaFindings('sanitise', all), []);
    return new TestChain([{ module: builtIn('sanitise'), config: all }], { secrets: { pseudonyms: SECRET } });
  };
  return { whole: load({}), streaming: load({ stream }) };
}

const ALL = twins({
  json: {
    replacement: '#',
    rules: [
      { key: 'a', action: 'remove' },
      { pointer: '/1', action: 'hash' },
      { key: 'b', action: 'mask', keepLast: 2 },
      { pointer: '/*/é', action: 'keep' },
    ],
    keys: ['zz'],
  },
  detect: [
    { kinds: ['card', 'email'], action: 'mask', keepLast: 4 },
    { kinds: KINDS.filter((kind) => kind !== 'card' && kind !== 'email'), value: '?' },
  ],
});

const samples = Object.values(SAMPLES)
  .flat()
  .map((sample) => sample.replace(/[«»]/g, ''));
const sample = fc.constantFrom(...samples);
const cutsOf = fc.array(fc.nat(), { maxLength: 5 });

function placesIn(body: string, numbers: readonly number[]): number[] {
  return numbers.map((number) => number % (Buffer.byteLength(body) + 1)).sort((a, b) => a - b);
}

describe('sanitise: a body in chunks', () => {
  const { whole, streaming } = ALL;

  it('of JSON comes to what the whole one comes to, wherever it is cut', () => {
    const text = fc
      .tuple(document, fc.array(sample, { maxLength: 3 }), fc.nat())
      .map(([json, found, kind]) =>
        kind % 2 === 0 ? json : JSON.stringify({ c: found, a: json, d: [{ b: found[0] ?? 0 }] }),
      );
    fc.assert(
      fc.property(text, cutsOf, (body, numbers) => {
        const { client } = whole.exchange({ target: '/' }, { headers: JSON_TYPE, body });
        const seen = inChunks(streaming, JSON_TYPE, body, placesIn(body, numbers));
        assert.deepEqual(seen, { status: 200, text: client!.text });
      }),
      { seed: 21, numRuns: 3000 },
    );
  });

  it('of text comes to what the whole one comes to, wherever it is cut', () => {
    const glue = fc.constantFrom(
      '',
      ' ',
      '\n',
      ', ',
      ' -',
      '.',
      '/',
      '@',
      '+',
      '=',
      'é',
      '-----BEGIN ',
      '-----END x-----',
    );
    const text = fc
      .array(fc.tuple(sample, glue), { minLength: 1, maxLength: 5 })
      .map((parts) => parts.flat().join(''));
    fc.assert(
      fc.property(text, cutsOf, (body, numbers) => {
        const { client } = whole.exchange({ target: '/' }, { headers: TEXT, body });
        const seen = inChunks(streaming, TEXT, body, placesIn(body, numbers));
        assert.deepEqual(seen, { status: 200, text: client!.text });
      }),
      { seed: 22, numRuns: 3000 },
    );
  });

  it('without a type is judged by its first bytes, as many as there are', () => {
    const { streaming: plain } = twins({
      detect: [{ kinds: ['email'], value: '#' }],
      json: { keys: ['x'], replacement: '#' },
    });
    assertSameInChunks(plain, {}, ' {"x":1}', { text: ' {"x":"#"}' });
    assertSameInChunks(plain, {}, 'hello a@b.co', { text: 'hello #' });
    assertSameInChunks(plain, {}, Buffer.from('\xff\xd8 a@b.co', 'latin1'), {
      text: Buffer.from('\xff\xd8 a@b.co', 'latin1').toString(),
    });
    assertSameInChunks(plain, {}, '\ufeff{"x":1}', { status: 502, text: '' });
    for (const [padding, status] of [
      ['é'.repeat(400), 200],
      [' '.repeat(600), 'cut'],
    ] as const) {
      const body = `${padding} a@b.co`;
      for (const cut of [0, 1, 511, 512, 513, 605])
        assert.equal(inChunks(plain, {}, body, [cut]).status, status);
    }
    assert.equal(
      inChunks(plain, {}, `${' '.repeat(600)}{"x":1}`, [511, 600]).text,
      `${' '.repeat(600)}{"x":"#"}`,
    );
  });

  it('that turns out to be broken is cut off, or goes on unredacted where the config says so', () => {
    const broken = '{"x":1,"y":[{"x":2}],}';
    assertSameInChunks(twins({ json: { keys: ['x'] } }).streaming, JSON_TYPE, broken, {
      status: 502,
      text: '',
    });
    const { streaming: lax } = twins({ json: { keys: ['x'], replacement: '#', onInvalid: 'pass' } });
    assert.deepEqual(inChunks(lax, JSON_TYPE, '{"x":1,"y":2}{"x":3}', [9, 15]), {
      status: 200,
      text: '{"x":"#","y":2}{"x":3}',
    });
    const { streaming: utf16 } = twins({ detect: [{ kinds: ['email'] }] });
    assertSameInChunks(utf16, TEXT, Buffer.from('\ufeffa@b.co', 'utf16le'), { status: 502, text: '' });
  });

  it('is refused with the head where the head tells already that it cannot be cleaned', () => {
    for (const [status, headers] of [
      [206, JSON_TYPE],
      [206, {}],
      [200, { 'content-type': 'text/plain; charset=utf-16' }],
      [206, TEXT],
    ] as const) {
      const { client, stop } = streaming.exchange({ target: '/' }, { status, headers, body: ['1', '2'] });
      assert.equal(stop, null);
      assert.deepEqual([client!.status, JSON.parse(client!.text).code], [502, 'SANITISE_UNREADABLE']);
    }
  });

  it('passes as it is, without a call for its chunks, where there is nothing to look through', () => {
    const { streaming: jsonOnly } = twins({ json: { keys: ['x'] } });
    for (const [chain, type] of [
      [jsonOnly, 'text/plain'],
      [streaming, 'image/png'],
      [streaming, 'application/octet-stream'],
    ] as const) {
      const answer: TestResponse = { headers: { 'content-type': type, etag: '"1"' }, body: ['a', 'b'] };
      const { client, calls } = chain.exchange({ target: '/' }, answer);
      assert.deepEqual([client!.text, calls.length, client!.headers.get('etag')], ['ab', 1, '"1"']);
    }
  });

  it('is as it came in the mode report, where what would be done is counted once', () => {
    const detect = [{ kinds: ['email'] }];
    const chain = chainOf('sanitise', { mode: 'report', json: { keys: ['x'] }, detect, stream: true });
    const count = (what: string): number =>
      chain.metrics.find(({ labels }) => labels['what'] === what)!.value;
    assert.equal(inChunks(chain, JSON_TYPE, '{"x":1,"y":["a@b.co",{"x":2}]}', [2, 9, 20]).text.length, 30);
    assert.equal(count('values'), 3);
    assert.equal(inChunks(chain, JSON_TYPE, '{"x":1]', [3]).text, '{"x":1]');
    assert.equal(count('unreadable'), 1);
  });

  it('has the headers that a whole one has, and its errors are replaced', () => {
    const config = { json: { keys: ['x'] }, headers: { remove: ['server'] }, errors: { replace: true } };
    const { streaming: chain } = twins(config);
    const answer = { status: 500, headers: { ...JSON_TYPE, server: 'x' }, body: ['{"trace"', ':1}'] };
    const { client } = chain.exchange({ target: '/' }, answer);
    assert.deepEqual([client!.status, JSON.parse(client!.text).code], [500, 'SANITISE_UPSTREAM_ERROR']);
    const fine = chain.exchange({ target: '/' }, { ...answer, status: 200 });
    assert.deepEqual([fine.client!.text, fine.client!.headers.has('server')], ['{"trace":1}', false]);
  });
});

describe('sanitise: what is longer than may be held', () => {
  const LIMIT = { maxHeldBytes: 256 };

  it('is redacted, whether it comes at once or byte by byte', () => {
    const { streaming } = twins(
      {
        json: { keys: ['gone'], rules: [{ key: 'id', action: 'hash' }] },
        detect: [{ kinds: ['token'], value: '?' }],
      },
      LIMIT,
    );
    const long = 'x'.repeat(300);
    const body = JSON.stringify({
      gone: long,
      id: long,
      text: [long, 'short'],
      n: { [`${'n'.repeat(200)}`]: 1 },
    });
    const text = body
      .replace(`"text":["${long}"`, '"text":["[redacted]"')
      .replace(`"id":"${long}"`, '"id":"[redacted]"')
      .replace(`"gone":"${long}"`, '"gone":"[redacted]"');
    for (const cuts of [[], [100], [400, 700], Array.from(body, (_, index) => index)])
      assert.deepEqual(inChunks(streaming, JSON_TYPE, body, cuts), { status: 200, text });
    assert.equal(inChunks(streaming, JSON_TYPE, `{"${long}":1}`, [10]).status, 'cut');
  });

  it('is a stretch of text without a character at which it could be cut, or a private key', () => {
    const { streaming } = twins({ detect: [{ kinds: ['token', 'private-key'], value: '?' }] }, LIMIT);
    const key = `-----BEGIN PRIVATE KEY-----\n${`${'k'.repeat(60)}\n`.repeat(10)}-----END PRIVATE KEY-----`;
    const wide = `-----BEGIN PRIVATE KEY-----\n${`${'k'.repeat(500)}\n`.repeat(3)}-----END PRIVATE KEY-----`;
    const body = `a, ${'b '.repeat(200)}, c\n${key}, d ${wide}: ${'e'.repeat(300)}`;
    const text = 'a,[redacted], c\n?, d ?:[redacted]';
    for (const cuts of [[], [5], [300, 420, 500], Array.from(body, (_, index) => index)])
      assert.deepEqual(inChunks(streaming, TEXT, body, cuts), { status: 200, text });
  });

  it('does not matter as long as nobody looks at it', () => {
    const { streaming } = twins({ json: { keys: ['gone'] } }, LIMIT);
    const body = JSON.stringify({ a: 'x'.repeat(100_000), gone: ['y'.repeat(100_000)], b: 1 });
    const { text } = inChunks(streaming, JSON_TYPE, body, [1000, 70_000, 150_000]);
    assert.equal(text, body.replace(/\["y+"\]/, '"[redacted]"'));
  });
});

describe('sanitise: memory', () => {
  it('of the filter does not grow with the body', () => {
    const { streaming } = ALL;
    const record = `${JSON.stringify({ b: 'a'.repeat(50), mail: 'ada@example.com', text: 'z'.repeat(800) })},`;
    const chunk = record.repeat(Math.ceil(65_536 / record.length));
    const headers = JSON_TYPE;
    let rest = 64 * 1024 * 1024;
    const body = ['['];
    while (rest > 0) {
      body.push(chunk);
      rest -= chunk.length;
    }
    body.push('0]');
    const { client, failures } = streaming.exchange({ target: '/' }, { headers, body });
    assert.deepEqual(failures, []);
    assert.equal(client!.text.includes('ada@'), false);
    assert.ok(client!.body.byteLength > 60 * 1024 * 1024);
    assert.ok(streaming.memoryBytes <= 2 * 1024 * 1024, `${streaming.memoryBytes}`);
  });
});

describe('sanitise: the config of a stream', () => {
  it('is as the README shows it', () => {
    const config = readmeExample('sanitise', 'stream') as Record<string, unknown>;
    assert.deepEqual(schemaFindings('sanitise', config), []);
    assert.equal(
      inChunks(
        chainOf('sanitise', config),
        JSON_TYPE,
        '{"email":"a@b.co","note":"4111111111111111"}',
        [12, 30],
      ).text,
      '{"email":"[redacted]","note":"************1111"}',
    );
  });

  it('cannot look into errors that have left', () => {
    const refused = (errors: object): void => {
      const config = { errors, stream: true };
      assert.throws(() => chainOf('sanitise', config), /a body that streams is gone/);
    };
    refused({ leaks: ['sql-error'] });
    refused({ replace: true, log: true });
  });

  it('holds no more than a host does, and enough to judge something', () => {
    for (const stream of [false, null, 1, { maxHeldBytes: 255 }, { maxHeldBytes: 65537 }, { most: 1 }])
      assert.notDeepEqual(schemaFindings('sanitise', { json: { keys: ['x'] }, stream }), []);
  });
});
