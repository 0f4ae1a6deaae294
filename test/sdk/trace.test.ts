// trace(): what the author of a filter sees in tests, and that nothing of it is in what runs in a gateway.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadModule } from '../../core/wasm/module.js';
import { TestChain, type TestOutcome, type TestTrace } from '../../sdk/testing/index.js';
import { formatTrace } from '../../sdk/testing/test-trace.js';
import { buildFilter } from '../../sdk/tools/filter-builder.js';
import { reportModule } from '../../sdk/tools/module-report.js';
import { inFolder, manifestOf } from './inline-filter.js';

const MANIFEST = manifestOf({ phases: { request: { body: 'buffer' }, response: {} } });

/** Compiles a filter whose request phase runs `statements`, from line 3 on. */
function sourceOf(statements: string, imports = 'trace, '): string {
  return `import { ${imports}Bytes, Decision, Json, next, Request, Response } from 'sluice';
export function onRequest(request: Request): Decision {
${statements}
  return next();
}
export function onResponse(request: Request, response: Response): Decision { return next(); }`;
}

function build(source: string, options: { trace?: boolean; debug?: boolean } = {}): Promise<Uint8Array> {
  const files = { 'filter.json': JSON.stringify(MANIFEST), 'assembly/index.ts': source };
  return inFolder(files, async (sourceDir) => (await buildFilter({ sourceDir, ...options })).bytes);
}

const REQUEST = { target: '/users?a=1', headers: { 'x-tenant': 'caf\xe9' }, body: '{"a":[1, 2]}' };

async function traced(
  source: string,
): Promise<{ outcome: TestOutcome; seen: TestTrace[]; chain: TestChain }> {
  const seen: TestTrace[] = [];
  const module = await build(source, { trace: true });
  const chain = new TestChain([{ module }], { trace: (trace) => void seen.push(trace) });
  return { outcome: chain.exchange(REQUEST), seen, chain };
}

describe('trace', () => {
  it('tells place, label and value, in order, and what was traced comes with the outcome', async () => {
    const { outcome, seen, chain } = await traced(
      sourceOf(`  trace('here');
  trace('path', request.path);
  if (request.path.equals('/')) trace('never');
  else trace('else');
  for (let i = 0; i < 2; i++) trace('loop', i);`),
    );
    const line = (place: number, label: string, value?: string): TestTrace => ({
      filter: 'inline',
      place: `assembly/index.ts:${place}`,
      label,
      value,
    });
    const expected = [
      line(3, 'here'),
      line(4, 'path', '/users'),
      line(6, 'else'),
      line(7, 'loop', '0'),
      line(7, 'loop', '1'),
    ];
    assert.deepEqual(outcome.failures, []);
    assert.deepEqual(outcome.traces, expected);
    assert.deepEqual(seen, expected);
    assert.deepEqual(chain.exchange(REQUEST).traces, expected);
  });

  it('takes every kind of value, and tells one that is absent from none', async () => {
    const values: [string, string | null][] = [
      ["'text'", 'text'],
      ["Bytes.from('\u00fc')", 'ü'],
      ["request.headers.get('x-none')", null],
      ["request.headers.get('x-tenant')", 'caf\ufffd'],
      ['maybe(request.path)', '/users'],
      ['maybe(Bytes.from(""))', null],
      ['maybeText(true)', 'text'],
      ['maybeText(false)', null],
      ['<u8>200', '200'],
      ['-5', '-5'],
      ['i64.MIN_VALUE', '-9223372036854775808'],
      ['u64.MAX_VALUE', '18446744073709551615'],
      ['1.5', '1.5'],
      ['request.path.isEmpty', 'false'],
      ['Json.parse(request.body)', '{"a":[1, 2]}'],
      ["Json.parse(request.body).find('/a/1')", '2'],
      ["Json.parse(request.body).get('b')", null],
    ];
    const { outcome } = await traced(
      `${sourceOf(values.map(([code], index) => `  trace('${index}', ${code});`).join('\n'))}
function maybe(bytes: Bytes): Bytes | null { return bytes.isEmpty ? null : bytes; }
function maybeText(given: bool): string | null { return given ? 'text' : null; }`,
    );
    assert.deepEqual(
      outcome.traces.map(({ label, value }) => [label, value]),
      values.map(([, value], index) => [String(index), value]),
    );
  });

  it('works under another name, and through a namespace', async () => {
    const source = sourceOf("  print('one');\n  all.trace('two');", 'trace as print, ');
    const { outcome } = await traced(`import * as all from 'sluice';\n${source}`);
    assert.deepEqual(
      outcome.traces.map(({ place, label }) => [place, label]),
      [
        ['assembly/index.ts:4', 'one'],
        ['assembly/index.ts:5', 'two'],
      ],
    );
  });

  it('has no place when its label is made at run time', async () => {
    const { outcome } = await traced(sourceOf("  trace('a' + request.method.toString(), 1);"));
    assert.deepEqual(outcome.traces, [{ filter: 'inline', place: null, label: 'aGET', value: '1' }]);
  });

  it('shows what came before a trap, what configure traced, and both phases', async () => {
    const source = `import { trace, Decision, Json, next, Request, Response } from 'sluice';
export function configure(config: Json): void { trace('config', config.get('a')); }
export function onRequest(request: Request): Decision {
  trace('request');
  if (request.path.equals('/trap')) throw new Error('stop');
  return next();
}
export function onResponse(request: Request, response: Response): Decision {
  trace('response', response.status);
  return next();
}`;
    const module = await build(source, { trace: true });
    const chain = new TestChain([{ module, config: { a: 5 } }], { trace: () => undefined });
    const labels = (traces: readonly TestTrace[]) => traces.map(({ label, value }) => `${label} ${value}`);
    assert.deepEqual(labels(chain.configureTraces), ['config 5']);
    assert.deepEqual(labels(chain.exchange({ target: '/' }).traces), ['request undefined', 'response 200']);
    const trapped = chain.exchange({ target: '/trap' });
    assert.equal(trapped.failures.length, 1);
    assert.deepEqual(labels(trapped.traces), ['request undefined']);
  });

  it('reads as one line on a terminal, and lets no client speak to it', () => {
    const line = { filter: 'guard', place: 'assembly/index.ts:7', label: 'path' };
    assert.equal(
      formatTrace({ ...line, value: '/a\n\u001b[2J\u009b' }),
      'trace assembly/index.ts:7 path: /a\\u000a\\u001b[2J\\u009b',
    );
    assert.equal(formatTrace({ ...line, value: null }), 'trace assembly/index.ts:7 path: (absent)');
    assert.equal(formatTrace({ ...line, place: null, value: undefined }), 'trace guard path');
  });

  it('refuses a value of another type where it stands', async () => {
    await assert.rejects(build(sourceOf("  trace('request', request);"), { trace: true }), {
      name: 'FilterBuildError',
      message: /trace takes Bytes, text, a number, a boolean or Json/,
    });
  });
});

describe('trace outside of tests', () => {
  const calls = `  trace('here');
  if (request.path.equals('/a')) trace('if', request.method); else trace('else');
  for (let i = 0; i < 3; i++) trace('loop', i);
  while (request.path.equals('/b')) { trace('while'); break; }
  switch (request.path.length) { case 1: trace('case'); break; default: trace('default'); }
  const list = [1, 2];
  trace('effect', list.pop());
  request.headers.set('x-left', list.length);
  inner(request);`;
  const inner = `
class Inner { method(request: Request): void { trace('method', request.id); } }
function inner(request: Request): void { new Inner().method(request); const f = (): void => { trace('arrow'); }; f(); }`;
  const source = sourceOf(calls) + inner;

  it('adds not one byte to a module', async () => {
    const without = source.replaceAll(/trace\((?:[^()]|\([^()]*\))*\);/g, ';').replace('trace, ', '');
    assert.doesNotMatch(without, /trace/);
    const built = Buffer.from(await build(source));
    assert.deepEqual(built, Buffer.from(await build(without)));
    assert.ok((await build(source, { trace: true })).length > built.length);
  });

  it('is gone with its arguments', async () => {
    const left = async (options: { trace: boolean }): Promise<string | undefined> => {
      const module = await build(source, options);
      const chain = new TestChain([{ module }], { trace: () => undefined });
      const { upstream, failures } = chain.exchange(REQUEST);
      assert.deepEqual(failures, []);
      return upstream!.headers.get('x-left');
    };
    assert.equal(await left({ trace: false }), '2');
    assert.equal(await left({ trace: true }), '1');
  });

  it('is gone from a debug build too, which a gateway loads', async () => {
    loadModule(await build(source, { debug: true }), 'x.wasm');
    loadModule(await build(source), 'x.wasm');
  });

  it('is refused by a gateway that meets it all the same, with what to do', async () => {
    const module = await build(source, { trace: true });
    const refusal = {
      code: 'SLUICE_FILTER_LINK',
      message: 'x.wasm: was built for tests, with its calls of trace(): build it with `sluice filter build`',
    };
    assert.throws(() => loadModule(module, 'x.wasm'), refusal);
    assert.throws(() => reportModule(module, 'x.wasm'), refusal);
  });

  it('is refused by the build where it cannot be taken out', async () => {
    await assert.rejects(
      build(sourceOf("  for (let i = 0; i < 2; i++, trace('step')) {}")),
      /calls trace\(\) where it cannot be taken out: make it a statement of its own/,
    );
  });

  it('must be imported: the function of the same name that the language has is none of ours', async () => {
    await assert.rejects(build(sourceOf("  trace('here', 1, 2);", '')), /import \{ trace \} from 'sluice'/);
  });

  it('leaves alone what a filter calls trace itself', async () => {
    const own = `${sourceOf("  trace(request, 'x-own');", '')}
function trace(request: Request, name: string): void { request.headers.set(name, 'kept'); }`;
    const chain = new TestChain([{ module: await build(own) }]);
    assert.equal(chain.exchange(REQUEST).upstream!.headers.get('x-own'), 'kept');
  });
});
