import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadModule } from '../../core/wasm/module.js';
import { MANIFEST_SECTION } from '../../sdk/abi/names.js';
import { TestChain } from '../../sdk/testing/index.js';
import { buildFilter, FilterBuildError } from '../../sdk/tools/filter-builder.js';
import { buildInline, inFolder, manifestOf } from './inline-filter.js';

const NOTHING = `
import { Decision, next, Request } from 'sluice';
export function onRequest(request: Request): Decision { return next(); }
`;

function manifestIn(wasm: Uint8Array): unknown {
  const sections = WebAssembly.Module.customSections(new WebAssembly.Module(wasm), MANIFEST_SECTION);
  assert.equal(sections.length, 1);
  return JSON.parse(new TextDecoder().decode(sections[0]));
}

function importsOf(wasm: Uint8Array): string[] {
  return WebAssembly.Module.imports(new WebAssembly.Module(wasm))
    .map(({ module, name }) => `${module}.${name}`)
    .sort();
}

describe('buildFilter', () => {
  it('embeds the manifest without what only the build needs', async () => {
    const manifest = manifestOf({ description: 'Lets everything through, ünchanged.' });
    const wasm = await buildInline(NOTHING, { ...manifest, memory: { maximumMb: 3 } });
    assert.deepEqual(manifestIn(wasm), manifest);
    assert.equal(loadModule(wasm, 'inline').maximumPages, 3 * 16);
  });

  it('gives a filter 64 MiB when it names no maximum', async () => {
    assert.equal(loadModule(await buildInline(NOTHING), 'inline').maximumPages, 64 * 16);
  });

  it('imports and exports nothing that the filter does not use', async () => {
    const wasm = await buildInline(NOTHING);
    assert.deepEqual(importsOf(wasm), ['env.memory', 'sluice.abort']);
    const names = WebAssembly.Module.exports(new WebAssembly.Module(wasm)).map(({ name }) => name);
    assert.deepEqual(names.sort(), ['sluice_begin', 'sluice_configure', 'sluice_on_request']);
  });

  it('imports log for a filter that logs', async () => {
    const source = `
      import { Decision, log, next, Request } from 'sluice';
      export function onRequest(request: Request): Decision { log.info(request.path); return next(); }`;
    const wasm = await buildInline(source, manifestOf({ capabilities: ['log'] }));
    assert.deepEqual(importsOf(wasm), ['env.memory', 'sluice.abort', 'sluice.log']);
  });

  it('refuses a filter that uses a capability its manifest does not name', async () => {
    const source = `
      import { Decision, log, next, Request } from 'sluice';
      export function onRequest(request: Request): Decision { log.info('x'); return next(); }`;
    await assert.rejects(buildInline(source), {
      name: 'FilterBuildError',
      message: 'filter inline uses the capability log: add "log" to capabilities in filter.json',
    });
  });

  it('refuses a filter that needs a function no host has', async () => {
    const source = `
      import { Decision, next, Request } from 'sluice';
      export function onRequest(request: Request): Decision {
        if (Math.random() > 0.5) request.headers.set('x-a', 'b');
        return next();
      }`;
    await assert.rejects(
      buildInline(source),
      /filter inline imports env\.seed: Math\.random has no host to ask/,
    );
  });

  it('shows what the compiler says, with file, line and source text', async () => {
    const source = `
import { Decision, next, Request } from 'sluice';
export function onRequest(request: Request): Decision {
  request.headerz.set('x-a', 'b');
  return next();
}`;
    await assert.rejects(buildInline(source), (error: unknown) => {
      assert(error instanceof FilterBuildError);
      assert.match(error.message, /filter inline does not compile/);
      assert.match(error.message, /Property 'headerz' does not exist/);
      assert.match(error.message, /request\.headerz\.set\('x-a', 'b'\)/);
      assert.match(error.message, /assembly\/index\.ts\(4,11\)/);
      return true;
    });
  });

  it('names the file that cannot be found', async () => {
    const source = `import { x } from './missing'; export function onRequest(): i32 { return x; }`;
    await assert.rejects(buildInline(source), /assembly\/missing/);
  });

  it('refuses a phase that the manifest names and the source does not export', async () => {
    const manifest = manifestOf({ phases: { request: { body: 'none' }, response: { body: 'none' } } });
    await assert.rejects(
      buildInline(NOTHING, manifest),
      /names the response phase, but assembly\/index\.ts exports no onResponse/,
    );
  });

  it('refuses a phase that the source exports and the manifest does not name', async () => {
    const source = `${NOTHING}
      import { Response } from 'sluice';
      export function onResponse(request: Request, response: Response): Decision { return next(); }`;
    await assert.rejects(buildInline(source), /onResponse is exported, but filter\.json does not name/);
  });

  it('refuses callouts that nothing goes on after, and a handler of callouts that were not asked for', async () => {
    await assert.rejects(
      buildInline(NOTHING, manifestOf({ capabilities: ['callouts'] })),
      /asks for callouts, but assembly\/index\.ts exports neither onCallout nor onResponseCallout/,
    );
    const source = `${NOTHING}
      import { Outcome } from 'sluice';
      export function onCallout(request: Request, outcome: Outcome): Decision { return next(); }`;
    await assert.rejects(
      buildInline(source),
      /handler of callouts is exported, but filter\.json does not ask/,
    );
  });

  it('refuses a stream that nothing reads, and a reader of chunks for a body that does not come in any', async () => {
    await assert.rejects(
      buildInline(NOTHING, manifestOf({ phases: { request: { body: 'stream' } } })),
      /wants the body of the request as a stream, but assembly\/index\.ts exports no onRequestBody/,
    );
    const source = `${NOTHING}
      import { Chunk } from 'sluice';
      export function onRequestBody(request: Request, chunk: Chunk): Decision { return next(); }`;
    await assert.rejects(
      buildInline(source),
      /onRequestBody is exported, but filter\.json does not want the body of the request as a stream/,
    );
  });

  it('keeps the names of functions, so that a trap says where it happened', async () => {
    const source = `
      import { Decision, next, Request } from 'sluice';
      // Calls itself, so that the compiler cannot make it a part of its caller.
      function dig(depth: i32): i32 { if (depth == 0) throw new Error('caught'); return dig(depth - 1) + 1; }
      export function onRequest(request: Request): Decision { dig(request.query.length); return next(); }`;
    const chain = new TestChain([{ module: await buildInline(source) }]);
    const { failures } = chain.exchange({ target: '/?abc' });
    assert.match(failures[0]!.message, /caught at assembly\/index\.ts:4:/);
    assert.match(failures[0]!.message, /assembly\/index\/dig/);
  });

  it('keeps assertions and bounds checks of the author', async () => {
    const source = `
      import { Decision, next, Request } from 'sluice';
      export function onRequest(request: Request): Decision {
        if (request.path.equals('/assert')) assert(request.query.length > 0, 'a query is needed');
        if (request.path.equals('/bounds')) request.headers.set('x-byte', request.query[request.query.length]);
        return next();
      }`;
    const chain = new TestChain([{ module: await buildInline(source) }]);
    assert.match(chain.exchange({ target: '/assert' }).failures[0]!.message, /a query is needed/);
    assert.match(chain.exchange({ target: '/bounds?a' }).failures[0]!.message, /byte index out of range/);
  });

  it('writes the module where it is told to, making the folder', async () => {
    const files = { 'filter.json': JSON.stringify(manifestOf()), 'assembly/index.ts': NOTHING };
    await inFolder(files, async (sourceDir) => {
      const outFile = join(sourceDir, 'out/deep/inline.wasm');
      const { name, bytes } = await buildFilter({ sourceDir, outFile });
      assert.equal(name, 'inline');
      assert.deepEqual(new Uint8Array(await readFile(outFile)), new Uint8Array(bytes));
    });
  });
});

describe('filter.json', () => {
  const cases: readonly [string, string, RegExp][] = [
    ['that is not JSON', '{', /filter\.json:1:2: not JSON/],
    ['that is not an object', '[]', /filter\.json: expected an object/],
    ['without a name', JSON.stringify(manifestOf({ name: undefined })), /\/name: found undefined/],
    ['with a name in capitals', JSON.stringify(manifestOf({ name: 'Guard' })), /\/name: found "Guard"/],
    ['without phases', JSON.stringify(manifestOf({ phases: {} })), /\/phases: expected/],
    [
      'with capabilities that are no list',
      JSON.stringify(manifestOf({ capabilities: 'log' })),
      /\/capabilities/,
    ],
    ['with a maximum of 0', JSON.stringify(manifestOf({ memory: { maximumMb: 0 } })), /\/memory: expected/],
    [
      'with an unknown key in memory',
      JSON.stringify(manifestOf({ memory: { maximum: 1 } })),
      /\/memory: expected/,
    ],
  ];
  for (const [what, text, message] of cases) {
    it(`is refused ${what}`, async () => {
      const files = { 'filter.json': text, 'assembly/index.ts': NOTHING };
      await inFolder(files, (sourceDir) => assert.rejects(buildFilter({ sourceDir }), message));
    });
  }

  it('is refused when it is not there', async () => {
    await inFolder({}, (sourceDir) => assert.rejects(buildFilter({ sourceDir }), { code: 'ENOENT' }));
  });
});
