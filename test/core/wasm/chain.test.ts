// Chains of guests in the thread of the test: what the filters see of each other, and what becomes of failures.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { GatewayError } from '../../../core/errors.js';
import { HeaderList } from '../../../core/headers.js';
import { FilterChain } from '../../../core/wasm/chain.js';
import { applyEdits } from '../../../core/wasm/edits.js';
import type { Progress } from '../../../core/wasm/filter-thread.js';
import type { PhaseMessage, PhaseName, PhaseResult } from '../../../core/wasm/guest-abi.js';
import type { FilterSpec } from '../../../core/wasm/instance.js';
import { loadModule } from '../../../core/wasm/module.js';
import { LOG_INFO } from '../../../sdk/abi/abi.js';
import { builtIn } from '../../filters/built-in.js';
import { runPhase } from '../../support/phase-frame.js';
import { guestSpec, linksTo, phaseMessage, specOf } from '../../support/phase-messages.js';
import { PLAIN_MANIFEST } from '../../support/wat-module.js';
import { watSpec } from '../../support/wat-spec.js';

interface Doing {
  readonly request?: string;
  readonly response?: string;
}

/** A probe that is called `name` and does what `doing` says; see test/guests/chain-probe. */
function probe(name: string, doing: Doing = {}, changes: Partial<FilterSpec> = {}): Promise<FilterSpec> {
  return guestSpec('chain-probe', { name, config: JSON.stringify({ name, ...doing }), ...changes });
}

const NO_BODY: Partial<FilterSpec> = { phases: { request: { body: 'none' }, response: { body: 'none' } } };
const OPEN: Partial<FilterSpec> = { onFailure: 'open' };

function loaded(...specs: readonly FilterSpec[]): FilterChain {
  const chain = new FilterChain();
  for (const spec of specs) chain.load(spec);
  return chain;
}

/** Runs a phase through all of `specs` and applies the edits, as the gateway does. */
function run(
  specs: readonly FilterSpec[],
  message: PhaseMessage,
): { result: PhaseResult; seen: string[]; message: PhaseMessage } {
  const result = runPhase(loaded(...specs), message, linksTo(...specs));
  applyEdits(result.edits, message);
  const headers = message.phase === 'request' ? message.requestHeaders : message.responseHeaders;
  return { result, seen: headers.getAll('x-seen'), message };
}

function message(
  phase: PhaseName,
  headers: Record<string, string> = {},
  body: string | null = null,
): PhaseMessage {
  return phaseMessage(phase, headers, body === null ? null : Buffer.from(body));
}

function textOf(body: Uint8Array | null | undefined): string | null {
  return body ? Buffer.from(body).toString() : null;
}

function lastValue(result: PhaseResult, name: string): string | undefined {
  const index = result.edits.names.lastIndexOf(name);
  return index === -1 ? undefined : result.edits.values[index];
}

describe('the filters of a request', () => {
  it('see the path and query that the ones before them wrote', async () => {
    const specs = [
      await probe('a', { request: 'path' }),
      await probe('b'),
      await probe('c', { request: 'path' }),
    ];
    const { seen, message: after } = run(specs, message('request'));
    assert.deepEqual(seen, ['a /users/7?page=2  nothing', 'b /by/a?by=a  nothing', 'c /by/a?by=a  nothing']);
    assert.equal(after.path, '/by/c');
    assert.equal(after.query, 'by=c');
  });

  it('see the headers that the ones before them set and removed', async () => {
    const specs = [
      await probe('a', { request: 'mark' }),
      await probe('b', { request: 'unmark' }),
      await probe('c', { request: 'mark' }),
    ];
    const { seen, message: after } = run(specs, message('request', { 'x-mark': 'client' }));
    assert.deepEqual(
      seen.map((line) => line.split(' ')[2]),
      ['client', 'a', ''],
    );
    assert.deepEqual(after.requestHeaders.getAll('x-mark'), ['c']);
  });

  it('see the body that the ones before them set, if they asked for it', async () => {
    const specs = [
      await probe('a', { request: 'body' }),
      await probe('b', {}, NO_BODY),
      await probe('c', { request: 'empty' }),
      await probe('d'),
    ];
    const { seen, result, message: after } = run(specs, message('request', {}, 'of the client'));
    assert.deepEqual(
      seen.map((line) => line.slice(line.lastIndexOf('  ') + 2)),
      ['[of the client]', 'nothing', '[by a]', '[]'],
    );
    assert.equal(result.edits.body?.byteLength, 0);
    assert.equal(after.body?.byteLength, 0);
  });

  it('leave a body alone that none of them set', async () => {
    const { result } = run([await probe('a'), await probe('b')], message('request', {}, 'body'));
    assert.equal(result.edits.body, undefined);
  });

  it('are stopped by the one that answers', async () => {
    const specs = [
      await probe('a', { request: 'mark' }),
      await probe('b', { request: 'respond' }),
      await probe('c'),
    ];
    const result = runPhase(loaded(...specs), message('request'), linksTo(...specs));
    assert.equal(result.respondedBy, 1);
    assert.equal(result.response?.status, 403);
    assert.deepEqual(result.response?.headers.flat, [
      'x-by',
      'b',
      'content-type',
      'text/plain; charset=utf-8',
    ]);
    assert.equal(textOf(result.response?.body), 'no');
    assert.equal(result.calls.length, 2);
    assert.equal(result.failures.length, 0);
  });

  it('are called with what their host knows of them only: an edited frame holds the same fields', async () => {
    const full: PhaseMessage = {
      ...phaseMessage('request'),
      params: ['id', '7', 'name', 'caf\xe9'],
      requestHeaders: new HeaderList(['accept', '*/*', 'x-latin1', '\xe9\xff', 'accept', 'text/html']),
    };
    const specs = [await probe('a', { request: 'mark' }), await guestSpec('echo-context')];
    const { message: after } = run(specs, full);
    assert.deepEqual(after.requestHeaders.getAll('accept'), ['*/*', 'text/html']);
    assert.equal(after.requestHeaders.get('x-latin1'), '\xe9\xff');
  });

  it('may write more than the first memory for frames holds', async () => {
    const specs = [
      await probe('a', { request: 'mark' }),
      await probe('b', { request: 'mark' }),
      await probe('c'),
    ];
    const { seen } = run(specs, message('request', { 'x-long': 'x'.repeat(200_000) }));
    assert.equal(seen.length, 3);
    assert.equal(seen[2], 'c /users/7?page=2 b nothing');
  });
});

describe('the filters of a response', () => {
  it('see status, headers and body as the ones before them left them', async () => {
    const specs = [
      await probe('a', { response: 'status' }),
      await probe('b', { response: 'mark' }),
      await probe('c', { response: 'body' }),
      await probe('d'),
    ];
    const { seen, message: after, result } = run(specs, message('response', {}, 'upstream'));
    assert.deepEqual(seen, [
      'a 200  [upstream]',
      'b 418  [upstream]',
      'c 418 b [upstream]',
      'd 418 b [by c]',
    ]);
    assert.equal(after.status, 418);
    assert.equal(textOf(result.edits.body), 'by c');
  });

  it('replace it wholly when one of them answers: status, headers and body', async () => {
    const response: PhaseMessage = {
      ...message('response', {}, 'secret'),
      status: 500,
      responseHeaders: new HeaderList(['set-cookie', 'c=1', 'x-trace', 'secret', 'set-cookie', 'd=2']),
    };
    const specs = [
      await probe('a', { response: 'mark' }),
      await probe('b', { response: 'respond' }),
      await probe('c'),
    ];
    const { result, message: after, seen } = run(specs, response);
    assert.equal(result.response, null);
    assert.equal(result.respondedBy, 1);
    assert.equal(after.status, 451);
    assert.deepEqual(after.responseHeaders.flat, [
      ...['x-by', 'b', 'set-cookie', 'a=1', 'set-cookie', 'b=2'],
      ...['content-type', 'text/plain; charset=utf-8', 'x-seen', 'c 451  [gone]'],
    ]);
    assert.deepEqual(seen, ['c 451  [gone]']);
    assert.equal(textOf(after.body), 'gone');
  });

  it('replace the body by nothing when the answer has none, also if they never saw it', async () => {
    for (const changes of [{}, NO_BODY]) {
      const specs = [await probe('a', { response: 'respond-bare' }, changes)];
      const { result, message: after } = run(specs, message('response', {}, 'secret'));
      assert.equal(after.status, 410);
      assert.deepEqual(after.responseHeaders.flat, []);
      assert.equal(result.edits.body?.byteLength, 0);
    }
  });

  it('get back what the request phase of the same filter kept, and nobody else gets it', async () => {
    const first = await guestSpec('echo-context');
    const second = await guestSpec('echo-context');
    const chain = loaded(first, second);
    const request = runPhase(chain, message('request', { 'x-keep': 'mine' }), [
      ...linksTo(first),
      { id: second.id, context: null, skip: true },
    ]);
    assert.deepEqual(request.contexts.map(textOf), ['mine', null]);
    const context = request.contexts[0]!;
    const response = (links: Parameters<typeof runPhase>[2]): string | undefined =>
      lastValue(runPhase(chain, message('response'), links), 'x-kept');
    assert.equal(response([{ id: first.id, context, skip: false }]), 'mine');
    assert.equal(response(linksTo(second)), undefined);
  });
});

describe('isolation', () => {
  it('shared remembers from call to call', async () => {
    const spec = await guestSpec('trap');
    const chain = loaded(spec);
    const counts = [1, 2, 3].map(() =>
      lastValue(runPhase(chain, message('request'), linksTo(spec)), 'x-count'),
    );
    assert.deepEqual(counts, ['1', '2', '3']);
  });

  it('exchange never remembers', async () => {
    const spec = await guestSpec('trap', { isolation: 'exchange' });
    const chain = loaded(spec);
    const counts = [1, 2, 3].map(() =>
      lastValue(runPhase(chain, message('request'), linksTo(spec)), 'x-count'),
    );
    assert.deepEqual(counts, ['1', '1', '1']);
    assert.equal(chain.memoryBytes, 0);
  });

  it('keeps filters of the same module apart', async () => {
    const [one, two] = [await guestSpec('trap'), await guestSpec('trap')];
    const chain = loaded(one, two);
    for (let turn = 0; turn < 3; turn += 1) runPhase(chain, message('request'), linksTo(one));
    assert.equal(lastValue(runPhase(chain, message('request'), linksTo(one)), 'x-count'), '4');
    assert.equal(lastValue(runPhase(chain, message('request'), linksTo(two)), 'x-count'), '1');
  });
});

describe('a filter that fails', () => {
  it('gets a fresh instance for the next call', async () => {
    const spec = await guestSpec('trap');
    const chain = loaded(spec);
    const count = (): string | undefined =>
      lastValue(runPhase(chain, message('request'), linksTo(spec)), 'x-count');
    assert.deepEqual([count(), count()], ['1', '2']);
    for (const how of ['abort', 'unreachable', 'bounds', 'stack']) {
      const result = runPhase(chain, message('request', { 'x-trap': how }), linksTo(spec));
      assert.equal(result.failures.length, 1);
      assert.equal(count(), '1');
    }
    assert.equal(count(), '2');
  });

  it('ends the phase when its policy is closed, and the edits before it do not count as an answer', async () => {
    const specs = [
      await probe('a', { request: 'mark' }),
      await probe('b', { request: 'trap' }),
      await probe('c'),
    ];
    const result = runPhase(loaded(...specs), message('request'), linksTo(...specs));
    assert.equal(result.response, null);
    assert.equal(result.calls.length, 2);
    assert.equal(result.contexts.length, 2);
    const [failure, ...others] = result.failures;
    assert.deepEqual(others, []);
    assert.equal(failure?.code, 'SLUICE_FILTER_TRAP');
    assert.equal(failure?.index, 1);
    assert.equal(failure?.skipped, false);
    assert.match(failure!.message, /^filter b, request: trap of b at assembly\/index\.ts:\d+:\d+/);
  });

  it('is skipped when its policy is open, and leaves no trace but its failure', async () => {
    const specs = [
      await probe('a', { request: 'mark' }),
      await probe('b', { request: 'trap' }, OPEN),
      await probe('c', { request: 'trap' }, OPEN),
      await probe('d', { request: 'respond' }),
    ];
    const result = runPhase(loaded(...specs), message('request'), linksTo(...specs));
    assert.deepEqual(
      result.failures.map(({ index, skipped, code }) => [index, skipped, code]),
      [
        [1, true, 'SLUICE_FILTER_TRAP'],
        [2, true, 'SLUICE_FILTER_TRAP'],
      ],
    );
    assert.equal(result.respondedBy, 3);
    assert.equal(result.calls.length, 4);
    assert.ok(!result.edits.values.some((value) => value.startsWith('b ')));
  });

  it('by a bad frame or edit keeps the code of that', async () => {
    const frame = await guestSpec('bad-reply', OPEN);
    const edit = await guestSpec('header-injection', OPEN);
    const result = runPhase(
      loaded(frame, edit),
      { ...message('request', { 'x-inject': 'value' }), path: '/count' },
      linksTo(frame, edit),
    );
    assert.deepEqual(
      result.failures.map(({ code, skipped }) => [code, skipped]),
      [
        ['SLUICE_ABI_FRAME', true],
        ['SLUICE_ABI_EDIT', true],
      ],
    );
    assert.equal(result.edits.size, 0);
  });

  it('keeps the lines it logged before it failed', () => {
    const spec = watSpec({
      imports: '(import "sluice" "log" (func $log (param i32 i32 i32)))',
      fields: '(data (i32.const 8) "last words")',
      onRequest:
        '(param i32 i32) (result i32) (call $log (i32.const 1) (i32.const 8) (i32.const 10)) unreachable',
      manifests: [{ ...PLAIN_MANIFEST, capabilities: ['log'] }],
    });
    const result = runPhase(loaded(spec), message('request'), linksTo(spec));
    assert.deepEqual(result.logs, [{ filter: spec.name, level: LOG_INFO, text: 'last words' }]);
    assert.equal(result.failures.length, 1);
  });

  it('in a response leaves the decision to its policy as well', async () => {
    const closed = run([await probe('a', { response: 'trap' }), await probe('b')], message('response'));
    assert.deepEqual(closed.seen, []);
    assert.equal(closed.result.failures[0]?.skipped, false);
    const open = run([await probe('a', { response: 'trap' }, OPEN), await probe('b')], message('response'));
    assert.deepEqual(open.seen, ['b 200  nothing']);
  });

  it('is left out when the link says so', async () => {
    const specs = [await probe('a'), await probe('b', { request: 'trap' }), await probe('c')];
    const links = linksTo(...specs).map((link, index) => ({ ...link, skip: index === 1 }));
    const result = runPhase(loaded(...specs), message('request'), links);
    assert.deepEqual(result.failures, []);
    assert.deepEqual(result.calls[1], { count: 0, durationNs: 0, edits: 0 });
    assert.deepEqual(
      result.edits.values.map((value) => value[0]),
      ['a', 'c'],
    );
  });

  it('to load is not loaded, and a link to it fails that exchange and no other', async () => {
    const bad = await guestSpec('refuse-config', { config: '{"bad":1}' });
    const good = await guestSpec('trap');
    const chain = loaded(good);
    assert.throws(
      () => chain.load(bad),
      (error) => error instanceof GatewayError && error.code === 'SLUICE_FILTER_CONFIG',
    );
    const result = runPhase(chain, message('request'), linksTo(bad));
    assert.deepEqual(result.failures, [
      {
        code: 'SLUICE_FILTER_TRAP',
        message: `filter ${bad.id} is not loaded in this thread`,
        index: 0,
        skipped: false,
      },
    ]);
    assert.equal(lastValue(runPhase(chain, message('request'), linksTo(good)), 'x-count'), '1');
  });
});

describe('a chain', () => {
  it('answers what filters log while they are configured, and then call by call', async () => {
    const spec = await guestSpec('log-lines', { name: 'talker' });
    const chain = new FilterChain();
    assert.deepEqual(chain.load(spec), {
      logs: [{ filter: 'talker', level: LOG_INFO, text: 'configured' }],
      metrics: [],
    });
    const result = runPhase(chain, message('request', { 'x-lines': '1' }), linksTo(spec));
    assert.deepEqual(
      result.logs.map(({ filter, text }) => [filter, text]),
      [
        ['talker', '0'],
        ['talker', '/users/7'],
        ['talker', 'a warning'],
        ['talker', 'an error'],
      ],
    );
  });

  it('counts the memory of its shared filters until they are unloaded', async () => {
    const spec = await guestSpec('memory-bomb');
    const chain = loaded(spec);
    const before = chain.memoryBytes;
    runPhase(chain, message('request', { 'x-bomb': '2' }), linksTo(spec));
    assert.ok(chain.memoryBytes >= before + 2 * 1048576);
    chain.unload(spec.id);
    assert.equal(chain.memoryBytes, 0);
  });

  it('tells of each new peak of a filter, and only then', async () => {
    const peaks: [number, number][] = [];
    const chain = new FilterChain({
      enter: () => {},
      leave: () => {},
      goOn: () => {},
      memoryPeaked: (id, bytes) => peaks.push([id, bytes]),
    });
    const spec = await guestSpec('memory-bomb');
    chain.load(spec);
    assert.deepEqual(peaks, [[spec.id, chain.memoryBytes]]);
    runPhase(chain, message('request'), linksTo(spec));
    assert.equal(peaks.length, 1);
    runPhase(chain, message('request', { 'x-bomb': '2' }), linksTo(spec));
    assert.deepEqual(peaks.at(-1), [spec.id, chain.memoryBytes]);
    const before = peaks.length;
    runPhase(chain, message('request', { 'x-bomb': '1' }), linksTo(spec));
    assert.equal(peaks.length, before);
  });

  it('names the filter that runs before it runs, also while it is loaded, and says when it is done', async () => {
    const events: string[] = [];
    const progress: Progress = {
      enter: (filterId, index) => events.push(`enter ${filterId} at ${index}`),
      leave: () => events.push('leave'),
      goOn: () => events.push('go on'),
      memoryPeaked: () => {},
    };
    const good = await guestSpec('trap');
    const bad = await guestSpec('refuse-config', { config: '{"bad":1}' });
    const chain = new FilterChain(progress);
    chain.load(good);
    assert.throws(() => chain.load(bad));
    runPhase(chain, message('request', { 'x-trap': 'abort' }), [
      { id: bad.id, context: null, skip: true },
      ...linksTo(good),
    ]);
    assert.deepEqual(events, [
      ...[`enter ${good.id} at 0`, 'leave'],
      ...[`enter ${bad.id} at 0`, 'leave'],
      ...[`enter ${good.id} at 1`, 'leave'],
    ]);
  });

  it('says that a filter does not run while its schema is compiled for the first document that does not fit', async () => {
    const events: string[] = [];
    const chain = new FilterChain({
      enter: () => events.push('enter'),
      leave: () => events.push('leave'),
      goOn: () => events.push('go on'),
      memoryPeaked: () => {},
    });
    const checked = loadModule(readFileSync(builtIn('validate')), 'builtin:validate');
    const spec = specOf(checked, { config: '{"schema":{"required":["a"],"properties":{"a":{}}}}' });
    chain.load(spec);
    const eventsOf = (body: string): string[] => {
      events.length = 0;
      const posted = message('request', { 'content-type': 'application/json' }, body);
      runPhase(chain, { ...posted, method: 'POST' }, linksTo(spec));
      return events.slice();
    };
    assert.deepEqual(eventsOf('{"a":1}'), ['enter', 'leave']);
    assert.deepEqual(eventsOf('{}'), ['enter', 'leave', 'go on', 'leave']);
    assert.deepEqual(eventsOf('{}'), ['enter', 'leave']);
  });

  it('counts the edits of each call and takes no negative time', async () => {
    const specs = [await probe('a', { request: 'path' }), await probe('b')];
    const { result } = run(specs, message('request'));
    assert.deepEqual(
      result.calls.map(({ edits }) => edits),
      [3, 1],
    );
    assert.ok(result.calls.every(({ durationNs }) => Number.isInteger(durationNs) && durationNs >= 0));
  });
});
