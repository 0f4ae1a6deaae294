import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FilterBuildError } from '../../sdk/tools/filter-builder.js';
import { buildInline } from './inline-filter.js';

/** What the build says of a request phase with this statement. */
async function said(
  statement: string,
  declaration = 'function onRequest(request: Request): Decision',
): Promise<string> {
  const source = `import { Bytes, Decision, next, Request } from 'sluice';
export ${declaration} {
  ${statement}
  return next();
}`;
  try {
    await buildInline(source);
  } catch (cause) {
    assert(cause instanceof FilterBuildError);
    return cause.diagnostics.map(({ message }) => message).join('\n');
  }
  return assert.fail(`${statement} compiles`);
}

describe('what a build says of TypeScript that AssemblyScript does not have', () => {
  for (const [statement, hint] of [
    ["['a'].forEach((name) => { request.headers.remove(name); });", 'Closures. A function does not see'],
    ['try { next(); } catch (error) { return next(); }', 'Exceptions. Nothing of the SDK throws'],
    ["if (/^a/.test('a')) return next();", 'Regular expressions. Compile patterns in configure'],
    ["for (const name of ['a']) request.headers.remove(name);", 'Iterators. Count: for (let i = 0;'],
    ["const value = JSON.parse('{}');", "Cannot find name 'JSON'. Json.parse(bytes) reads"],
    ['let value: any = 7;', "Cannot find name 'any'. Every value has one type"],
    ["if (request.method === 'GET') return next();", "Compare with equals('text')"],
    ["const name: Bytes = 'a';", "Make bytes of it with Bytes.from('text')"],
    ["const name = request.headers.get('a')?.toString();", 'There is no ?. and no ??'],
    ['const { method } = request;', 'There is no destructuring'],
  ] as const) {
    it(statement, async () => assert.ok((await said(statement)).includes(hint), await said(statement)));
  }

  it('async', async () => {
    const message = await said('', 'async function onRequest(request: Request): Promise<Decision>');
    assert.match(message, /Nothing waits: return Upstream\.call/);
  });

  it('says nothing more of an error that is an error anywhere', async () => {
    const message = await said('request.headerz.set(1);');
    assert.match(message, /^Property 'headerz' does not exist on type '[^']+'\.$/);
  });
});
