import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Dispatcher, type DispatcherOptions } from '../../../core/dispatch/dispatcher.js';
import { ConfigErrors, GatewayError } from '../../../core/errors.js';
import type { FilterSpec } from '../../../core/wasm/instance.js';
import { compilePatterns, type PatternText } from '../../../core/wasm/patterns/compiler.js';
import { SharedTables } from '../../../core/wasm/patterns/shared-tables.js';
import { until } from '../../support/gateway.js';
import { guestSpec, linksTo, loadGuest, phaseMessage } from '../../support/phase-messages.js';
import { guestBytes } from '../../support/test-guests.js';
import { PLAIN_MANIFEST } from '../../support/wat-module.js';
import { watSpec } from '../../support/wat-spec.js';

const OPTIONS: DispatcherOptions = {
  count: 2,
  spare: 1,
  ringBytes: 65536,
  queue: 4096,
  startMs: 10_000,
  heapMb: 64,
};

async function withDispatcher(
  changes: Partial<DispatcherOptions>,
  use: (dispatcher: Dispatcher, restarts: string[]) => Promise<void>,
): Promise<void> {
  const restarts: string[] = [];
  const dispatcher = new Dispatcher(
    { ...OPTIONS, ...changes },
    {
      workerReplaced: (reason) => restarts.push(reason),
      filterQuarantined: () => {},
      filterRestored: () => {},
    },
  );
  await dispatcher.start();
  try {
    await use(dispatcher, restarts);
  } finally {
    await dispatcher.close();
  }
}

function coded(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GatewayError, String(error));
    assert.equal(error.code, code);
    return true;
  };
}

describe('workers that cannot start', () => {
  it('are told of with the reason that the thread gave', async () => {
    // Too little for the code of a worker.
    const dispatcher = new Dispatcher({ ...OPTIONS, count: 1, spare: 0, heapMb: 1 });
    await assert.rejects(dispatcher.start(), {
      code: 'SLUICE_DISPATCH_START',
      message: /^filter workers cannot start: .*memory/,
    });
    assert.match(dispatcher.outage!, /memory/);
  });

  it('are none where workers serve', async () => {
    const dispatcher = new Dispatcher({ ...OPTIONS, count: 1, spare: 0 });
    assert.equal(dispatcher.outage, null, 'they are about to');
    await dispatcher.start();
    assert.equal(dispatcher.outage, null);
    await dispatcher.close();
  });
});

describe('jobs', () => {
  let dispatcher: Dispatcher;
  let echo: FilterSpec;
  before(async () => {
    dispatcher = new Dispatcher(OPTIONS);
    await dispatcher.start();
    echo = await loadGuest(dispatcher, 'echo-context');
  });
  after(() => dispatcher.close());

  it('come back with the edits and the context of their filters', async () => {
    const request = await dispatcher.run(phaseMessage('request', { 'x-keep': 'kept' }), linksTo(echo));
    const context = request.contexts[0]!;
    assert.equal(Buffer.from(context).toString(), 'kept');
    const response = await dispatcher.run(phaseMessage('response'), [{ id: echo.id, context, skip: false }]);
    assert.deepEqual(response.edits.names, ['x-kept']);
    assert.deepEqual(response.edits.values, ['kept']);
  });

  it('get their own answer each, thousands at once and more than the rings hold', async () => {
    const marks = Array.from({ length: 3000 }, (_, index) => `mark-${index}-${'x'.repeat(index % 200)}`);
    const results = await Promise.all(
      marks.map((mark) => dispatcher.run(phaseMessage('request', { 'x-keep': mark }), linksTo(echo))),
    );
    assert.deepEqual(
      results.map(({ contexts }) => Buffer.from(contexts[0]!).toString()),
      marks,
    );
    assert.equal(dispatcher.stats.outstanding, 0);
  });

  it('travel in batches under load', async () => {
    const { batches, records } = dispatcher.stats;
    await Promise.all(
      Array.from({ length: 1000 }, () => dispatcher.run(phaseMessage('request'), linksTo(echo))),
    );
    const { batches: batchesAfter, records: recordsAfter } = dispatcher.stats;
    assert.ok((recordsAfter - records) / (batchesAfter - batches) > 4);
  });

  it('carry bodies larger than a ring beside it, both ways', async () => {
    const swap = await loadGuest(dispatcher, 'upper-body', { maximumPages: 1024 });
    const body = Buffer.alloc(300_000, 'a');
    const result = await dispatcher.run(phaseMessage('request', {}, body), linksTo(swap));
    assert.deepEqual(result.failures, []);
    assert.equal(Buffer.from(result.edits.body!).toString(), 'A'.repeat(300_000));
    const small = await dispatcher.run(phaseMessage('request', {}, Buffer.from('abc')), linksTo(swap));
    assert.equal(Buffer.from(small.edits.body!).toString(), 'ABC');
  });
});

describe('patterns', () => {
  const DESCRIPTION = '[{"literal":"ab"}]';
  const PATTERNS: readonly PatternText[] = [{ text: 'ab', isLiteral: true, flags: '', anchor: 'none' }];
  /** A filter that does not start unless its patterns make so many bytes of tables. */
  function guestThatCounts(bytes: number): FilterSpec {
    return watSpec({
      imports: '(import "sluice" "pattern_compile" (func $compile (param i32 i32) (result i32)))',
      fields: `(data (i32.const 256) "${DESCRIPTION.replaceAll('"', '\\"')}")`,
      configure: `(param i32 i32) (result i32)
        (if (i32.ne (call $compile (i32.const 256) (i32.const ${DESCRIPTION.length})) (i32.const ${bytes}))
          (then unreachable))
        (i32.const 0)`,
      manifests: [{ ...PLAIN_MANIFEST, capabilities: ['patterns'] }],
    });
  }

  it('are compiled by the spare that tries the filter, for all threads', async () => {
    await withDispatcher({}, async (dispatcher) => {
      const tables = compilePatterns(PATTERNS, 65536);
      const spec = guestThatCounts(tables.byteLength);
      await dispatcher.load([spec]);
      const shared = new SharedTables(spec.shared.patterns!);
      assert.deepEqual(Buffer.from(shared.find(JSON.stringify(PATTERNS))!), Buffer.from(tables));
    });
  });

  it('are compiled by no worker when they have been', async () => {
    await withDispatcher({}, async (dispatcher) => {
      assert.notEqual(compilePatterns(PATTERNS, 65536).byteLength, 3);
      const spec = guestThatCounts(3);
      new SharedTables(spec.shared.patterns!).put(JSON.stringify(PATTERNS), Buffer.from('abc'));
      await dispatcher.load([spec]);
    });
  });
});

describe('a ring that holds only a handful of jobs', () => {
  it('never leaves one behind, whoever is faster', async () => {
    await withDispatcher({ count: 1, spare: 0, ringBytes: 4096 }, async (dispatcher) => {
      const echo = await loadGuest(dispatcher, 'echo-context');
      for (let round = 0; round < 300; round += 1) {
        const marks = Array.from({ length: 1 + (round % 40) }, (_, index) => `${round}-${index}`);
        const runs = marks.map(async (mark) => {
          const { contexts } = await dispatcher.run(
            phaseMessage('request', { 'x-keep': mark }),
            linksTo(echo),
          );
          return Buffer.from(contexts[0]!).toString();
        });
        assert.deepEqual(await Promise.all(runs), marks);
      }
    });
  });
});

describe('a filter that does not return', () => {
  it('fails its own job after the deadline and no other', async () => {
    await withDispatcher({ count: 1 }, async (dispatcher, restarts) => {
      const loop = await loadGuest(dispatcher, 'endless-loop', { deadlineMs: 50 });
      const echo = await loadGuest(dispatcher, 'echo-context');
      const bystanders = (): Promise<string>[] =>
        Array.from({ length: 200 }, async (_, index) => {
          const run = dispatcher.run(phaseMessage('request', { 'x-keep': `b${index}` }), linksTo(echo));
          return Buffer.from((await run).contexts[0]!).toString();
        });
      const first = bystanders();
      const guilty = dispatcher.run(phaseMessage('request', { 'x-loop': 'request' }), linksTo(loop));
      const later = bystanders();
      const { failures } = await guilty;
      assert.deepEqual(
        failures.map(({ code, index, skipped }) => ({ code, index, skipped })),
        [{ code: 'SLUICE_FILTER_DEADLINE', index: 0, skipped: false }],
      );
      const names = Array.from({ length: 200 }, (_, index) => `b${index}`);
      assert.deepEqual(await Promise.all(first), names);
      assert.deepEqual(await Promise.all(later), names);
      assert.equal(restarts.length, 1);
      assert.equal(dispatcher.stats.workers, 1);
    });
  });

  it('is left out when its policy is open, and the rest of the chain runs', async () => {
    await withDispatcher({ count: 1 }, async (dispatcher) => {
      const loop = await loadGuest(dispatcher, 'endless-loop', { deadlineMs: 50, onFailure: 'open' });
      const echo = await loadGuest(dispatcher, 'echo-context');
      const headers = { 'x-loop': 'request', 'x-keep': 'kept' };
      const result = await dispatcher.run(phaseMessage('request', headers), linksTo(loop, echo));
      assert.equal(Buffer.from(result.contexts[1]!).toString(), 'kept');
      assert.deepEqual(
        result.failures.map(({ code, skipped }) => ({ code, skipped })),
        [{ code: 'SLUICE_FILTER_DEADLINE', skipped: true }],
      );
    });
  });

  it('may do so again and again: the spare is replaced each time', async () => {
    await withDispatcher({ count: 1 }, async (dispatcher, restarts) => {
      const loop = await loadGuest(dispatcher, 'endless-loop', { deadlineMs: 20 });
      for (let i = 0; i < 5; i += 1) {
        const phase = i % 2 === 0 ? 'request' : 'response';
        const { failures } = await dispatcher.run(phaseMessage(phase, { 'x-loop': phase }), linksTo(loop));
        assert.equal(failures[0]?.code, 'SLUICE_FILTER_DEADLINE');
        const fine = await dispatcher.run(phaseMessage('request'), linksTo(loop));
        assert.deepEqual(fine.failures, []);
      }
      assert.equal(restarts.length, 5);
    });
  });

  it('ends worker after worker without costing anybody else an answer', async () => {
    await withDispatcher({ count: 1 }, async (dispatcher, restarts) => {
      const loop = await loadGuest(dispatcher, 'endless-loop', { deadlineMs: 20 });
      const echo = await loadGuest(dispatcher, 'echo-context');
      let isOver = false;
      const codes: string[] = [];
      const spinners = Array.from({ length: 8 }, async () => {
        for (let i = 0; i < 4; i += 1) {
          const { failures } = await dispatcher.run(
            phaseMessage('request', { 'x-loop': 'request' }),
            linksTo(loop),
          );
          codes.push(failures[0]!.code);
        }
      });
      let served = 0;
      const bystanders = Array.from({ length: 4 }, async () => {
        while (!isOver) {
          const { failures } = await dispatcher.run(
            phaseMessage('request', { 'x-keep': 'a' }),
            linksTo(echo),
          );
          assert.deepEqual(failures, []);
          served += 1;
        }
      });
      await Promise.all(spinners);
      const late = await loadGuest(dispatcher, 'trap');
      isOver = true;
      await Promise.all(bystanders);
      assert.deepEqual(new Set(codes), new Set(['SLUICE_FILTER_DEADLINE']));
      assert.equal(codes.length, 32);
      assert.ok(served > 1000, `${served} served`);
      assert.equal(restarts.length, 32);
      assert.deepEqual((await dispatcher.run(phaseMessage('request'), linksTo(late))).failures, []);
    });
  });

  it('works without a spare, too', async () => {
    await withDispatcher({ count: 1, spare: 0 }, async (dispatcher) => {
      const loop = await loadGuest(dispatcher, 'endless-loop', { deadlineMs: 20 });
      const guilty = dispatcher.run(phaseMessage('request', { 'x-loop': 'request' }), linksTo(loop));
      const other = dispatcher.run(phaseMessage('request'), linksTo(loop));
      assert.equal((await guilty).failures[0]?.code, 'SLUICE_FILTER_DEADLINE');
      assert.deepEqual((await other).failures, []);
    });
  });
});

describe('loading', () => {
  it('refuses a filter that refuses its config and keeps what was loaded', async () => {
    await withDispatcher({}, async (dispatcher) => {
      const echo = await loadGuest(dispatcher, 'echo-context');
      const bad = await guestSpec('refuse-config', { config: '{"bad":1}' });
      await assert.rejects(dispatcher.load([bad]), coded('SLUICE_FILTER_CONFIG'));
      const result = await dispatcher.run(phaseMessage('request', { 'x-keep': 'a' }), linksTo(echo));
      assert.deepEqual(result.failures, []);
    });
  });

  it('says of every filter why it cannot be loaded, and loads none of them', async () => {
    await withDispatcher({ count: 2 }, async (dispatcher) => {
      const fine = await Promise.all(Array.from({ length: 12 }, () => guestSpec('echo-context')));
      const bad = await guestSpec('refuse-config', { config: '{"bad":1}' });
      const endless = await guestSpec('endless-configure');
      await assert.rejects(
        dispatcher.load([...fine.slice(0, 6), bad, endless, ...fine.slice(6)]),
        (error) => {
          assert.ok(error instanceof ConfigErrors);
          assert.deepEqual(
            error.errors.map(({ code }) => code),
            ['SLUICE_FILTER_CONFIG', 'SLUICE_FILTER_DEADLINE'],
          );
          return true;
        },
      );
      const { failures } = await dispatcher.run(phaseMessage('request'), linksTo(fine[0]!));
      assert.equal(failures.length, 1);
      await dispatcher.load(fine);
      const runs = fine.map((spec) => dispatcher.run(phaseMessage('request'), linksTo(spec)));
      for (const run of await Promise.all(runs)) assert.deepEqual(run.failures, []);
    });
  });

  it('ends a filter whose configure never returns, while jobs go on', async () => {
    await withDispatcher({ startMs: 5000 }, async (dispatcher) => {
      const echo = await loadGuest(dispatcher, 'echo-context');
      const endless = await guestSpec('endless-configure');
      const loading = dispatcher.load([endless]);
      const job = await dispatcher.run(phaseMessage('request', { 'x-keep': 'a' }), linksTo(echo));
      assert.deepEqual(job.failures, []);
      await assert.rejects(loading, coded('SLUICE_FILTER_DEADLINE'));
    });
  });

  it('reaches workers that start later', async () => {
    await withDispatcher({ count: 1 }, async (dispatcher, restarts) => {
      const loop = await loadGuest(dispatcher, 'endless-loop', { deadlineMs: 20 });
      for (let i = 0; i < 3; i += 1) {
        await dispatcher.run(phaseMessage('request', { 'x-loop': 'request' }), linksTo(loop));
      }
      const late = await loadGuest(dispatcher, 'echo-context');
      const result = await dispatcher.run(phaseMessage('request', { 'x-keep': 'a' }), linksTo(late, loop));
      assert.deepEqual(result.failures, []);
      assert.equal(restarts.length, 3);
    });
  });

  it('gives back what configure logged', async () => {
    await withDispatcher({}, async (dispatcher) => {
      const lines = await dispatcher.load([await guestSpec('log-lines')]);
      assert.deepEqual(
        lines.map(({ filter, text }) => ({ filter, text })),
        [{ filter: 'log-lines', text: 'configured' }],
      );
    });
  });
});

describe('checking', () => {
  it('compiles a module into something that every worker can load', async () => {
    await withDispatcher({ count: 1 }, async (dispatcher) => {
      const { manifest, module } = await dispatcher.compile(await guestBytes('echo-context'), 'echo');
      assert.equal(manifest.name, 'echo-context');
      const spec = await guestSpec('echo-context');
      await dispatcher.load([{ ...spec, module }]);
      const result = await dispatcher.run(phaseMessage('request', { 'x-keep': 'a' }), linksTo(spec));
      assert.deepEqual(result.failures, []);
    });
  });

  it('refuses what is no module with the code of the check', async () => {
    await withDispatcher({ count: 1 }, async (dispatcher) => {
      await assert.rejects(dispatcher.compile(Buffer.from('text'), 'it'), coded('SLUICE_FILTER_NOT_WASM'));
    });
  });

  it('finds the faults of a config', async () => {
    await withDispatcher({ count: 1 }, async (dispatcher) => {
      const schema = { properties: { a: { type: 'string' } } };
      assert.deepEqual(await dispatcher.checkConfig(schema, { a: 'x' }, 'f'), []);
      assert.deepEqual(await dispatcher.checkConfig(schema, { a: 1 }, 'f'), [
        { pointer: '/a', message: 'must be string' },
      ]);
    });
  });

  it('ends a check that never returns, while jobs go on', async () => {
    await withDispatcher({ count: 1, startMs: 5000 }, async (dispatcher) => {
      const echo = await loadGuest(dispatcher, 'echo-context');
      const checking = dispatcher.checkConfig({ pattern: '^(a+)+$' }, `${'a'.repeat(50)}!`, 'f');
      const job = await dispatcher.run(phaseMessage('request', { 'x-keep': 'a' }), linksTo(echo));
      assert.deepEqual(job.failures, []);
      await assert.rejects(checking, coded('SLUICE_FILTER_DEADLINE'));
      assert.deepEqual(await dispatcher.checkConfig({ pattern: 'b' }, 'b', 'f'), []);
    });
  });
});

describe('too much work', () => {
  it('is refused at once with retry-after, and what was accepted is done', async () => {
    await withDispatcher({ count: 1, queue: 50 }, async (dispatcher) => {
      const echo = await loadGuest(dispatcher, 'echo-context');
      const runs = Array.from({ length: 60 }, () => dispatcher.run(phaseMessage('request'), linksTo(echo)));
      const settled = await Promise.allSettled(runs);
      const refused = settled.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
      assert.equal(refused.length, 10);
      for (const { reason } of refused) {
        assert.ok(reason instanceof GatewayError);
        assert.equal(reason.code, 'SLUICE_DISPATCH_OVERLOADED');
        assert.deepEqual(reason.headers, ['retry-after', '1']);
      }
    });
  });

  it('lets a filter out of quarantine at the end of a body, not at its head', async () => {
    let restored = 0;
    const events = {
      workerReplaced: () => {},
      filterQuarantined: () => {},
      filterRestored: () => {
        restored += 1;
      },
    };
    const dispatcher = new Dispatcher({ ...OPTIONS, count: 1 }, events);
    await dispatcher.start();
    try {
      const config = JSON.stringify({ name: 'a', request: 'trap' });
      const quarantine = { failures: 1, windowMs: 10_000, share: 0.5, backoffMs: 1, maxBackoffMs: 1 };
      const stream = await loadGuest(dispatcher, 'stream-probe', { config, quarantine });
      const head = { ...phaseMessage('request'), stage: 'follows' } as const;
      const chunk = { ...head, stage: 'chunk', body: Buffer.from('fine') } as const;
      const trapped = await dispatcher.run({ ...chunk, body: Buffer.from('bad') }, linksTo(stream));
      assert.equal(trapped.failures[0]!.code, 'SLUICE_FILTER_TRAP');
      await until(async () => (await dispatcher.run(head, linksTo(stream))).failures.length === 0);
      await dispatcher.run(chunk, linksTo(stream));
      assert.equal(restored, 0);
      await dispatcher.run({ ...chunk, stage: 'last' }, linksTo(stream));
      await until(() => restored === 1);
    } finally {
      await dispatcher.close();
    }
  });

  it('takes states of chunks that are larger than its rings', async () => {
    await withDispatcher({ count: 1, ringBytes: 65536 }, async (dispatcher) => {
      const config = JSON.stringify({ name: 'a', request: 'hold' });
      const stream = await loadGuest(dispatcher, 'stream-probe', { config });
      const chunk = { ...phaseMessage('request'), stage: 'chunk', body: Buffer.alloc(60_000, 'x') } as const;
      const held = await dispatcher.run(chunk, linksTo(stream));
      assert.deepEqual(held.failures, []);
      const links = [{ id: stream.id, context: held.contexts[0]!, skip: false }];
      const last = await dispatcher.run({ ...chunk, stage: 'last', body: Buffer.from('y') }, links);
      assert.equal(Buffer.from(last.edits.body!).toString(), `${'x'.repeat(60_000)}y`);
    });
  });

  it('takes the next chunk of a body all the same: its exchange was let in', async () => {
    await withDispatcher({ count: 1, queue: 2 }, async (dispatcher) => {
      const config = JSON.stringify({ name: 'a', request: 'upper' });
      const stream = await loadGuest(dispatcher, 'stream-probe', { config });
      const head = { ...phaseMessage('request'), stage: 'follows' } as const;
      const full = [dispatcher.run(head, linksTo(stream)), dispatcher.run(head, linksTo(stream))];
      await assert.rejects(dispatcher.run(head, linksTo(stream)), coded('SLUICE_DISPATCH_OVERLOADED'));
      const chunk = { ...head, stage: 'chunk', body: Buffer.from('text') } as const;
      const result = await dispatcher.run(chunk, linksTo(stream));
      assert.equal(Buffer.from(result.edits.body!).toString(), 'TEXT');
      await Promise.all(full);
    });
  });
});

describe('closing', () => {
  it('rejects what is under way and leaves no thread', async () => {
    const dispatcher = new Dispatcher({ ...OPTIONS, count: 1 });
    await dispatcher.start();
    const loop = await loadGuest(dispatcher, 'endless-loop', { deadlineMs: 60_000 });
    const run = dispatcher.run(phaseMessage('request', { 'x-loop': 'request' }), linksTo(loop));
    const rejected = assert.rejects(run, coded('SLUICE_DISPATCH_CRASHED'));
    await dispatcher.close();
    await rejected;
  });
});
