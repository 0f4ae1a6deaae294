// One guest at a time: how it starts, what it is given, and every way in which it can fail.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ErrorCode, GatewayError } from '../../../core/errors.js';
import { SystemClock } from '../../../core/wasm/clock.js';
import { GraphqlStore } from '../../../core/wasm/graphql/graphql-store.js';
import { FilterInstance, type FilterSpec } from '../../../core/wasm/instance.js';
import { PatternStore } from '../../../core/wasm/patterns/store.js';
import type { Reply } from '../../../core/wasm/reply.js';
import { SchemaStore } from '../../../core/wasm/schemas/schema-store.js';
import { ScratchBytes } from '../../../core/wasm/scratch-bytes.js';
import { FORBIDDEN_EDITS } from '../../guests/forbidden-edits.js';
import { writeFrame } from '../../support/phase-frame.js';
import { guestSpec, phaseMessage } from '../../support/phase-messages.js';
import { PLAIN_MANIFEST } from '../../support/wat-module.js';
import { watSpec } from '../../support/wat-spec.js';

const services = {
  schemas: new SchemaStore(),
  patterns: new PatternStore(),
  graphql: new GraphqlStore(),
  scratch: new ScratchBytes(),
  clock: new SystemClock(),
};
const MEBIBYTE = 1 << 20;

function start(spec: FilterSpec): FilterInstance {
  return new FilterInstance(spec, services);
}

function call(
  instance: FilterInstance,
  headers: Readonly<Record<string, string>> = {},
  path = '/users/7',
): Reply | null {
  const { frame } = writeFrame({ ...phaseMessage('request', headers), path });
  return instance.call('request', 'none', frame, null, null);
}

function header(reply: Reply | null, name: string): string | undefined {
  assert.ok(reply !== null);
  const index = reply.edits.names.lastIndexOf(name);
  return index === -1 ? undefined : reply.edits.values[index];
}

function assertFails(run: () => unknown, code: ErrorCode, message: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof GatewayError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

describe('a call', () => {
  it('answers nothing when the guest answers address 0', () => {
    assert.equal(call(start(watSpec({}))), null);
  });

  it('gives the guest frame, body and context, and the guest the host its reply', async () => {
    const spec = await guestSpec('echo-context');
    const instance = start(spec);
    assert.equal(Buffer.from(call(instance, { 'x-keep': 'kept' })!.context!).toString(), 'kept');
    const { frame } = writeFrame(phaseMessage('response'));
    assert.equal(
      header(instance.call('response', 'none', frame, null, Buffer.from('kept')), 'x-kept'),
      'kept',
    );
    assert.equal(instance.call('response', 'none', frame, null, null), null);
  });

  it('keeps its views when the memory grows under it', async () => {
    const instance = start(await guestSpec('memory-bomb', { initialPages: 1, maximumPages: 256 }));
    const before = instance.memoryBytes;
    const reply = call(instance, { 'x-bomb': '4' });
    assert.equal(header(reply, 'x-allocated'), String(4 * MEBIBYTE));
    assert.ok(instance.memoryBytes >= before + 4 * MEBIBYTE);
    assert.equal(header(call(instance, { 'x-bomb': '1' }), 'x-allocated'), String(MEBIBYTE));
  });

  it('makes room in the guest for a frame larger than its first memory', async () => {
    const instance = start(await guestSpec('trap'));
    const value = 'x'.repeat(300_000);
    assert.equal(header(call(instance, { 'x-long': value }), 'x-count'), '1');
  });
});

describe('a guest that fails in a call', () => {
  const traps: readonly [string, RegExp][] = [
    ['abort', /^filter trap, request: asked to abort at .*index\.ts:\d+:\d+ \(at .*on_request/],
    ['unreachable', /^filter trap, request: unreachable \(at .*wasm/],
    ['bounds', /^filter trap, request: memory access out of bounds \(at .*wasm/],
    ['stack', /^filter trap, request: Maximum call stack size exceeded \(at .*dig/],
  ];
  for (const [how, message] of traps) {
    it(`by ${how} is reported with its reason and its place`, async () => {
      const instance = start(await guestSpec('trap'));
      assertFails(() => call(instance, { 'x-trap': how }), 'SLUICE_FILTER_TRAP', message);
    });
  }

  it('is reported with its own functions only, not with those of the host', async () => {
    const instance = start(await guestSpec('trap'));
    assert.throws(
      () => call(instance, { 'x-trap': 'abort' }),
      (error) => error instanceof GatewayError && !error.message.includes('.js:'),
    );
  });

  it('in the response phase is reported with the phase', async () => {
    const instance = start(await guestSpec('trap'));
    const { frame } = writeFrame(phaseMessage('response', { 'x-trap': 'response' }));
    assertFails(
      () => instance.call('response', 'none', frame, null, null),
      'SLUICE_FILTER_TRAP',
      /^filter trap, response: asked to abort in the response phase at .*index\.ts:\d+:\d+ \(/,
    );
  });

  it('by using more memory than it may is stopped at the limit of the module', async () => {
    const spec = await guestSpec('memory-bomb');
    const instance = start({ ...spec, maximumPages: 64 });
    assertFails(
      () => call(instance, { 'x-bomb': '' }),
      'SLUICE_FILTER_TRAP',
      /out of memory: .* at .*arena\.ts:\d+:\d+: it may have 4 MiB\. Raise limits\.memoryMb of the filter, .*stream \(/,
    );
    assert.ok(instance.memoryBytes <= 4 * MEBIBYTE);
  });

  it('by putting an object of a call into one that stays is stopped by its own runtime', async () => {
    const instance = start(await guestSpec('dangling'));
    assert.equal(header(call(instance), 'x-first'), 'kept');
    assertFails(
      () => call(instance, { 'x-keep': 'field' }),
      'SLUICE_FILTER_TRAP',
      /was put into an object kept/,
    );
  });

  const replies: readonly [string, RegExp][] = [
    ['length', /reply frame: length: found 4294967280/],
    ['count', /reply frame: edits: found 4294967295/],
    ['decision', /reply frame: decision: found 99/],
    ['context', /reply frame: context: found 70000 bytes/],
    ['context-end', /reply frame: context: 16 bytes at 4294967288/],
    ['operation', /reply frame: edit operation: found 99/],
    ['name', /reply frame: header name: 3 bytes at 4294967280/],
    ['value', /reply frame: header value: 3 bytes at 4294967280/],
    ['value-length', /reply frame: header value: found 4294967295 bytes/],
    ['address', /reply frame: reply: 20 bytes at 4294967280/],
  ];
  for (const [path, message] of replies) {
    it(`by a reply with a wrong ${path} is refused`, async () => {
      const instance = start(await guestSpec('bad-reply'));
      assertFails(() => call(instance, {}, `/${path}`), 'SLUICE_ABI_FRAME', message);
    });
  }

  it('by an edit that is not allowed is refused', async () => {
    const instance = start(await guestSpec('header-injection'));
    for (const what of FORBIDDEN_EDITS) {
      assertFails(
        () => call(instance, { 'x-inject': what }),
        'SLUICE_ABI_EDIT',
        /^filter header-injection, request: edit: /,
      );
    }
  });

  it('by an address for the frame that it does not own, or that is not aligned, is refused', () => {
    for (const address of ['0', '4', '4100', '65536', '65528', '-8', '2147483640']) {
      const spec = watSpec({
        // Good for configure, wrong for the frame.
        begin: `(param i32) (result i32) (select (i32.const 4096) (i32.const ${address}) (i32.lt_u (local.get 0) (i32.const 100)))`,
      });
      const expected = new RegExp(`sluice_begin answered ${Number(address) >>> 0} for \\d+ bytes`);
      assertFails(() => call(start(spec)), 'SLUICE_ABI_FRAME', expected);
    }
  });

  it('by an exception of WebAssembly is reported as one', () => {
    const spec = watSpec({ fields: '(tag $t)', onRequest: '(param i32 i32) (result i32) (throw $t)' });
    assertFails(() => call(start(spec)), 'SLUICE_FILTER_TRAP', /^filter written, request: .*[Ee]xception/);
  });

  it('with a name of a megabyte in it does not write a megabyte to the log', () => {
    const long = 'n'.repeat(90_000);
    const spec = watSpec({
      imports: '(import "sluice" "abort" (func $abort (param i32 i32 i32 i32 i32 i32)))',
      fields: `(func $${long} (call $abort (i32.const 0) (i32.const 65536) (i32.const 0) (i32.const 65536) (i32.const 1) (i32.const 2)))`,
      onRequest: `(param i32 i32) (result i32) (call $${long}) (i32.const 0)`,
    });
    assert.throws(
      () => call(start(spec)),
      (error) => error instanceof GatewayError && error.message.length < 20_000,
    );
  });
});

describe('a guest that the host cannot start', () => {
  it('needs more memory than its limit', async () => {
    const spec = await guestSpec('trap', { initialPages: 3, maximumPages: 2 });
    assertFails(
      () => start(spec),
      'SLUICE_FILTER_LINK',
      /needs 196608 bytes of memory to start, its limit is 131072/,
    );
  });

  it('gets a memory that the engine cannot make', async () => {
    const spec = await guestSpec('trap', { maximumPages: 70_000 });
    assertFails(() => start(spec), 'SLUICE_FILTER_LINK', /^filter trap: cannot be instantiated: .*Memory/);
  });

  it('imports what was not granted', async () => {
    const spec = await guestSpec('log-lines', { granted: [] });
    assertFails(() => start(spec), 'SLUICE_FILTER_LINK', /filter log-lines: cannot be instantiated: .*log/);
  });

  it('has data beyond its memory', () => {
    const spec = watSpec({ fields: '(data (i32.const 65530) "0123456789")' });
    assertFails(() => start(spec), 'SLUICE_FILTER_TRAP', /^filter written, start: /);
  });

  it('traps in its start function', () => {
    const spec = watSpec({ fields: '(func $s (unreachable)) (start $s)' });
    assertFails(() => start(spec), 'SLUICE_FILTER_TRAP', /^filter written, start: unreachable/);
  });

  it('runs out of stack in its start function', () => {
    const spec = watSpec({ fields: '(func $s (call $s)) (start $s)' });
    assertFails(() => start(spec), 'SLUICE_FILTER_TRAP', /^filter written, start: Maximum call stack/);
  });

  it('throws an exception of WebAssembly in its start function', () => {
    const spec = watSpec({ fields: '(tag $t) (func $s (throw $t)) (start $s)' });
    assertFails(() => start(spec), 'SLUICE_FILTER_TRAP', /^filter written, start: .*[Ee]xception/);
  });
});

describe('configure', () => {
  it('refuses a config with the pointer and the reason of the guest', async () => {
    const spec = await guestSpec('refuse-config', { config: '{"good":1,"bad":{}}' });
    assertFails(
      () => start(spec),
      'SLUICE_FILTER_CONFIG',
      /^\/filters\/refuse-config\/config\/bad: nobody wants this$/,
    );
  });

  it('refuses without a reason when the guest gives none', () => {
    const spec = watSpec({
      // length 20, decision 2
      fields: String.raw`(data (i32.const 8) "\14\00\00\00\02\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00")`,
      configure: '(param i32 i32) (result i32) (i32.const 8)',
    });
    assertFails(() => start(spec), 'SLUICE_FILTER_CONFIG', /config: no reason given$/);
  });

  it('that traps is reported as such', async () => {
    const spec = await guestSpec('refuse-config', { config: '{"trap":true}' });
    assertFails(
      () => start(spec),
      'SLUICE_FILTER_TRAP',
      /^filter refuse-config, configure: asked to abort in configure at .*index\.ts:\d+:\d+ \(/,
    );
  });

  it('that answers a bad frame is refused', () => {
    const spec = watSpec({ configure: '(param i32 i32) (result i32) (i32.const -4)' });
    assertFails(() => start(spec), 'SLUICE_ABI_FRAME', /^filter written, configure: reply frame: /);
  });

  it('is given its config as UTF-8', () => {
    const config = '{"name":"größer"}';
    const spec = watSpec(
      {
        imports: '(import "sluice" "log" (func $log (param i32 i32 i32)))',
        configure:
          '(param i32 i32) (result i32) (call $log (i32.const 1) (local.get 0) (local.get 1)) (i32.const 0)',
        manifests: [{ ...PLAIN_MANIFEST, capabilities: ['log'] }],
      },
      { config },
    );
    assert.deepEqual(start(spec).takeLines(), [{ level: 1, text: config }]);
  });
});

describe('log lines', () => {
  it('have level and text, and are taken once', async () => {
    const instance = start(await guestSpec('log-lines'));
    assert.deepEqual(instance.takeLines(), [{ level: 1, text: 'configured' }]);
    call(instance, { 'x-lines': '2' });
    assert.deepEqual(instance.takeLines(), [
      { level: 0, text: '0' },
      { level: 0, text: '1' },
      { level: 1, text: '/users/7' },
      { level: 2, text: 'a warning' },
      { level: 3, text: 'an error' },
    ]);
    assert.deepEqual(instance.takeLines(), []);
  });

  it('are 64 for each call; those beyond are counted', async () => {
    const instance = start(await guestSpec('log-lines'));
    instance.takeLines();
    for (let turn = 0; turn < 2; turn += 1) {
      call(instance, { 'x-lines': '1000' });
      const lines = instance.takeLines();
      assert.equal(lines.length, 65);
      assert.deepEqual(lines.at(-1), { level: 3, text: '939 more log lines were dropped' });
    }
  });

  const logging = (level: string, address: string, length: string): FilterSpec =>
    watSpec({
      imports: '(import "sluice" "log" (func $log (param i32 i32 i32)))',
      onRequest: `(param i32 i32) (result i32)
        (memory.fill (i32.const 16384) (i32.const 97) (i32.const 32768))
        (call $log (i32.const ${level}) (i32.const ${address}) (i32.const ${length})) (i32.const 0)`,
      manifests: [{ ...PLAIN_MANIFEST, capabilities: ['log'] }],
    });

  it('are cut at 8192 bytes, and unknown levels are errors', () => {
    for (const level of ['4', '-1']) {
      const instance = start(logging(level, '16384', '20000'));
      call(instance);
      assert.deepEqual(instance.takeLines(), [{ level: 3, text: 'a'.repeat(8192) }]);
    }
  });

  it('from beyond the memory fail the call', () => {
    for (const [address, length] of [
      ['65536', '1'],
      ['65530', '8'],
      ['-1', '2'],
      ['16384', '-1'],
    ] as const) {
      const instance = start(logging('1', address, length));
      const reaches = Number(length) === -1;
      if (reaches) call(instance);
      else assertFails(() => call(instance), 'SLUICE_FILTER_TRAP', /bytes at \d+ reach beyond the memory/);
    }
  });
});

describe('the schemas capability', () => {
  const IMPORTS = `
    (import "sluice" "schema_compile" (func $compile (param i32 i32) (result i32)))
    (import "sluice" "schema_check" (func $check (param i32 i32 i32) (result i32)))
    (import "sluice" "schema_message" (func $message (param i32 i32) (result i32)))
    (import "sluice" "log" (func $log (param i32 i32 i32)))`;
  const manifests = [{ ...PLAIN_MANIFEST, capabilities: ['log', 'schemas'] }];
  /** Logs the last message of the host. */
  const LOG_MESSAGE =
    '(func $logMessage (call $log (i32.const 1) (i32.const 8192) (call $message (i32.const 8192) (i32.const 4096))))';
  const text = (at: number, content: string): string =>
    `(data (i32.const ${at}) "${content.replaceAll('"', '\\"')}")`;

  function schemaSpec(schema: string, document: string): FilterSpec {
    return watSpec({
      imports: IMPORTS,
      fields: `${text(256, schema)} ${text(1024, document)} ${LOG_MESSAGE}`,
      configure: `(param i32 i32) (result i32)
        (if (i32.lt_s (call $compile (i32.const 256) (i32.const ${schema.length})) (i32.const 0)) (then (call $logMessage)))
        (i32.const 0)`,
      onRequest: `(param i32 i32) (result i32) (local $verdict i32)
        (local.set $verdict (call $check (i32.const 0) (i32.const 1024) (i32.const ${document.length})))
        (call $log (local.get $verdict) (i32.const 0) (i32.const 0))
        (if (i32.eq (local.get $verdict) (i32.const 2)) (then (call $logMessage)))
        (i32.const 0)`,
      manifests,
    });
  }

  it('answers verdict and findings', () => {
    const rows = [
      ['"a"', [{ level: 0, text: '' }]],
      ['{', [{ level: 1, text: '' }]],
      [
        '5',
        [
          { level: 2, text: '' },
          { level: 1, text: '[{"pointer":"","rule":"type","message":"must be string"}]' },
        ],
      ],
    ] as const;
    for (const [document, lines] of rows) {
      const instance = start(schemaSpec('{"type":"string"}', document));
      assert.deepEqual(instance.takeLines(), []);
      call(instance);
      assert.deepEqual(instance.takeLines(), lines);
    }
  });

  it('tells configure what is wrong with a schema', () => {
    const [line] = start(schemaSpec('{"type":"strin"}', '')).takeLines();
    assert.match(line!.text, /schema is invalid: .*type/);
  });

  it('fails a call with an id that does not exist', () => {
    for (const id of ['1', '-1', '2147483647']) {
      const spec = watSpec({
        imports: IMPORTS,
        onRequest: `(param i32 i32) (result i32) (call $check (i32.const ${id}) (i32.const 0) (i32.const 0))`,
        manifests,
      });
      assertFails(() => call(start(spec)), 'SLUICE_FILTER_TRAP', /schema -?\d+ does not exist/);
    }
  });

  it('compiles in configure only', () => {
    const spec = watSpec({
      imports: IMPORTS,
      fields: text(256, 'true'),
      onRequest: '(param i32 i32) (result i32) (call $compile (i32.const 256) (i32.const 4))',
      manifests,
    });
    assertFails(() => call(start(spec)), 'SLUICE_FILTER_TRAP', /schemas are compiled in configure only/);
  });

  it('has an end to the number of schemas', () => {
    const spec = watSpec({
      imports: IMPORTS,
      fields: text(256, 'true'),
      configure:
        '(param i32 i32) (result i32) (loop (drop (call $compile (i32.const 256) (i32.const 4))) (br 0)) (i32.const 0)',
      manifests,
    });
    assertFails(() => start(spec), 'SLUICE_FILTER_TRAP', /more than 1024 schemas/);
  });

  it('neither reads nor writes beyond the memory', () => {
    const rows = [
      '(call $check (i32.const 0) (i32.const 65535) (i32.const 2))',
      '(call $check (i32.const 0) (i32.const 8) (i32.const -1))',
      '(call $message (i32.const 65530) (i32.const 4096))',
      '(call $message (i32.const -1) (i32.const 4096))',
    ];
    for (const doing of rows) {
      const spec = watSpec({
        imports: IMPORTS,
        fields: `${text(256, '{"type":"string"}')} ${text(1024, '5')}`,
        configure:
          '(param i32 i32) (result i32) (drop (call $compile (i32.const 256) (i32.const 17))) (i32.const 0)',
        onRequest: `(param i32 i32) (result i32)
          (drop (call $check (i32.const 0) (i32.const 1024) (i32.const 1))) ${doing}`,
        manifests,
      });
      assertFails(() => call(start(spec)), 'SLUICE_FILTER_TRAP', /reach beyond the memory/);
    }
  });
});
