// The reader against binaries of a real assembler, and against bytes written by hand where no assembler goes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readMemoryLimits } from '../../../core/wasm/memory-limits.js';
import { compileWat } from '../../support/wat-module.js';

const PLAIN = { initial: 1, maximum: 4, shared: false, memory64: false };
const MEMORY = '(import "env" "memory" (memory 1 4))';
const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

function limitsOf(fields: string): ReturnType<typeof readMemoryLimits> {
  return readMemoryLimits(compileWat(`(module ${fields})`));
}

/** A module of the given sections, `[id, …content]` each; sizes are one byte. */
function sections(...all: readonly number[][]): Uint8Array {
  return Uint8Array.from([
    ...HEADER,
    ...all.flatMap(([id, ...content]) => [id!, content.length, ...content]),
  ]);
}

describe('what each instance has in the heap of the host', () => {
  it('is counted: imports, tables, globals, exports, tags and segments of tables', () => {
    const shapes: readonly [fields: string, count: number][] = [
      ['(func) (type (func (param i32))) (memory 1) (data (i32.const 0) "a") (data (i32.const 1) "b")', 0],
      [`${MEMORY} (import "a" "f" (func))`, 2],
      ['(table 1 1 funcref) (table 0 0 externref)', 2],
      ['(global i32 (i32.const 0)) (global (mut i64) (i64.const 0)) (global i32 (i32.const 0))', 3],
      ['(func $f) (export "a" (func $f)) (export "b" (func $f))', 2],
      ['(tag) (tag (param i32))', 2],
      ['(func $f) (table 2 2 funcref) (elem (i32.const 0) $f) (elem (i32.const 1) $f) (elem func $f)', 4],
      [`${MEMORY} (tag) (global i32 (i32.const 0)) (table 1 1 funcref) (func $f) (export "a" (func $f))`, 5],
    ];
    for (const [fields, count] of shapes) assert.equal(limitsOf(fields).heapEntries, count, fields);
    assert.equal(limitsOf('(global i32 (i32.const 0))'.repeat(300)).heapEntries, 300);
  });
});

describe('the imported memory', () => {
  const shapes: readonly [string, string][] = [
    ['alone', MEMORY],
    ['after functions', `(import "a" "f" (func (param i32 i64))) (import "a" "g" (func)) ${MEMORY}`],
    ['before functions', `${MEMORY} (import "a" "f" (func))`],
    ['after a table without maximum', `(import "a" "t" (table 1 funcref)) ${MEMORY}`],
    ['after a table with maximum', `(import "a" "t" (table 300 70000 externref)) ${MEMORY}`],
    [
      'after globals',
      `(import "a" "g" (global i64)) (import "a" "h" (global (mut f64))) (import "a" "r" (global externref)) ${MEMORY}`,
    ],
    ['after a tag', `(import "a" "t" (tag (param i32))) ${MEMORY}`],
    ['with long names before it', `(import "${'m'.repeat(200)}" "${'n'.repeat(20_000)}" (func)) ${MEMORY}`],
    [
      'with types and functions around it',
      `(type (func (param f32))) ${MEMORY} (func) (global i32 (i32.const 5))`,
    ],
  ];
  for (const [name, fields] of shapes) {
    it(`is found ${name}`, () => assert.deepEqual(limitsOf(fields).imported, [PLAIN]));
  }

  it('has no maximum when none is declared', () => {
    assert.deepEqual(limitsOf('(import "env" "memory" (memory 3))').imported, [
      { initial: 3, maximum: null, shared: false, memory64: false },
    ]);
  });

  it('is told apart when it is shared or 64-bit', () => {
    assert.deepEqual(limitsOf('(import "env" "memory" (memory 1 2 shared))').imported, [
      { initial: 1, maximum: 2, shared: true, memory64: false },
    ]);
    assert.deepEqual(limitsOf('(import "env" "memory" (memory i64 1 2))').imported, [
      { initial: 1, maximum: 2, shared: false, memory64: true },
    ]);
  });

  it('is read from numbers of several bytes', () => {
    assert.deepEqual(limitsOf('(import "env" "memory" (memory 128 65536))').imported, [
      { initial: 128, maximum: 65536, shared: false, memory64: false },
    ]);
  });

  it('is read from numbers that are longer than they need to be', () => {
    const entry = [1, 0x6d, 1, 0x6e, 2, 1, 0x81, 0x80, 0x80, 0x80, 0x00, 0x84, 0x80, 0x00];
    assert.deepEqual(readMemoryLimits(sections([2, 1, ...entry])).imported, [PLAIN]);
  });

  it('is exact beyond 32 bits', () => {
    const most = [0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    const [limits] = readMemoryLimits(sections([2, 1, 1, 0x6d, 1, 0x6e, 2, 5, 0, ...most])).imported;
    assert.deepEqual(limits, { initial: 0, maximum: 2 ** 42 - 1, shared: false, memory64: true });
  });

  it('is looked for behind custom sections', () => {
    const bytes = sections([0, 1, 0x78, 2, 9, 9], [2, 1, 1, 0x6d, 1, 0x6e, 2, 1, 1, 4]);
    assert.deepEqual(readMemoryLimits(bytes).imported, [PLAIN]);
  });

  it('is absent from a module that imports none', () => {
    for (const fields of ['', '(import "a" "f" (func))', '(memory 1 4)', '(func)']) {
      assert.deepEqual(limitsOf(fields).imported, []);
    }
  });

  it('is listed as often as it is imported', () => {
    const entry = [1, 0x6d, 1, 0x6e, 2];
    const bytes = sections([2, 2, ...entry, 1, 1, 4, ...entry, 1, 1, 9]);
    assert.deepEqual(readMemoryLimits(bytes).imported, [PLAIN, { ...PLAIN, maximum: 9 }]);
  });

  it('ends a reading that runs out of bytes with an error', () => {
    assert.throws(() => readMemoryLimits(sections([2, 1, 1, 0x6d, 1])), RangeError);
  });
});

describe('what a module holds beside its imported memory', () => {
  it('counts memories of its own', () => {
    assert.equal(limitsOf(MEMORY).ownMemories, 0);
    assert.equal(limitsOf('(memory 1)').ownMemories, 1);
    assert.equal(readMemoryLimits(sections([5, 3, 0, 1, 0, 1, 1, 1, 2])).ownMemories, 3);
  });

  it('sums up how far its tables may grow', () => {
    assert.equal(limitsOf('').tableEntries, 0);
    assert.equal(limitsOf('(table 3 10 funcref) (table 0 400 externref)').tableEntries, 410);
  });

  it('takes a table without maximum as one that grows without end', () => {
    assert.equal(limitsOf('(table 3 funcref)').tableEntries, Number.POSITIVE_INFINITY);
    assert.equal(limitsOf('(table 1 1 funcref) (table 3 externref)').tableEntries, Number.POSITIVE_INFINITY);
  });

  it('takes a table of a kind it does not know as one that grows without end', () => {
    // With an initial value (0x40), and of typed references (0x63).
    assert.equal(
      readMemoryLimits(sections([4, 1, 0x40, 0, 0x70, 1, 1, 1, 0xd0, 0x70, 0x0b])).tableEntries,
      Number.POSITIVE_INFINITY,
    );
    assert.equal(readMemoryLimits(sections([4, 1, 0x63, 0, 1, 1, 1])).tableEntries, Number.POSITIVE_INFINITY);
  });

  it('tells function types from types of objects in the heap of the host', () => {
    assert.equal(
      limitsOf('(type (func (param i32 i64 f32 f64 externref) (result funcref)))').heapTypes,
      false,
    );
    // (type (struct (field i32))), (type (array (mut i8))), (rec …), (sub …), each after a function type.
    const f = [0x60, 1, 0x7f, 1, 0x7e];
    for (const form of [
      [0x5f, 1, 0x7f, 0],
      [0x5e, 0x78, 1],
      [0x4e, 1, 0x5f, 0],
      [0x50, 0, 0x5f, 0],
      [0x4f, 0, 0x5f, 0],
    ]) {
      assert.equal(readMemoryLimits(sections([1, 2, ...f, ...form])).heapTypes, true);
    }
  });

  it('reads over function types with typed references', () => {
    const f = [0x60, 2, 0x63, 0x80, 0x01, 0x7f, 1, 0x64, 0x70];
    assert.equal(readMemoryLimits(sections([1, 2, ...f, ...f])).heapTypes, false);
    assert.equal(readMemoryLimits(sections([1, 2, ...f, 0x5e, 0x78, 1])).heapTypes, true);
  });
});
