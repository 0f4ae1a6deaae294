// What a module has to be before anything of it runs, on modules that an assembler makes and no filter compiler would.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { type ErrorCode, GatewayError } from '../../../core/errors.js';
import { IMPORT_CAPABILITIES } from '../../../core/wasm/capabilities/capabilities.js';
import { loadModule } from '../../../core/wasm/module.js';
import { ABI_SIGNATURES } from '../../../core/wasm/signatures.js';
import { MANIFEST_SECTION } from '../../../sdk/abi/names.js';
import { appendCustomSection } from '../../../sdk/tools/wasm-sections.js';
import { guestBytes } from '../../support/test-guests.js';
import { compileWat, PLAIN_MANIFEST, watFilter, withManifest } from '../../support/wat-module.js';

const ON_CALLOUT = '(func (export "sluice_on_callout") (param i32 i32 i32 i32) (result i32) (i32.const 0))';

function assertRefused(bytes: Uint8Array, code: ErrorCode, message: RegExp): void {
  assert.throws(
    () => loadModule(bytes, 'x.wasm'),
    (error) => {
      assert.ok(error instanceof GatewayError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.ok(error.message.startsWith('x.wasm: '), error.message);
      return true;
    },
  );
}

describe('loadModule', () => {
  it('answers manifest, digest and memory limits of a module that keeps the contract', () => {
    const bytes = watFilter({ memory: '(import "env" "memory" (memory 2 7))' });
    const module = loadModule(bytes, 'x.wasm');
    assert.equal(module.label, 'x.wasm');
    assert.equal(module.manifest.name, PLAIN_MANIFEST.name);
    assert.equal(module.initialPages, 2);
    assert.equal(module.maximumPages, 7);
    assert.equal(module.digest, `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  });

  it('accepts what the compiler of filters makes', async () => {
    for (const name of ['trap', 'log-lines', 'bad-reply', 'dangling']) {
      assert.equal(loadModule(await guestBytes(name), name).manifest.name, name);
    }
  });

  it('accepts further exports, tables with a small maximum and a start function', () => {
    loadModule(
      watFilter({
        fields: `(table (export "__indirect_function_table") 5 5 funcref) (func $start) (start $start)
          (func (export "_initialize")) (func (export "constructor")) (func (export "__proto__"))
          (global (export "__heap_base") i32 (i32.const 8))`,
      }),
      'x.wasm',
    );
  });

  describe('refuses what is not WebAssembly:', () => {
    const valid = watFilter();
    const rows: readonly [string, Uint8Array][] = [
      ['no bytes', new Uint8Array(0)],
      ['a header alone that is cut', valid.subarray(0, 6)],
      ['a module that is cut', valid.subarray(0, valid.byteLength - 3)],
      ['text', Buffer.from('(module)')],
      ['another version of the format', Uint8Array.from([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0])],
      [
        'a module whose code does not type-check',
        withManifest(compileWat('(module (func (result i32) (i64.const 1)))'), PLAIN_MANIFEST),
      ],
    ];
    for (const [name, bytes] of rows) {
      it(name, () => assertRefused(bytes, 'SLUICE_FILTER_NOT_WASM', /not a WebAssembly module: ./));
    }
  });

  describe('refuses a manifest', () => {
    it('that is not there', () => {
      assertRefused(watFilter({ manifests: [] }), 'SLUICE_FILTER_MANIFEST', /found 0 custom sections/);
    });

    it('that is there twice', () => {
      const twice = watFilter({ manifests: [PLAIN_MANIFEST, PLAIN_MANIFEST] });
      assertRefused(twice, 'SLUICE_FILTER_MANIFEST', /found 2 custom sections/);
    });

    it('that is not JSON', () => {
      assertRefused(watFilter({ manifests: ['{'] }), 'SLUICE_FILTER_MANIFEST', /manifest: not JSON/);
    });

    it('that is not UTF-8, or begins with a byte order mark', () => {
      const written = (bytes: Buffer): Uint8Array =>
        appendCustomSection(watFilter({ manifests: [] }), MANIFEST_SECTION, bytes);
      const text = JSON.stringify({ ...PLAIN_MANIFEST, name: 'caf\xe9' });
      assertRefused(written(Buffer.from(text, 'latin1')), 'SLUICE_FILTER_MANIFEST', /manifest: not UTF-8/);
      assertRefused(written(Buffer.from(`\ufeff${text}`)), 'SLUICE_FILTER_MANIFEST', /manifest: not JSON/);
      assert.equal(loadModule(written(Buffer.from(text)), 'x.wasm').manifest.name, 'caf\xe9');
    });

    it('that has more than 65536 bytes', () => {
      const text = JSON.stringify({ ...PLAIN_MANIFEST, description: '' });
      const sized = (bytes: number): Uint8Array =>
        watFilter({ manifests: [text.replace('""', `"${'d'.repeat(bytes - text.length)}"`)] });
      assertRefused(sized(65537), 'SLUICE_FILTER_MANIFEST', /has 65537 bytes, at most 65536 are allowed/);
      loadModule(sized(65536), 'x.wasm');
    });

    it('of another ABI', () => {
      const future = watFilter({ manifests: [{ ...PLAIN_MANIFEST, abi: 9 }] });
      assertRefused(future, 'SLUICE_ABI_VERSION', /found 9, this gateway runs ABI 1/);
    });
  });

  describe('refuses to link', () => {
    const link = 'SLUICE_FILTER_LINK';
    const rows: readonly [string, Parameters<typeof watFilter>[0], RegExp][] = [
      [
        'an import of another host',
        { imports: '(import "wasi_snapshot_preview1" "fd_write" (func))' },
        /imports function wasi_snapshot_preview1\.fd_write/,
      ],
      [
        'a function the ABI does not have',
        { imports: '(import "sluice" "fetch" (func))' },
        /imports function sluice\.fetch/,
      ],
      [
        'a global under the name of a function',
        { imports: '(import "sluice" "abort" (global i32))' },
        /imports global sluice\.abort/,
      ],
      [
        'a table of the host',
        { imports: '(import "env" "table" (table 1 1 funcref))' },
        /imports table env\.table/,
      ],
      ['a tag of the host', { imports: '(import "env" "tag" (tag))' }, /imports tag env\.tag/],
      [
        'what the AssemblyScript loader would offer by itself',
        { imports: '(import "env" "seed" (func (result f64)))' },
        /imports function env\.seed/,
      ],
      [
        'a memory of another name',
        { memory: '(import "env" "heap" (memory 1 4))' },
        /imports memory env\.heap/,
      ],
      ['a module without memory', { memory: '' }, /does not import env\.memory/],
      ['a module with a memory of its own', { memory: '(memory 1 4)' }, /does not import env\.memory/],
      ['a memory without maximum', { memory: '(import "env" "memory" (memory 1))' }, /declares no maximum/],
      ['a shared memory', { memory: '(import "env" "memory" (memory 1 4 shared))' }, /shared or 64-bit/],
      ['a table without maximum', { fields: '(table 1 externref)' }, /tables may grow beyond 65536 entries/],
      [
        'a table that may grow too far',
        { fields: '(table 1 9000000 externref)' },
        /tables may grow beyond 65536 entries/,
      ],
      [
        'many tables that together grow too far',
        { fields: '(table 1 40000 funcref) (table 1 40000 externref)' },
        /tables may grow beyond 65536 entries/,
      ],
    ];
    for (const [name, parts, message] of rows) {
      it(name, () => assertRefused(watFilter(parts), link, message));
    }

    it('functions of other types than those of the ABI', () => {
      const rows: readonly [Parameters<typeof watFilter>[0], RegExp][] = [
        [
          { imports: '(import "sluice" "abort" (func (param i64)))' },
          /imports abort as \(i64\) -> \(\), expected \(i32, i32, i32, i32, i32, i32\) -> \(\)$/,
        ],
        [
          { onRequest: '(param i32 i32) (result f64) (f64.const -1)' },
          /exports sluice_on_request as \(i32, i32\) -> f64, expected \(i32, i32\) -> i32$/,
        ],
        [
          { fields: '(func (export "sluice_on_response"))' },
          /exports sluice_on_response as \(\) -> \(\), expected/,
        ],
      ];
      for (const [parts, message] of rows) assertRefused(watFilter(parts), link, message);
    });

    it('exports that the AssemblyScript loader would take for a path into Object.prototype', () => {
      for (const name of ['constructor#polluted', 'constructor#get:polluted', 'a.b', 'get:a']) {
        const bytes = watFilter({ fields: `(func (export "${name}"))` });
        assertRefused(bytes, link, /exports ".*", a name may not have/);
      }
      assert.equal('polluted' in {}, false);
    });

    it('a module without the exports of its phases, all of them named', () => {
      const empty = compileWat('(module (import "env" "memory" (memory 1 4)))');
      const manifest = { ...PLAIN_MANIFEST, phases: { request: {}, response: {} } };
      assertRefused(
        withManifest(empty, manifest),
        link,
        /does not export sluice_begin, sluice_configure, sluice_on_request, sluice_on_response$/,
      );
    });

    it('a module that exports something else than a function under the name of one', () => {
      const bytes = compileWat(`(module (import "env" "memory" (memory 1 4))
        (global (export "sluice_begin") i32 (i32.const 0))
        (func (export "sluice_configure")) (func (export "sluice_on_request")))`);
      assertRefused(withManifest(bytes, PLAIN_MANIFEST), link, /does not export sluice_begin$/);
    });

    it('a phase of the manifest that the module does not export', () => {
      const manifest = { ...PLAIN_MANIFEST, phases: { request: {}, response: {} } };
      assertRefused(watFilter({ manifests: [manifest] }), link, /does not export sluice_on_response$/);
    });
  });

  describe('refuses an import whose capability the manifest does not ask for:', () => {
    for (const [name, capability] of IMPORT_CAPABILITIES) {
      if (capability === null) continue;
      it(name, () => {
        const [parameters, result] = ABI_SIGNATURES.imports.get(name)!.split(' -> ');
        const types = `(param ${parameters!.replace(/[(),]/g, '')}) (result ${result!.replace('()', '')})`;
        const imports = `(import "sluice" "${name}" (func ${types}))`;
        assertRefused(
          watFilter({ imports }),
          'SLUICE_FILTER_CAPABILITY',
          new RegExp(`${name}, .* ${capability}$`),
        );
        loadModule(
          watFilter({
            imports,
            fields: capability === 'callouts' ? ON_CALLOUT : '',
            manifests: [{ ...PLAIN_MANIFEST, capabilities: [capability] }],
          }),
          'x.wasm',
        );
      });
    }

    it('but never abort, which every filter has', () => {
      loadModule(
        watFilter({ imports: '(import "sluice" "abort" (func (param i32 i32 i32 i32 i32 i32)))' }),
        'x.wasm',
      );
    });
  });
});
