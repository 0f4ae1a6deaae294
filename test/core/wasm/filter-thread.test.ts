// What a filter may have the host do for it without being held to its deadline, and what it may log in one visit.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FilterChain } from '../../../core/wasm/chain.js';
import type { Progress } from '../../../core/wasm/filter-thread.js';
import { LOG_ERROR } from '../../../sdk/abi/abi.js';
import { EXPORT_ON_BODY } from '../../../sdk/abi/names.js';
import { runPhase } from '../../support/phase-frame.js';
import { linksTo, phaseMessage } from '../../support/phase-messages.js';
import { PLAIN_MANIFEST, type WatParts } from '../../support/wat-module.js';
import { watSpec } from '../../support/wat-spec.js';

/** Schemas that differ in two digits, none of which is compiled before a document does not fit it. */
const SCHEMA = '{"type":"object","maxProperties":10}';
const DIGITS_AT = 256 + SCHEMA.indexOf('10');
const SCHEMAS = 20;

function eachSchema(doing: string): string {
  return `(local.set $i (i32.const 0))
    (loop $next
      ${doing}
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const ${SCHEMAS}))))
    (i32.const 0)`;
}

const CHECKS_ALL: WatParts = {
  imports: `(import "sluice" "schema_compile" (func $compile (param i32 i32) (result i32)))
    (import "sluice" "schema_check" (func $check (param i32 i32 i32) (result i32)))`,
  fields: `(data (i32.const 256) "${SCHEMA.replaceAll('"', '\\"')}1")`,
  configure: `(param i32 i32) (result i32) (local $i i32) ${eachSchema(
    `(i32.store8 (i32.const ${DIGITS_AT}) (i32.add (i32.const 49) (i32.div_u (local.get $i) (i32.const 10))))
     (i32.store8 (i32.const ${DIGITS_AT + 1}) (i32.add (i32.const 48) (i32.rem_u (local.get $i) (i32.const 10))))
     (if (i32.ne (call $compile (i32.const 256) (i32.const ${SCHEMA.length})) (local.get $i)) (then unreachable))`,
  )}`,
  onRequest: `(param i32 i32) (result i32) (local $i i32) ${eachSchema(
    `(if (i32.ne (call $check (local.get $i) (i32.const ${256 + SCHEMA.length}) (i32.const 1)) (i32.const 2))
       (then unreachable))`,
  )}`,
  manifests: [{ ...PLAIN_MANIFEST, capabilities: ['schemas'] }],
};

describe('a call of a filter', () => {
  it('is not held to its deadline for eight of the schemas that it has compiled, and for the others it is', () => {
    const steps: string[] = [];
    const progress: Progress = {
      enter: () => steps.push('enter'),
      leave: () => steps.push('leave'),
      goOn: () => steps.push('go on'),
      memoryPeaked: () => {},
    };
    const chain = new FilterChain(progress);
    const spec = watSpec(CHECKS_ALL);
    chain.load(spec);
    const aside = ['leave', 'go on'];
    const asides = (count: number): string[] => [
      'enter',
      ...Array.from({ length: count }, () => aside).flat(),
      'leave',
    ];
    for (const expected of [asides(8), asides(0)]) {
      steps.length = 0;
      assert.deepEqual(runPhase(chain, phaseMessage('request'), linksTo(spec)).failures, []);
      assert.deepEqual(steps, expected);
    }
  });

  it('is one of a few where a body that is in memory comes in chunks, and together they log as much as one', () => {
    const talkative = watSpec({
      imports: '(import "sluice" "log" (func $log (param i32 i32 i32)))',
      memory: '(import "env" "memory" (memory 4 4))',
      fields: `(func (export "${EXPORT_ON_BODY}") (param i32 i32) (result i32) (local $i i32)
        (loop $more
          (call $log (i32.const 1) (i32.const 0) (i32.const 8192))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $more (i32.lt_u (local.get $i) (i32.const 10))))
        (i32.const 0))`,
      manifests: [{ ...PLAIN_MANIFEST, phases: { request: { body: 'stream' } }, capabilities: ['log'] }],
    });
    const chain = new FilterChain();
    chain.load(talkative);
    const chunks = (count: number): ReturnType<typeof runPhase> =>
      runPhase(chain, phaseMessage('request', {}, Buffer.alloc(count * 65536)), linksTo(talkative));
    const few = chunks(6);
    assert.deepEqual(few.failures, []);
    // With that of the head.
    assert.equal(few.calls[0]!.count, 7);
    assert.equal(few.logs.length, 60);
    const many = chunks(160);
    assert.equal(many.calls[0]!.count, 161);
    assert.equal(many.logs.length, 66);
    assert.deepEqual(many.logs.at(-1), {
      filter: talkative.name,
      level: LOG_ERROR,
      text: 'all log lines of this visit from here on were dropped',
    });
  });
});
