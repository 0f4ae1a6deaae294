// Workers that are ended at the worst moments: no job is lost, none is settled twice, and jobs that only shared the
// worker are run again and answer as if nothing had happened.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Dispatcher, type DispatcherOptions } from '../../../core/dispatch/dispatcher.js';
import { GatewayError } from '../../../core/errors.js';
import type { PhaseName, PhaseResult } from '../../../core/wasm/guest-abi.js';
import type { FilterSpec } from '../../../core/wasm/instance.js';
import { EDIT_ADD_HEADER, EDIT_VALUE } from '../../../sdk/abi/abi.js';
import { until } from '../../support/gateway.js';
import { guestSpec, linksTo, loadGuest, phaseMessage } from '../../support/phase-messages.js';
import { order, replyOrder } from '../../support/puppet-orders.js';
import { editAt } from '../../support/reply-memory.js';
import { busyThread, type WatchedThread, watchThreads } from '../../support/watched-threads.js';

const RING_BYTES = 65536;
/** Travel in the ring, and beside it. */
const INLINE_BYTES = 1000;
const BESIDE_BYTES = 100_000;
/** No test waits for this one: what it ends was to be ended otherwise. */
const FAR_MS = 60_000;
const NEAR_MS = 50;

interface Stage {
  readonly dispatcher: Dispatcher;
  readonly threads: readonly WatchedThread[];
  readonly restarts: readonly string[];
}

async function startDispatcher(test: TestContext, changes: Partial<DispatcherOptions> = {}): Promise<Stage> {
  const threads = watchThreads(test);
  const restarts: string[] = [];
  const dispatcher = new Dispatcher(
    { count: 1, spare: 1, ringBytes: RING_BYTES, queue: 4096, startMs: 10_000, heapMb: 64, ...changes },
    {
      workerReplaced: (reason) => restarts.push(reason),
      filterQuarantined: () => {},
      filterRestored: () => {},
    },
  );
  test.after(() => dispatcher.close());
  await dispatcher.start();
  return { dispatcher, threads, restarts };
}

/** Jobs with bodies of both ways of travelling, in both phases; what each comes to. */
function bystanders(dispatcher: Dispatcher, upper: FilterSpec, count: number): Promise<void>[] {
  return Array.from({ length: count }, async (_, index) => {
    const phase: PhaseName = index % 4 < 2 ? 'request' : 'response';
    const length = index % 2 === 0 ? INLINE_BYTES : BESIDE_BYTES;
    const text = `b${index} `.repeat(length).slice(0, length);
    const result = await dispatcher.run(phaseMessage(phase, {}, Buffer.from(text)), linksTo(upper));
    assert.deepEqual(result.failures, []);
    assert.equal(Buffer.from(result.edits.body!).toString(), text.toUpperCase());
  });
}

function codesOf({ failures }: PhaseResult): string[] {
  return failures.map(({ code }) => code);
}

/** Everything is settled once, and the workers are as many as they were. */
async function assertWhole({ dispatcher }: Stage, upper: FilterSpec): Promise<void> {
  assert.equal(dispatcher.stats.outstanding, 0);
  await Promise.all(bystanders(dispatcher, upper, 4));
  assert.equal(dispatcher.stats.outstanding, 0);
  assert.equal(dispatcher.stats.workers, 1);
}

describe('a worker that is ended while a filter runs', () => {
  for (const phase of ['request', 'response'] as const) {
    for (const [way, length] of [
      ['in the ring', INLINE_BYTES],
      ['beside the ring', BESIDE_BYTES],
    ] as const) {
      const spin = order('spin', [], Buffer.alloc(length));

      it(`over its deadline in a ${phase} with a body ${way} fails that job alone`, async (test) => {
        const stage = await startDispatcher(test);
        const { dispatcher, restarts } = stage;
        const upper = await loadGuest(dispatcher, 'upper-body');
        const puppet = await loadGuest(dispatcher, 'puppet', { deadlineMs: NEAR_MS });
        const before = bystanders(dispatcher, upper, 8);
        const guilty = dispatcher.run(phaseMessage(phase, {}, spin), linksTo(puppet));
        const after = bystanders(dispatcher, upper, 24);
        assert.deepEqual(codesOf(await guilty), ['SLUICE_FILTER_DEADLINE']);
        await Promise.all([...before, ...after]);
        assert.equal(restarts.length, 1);
        await assertWhole(stage, upper);
      });

      it(`by a hand from outside in a ${phase} with a body ${way} fails that job alone`, async (test) => {
        const stage = await startDispatcher(test);
        const { dispatcher, threads, restarts } = stage;
        const upper = await loadGuest(dispatcher, 'upper-body');
        const puppet = await loadGuest(dispatcher, 'puppet', { deadlineMs: FAR_MS });
        const before = bystanders(dispatcher, upper, 8);
        const guilty = dispatcher.run(phaseMessage(phase, {}, spin), linksTo(puppet));
        const after = bystanders(dispatcher, upper, 24);
        await Promise.all(before);
        await (await busyThread(threads)).kill();
        const { failures } = await guilty;
        assert.deepEqual(
          failures.map(({ code, index }) => ({ code, index })),
          [{ code: 'SLUICE_FILTER_TRAP', index: 0 }],
        );
        assert.match(failures[0]!.message, /^filter puppet: its worker ended: /);
        await Promise.all(after);
        assert.equal(restarts.length, 1);
        await assertWhole(stage, upper);
      });
    }
  }

  it('skips that filter when its policy is open, and the body goes on to the next one', async (test) => {
    const stage = await startDispatcher(test);
    const { dispatcher, threads } = stage;
    const upper = await loadGuest(dispatcher, 'upper-body');
    const puppet = await loadGuest(dispatcher, 'puppet', { deadlineMs: FAR_MS, onFailure: 'open' });
    const body = order('spin', [], Buffer.alloc(BESIDE_BYTES, 'a'));
    const run = dispatcher.run(phaseMessage('request', {}, body), linksTo(puppet, upper));
    await (await busyThread(threads)).kill();
    const result = await run;
    assert.deepEqual(codesOf(result), ['SLUICE_FILTER_TRAP']);
    assert.equal(result.failures[0]?.skipped, true);
    assert.ok(Buffer.from(result.edits.body!).toString().endsWith('A'.repeat(BESIDE_BYTES)));
    await assertWhole(stage, upper);
  });

  it('again and again costs those that wait behind it nothing', async (test) => {
    const stage = await startDispatcher(test);
    const { dispatcher, restarts } = stage;
    const upper = await loadGuest(dispatcher, 'upper-body');
    const puppet = await loadGuest(dispatcher, 'puppet', { deadlineMs: NEAR_MS });
    const spin = phaseMessage('request', {}, order('spin'));
    const guilty: Promise<PhaseResult>[] = [];
    const others: Promise<void>[] = [];
    for (let round = 0; round < 5; round += 1) {
      guilty.push(dispatcher.run(spin, linksTo(puppet)));
      others.push(...bystanders(dispatcher, upper, 8));
    }
    for (const result of await Promise.all(guilty)) {
      assert.deepEqual(codesOf(result), ['SLUICE_FILTER_DEADLINE']);
    }
    await Promise.all(others);
    assert.equal(restarts.length, 5);
    await assertWhole(stage, upper);
  });
});

describe('a worker whose heap is full', () => {
  it('ends, and so do its replacements, until the job that fills it is given up; others are answered', async (test) => {
    const stage = await startDispatcher(test, { heapMb: 16 });
    const { dispatcher, restarts } = stage;
    const upper = await loadGuest(dispatcher, 'upper-body');
    const puppet = await loadGuest(dispatcher, 'puppet', { deadlineMs: FAR_MS });
    const before = bystanders(dispatcher, upper, 8);
    // Each link adds a quarter of a megabyte of edits: more in all than the heap of a worker holds.
    const links = Array.from({ length: 400 }, () => linksTo(puppet)).flat();
    const guilty = dispatcher.run(phaseMessage('request', {}, wordyOrder()), links);
    const after = bystanders(dispatcher, upper, 8);
    // Nobody is to blame when a worker ends between two calls: then it is tried again, and not for ever.
    const code = await guilty.then(
      (result) => codesOf(result)[0],
      (error: GatewayError) => error.code,
    );
    assert.ok(code === 'SLUICE_FILTER_TRAP' || code === 'SLUICE_DISPATCH_CRASHED', code);
    await Promise.all([...before, ...after]);
    assert.ok(
      restarts.every((reason) => /memory limit/.test(reason)),
      restarts.join(),
    );
    assert.ok(restarts.length >= 1 && restarts.length <= 4);
    await assertWhole(stage, upper);
  });

  /** To answer with 250 edits that share one value of a kilobyte. */
  function wordyOrder(): Buffer {
    const value = 'v'.repeat(1024);
    const edits = Array.from({ length: 250 }, (_, index) => {
      return [EDIT_ADD_HEADER, 'x-a', index === 0 ? value : ''] as const;
    });
    const valueAt = editAt(edits.length) + 'x-a'.length;
    const words = edits.flatMap((_, index) => [
      [editAt(index) + EDIT_VALUE, valueAt] as const,
      [editAt(index) + EDIT_VALUE + 4, value.length] as const,
    ]);
    return replyOrder({ edits }, words);
  }
});

describe('a worker that is ended while it loads a filter', () => {
  it('refuses that filter, and jobs go on', async (test) => {
    const stage = await startDispatcher(test);
    const { dispatcher, threads } = stage;
    const upper = await loadGuest(dispatcher, 'upper-body');
    const loading = dispatcher.load([await guestSpec('endless-configure')]);
    const refused = assert.rejects(loading, (error) => {
      assert.ok(error instanceof GatewayError);
      assert.equal(error.code, 'SLUICE_FILTER_TRAP');
      assert.match(error.message, /its worker ended while it was loaded/);
      return true;
    });
    await until(() => threads.some(({ isLoading }) => isLoading));
    const jobs = bystanders(dispatcher, upper, 16);
    await threads.find(({ isLoading }) => isLoading)!.kill();
    await refused;
    await Promise.all(jobs);
    await loadGuest(dispatcher, 'echo-context');
    await assertWhole(stage, upper);
  });
});

describe('a worker that is ended while it is idle', () => {
  const ends: readonly [string, (thread: WatchedThread) => Promise<void>][] = [
    ['from outside', (thread) => thread.kill()],
    ['by an exception nobody catches', (thread) => thread.upset()],
  ];
  for (const [how, end] of ends) {
    it(`${how} is replaced by one that has loaded the same filters`, async (test) => {
      const stage = await startDispatcher(test);
      const { dispatcher, threads, restarts } = stage;
      const upper = await loadGuest(dispatcher, 'upper-body');
      await end(threads[0]!);
      await Promise.all(bystanders(dispatcher, upper, 16));
      assert.equal(restarts.length, 1);
      await until(() => dispatcher.stats.spares === 1);
      await assertWhole(stage, upper);
    });
  }

  it('together with its spare leaves jobs waiting, and new ones take them over', async (test) => {
    const stage = await startDispatcher(test);
    const { dispatcher, threads, restarts } = stage;
    const upper = await loadGuest(dispatcher, 'upper-body');
    const killed = Promise.all(threads.map((thread) => thread.kill()));
    const jobs = bystanders(dispatcher, upper, 16);
    await killed;
    await Promise.all(jobs);
    assert.equal(restarts.length, 2);
    await until(() => dispatcher.stats.spares === 1);
    await assertWhole(stage, upper);
  });
});
