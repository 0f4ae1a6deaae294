// The imports themselves, called by guests that know no SDK; what authors get is test/sdk/patterns.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ErrorCode, GatewayError } from '../../../../core/errors.js';
import { SystemClock } from '../../../../core/wasm/clock.js';
import { GraphqlStore } from '../../../../core/wasm/graphql/graphql-store.js';
import { FilterInstance, type FilterSpec } from '../../../../core/wasm/instance.js';
import { compilePatterns } from '../../../../core/wasm/patterns/compiler.js';
import { PatternStore } from '../../../../core/wasm/patterns/store.js';
import { SchemaStore } from '../../../../core/wasm/schemas/schema-store.js';
import { ScratchBytes } from '../../../../core/wasm/scratch-bytes.js';
import { writeFrame } from '../../../support/phase-frame.js';
import { phaseMessage } from '../../../support/phase-messages.js';
import { PLAIN_MANIFEST } from '../../../support/wat-module.js';
import { watSpec } from '../../../support/wat-spec.js';
import { endsIn } from '../patterns/walk.js';

const IMPORTS = `
  (import "sluice" "pattern_compile" (func $compile (param i32 i32) (result i32)))
  (import "sluice" "pattern_take" (func $take (param i32 i32) (result i32)))
  (import "sluice" "log" (func $log (param i32 i32 i32)))`;
const manifests = [{ ...PLAIN_MANIFEST, capabilities: ['log', 'patterns'] }];
const TEXT_AT = 256;
const ANSWER_AT = 8192;

/** A guest that runs `configure` in there, and `onRequest` in its calls; `description` lies at 256. */
function guest(description: string, configure: string, onRequest = '(i32.const 0)'): FilterSpec {
  const text = description.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return watSpec({
    imports: IMPORTS,
    fields: `(data (i32.const ${TEXT_AT}) "${text}")`,
    configure: `(param i32 i32) (result i32) ${configure}`,
    onRequest: `(param i32 i32) (result i32) ${onRequest}`,
    manifests,
  });
}

function compileCall(description: string): string {
  return `(call $compile (i32.const ${TEXT_AT}) (i32.const ${description.length}))`;
}

function start(spec: FilterSpec): FilterInstance {
  return new FilterInstance(spec, {
    schemas: new SchemaStore(),
    patterns: new PatternStore(),
    graphql: new GraphqlStore(),
    scratch: new ScratchBytes(),
    clock: new SystemClock(),
  });
}

function call(instance: FilterInstance): void {
  const { frame } = writeFrame(phaseMessage('request', {}));
  instance.call('request', 'none', frame, null, null);
}

/** Logs the sign of the answer as the level, and the answer itself, cut to 4096 bytes. */
function answerOf(description: string): { level: number; text: string } {
  const instance = start(
    guest(
      description,
      `(call $log (i32.lt_s ${compileCall(description)} (i32.const 0)) (i32.const ${ANSWER_AT})
         (call $take (i32.const ${ANSWER_AT}) (i32.const 4096)))
       (i32.const 0)`,
    ),
  );
  return instance.takeLines()[0]!;
}

function assertFails(run: () => unknown, code: ErrorCode, message: RegExp): void {
  assert.throws(run, (cause) => {
    assert.ok(cause instanceof GatewayError, String(cause));
    assert.equal(cause.code, code);
    assert.match(cause.message, message);
    return true;
  });
}

describe('the patterns capability', () => {
  it('says which pattern it refuses', () => {
    assert.deepEqual(answerOf('[{"pattern":"a"},{"pattern":"a("}]'), {
      level: 1,
      text: '{"pattern":1,"message":"at character 3: Unterminated group"}',
    });
  });

  it('gives as many bytes as the guest has room for, and tells how many there are', () => {
    const description = '[{"literal":"ab"}]';
    const whole = compilePatterns([{ text: 'ab', isLiteral: true, flags: '', anchor: 'none' }], 65536);
    assert.deepEqual([...endsIn(whole, Buffer.from('xab'))], [[0, new Set([3])]]);
    const instance = start(
      guest(
        description,
        `(call $log ${compileCall(description)} (i32.const 0) (i32.const 0))
         (if (i32.ne (call $take (i32.const ${ANSWER_AT}) (i32.const 4)) (i32.const ${whole.byteLength})) (then unreachable))
         (if (i32.ne (i32.load (i32.const ${ANSWER_AT})) (i32.const ${whole.byteLength})) (then unreachable))
         (if (i32.ne (i32.load (i32.const ${ANSWER_AT + 4})) (i32.const 0)) (then unreachable))
         (i32.const 0)`,
      ),
    );
    assert.equal(instance.takeLines().length, 1);
  });

  it('compiles and gives in configure only', () => {
    const late = guest('[]', '(i32.const 0)', `(drop ${compileCall('[]')}) (i32.const 0)`);
    assertFails(() => call(start(late)), 'SLUICE_FILTER_TRAP', /patterns are compiled in configure only/);
    const empty = guest(
      '[{"literal":"ab"}]',
      `(drop ${compileCall('[{"literal":"ab"}]')}) (i32.const 0)`,
      '(call $log (i32.const 1) (i32.const 0) (call $take (i32.const 0) (i32.const 0))) (i32.const 0)',
    );
    const instance = start(empty);
    call(instance);
    assert.deepEqual(instance.takeLines(), [{ level: 1, text: '' }]);
  });

  it('ends the start of a guest that describes no patterns', () => {
    for (const description of [
      '',
      '{',
      '{}',
      '[1]',
      '[null]',
      '[{}]',
      '[{"pattern":1}]',
      '[{"pattern":"a","flags":1}]',
      '[{"pattern":"a","anchor":"end"}]',
    ]) {
      const spec = guest(description, `(drop ${compileCall(description)}) (i32.const 0)`);
      assertFails(() => start(spec), 'SLUICE_FILTER_TRAP', /expected patterns as a JSON list/);
    }
  });

  it('has an end to the number of sets and to the length of one', () => {
    const endless = guest('[]', `(loop (drop ${compileCall('[]')}) (br 0)) (i32.const 0)`);
    assertFails(() => start(endless), 'SLUICE_FILTER_TRAP', /more than 256 sets of patterns/);
    const long = guest(
      '[]',
      `(call $log (i32.lt_s (call $compile (i32.const 0) (i32.const 1048577)) (i32.const 0)) (i32.const ${ANSWER_AT})
         (call $take (i32.const ${ANSWER_AT}) (i32.const 4096)))
       (i32.const 0)`,
    );
    assert.match(
      start(long).takeLines()[0]!.text,
      /"pattern":-1,.*1048577 bytes of patterns, at most 1048576/,
    );
  });

  it('neither reads nor writes beyond the memory', () => {
    for (const doing of [
      '(call $compile (i32.const 65535) (i32.const 2))',
      '(call $compile (i32.const -1) (i32.const 4))',
    ])
      assertFails(
        () => start(guest('', `(drop ${doing}) (i32.const 0)`)),
        'SLUICE_FILTER_TRAP',
        /reach beyond/,
      );
    const description = '[{"literal":"ab"}]';
    for (const address of [65_500, -1]) {
      const spec = guest(
        description,
        `(drop ${compileCall(description)}) (drop (call $take (i32.const ${address}) (i32.const 4096))) (i32.const 0)`,
      );
      assertFails(() => start(spec), 'SLUICE_FILTER_TRAP', /reach beyond/);
    }
  });
});
