// Bodies in chunks, on the runtime of the gateway: what filters make of a body does not depend on how it arrives.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { MAX_CHUNK_BYTES, MAX_HELD_BYTES } from '../../sdk/abi/abi.js';
import { TestChain, type TestFilter, type TestOutcome } from '../../sdk/testing/index.js';
import { formatReport, reportModule } from '../../sdk/tools/module-report.js';
import { guestBytes } from '../support/test-guests.js';
import { buildInline, manifestOf } from './inline-filter.js';

const RUNS = 200;

let streaming: Uint8Array;
let buffering: Uint8Array;

before(async () => {
  streaming = await guestBytes('stream-probe');
  buffering = await guestBytes('chain-probe');
});

interface Doing {
  readonly request?: string;
  readonly response?: string;
}

function stream(name: string, doing: Doing, changes: Partial<TestFilter> = {}): TestFilter {
  return { module: streaming, config: { name, ...doing }, ...changes };
}

function buffer(name: string, doing: Doing = {}): TestFilter {
  return { module: buffering, config: { name, ...doing } };
}

function post(filters: readonly TestFilter[], body: string | readonly string[]): TestOutcome {
  return new TestChain(filters).exchange({ method: 'POST', target: '/', body });
}

function answer(filters: readonly TestFilter[], body: string | readonly string[]): TestOutcome {
  return new TestChain(filters).exchange({ target: '/' }, { body });
}

const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'ü', ' '), maxLength: 60 });

describe('a body in chunks', () => {
  it('comes to the same as the whole one, whatever the chunks, in chains of any length', () => {
    const orders = fc.array(fc.constantFrom('upper', 'lines', 'none', 'pass', 'hold'), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(orders, fc.array(text, { maxLength: 6 }), (chain, chunks) => {
        const filters = chain.map((order, index) => stream(`f${index}`, { request: order, response: order }));
        const sent = post(filters, chunks);
        assert.deepEqual(sent.failures, []);
        assert.equal(sent.upstream!.text, post(filters, chunks.join('')).upstream!.text);
        const got = answer(filters, chunks);
        assert.deepEqual(got.failures, []);
        assert.equal(got.client!.text, answer(filters, chunks.join('')).client!.text);
      }),
      { numRuns: RUNS },
    );
  });

  it('is the same with an instance for each call', () => {
    const isolation = 'exchange';
    const chunks = ['one\ntw', 'o', '', '\nthree'];
    const filters = [
      stream('a', { request: 'lines' }, { isolation }),
      stream('b', { request: 'keep' }, { isolation }),
    ];
    assert.equal(post(filters, chunks).upstream!.text, '[one]\n[two]\n[three]{head of b|[one]\n}');
  });

  it('holds what a filter holds in front of the next chunk, across several', () => {
    const { upstream, calls } = post([stream('a', { request: 'lines' })], ['a', 'b', 'c\nd', 'e']);
    assert.equal(upstream!.text, '[abc]\n[de]');
    assert.equal(calls.length, 6, 'two heads and four chunks');
  });

  it('that nothing is let through of keeps the next filter from being called until the end', () => {
    const filters = [stream('a', { request: 'hold' }), stream('b', { request: 'keep' })];
    assert.equal(post(filters, ['1', '2', '3']).upstream!.text, '123{head of b}');
  });

  it('is no longer shown to a filter that let the rest pass', () => {
    const { upstream, calls } = post([stream('a', { request: 'upper-first' })], ['one ', 'two ', 'three']);
    assert.equal(upstream!.text, 'ONE two three');
    assert.equal(calls.length, 3, 'two heads and one chunk');
    assert.equal(post([stream('a', { request: 'pass' })], ['one ', 'two']).calls.length, 2);
  });

  it('may be dropped, and may be empty', () => {
    assert.equal(post([stream('a', { request: 'drop' })], ['one', 'two']).upstream!.text, '');
    assert.equal(post([stream('a', { request: 'lines' })], []).upstream!.text, '[]');
    assert.equal(post([stream('a', { request: 'lines' })], '').upstream!.text, '[]');
  });

  it('is told of with the head, and a message without one is not', () => {
    const chain = new TestChain([stream('a', {})]);
    const follows = (outcome: TestOutcome): (string | undefined)[] => [
      outcome.upstream!.headers.get('x-follows'),
      outcome.client!.headers.get('x-follows'),
    ];
    assert.deepEqual(follows(chain.exchange({ target: '/', body: ['x'] }, { body: ['x'] })), [
      'a true',
      'a true',
    ]);
    assert.deepEqual(follows(chain.exchange({ target: '/', body: 'x' }, { body: 'x' })), [
      'a true',
      'a true',
    ]);
    assert.equal(chain.exchange({ target: '/' }).upstream!.headers.get('x-follows'), 'a false');
  });

  it('is whole for the filters behind one that needs it whole, and those see what it made of it', () => {
    const filters = [stream('a', { request: 'upper' }), buffer('b'), stream('c', { request: 'lines' })];
    const { upstream } = post(filters, ['one ', 'two']);
    assert.match(upstream!.headers.get('x-seen')!, /\[ONE TWO\]$/);
    assert.equal(upstream!.text, '[ONE TWO]');
    const replaced = [buffer('a', { request: 'body' }), stream('b', { request: 'upper' })];
    assert.equal(post(replaced, ['one', 'two']).upstream!.text, 'BY A');
  });
});

describe('what a stream filter keeps', () => {
  it('goes from the head through the chunks to the response, and stays when nothing new is kept', () => {
    for (const body of [['one', 'two'], 'onetwo']) {
      const { upstream, client } = post([stream('a', { request: 'keep' })], body);
      const kept = typeof body === 'string' ? 'head of a' : 'head of a|one';
      assert.equal(upstream!.text, `onetwo{${kept}}`);
      assert.equal(client!.headers.get('x-kept'), `${kept}|${typeof body === 'string' ? 'onetwo' : 'two'}`);
    }
    const still = post([stream('a', { request: 'upper' }), stream('b', { request: 'keep' })], ['x', 'y']);
    assert.equal(still.client!.headers.get('x-kept'), 'head of b|X|Y');
  });

  it('goes from the head of a response to its chunks', () => {
    const { client } = answer([stream('a', { response: 'keep' })], ['one', 'two']);
    assert.equal(client!.text, 'onetwo{head of a|one}');
  });
});

describe('a stream filter', () => {
  it('may answer in the midst of a request, and the filters before it see the answer', () => {
    const chain = new TestChain([
      stream('a', { response: 'upper' }),
      stream('b', { request: 'respond' }),
      stream('c', {}),
    ]);
    for (const body of [['fine ', 'bad'], 'fine bad']) {
      const { upstream, client } = chain.exchange({ target: '/', body });
      assert.equal(upstream, null);
      assert.equal(client!.status, 403);
      assert.equal(client!.text, 'NO');
      assert.equal(client!.headers.get('x-by'), 'b');
      assert.equal(client!.headers.get('x-follows'), 'a true');
    }
  });

  it('may stop a response, for a reason that is told', () => {
    for (const body of [['fine ', 'bad', 'more'], 'fine bad more']) {
      const { client, stop, failures } = answer([stream('a', { response: 'stop' })], body);
      assert.equal(client, null);
      assert.equal(stop, 'it is bad');
      assert.deepEqual(failures, []);
    }
  });

  it('may replace a response whose body follows, and the filters behind it see the new one', () => {
    const filters = [stream('a', { response: 'upper' }), stream('b', { response: 'answer' })];
    const { client } = answer(filters, ['one', 'two']);
    assert.equal(client!.status, 410);
    assert.equal(client!.text, 'GONE');
  });

  it('that fails at a chunk fails the exchange, or sees no more of the body when its policy is open', () => {
    for (const body of [['fine\n', 'bad\n', 'more\n'], 'fine\nbad\nmore\n']) {
      const closed = answer([stream('a', { response: 'trap' })], body);
      assert.equal(closed.client, null);
      assert.equal(closed.failures[0]!.code, 'SLUICE_FILTER_TRAP');
      assert.match(closed.failures[0]!.message, /^filter stream-probe, response body: trap of a/);
      const open = answer(
        [stream('a', { response: 'trap' }, { onFailure: 'open' }), stream('b', { response: 'lines' })],
        body,
      );
      assert.equal(open.failures[0]!.skipped, true);
      assert.equal(open.client!.text, '[fine]\n[bad]\n[more]\n[]');
    }
  });

  it('that breaks the rules of chunks fails, and loses nothing of what it held', () => {
    for (const [order, message] of [
      ['hold-last', /hold: bytes can be held of a chunk that others follow/],
      ['hold-too-much', /hold: found 4 bytes, at most 3 of this chunk can be held/],
      ['head', /head: it has left when the chunks of the body come/],
    ] as const) {
      const { upstream, failures } = post(
        [stream('a', { request: order }, { onFailure: 'open' })],
        ['one', 'two'],
      );
      assert.equal(failures[0]!.code, 'SLUICE_ABI_EDIT', order);
      assert.match(failures[0]!.message, message);
      assert.equal(upstream!.text, 'onetwo');
    }
  });

  it('gets no more than 64 KiB of new bytes at once, whatever the one before it makes', () => {
    for (const body of [['one', 'two'], 'onetwo']) {
      const { upstream, failures } = post(
        [stream('a', { request: 'grow' }), stream('b', { request: 'largest' })],
        body,
      );
      assert.deepEqual(failures, []);
      assert.equal(upstream!.text, String(MAX_CHUNK_BYTES));
    }
  });

  it('makes no more of a body that is there whole than its memory holds, or than it was given', () => {
    const most = { memoryMb: 2 };
    const fine = post([stream('a', { request: 'grow' }, most)], 'x'.repeat(5 * MAX_CHUNK_BYTES));
    assert.deepEqual(fine.failures, []);
    assert.equal(fine.upstream!.body.byteLength, 5 * 300_000);
    const flood = 'x'.repeat(20 * MAX_CHUNK_BYTES);
    const closed = post([stream('a', { request: 'grow' }, most)], flood);
    assert.equal(closed.failures[0]!.code, 'SLUICE_ABI_EDIT');
    assert.match(closed.failures[0]!.message, /may make no more than its memory holds/);
    const open = post([stream('a', { request: 'grow' }, { ...most, onFailure: 'open' })], flood);
    assert.equal(open.failures[0]!.skipped, true);
    assert.ok(open.upstream!.body.byteLength < flood.length + 9 * 300_000);
  });

  it('holds 64 KiB at most', () => {
    const half = 'x'.repeat(MAX_HELD_BYTES / 2);
    const held = post([stream('a', { request: 'lines' })], [half, half, '\nend']);
    assert.deepEqual(held.failures, []);
    assert.equal(held.upstream!.text, `[${half}${half}]\n[end]`);
    const tooMuch = post([stream('a', { request: 'lines' })], [half, half, 'x', '\nend']);
    assert.match(
      tooMuch.failures[0]!.message,
      /hold: found 65537 bytes, at most 65536 of this chunk can be held/,
    );
  });
});

describe('a filter whose config decides how it sees bodies', () => {
  const source = `
import { Chunk, Decision, next, Request, Response } from 'sluice';
export function onResponse(request: Request, response: Response): Decision {
  response.headers.set('x-sees', response.body.exists ? 'whole' : response.bodyFollows ? 'chunks' : 'nothing');
  return next();
}
export function onResponseBody(request: Request, response: Response, chunk: Chunk): Decision {
  chunk.replace('.');
  return next();
}`;
  const phase = { body: 'buffer', bodyWhen: ['/json', '/text'], streamWhen: '/stream' };
  let module: Uint8Array;
  before(async () => {
    module = await buildInline(source, manifestOf({ phases: { response: phase } }));
  });

  const sees = (config: unknown): string => {
    const { client } = new TestChain([{ module, config }]).exchange({ target: '/' }, { body: ['ab', 'cd'] });
    return `${client!.headers.get('x-sees')} ${client!.text}`;
  };

  it('is given it whole, in chunks, or not at all', () => {
    assert.equal(sees({ json: {} }), 'whole abcd');
    assert.equal(sees({ text: {}, stream: true }), 'chunks ..');
    assert.equal(sees({}), 'nothing abcd');
    assert.equal(sees({ stream: true }), 'nothing abcd');
  });

  it('has to export a handler of chunks', async () => {
    const heads = source.slice(0, source.indexOf('export function onResponseBody'));
    const built = buildInline(heads, manifestOf({ phases: { response: phase } }));
    await assert.rejects(
      built,
      /wants the body of the response as a stream, but .* exports no onResponseBody/,
    );
  });

  it('shows its conditions to who inspects it', () => {
    assert.match(
      formatReport(reportModule(module, 'x')),
      /^phases {8}response \(body: buffer when \/json or \/text, stream when \/stream\)$/m,
    );
  });
});

describe('sdk/README.md', () => {
  it('shows a filter that hides a word, wherever the chunks of the body end', async () => {
    const document = readFileSync(new URL('../../../sdk/README.md', import.meta.url), 'utf8');
    const source = /```ts stream\n([\s\S]*?)```/.exec(document)![1]!;
    const module = await buildInline(source, manifestOf({ phases: { response: { body: 'stream' } } }));
    const shown = /\{ body: (\['[^\]]*\]) \}/.exec(document)![1]!.replaceAll("'", '"');
    const chain = new TestChain([{ module, config: { word: 'word' } }]);
    assert.equal(chain.exchange({ target: '/' }, { body: JSON.parse(shown) }).client!.text, 'pass***');
    const part = fc.string({ unit: fc.constantFrom('w', 'o', 'r', 'd', ' '), maxLength: 12 });
    const parts = fc.array(fc.oneof(part, fc.constant('word')), { maxLength: 8 });
    fc.assert(
      fc.property(parts, (body) => {
        const { client } = chain.exchange({ target: '/' }, { body });
        assert.equal(client!.text, body.join('').replaceAll('word', '***'));
      }),
      { numRuns: RUNS },
    );
    assert.throws(() => new TestChain([{ module, config: { word: '' } }]), /\/word: expected a word/);
  });
});
