// Every guest is taken to be buggy or hostile: each row of the tables beside this file misbehaves in one way, on real
// workers. Its own exchange fails with the code of the row, and the next one finds everything as it should be.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Dispatcher } from '../../core/dispatch/dispatcher.js';
import { GatewayError } from '../../core/errors.js';
import type { PhaseMessage, PhaseName, PhaseResult } from '../../core/wasm/guest-abi.js';
import type { FilterSpec } from '../../core/wasm/instance.js';
import { appendCustomSection } from '../../sdk/tools/wasm-sections.js';
import { guestSpec, linksTo, loadGuest, phaseMessage, specOf } from '../support/phase-messages.js';
import { order } from '../support/puppet-orders.js';
import { PLAIN_MANIFEST, watFilter } from '../support/wat-module.js';
import { BAD_CALLS } from './bad-calls.js';
import { BAD_EDITS } from './bad-edits.js';
import { BAD_FRAMES } from './bad-frames.js';
import { HARMLESS_ODDITIES } from './harmless-oddities.js';
import { BOTH_PHASES, type Misbehaviour } from './misbehaviour.js';
import { REFUSED_MODULES } from './refused-modules.js';

const OPTIONS = { count: 1, spare: 1, ringBytes: 1 << 20, queue: 4096, startMs: 10_000, heapMb: 64 };
/** How long a start or a configure that never returns is waited for. */
const SHORT_START_MS = 5000;
const NO_BODY: FilterSpec['phases'] = { request: { body: 'none' }, response: { body: 'none' } };

function lastValue({ edits }: PhaseResult, name: string): string | undefined {
  const index = edits.names.lastIndexOf(name);
  return index === -1 ? undefined : edits.values[index];
}

describe('a guest that misbehaves in a call', () => {
  let dispatcher: Dispatcher;
  let witness: FilterSpec;
  const loaded = new Map<string, Promise<FilterSpec>>();

  before(async () => {
    dispatcher = new Dispatcher(OPTIONS);
    await dispatcher.start();
    const config = JSON.stringify({ name: 'witness' });
    witness = await loadGuest(dispatcher, 'chain-probe', { config, phases: NO_BODY });
  });
  after(() => dispatcher.close());

  /** The guest under this policy, loaded once. */
  function guest(name: string, onFailure: FilterSpec['onFailure'], deadlineMs: number): Promise<FilterSpec> {
    const key = `${name} ${onFailure} ${deadlineMs}`;
    const known = loaded.get(key) ?? loadGuest(dispatcher, name, { onFailure, deadlineMs });
    loaded.set(key, known);
    return known;
  }

  function misbehave(row: Misbehaviour, phase: PhaseName): PhaseMessage {
    const message = phaseMessage(phase, row.headers, row.body ?? null);
    if (row.path !== undefined) message.path = row.path;
    return message;
  }

  /** The next exchange of the same filter is handled, by an instance that has handled none before. */
  async function assertRecovered(spec: FilterSpec, name: string, phase: PhaseName): Promise<void> {
    const message = phaseMessage(phase);
    if (name === 'bad-reply') message.path = '/nothing';
    const next = await dispatcher.run(message, linksTo(spec));
    assert.deepEqual(next.failures, []);
    if (name === 'puppet') assert.equal(lastValue(next, 'x-count'), '1');
  }

  for (const [title, table] of Object.entries({
    'by the frame of its reply': BAD_FRAMES,
    'by an edit': BAD_EDITS,
    'by a call that fails': BAD_CALLS,
  })) {
    describe(title, () => {
      for (const row of table) {
        const run = async (phase: PhaseName, onFailure: FilterSpec['onFailure']): Promise<void> => {
          const spec = await guest(row.guest, onFailure, row.deadlineMs ?? 5000);
          const result = await dispatcher.run(misbehave(row, phase), linksTo(spec, witness));
          const isOpen = onFailure === 'open';
          const [failure, ...others] = result.failures;
          assert.deepEqual(others, []);
          assert.equal(failure?.code, row.code, failure?.message);
          assert.match(failure.message, row.message);
          assert.equal(failure.index, 0);
          assert.equal(failure.skipped, isOpen);
          // Nothing of it is left: with the policy open the next filter runs, with closed none does.
          assert.deepEqual(result.edits.names, isOpen ? ['x-seen'] : []);
          assert.equal(result.edits.body, undefined);
          assert.equal(result.response, null);
          await assertRecovered(spec, row.guest, phase);
        };
        it(`${row.name}: ${row.code}, in ${row.phases.join(' and ')}`, async () => {
          for (const phase of row.phases) {
            await run(phase, 'closed');
            await run(phase, 'open');
          }
        });
      }
    });
  }

  it('only after several calls fails that call and no other', async () => {
    const spec = await loadGuest(dispatcher, 'puppet');
    const body = order('trapAtCall', [3]);
    const codes: (string | undefined)[] = [];
    for (let call = 1; call <= 7; call += 1) {
      const { failures } = await dispatcher.run(phaseMessage('request', {}, body), linksTo(spec));
      codes.push(failures[0]?.code);
    }
    const trap = 'SLUICE_FILTER_TRAP';
    assert.deepEqual(codes, [undefined, undefined, trap, undefined, undefined, trap, undefined]);
  });

  describe('is left alone when that is allowed:', () => {
    for (const { name, body, edits } of HARMLESS_ODDITIES) {
      it(name, async () => {
        const spec = await loadGuest(dispatcher, 'puppet');
        for (const phase of BOTH_PHASES) {
          const result = await dispatcher.run(phaseMessage(phase, {}, body), linksTo(spec));
          assert.deepEqual(result.failures, []);
          assert.equal(result.edits.size, edits);
          assert.ok(result.logs.length <= 65, `${result.logs.length} log lines`);
        }
        assert.equal(lastValue(await dispatcher.run(phaseMessage('request'), linksTo(spec)), 'x-count'), '3');
        dispatcher.unload([spec.id]);
      });
    }
  });

  it('by asking for more memory than there is runs on without it', async () => {
    const spec = await loadGuest(dispatcher, 'puppet', { maximumPages: 8 });
    const greedy = phaseMessage('request', {}, order('grow', [1, 0]));
    assert.deepEqual((await dispatcher.run(greedy, linksTo(spec))).failures, []);
    assert.equal(lastValue(await dispatcher.run(phaseMessage('request'), linksTo(spec)), 'x-count'), '2');
    // Its memory cannot take this message any more.
    const large = phaseMessage('request', {}, Buffer.alloc(8 * 65536));
    assert.equal((await dispatcher.run(large, linksTo(spec))).failures[0]?.code, 'SLUICE_FILTER_TRAP');
    assert.deepEqual((await dispatcher.run(phaseMessage('request'), linksTo(spec))).failures, []);
  });

  it('by exceptions that pile up in its frames, where no limit of memory counts them, harms nobody else', async () => {
    const values = 900;
    const bytes = watFilter({
      fields: `(tag $large (param ${'i64 '.repeat(values)}))
        (func $pile
          (try
            (do (throw $large ${'(i64.const 1) '.repeat(values)}))
            (catch_all (call $pile) (rethrow 0))))`,
      onRequest: '(param i32 i32) (result i32) (call $pile) (i32.const 0)',
    });
    const spec = specOf(await dispatcher.compile(bytes, 'it'), { deadlineMs: 5000 });
    await dispatcher.load([spec]);
    const [own, other] = await Promise.all(
      [spec, witness].map((one) => dispatcher.run(phaseMessage('request'), linksTo(one))),
    );
    assert.deepEqual(
      own!.failures.map(({ code }) => code),
      ['SLUICE_FILTER_TRAP'],
    );
    assert.match(own!.failures[0]!.message, /heap out of memory|call stack size exceeded/);
    assert.deepEqual(other!.failures, []);
    dispatcher.unload([spec.id]);
  });

  describe('by keeping what a client sent', () => {
    const look = async (
      spec: FilterSpec,
      headers: Record<string, string>,
    ): Promise<[found: string | undefined, kept: string | undefined]> => {
      const result = await dispatcher.run(phaseMessage('request', headers), linksTo(spec));
      assert.deepEqual(result.failures, []);
      return [lastValue(result, 'x-found'), lastValue(result, 'x-kept')];
    };

    it('has nothing to show for it when each exchange is isolated', async () => {
      const spec = await loadGuest(dispatcher, 'residue', { isolation: 'exchange' });
      assert.deepEqual(await look(spec, { 'x-secret': 'hunter2' }), ['0', '']);
      assert.deepEqual(await look(spec, {}), ['0', '']);
    });

    it('in a shared instance finds it where it hid it, and never in memory it is handed out', async () => {
      const spec = await loadGuest(dispatcher, 'residue');
      assert.deepEqual(await look(spec, { 'x-secret': 'hunter2' }), ['0', '']);
      assert.deepEqual(await look(spec, { 'x-secret': 'correct' }), ['0', 'hunter2']);
      assert.deepEqual(await look(spec, {}), ['0', 'correct']);
    });
  });
});

describe('a module is loaded in spite of', () => {
  const rows: readonly [name: string, bytes: Uint8Array][] = [
    ['a custom section of 8 MiB', appendCustomSection(watFilter(), 'ballast', Buffer.alloc(8 << 20))],
    ['a passive data segment of 4 MiB', watFilter({ fields: `(data "${'.'.repeat(4 << 20)}")` })],
    [
      'data over the room for its frames',
      watFilter({ fields: `(data (i32.const 4000) "${'.'.repeat(400)}")` }),
    ],
    ['10000 functions', watFilter({ fields: '(func)'.repeat(10_000) })],
    [
      'a start that hashes and asks for a domain',
      watFilter({
        imports: `(import "sluice" "sha256" (func $sha256 (param i32 i32 i32)))
          (import "sluice" "domain_to_ascii" (func $domain (param i32 i32 i32 i32) (result i32)))`,
        fields: `(data (i32.const 64) "b\\c3\\bccher")
          (func $start
            (call $sha256 (i32.const 64) (i32.const 7) (i32.const 128))
            (if (i32.ne
                  (call $domain (i32.const 64) (i32.const 7) (i32.const 64) (i32.const 64))
                  (i32.const 13))
              (then unreachable)))
          (start $start)`,
        manifests: [{ ...PLAIN_MANIFEST, capabilities: ['crypto', 'idna'] }],
      }),
    ],
    [
      'a start that has its memory grow between two calls of the host',
      watFilter({
        imports: '(import "sluice" "random" (func $random (param i32 i32)))',
        fields: `(func $start
            (call $random (i32.const 0) (i32.const 8))
            (if (i32.ne (memory.grow (i32.const 2)) (i32.const 1)) (then unreachable))
            (call $random (i32.const 131072) (i32.const 65536))
            (if (i64.eqz (i64.load (i32.const 131072))) (then unreachable))
            (drop (memory.grow (i32.const 0)))
            (call $random (i32.const 0) (i32.const 8)))
          (start $start)`,
        manifests: [{ ...PLAIN_MANIFEST, capabilities: ['random'] }],
      }),
    ],
    ['12000 types of a thousand references each', withManyTypes(12_000)],
    ['a config schema that refers 400 times to a list of 400', watFilter({ manifests: [referring(400)] })],
  ];
  for (const [name, bytes] of rows) {
    it(name, async (test) => {
      const dispatcher = new Dispatcher(OPTIONS);
      test.after(() => dispatcher.close());
      await dispatcher.start();
      const spec = specOf(await dispatcher.compile(bytes, 'it'));
      await dispatcher.load([spec]);
      const result = await dispatcher.run(phaseMessage('request'), linksTo(spec));
      assert.deepEqual(result.failures, []);
    });
  }

  /** A module that declares so many types more, behind those that it has. */
  function withManyTypes(count: number): Uint8Array {
    const module = watFilter();
    const leb = (number: number): number[] =>
      number < 128 ? [number] : [(number & 127) | 128, ...leb(number >> 7)];
    // The type section comes first, and is short: its id, its size, how many types there are.
    const [id, size, own] = [...module.subarray(8, 11)] as [number, number, number];
    assert.ok(id === 1 && size < 128 && own < 128);
    const more = Buffer.concat(
      new Array(count).fill(Buffer.from([0x60, ...leb(1000), ...Buffer.alloc(1000, 0x6f), 0])),
    );
    const types = Buffer.concat([Buffer.from(leb(own + count)), module.subarray(11, 10 + size), more]);
    const section = Buffer.concat([Buffer.from([id, ...leb(types.length)]), types]);
    return Buffer.concat([module.subarray(0, 8), section, module.subarray(10 + size)]);
  }

  function referring(count: number): unknown {
    const config = {
      $defs: { all: { prefixItems: new Array(count).fill(false) } },
      prefixItems: new Array(count).fill({ $ref: '#/$defs/all' }),
    };
    return { ...PLAIN_MANIFEST, config };
  }
});

describe('a module is refused for', () => {
  let dispatcher: Dispatcher;
  /** For what never returns; it does nothing else that could take long on a busy machine. */
  let hasty: Dispatcher;
  let witness: FilterSpec;
  before(async () => {
    dispatcher = new Dispatcher(OPTIONS);
    hasty = new Dispatcher({ ...OPTIONS, startMs: SHORT_START_MS });
    await Promise.all([dispatcher.start(), hasty.start()]);
    witness = await loadGuest(dispatcher, 'trap');
    await hasty.load([witness]);
  });
  after(() => Promise.all([dispatcher.close(), hasty.close()]));

  async function load(on: Dispatcher, bytes: Uint8Array): Promise<void> {
    await on.load([specOf(await dispatcher.compile(bytes, 'it'))]);
  }

  async function assertRefused(
    on: Dispatcher,
    loading: Promise<unknown>,
    codes: readonly string[],
    message: RegExp,
  ): Promise<void> {
    await assert.rejects(loading, (error) => {
      assert.ok(error instanceof GatewayError, String(error));
      assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
      assert.match(error.message, message);
      assert.ok(error.message.length < 4000);
      return true;
    });
    const result = await on.run(phaseMessage('request'), linksTo(witness));
    assert.deepEqual(result.failures, []);
  }

  for (const { name, bytes, codes, message } of REFUSED_MODULES) {
    it(`${name}: ${codes.join(' or ')}`, async () => {
      const on = codes.includes('SLUICE_FILTER_DEADLINE') ? hasty : dispatcher;
      await assertRefused(on, load(on, bytes), codes, message);
    });
  }

  it('a capability that the operator did not grant: SLUICE_FILTER_LINK', async () => {
    const spec = await guestSpec('log-lines', { granted: [] });
    await assertRefused(
      dispatcher,
      dispatcher.load([spec]),
      ['SLUICE_FILTER_LINK'],
      /cannot be instantiated: .*log/,
    );
  });
});
