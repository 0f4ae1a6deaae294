// Modules that no gateway may load, each with the error that refuses it: what the engine, the manifest, the linking,
// the start function and `configure` can come to.
import { readFileSync } from 'node:fs';
import type { ErrorCode } from '../../core/errors.js';
import { MANIFEST_SECTION } from '../../sdk/abi/names.js';
import { appendCustomSection } from '../../sdk/tools/wasm-sections.js';
import { compileWat, PLAIN_MANIFEST, type WatParts, watFilter, withManifest } from '../support/wat-module.js';

export interface RefusedModule {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Two where engines differ in what they can run at all. */
  readonly codes: readonly ErrorCode[];
  readonly message: RegExp;
}

type Row = readonly [name: string, parts: WatParts | Uint8Array, message: RegExp];

const MEMORY = '(import "env" "memory" (memory 1 4))';
const NEVER = '(loop $turn (br $turn))';
const SCHEMAS: WatParts = {
  imports: `(import "sluice" "schema_compile" (func $compile (param i32 i32) (result i32)))
    (import "sluice" "schema_check" (func $check (param i32 i32 i32) (result i32)))`,
  manifests: [{ ...PLAIN_MANIFEST, capabilities: ['schemas'] }],
};
const CRYPTO: WatParts = {
  imports: '(import "sluice" "sha256" (func $sha256 (param i32 i32 i32)))',
  manifests: [{ ...PLAIN_MANIFEST, capabilities: ['crypto'] }],
};
const LOG64 = '(import "sluice" "log" (func (param i64 i32 i32)))';
const LOG_RESULT = '(import "sluice" "log" (func (param i32 i32 i32) (result i32)))';
const LOGGING: WatParts = { manifests: [{ ...PLAIN_MANIFEST, capabilities: ['log'] }] };
const CALLOUTS = { ...PLAIN_MANIFEST, capabilities: ['callouts'] };
const ABORT = '(import "sluice" "abort" (func $abort (param i32 i32 i32 i32 i32 i32)))';

/** A reply that refuses, with a pointer and a reason of 60000 bytes at 8192 (sdk/ABI.md, Reply frame). */
const REFUSAL =
  '\\28\\00\\00\\00\\02\\00\\00\\00\\01\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00' +
  '\\08\\00\\00\\00\\00\\20\\00\\00\\60\\ea\\00\\00\\00\\20\\00\\00\\60\\ea\\00\\00';

function rows(codes: RefusedModule['codes'], all: readonly Row[]): RefusedModule[] {
  return all.map(([name, parts, message]) => {
    const bytes = parts instanceof Uint8Array ? parts : watFilter(parts);
    return { name, bytes, codes, message };
  });
}

function configure(doing: string, parts: WatParts = {}): WatParts {
  return { ...parts, configure: `(param i32 i32) (result i32) (local $i i32) ${doing}` };
}

function start(doing: string, parts: WatParts = {}): WatParts {
  return { ...parts, fields: `${parts.fields ?? ''} (func $start (local $i i32) ${doing}) (start $start)` };
}

function manifest(text: string | Uint8Array): Uint8Array {
  return appendCustomSection(watFilter({ manifests: [] }), MANIFEST_SECTION, Buffer.from(text));
}

const notWasm = rows(
  ['SLUICE_FILTER_NOT_WASM'],
  [
    ['no bytes', new Uint8Array(0), /not a WebAssembly module/],
    ['this file', readFileSync(import.meta.filename), /not a WebAssembly module/],
    ['a module that is cut', watFilter().subarray(0, 60), /not a WebAssembly module/],
    ['a module of the next version', Uint8Array.from([0, 97, 115, 109, 2, 0, 0, 0]), /not a WebAssembly/],
    [
      'a module followed by zeros',
      Buffer.concat([watFilter(), Buffer.alloc(64)]),
      /not a WebAssembly module/,
    ],
  ],
);

const badManifests = [
  ...rows(
    ['SLUICE_FILTER_MANIFEST'],
    [
      ['no manifest', { manifests: [] }, /found 0 custom sections/],
      ['two manifests', { manifests: [PLAIN_MANIFEST, PLAIN_MANIFEST] }, /found 2 custom sections/],
      ['an empty manifest', manifest(''), /manifest: not JSON/],
      ['a manifest that is not JSON', manifest('{name:"a"}'), /manifest: not JSON/],
      ['a manifest that is a list', manifest('[]'), /manifest: expected an object/],
      ['a manifest that is not UTF-8', manifest(latin1Manifest()), /manifest: not UTF-8/],
      [
        'a manifest in UTF-16',
        manifest(Buffer.from(JSON.stringify(PLAIN_MANIFEST), 'utf16le')),
        /manifest: not/,
      ],
      ['a manifest of 64 KiB', manifest(longManifest(65_537)), /manifest: has 65537 bytes/],
      ['a manifest of 32 MiB of brackets', manifest('['.repeat(32 << 20)), /manifest: has 33554432 bytes/],
      ['a manifest that is nested 30000 deep', manifest(deepManifest(30_000)), /nested more than 100 levels/],
      [
        'an unknown key',
        { manifests: [{ ...PLAIN_MANIFEST, imports: [] }] },
        /manifest\/imports: unknown key/,
      ],
      [
        'a name of 30000 numbers',
        manifest(longValue('name')),
        /manifest\/name: found \[0,0,.*… \(\d{5} characters\)$/,
      ],
      [
        'an unknown key of 60000 characters',
        manifest(longKey()),
        /manifest\/kk+… \(60001 characters\): unknown key/,
      ],
      ['a schema that is none', { manifests: [{ ...PLAIN_MANIFEST, config: { type: 'strin' } }] }, /schema/],
    ],
  ),
  ...rows(
    ['SLUICE_ABI_VERSION'],
    [
      ['ABI 0', { manifests: [{ ...PLAIN_MANIFEST, abi: 0 }] }, /found 0, this gateway runs ABI 1/],
      ['ABI 2', { manifests: [{ ...PLAIN_MANIFEST, abi: 2 }] }, /found 2, this gateway runs ABI 1/],
    ],
  ),
];

const badLinks = [
  ...rows(
    ['SLUICE_FILTER_LINK'],
    [
      ['an import of WASI', { imports: '(import "wasi_snapshot_preview1" "fd_write" (func))' }, /fd_write/],
      [
        'an unknown function of ours',
        { imports: '(import "sluice" "exec" (func))' },
        /imports function sluice\.exec/,
      ],
      [
        'a global instead of a function',
        { imports: '(import "sluice" "abort" (global i32))' },
        /imports global/,
      ],
      [
        'a memory of another name',
        { memory: '(import "env" "heap" (memory 1 4))' },
        /imports memory env\.heap/,
      ],
      [
        'a memory that is exported',
        { memory: '(memory (export "memory") 1 4)' },
        /does not import env\.memory/,
      ],
      ['no memory at all', { memory: '' }, /does not import env\.memory/],
      ['a memory without maximum', { memory: '(import "env" "memory" (memory 1))' }, /declares no maximum/],
      ['a shared memory', { memory: '(import "env" "memory" (memory 1 4 shared))' }, /shared or 64-bit/],
      ['a table without maximum', { fields: '(table 1 funcref)' }, /tables may grow beyond 65536 entries/],
      [
        'a table of the host',
        { imports: '(import "env" "table" (table 1 funcref))' },
        /imports table env\.table/,
      ],
      ['tables that may grow to millions', { fields: '(table 1 9000000 funcref)' }, /beyond 65536 entries/],
      [
        'an export the loader takes for a path',
        { fields: '(func (export "constructor#a"))' },
        /a name may not have/,
      ],
      [
        'an import of 64 bits',
        { imports: LOG64, ...LOGGING },
        /imports log as \(i64, i32, i32\) -> \(\), expected/,
      ],
      [
        'an import with a result',
        { imports: LOG_RESULT, ...LOGGING },
        /imports log as \(i32, i32, i32\) -> i32/,
      ],
      [
        'a begin of 64 bits',
        { begin: '(param i64) (result i64) (i64.const 8)' },
        /exports sluice_begin as \(i64\)/,
      ],
      [
        'a configure without result',
        { configure: '(param i32 i32)' },
        /exports sluice_configure as \(i32, i32\) -> \(\)/,
      ],
      [
        'a call of two results',
        { onRequest: '(param i32 i32) (result i32 i32) unreachable' },
        /-> i32, i32, expected/,
      ],
      [
        'a call that takes references',
        { onRequest: '(param externref i32) (result i32) unreachable' },
        /\(reference, i32\)/,
      ],
      [
        'a call of a thousand parameters',
        { onRequest: `(param ${'i32 '.repeat(1000)})` },
        /exports sluice_on_request as \(i32,/,
      ],
      [
        'no exports',
        withManifest(compileWat(`(module ${MEMORY})`), PLAIN_MANIFEST),
        /does not export sluice_begin, /,
      ],
      ['a memory under the name of a function', wrongKind(), /does not export sluice_begin$/],
      [
        'callouts without a function to go on with',
        { manifests: [CALLOUTS] },
        /does not export sluice_on_callout$/,
      ],
      ['a phase without its export', { manifests: [onlyResponse()] }, /does not export sluice_on_response$/],
      [
        'ten thousand exports',
        { fields: manyExports(10_000) },
        /declares 10004 imports, tables, globals, exports, tags/,
      ],
      [
        'ten thousand globals',
        { fields: '(global externref (ref.null extern))'.repeat(10_000) },
        /declares 10004 imports/,
      ],
      [
        'ten thousand tables of nothing',
        { fields: '(table 0 0 funcref)'.repeat(10_000) },
        /declares 10004 imports/,
      ],
      ['ten thousand tags', { fields: '(tag)'.repeat(10_000) }, /declares 10004 imports/],
      [
        'an import with a name of 90000 characters',
        { imports: `(import "sluice" "${'n'.repeat(90_000)}" (func))` },
        /imports function sluice\.nn+… \(90007 characters\), which/,
      ],
      [
        'an export with a name of 90000 characters',
        { fields: `(func (export "${'#'.repeat(90_000)}"))` },
        /exports "##+… \(90002 characters\), a name/,
      ],
      [
        'more memory at first than there may be',
        { memory: '(import "env" "memory" (memory 300 400))' },
        /its limit is/,
      ],
    ],
  ),
  ...rows(
    ['SLUICE_FILTER_LINK', 'SLUICE_FILTER_NOT_WASM'],
    [
      ['a second memory', { fields: '(memory 1 4)' }, /memory/],
      ['two memories of the host', { imports: MEMORY, memory: MEMORY }, /memory/],
      ['a memory of 64 bits', { memory: '(import "env" "memory" (memory i64 1 4))' }, /memory/],
    ],
  ),
  ...rows(
    ['SLUICE_FILTER_CAPABILITY'],
    [
      [
        'an import its manifest does not ask for',
        { imports: '(import "sluice" "log" (func))' },
        /capability log$/,
      ],
    ],
  ),
];

const badStarts = [
  ...rows(
    ['SLUICE_FILTER_TRAP'],
    [
      ['a start that traps', start('unreachable'), /start: unreachable/],
      [
        'a start without end of its stack',
        { fields: '(func $s (call $s)) (start $s)' },
        /start: Maximum call stack/,
      ],
      ['a start that aborts', start(call6('$abort'), { imports: ABORT }), /start: abort at :0:0/],
      [
        'a start that throws',
        { fields: '(tag $t) (func $s (throw $t)) (start $s)' },
        /start: .*[Ee]xception/,
      ],
      [
        'a start that hashes what lies beyond its memory',
        start('(call $sha256 (i32.const 65535) (i32.const 2) (i32.const 0))', CRYPTO),
        /start: 2 bytes at 65535 reach beyond/,
      ],
      ['data beyond its memory', { fields: '(data (i32.const 65530) "0123456789")' }, /start: /],
      ['a configure that traps', configure('unreachable'), /configure: unreachable/],
      ['a begin that traps', { begin: '(param i32) (result i32) unreachable' }, /configure: unreachable/],
      [
        'a configure that compiles schemas without end',
        configure(
          '(loop $more (drop (call $compile (i32.const 8) (i32.const 4))) (br $more)) (i32.const 0)',
          {
            ...SCHEMAS,
            fields: '(data (i32.const 8) "true")',
          },
        ),
        /more than 1024 schemas/,
      ],
      [
        'a schema beyond its memory',
        configure('(call $compile (i32.const -1) (i32.const 4))', SCHEMAS),
        /reach beyond/,
      ],
      [
        'a check without a schema',
        configure('(call $check (i32.const 0) (i32.const 8) (i32.const 0))', SCHEMAS),
        /schema 0/,
      ],
    ],
  ),
  ...rows(
    ['SLUICE_FILTER_DEADLINE'],
    [
      ['a start that never returns', start(NEVER), /did not return within/],
      ['a configure that never returns', configure(`${NEVER} (i32.const 0)`), /did not return within/],
      [
        'a begin that never returns',
        { begin: `(param i32) (result i32) ${NEVER} (i32.const 0)` },
        /did not return/,
      ],
    ],
  ),
  ...rows(
    ['SLUICE_ABI_FRAME'],
    [
      ...['0', '4', '4097', '65536', '65535', '-8', '2147483640'].map((address): Row => {
        const begin = `(param i32) (result i32) (i32.const ${address})`;
        return [`a begin that answers ${address}`, { begin }, /sluice_begin answered \d+ for/];
      }),
      [
        'a configure that answers beyond its memory',
        configure('(i32.const 65536)'),
        /reply: 20 bytes at 65536/,
      ],
      ['a configure that answers -1', configure('(i32.const -1)'), /reply: 20 bytes at 4294967295/],
      ['a configure that answers zeros', configure('(i32.const 2048)'), /length: found 0/],
    ],
  ),
];

const badConfigs = rows(
  ['SLUICE_FILTER_CONFIG'],
  [
    [
      'a configure that refuses with a reason of 60000 characters',
      configure('(memory.fill (i32.const 8192) (i32.const 97) (i32.const 60000)) (i32.const 2048)', {
        memory: '(import "env" "memory" (memory 2 4))',
        fields: `(data (i32.const 2048) "${REFUSAL}")`,
      }),
      /^\/filters\/written\/configa+… \(60000 characters\): a+… \(60000 characters\)$/,
    ],
  ],
);

export const REFUSED_MODULES: readonly RefusedModule[] = [
  ...notWasm,
  ...badConfigs,
  ...badManifests,
  ...badLinks,
  ...badStarts,
];

function manyExports(count: number): string {
  return `(func $f) ${Array.from({ length: count }, (_, index) => `(export "${index}" (func $f))`).join('')}`;
}

function longValue(key: string): string {
  return JSON.stringify({ ...PLAIN_MANIFEST, [key]: new Array(30_000).fill(0) });
}

function longKey(): string {
  return JSON.stringify({ ...PLAIN_MANIFEST, ['k'.repeat(60_000)]: 0 });
}

/** A name in latin1 makes the manifest one that is not UTF-8. */
function latin1Manifest(): Buffer {
  return Buffer.from(JSON.stringify({ ...PLAIN_MANIFEST, name: 'caf\xe9' }), 'latin1');
}

function longManifest(bytes: number): string {
  const short = JSON.stringify({ ...PLAIN_MANIFEST, description: '' });
  return JSON.stringify({ ...PLAIN_MANIFEST, description: 'd'.repeat(bytes - short.length) });
}

function deepManifest(depth: number): string {
  const text = JSON.stringify({ ...PLAIN_MANIFEST, config: { default: 0 } });
  return text.replace('0}', `${'['.repeat(depth)}${']'.repeat(depth)}}`);
}

function wrongKind(): Uint8Array {
  const module = compileWat(`(module ${MEMORY} (export "sluice_begin" (memory 0))
    (func (export "sluice_configure")) (func (export "sluice_on_request")))`);
  return withManifest(module, PLAIN_MANIFEST);
}

function onlyResponse(): unknown {
  return { ...PLAIN_MANIFEST, phases: { response: { body: 'none' } } };
}

function call6(name: string): string {
  return `(call ${name} ${'(i32.const 0) '.repeat(6)})`;
}
