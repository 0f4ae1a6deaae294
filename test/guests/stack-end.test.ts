// Guests that call the host when next to nothing of the stack is left. What the host does then may end at any of its steps:
// it must neither take the worker out of sight of its watch, nor leave what filters share half made.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Dispatcher } from '../../core/dispatch/dispatcher.js';
import type { FilterFailure } from '../../core/wasm/guest-abi.js';
import type { FilterModule } from '../../core/wasm/module.js';
import { linksTo, phaseMessage, specOf } from '../support/phase-messages.js';
import { PLAIN_MANIFEST, watFilter } from '../support/wat-module.js';

const OPTIONS = { count: 1, spare: 1, ringBytes: 1 << 20, queue: 4096, startMs: 10_000, heapMb: 64 };
const SCHEMA = '{"type":"object"}';
/** How often the guest has a document checked at the depth it is told. */
const ONCE = 1;
const FOR_EVER = 2;

/** Its config is a number: how often in its first digit, then how deep, in six. */
const DIGGER = watFilter({
  imports: `(import "sluice" "schema_compile" (func $compile (param i32 i32) (result i32)))
    (import "sluice" "schema_check" (func $check (param i32 i32 i32) (result i32)))`,
  fields: `(data (i32.const 256) "${SCHEMA.replaceAll('"', '\\"')}1")
    (global $often (mut i32) (i32.const 0))
    (global $depth (mut i32) (i32.const 0))
    (func $dig (param $left i32) (result i32)
      (if (i32.eqz (local.get $left))
        (then
          (loop $again
            (drop (call $check (i32.const 0) (i32.const ${256 + SCHEMA.length}) (i32.const 1)))
            (br_if $again (i32.eq (global.get $often) (i32.const ${FOR_EVER}))))
          (return (i32.const 0))))
      (i32.add (call $dig (i32.sub (local.get $left) (i32.const 1))) (i32.const 1)))`,
  configure: `(param $at i32) (param i32) (result i32) (local $i i32)
    (global.set $often (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
    (local.set $i (i32.const 1))
    (loop $digit
      (global.set $depth
        (i32.add
          (i32.mul (global.get $depth) (i32.const 10))
          (i32.sub (i32.load8_u (i32.add (local.get $at) (local.get $i))) (i32.const 48))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $digit (i32.lt_u (local.get $i) (i32.const 7))))
    (drop (call $compile (i32.const 256) (i32.const ${SCHEMA.length})))
    (i32.const 0)`,
  onRequest: '(param i32 i32) (result i32) (drop (call $dig (global.get $depth))) (i32.const 0)',
  manifests: [{ ...PLAIN_MANIFEST, capabilities: ['schemas'] }],
});

describe('a guest at the end of the stack', () => {
  let dispatcher: Dispatcher;
  let module: FilterModule;
  before(async () => {
    dispatcher = new Dispatcher(OPTIONS);
    await dispatcher.start();
    module = await dispatcher.compile(DIGGER, 'digger');
  });
  after(() => dispatcher.close());

  async function dig(often: number, depth: number): Promise<FilterFailure['code'] | undefined> {
    const config = `${often}${String(depth).padStart(6, '0')}`;
    const spec = specOf(module, { config, deadlineMs: often === FOR_EVER ? 40 : 5000 });
    await dispatcher.load([spec]);
    const { failures } = await dispatcher.run(phaseMessage('request'), linksTo(spec));
    dispatcher.unload([spec.id]);
    return failures[0]?.code;
  }

  /** The greatest depth from which the host can be called at all. */
  async function deepest(): Promise<number> {
    let least = 1000;
    let most = 999_999;
    while (most - least > 8) {
      const middle = (least + most) >> 1;
      if ((await dig(ONCE, middle)) === undefined) least = middle;
      else most = middle;
    }
    return least;
  }

  it('that has the host compile again and again what cannot be compiled there is held to its deadline', {
    timeout: 120_000,
  }, async () => {
    const depth = await deepest();
    assert.ok(depth > 1000, `found ${depth}`);
    // Where the call of the host fits and what it compiles does not: how deep that is depends on what the engine made of both.
    for (let above = 0; above < 3000; above += 60)
      assert.match((await dig(FOR_EVER, depth - above)) ?? 'none', /^SLUICE_FILTER_(?:DEADLINE|TRAP)$/);
    assert.equal(await dig(FOR_EVER, 1), 'SLUICE_FILTER_DEADLINE');
  });

  it('leaves the schema to others of the same text as it was', async () => {
    await dig(ONCE, await deepest());
    assert.equal(await dig(ONCE, 1), undefined);
  });
});
