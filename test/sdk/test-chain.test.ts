// What the harness holds a test to, so that none passes for the wrong reason.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import {
  TestChain,
  type TestChainOptions,
  type TestFilter,
  type TestRequest,
} from '../../sdk/testing/index.js';
import { buildInline, manifestOf } from './inline-filter.js';

let module: Uint8Array;
before(async () => {
  const config = {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: { name: { type: 'string' } },
  };
  const source = `import { Decision, next, Request } from 'sluice';
    export function onRequest(request: Request): Decision {
      request.headers.set('x-client', request.client);
      return next();
    }`;
  module = await buildInline(source, manifestOf({ config }));
});

const filter = (changes: object = {}): TestFilter => ({ module, config: { name: 'x' }, ...changes });

describe('TestChain', () => {
  it('tells filters the address that a test gives the client', () => {
    const chain = new TestChain([filter()]);
    const seen = (request: TestRequest) => chain.exchange(request).upstream?.headers.get('x-client');
    assert.equal(seen({ target: '/' }), '192.0.2.1');
    assert.equal(seen({ target: '/', client: '2001:db8::7' }), '2001:db8::7');
  });

  it('holds a config to the schema of the manifest where the tests are those of an author', () => {
    new TestChain([filter({ config: 7 })]);
    process.env['SLUICE_FILTER_TEST'] = '1';
    const refused = (config: unknown, message: string) =>
      assert.throws(() => new TestChain([filter({ config })]), { code: 'SLUICE_FILTER_CONFIG', message });
    refused(undefined, "filter inline, config : must have required property 'name'");
    refused({ name: 7 }, 'filter inline, config /name: must be string');
    delete process.env['SLUICE_FILTER_TEST'];
  });

  it('refuses keys that nobody reads', () => {
    const chain = new TestChain([filter()]);
    const unknown = (what: string, key: string) => ({
      name: 'TypeError',
      message: new RegExp(`^${what}: unknown key ${key}, expected .*\\w$`),
    });
    const options = { secret: {} } as TestChainOptions;
    assert.throws(() => new TestChain([filter()], options), unknown('options of a TestChain', 'secret'));
    assert.throws(() => new TestChain([filter({ grant: [] })]), unknown('filter of a TestChain', 'grant'));
    const request = { target: '/', header: {} } as TestRequest;
    assert.throws(() => chain.exchange(request), unknown('request of a test', 'header'));
    assert.throws(
      () => chain.exchange({ target: '/' }, { code: 7 } as object),
      unknown('response of a test', 'code'),
    );
  });
});
