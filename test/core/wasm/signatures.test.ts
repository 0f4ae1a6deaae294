// The reader against binaries of a real assembler, and its table against the document that describes the ABI.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { IMPORT_CAPABILITIES } from '../../../core/wasm/capabilities/capabilities.js';
import { ABI_SIGNATURES, readSignatures } from '../../../core/wasm/signatures.js';
import { IMPORT_TRACE } from '../../../sdk/abi/names.js';
import { compileWat } from '../../support/wat-module.js';

const MEMORY = '(import "env" "memory" (memory 1 4))';

function signaturesOf(fields: string): string[] {
  return readSignatures(compileWat(`(module ${fields})`)).map(
    ({ direction, name, signature }) => `${direction} ${name} ${signature}`,
  );
}

describe('the functions of a module', () => {
  it('are read with their types, those that are exported through the index of those that are imported', () => {
    assert.deepEqual(
      signaturesOf(`
        (import "a" "one" (func (param i32 i64)))
        ${MEMORY}
        (import "a" "two" (func $two (result f32)))
        (func $own (param f64 v128) (result i32) unreachable)
        (export "own" (func $own)) (export "again" (func $two)) (export "memory" (memory 0))`),
      [
        'imports one (i32, i64) -> ()',
        'imports two () -> f32',
        'exports own (f64, v128) -> i32',
        'exports again () -> f32',
      ],
    );
  });

  it('may have several results, and references', () => {
    assert.deepEqual(
      signaturesOf('(func (export "f") (param funcref externref) (result i32 i32) unreachable)'),
      ['exports f (reference, reference) -> i32, i32'],
    );
  });

  it('may have names in UTF-8, and be none', () => {
    assert.deepEqual(signaturesOf(String.raw`(func (export "gr\c3\b6\c3\9fer"))`), [
      'exports größer () -> ()',
    ]);
    assert.deepEqual(signaturesOf(MEMORY), []);
  });
});

describe('the types of the ABI', () => {
  const document = readFileSync(new URL('../../../../sdk/ABI.md', import.meta.url), 'utf8');

  it('are those of its document', () => {
    const imports = [...document.matchAll(/^\| `(\w+)\(([^)]*)\)(?: -> (\w+))?` \|/gm)].map(
      ([, name, parameters, result]): [string, string] => {
        const types = [...parameters!.matchAll(/: (\w+)/g)].map(([, type]) => type);
        return [name!, `(${types.join(', ')}) -> ${result ?? '()'}`];
      },
    );
    const exports = [...document.matchAll(/^\| `(\w+)` \| `\(([^)]*)\) -> (\w+)` \|/gm)].map(
      ([, name, parameters, result]): [string, string] => {
        const types = [...parameters!.matchAll(/: (\w+)/g)].map(([, type]) => type);
        return [name!, `(${types.join(', ')}) -> ${result}`];
      },
    );
    assert.deepEqual(new Map(imports), new Map(ABI_SIGNATURES.imports));
    assert.deepEqual(new Map(exports), new Map(ABI_SIGNATURES.exports));
  });

  it('are there for every function that a filter can be granted, and for that of test harnesses', () => {
    assert.deepEqual(
      new Set(ABI_SIGNATURES.imports.keys()),
      new Set([...IMPORT_CAPABILITIES.keys(), IMPORT_TRACE]),
    );
  });
});
