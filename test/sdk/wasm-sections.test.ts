import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  appendCustomSection,
  keepFunctionNames,
  readSections,
  removeCustomSection,
} from '../../sdk/tools/wasm-sections.js';
import { compileWat } from '../support/wat-module.js';

describe('the sections of a module', () => {
  it('are listed in order with their sizes, custom ones by the names they give themselves', async () => {
    const plain = await compileWat('(module (func (export "f") (result i32) i32.const 1))');
    const module = appendCustomSection(plain, 'notes', Buffer.alloc(300));
    const sections = readSections(module);
    assert.deepEqual(
      sections.map(({ name }) => name).filter((name) => name !== 'name'),
      ['type', 'function', 'export', 'code', 'notes'],
    );
    // Id, two bytes of size, the length of the name, the name, the payload.
    assert.equal(sections.at(-1)!.bytes, 1 + 2 + 1 + 5 + 300);
    assert.equal(sections.at(-1)!.at + sections.at(-1)!.bytes, module.length);
  });

  it('of one name are removed, wherever they stand, and nothing else', async () => {
    const plain = await compileWat('(module)');
    const kept = appendCustomSection(plain, 'kept', Buffer.from('x'));
    const before = appendCustomSection(plain, 'gone', Buffer.from('1'));
    const both = appendCustomSection(
      appendCustomSection(before, 'kept', Buffer.from('x')),
      'gone',
      Buffer.from('2'),
    );
    assert.deepEqual(Buffer.from(removeCustomSection(both, 'gone')), Buffer.from(kept));
    assert.deepEqual(Buffer.from(removeCustomSection(plain, 'gone')), Buffer.from(plain));
  });

  it('lose the names of all but functions, and nothing where there are none', async () => {
    const named = await compileWat(
      `(module (global $hidden i32 (i32.const 1))
        (func $shown (param $secret i32) unreachable)
        (func (export "run") (call $shown (global.get $hidden))))`,
    );
    assert.ok(holds(named, 'hidden') && holds(named, 'secret'));
    const kept = keepFunctionNames(named);
    assert.ok(!holds(kept, 'hidden') && !holds(kept, 'secret'));
    const plain = removeCustomSection(named, 'name');
    assert.deepEqual(removeCustomSection(kept, 'name'), plain);
    assert.deepEqual(keepFunctionNames(plain), plain);

    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(kept as Uint8Array<ArrayBuffer>));
    assert.throws(exports['run'] as () => void, ({ stack }: Error) => /at .*\bshown\b/.test(stack ?? ''));
  });
});

function holds(module: Uint8Array, text: string): boolean {
  return Buffer.from(module).includes(text);
}
