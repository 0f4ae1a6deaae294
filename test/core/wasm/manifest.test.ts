import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorCode } from '../../../core/errors.js';
import { GatewayError } from '../../../core/errors.js';
import { parseManifest, phasesWith } from '../../../core/wasm/manifest.js';

const GOOD = {
  name: 'guard',
  version: '1.2.3',
  abi: 1,
  description: 'Keeps watch.',
  phases: { request: { body: 'buffer' }, response: {} },
  capabilities: ['log', 'schemas'],
  optional: ['crypto'],
  config: { type: 'object' },
};

function refused(text: string): GatewayError {
  try {
    parseManifest(text, 'x.wasm');
  } catch (error) {
    assert.ok(error instanceof GatewayError, `expected a GatewayError, got ${String(error)}`);
    return error;
  }
  assert.fail('the manifest was accepted');
}

describe('parseManifest', () => {
  it('reads every key', () => {
    assert.deepEqual(parseManifest(JSON.stringify(GOOD), 'x.wasm'), {
      name: 'guard',
      version: '1.2.3',
      abi: 1,
      phases: { request: { body: 'buffer' }, response: { body: 'none' } },
      capabilities: ['log', 'schemas'],
      optional: ['crypto'],
      config: { type: 'object' },
    });
  });

  it('takes what is left out as no capabilities, no body and any config', () => {
    const text = JSON.stringify({ name: 'a', version: '1', abi: 1, phases: { response: {} } });
    const manifest = parseManifest(text, 'x.wasm');
    assert.deepEqual([manifest.capabilities, manifest.optional], [[], []]);
    assert.deepEqual(manifest.phases, { response: { body: 'none' } });
    assert.equal(manifest.config, true);
  });

  for (const text of ['', '{', 'null', '[]', '"manifest"', '5']) {
    it(`refuses ${JSON.stringify(text)} for a manifest`, () => {
      const error = refused(text);
      assert.equal(error.code, 'SLUICE_FILTER_MANIFEST');
      assert.match(error.message, /^x\.wasm: manifest: (?:not JSON|expected an object)/);
    });
  }

  const rows: readonly [string, unknown, string, ErrorCode][] = [
    ['name', undefined, '/name', 'SLUICE_FILTER_MANIFEST'],
    ['name', '', '/name', 'SLUICE_FILTER_MANIFEST'],
    ['name', 5, '/name', 'SLUICE_FILTER_MANIFEST'],
    ['version', undefined, '/version', 'SLUICE_FILTER_MANIFEST'],
    ['version', 1, '/version', 'SLUICE_FILTER_MANIFEST'],
    ['description', 5, '/description', 'SLUICE_FILTER_MANIFEST'],
    ['abi', undefined, '/abi', 'SLUICE_ABI_VERSION'],
    ['abi', 2, '/abi', 'SLUICE_ABI_VERSION'],
    ['abi', '1', '/abi', 'SLUICE_ABI_VERSION'],
    ['phases', undefined, '/phases', 'SLUICE_FILTER_MANIFEST'],
    ['phases', {}, '/phases', 'SLUICE_FILTER_MANIFEST'],
    ['phases', ['request'], '/phases', 'SLUICE_FILTER_MANIFEST'],
    ['phases', { connect: {} }, '/phases/connect', 'SLUICE_FILTER_MANIFEST'],
    ['phases', { request: true }, '/phases/request', 'SLUICE_FILTER_MANIFEST'],
    ['phases', { request: { body: 'lines' } }, '/phases/request/body', 'SLUICE_FILTER_MANIFEST'],
    ['phases', { request: { body: 1 } }, '/phases/request/body', 'SLUICE_FILTER_MANIFEST'],
    ['phases', { request: { when: true } }, '/phases/request/when', 'SLUICE_FILTER_MANIFEST'],
    ['phases', { request: { when: 'a' } }, '/phases/request/when', 'SLUICE_FILTER_MANIFEST'],
    ['phases', { request: { bodies: 'buffer' } }, '/phases/request/bodies', 'SLUICE_FILTER_MANIFEST'],
    ['phases', { request: { when: [] } }, '/phases/request/when', 'SLUICE_FILTER_MANIFEST'],
    ['phases', { request: { when: ['/a', 'b'] } }, '/phases/request/when', 'SLUICE_FILTER_MANIFEST'],
    ['phases', { request: { bodyWhen: '/a' } }, '/phases/request/bodyWhen', 'SLUICE_FILTER_MANIFEST'],
    [
      'phases',
      { request: { body: 'none', streamWhen: '/a' } },
      '/phases/request/streamWhen',
      'SLUICE_FILTER_MANIFEST',
    ],
    [
      'phases',
      { response: { body: 'stream', streamWhen: '/a' } },
      '/phases/response/streamWhen',
      'SLUICE_FILTER_MANIFEST',
    ],
    ['capabilities', 'log', '/capabilities', 'SLUICE_FILTER_MANIFEST'],
    ['capabilities', null, '/capabilities', 'SLUICE_FILTER_MANIFEST'],
    ['capabilities', ['log', 'network'], '/capabilities/1', 'SLUICE_FILTER_MANIFEST'],
    ['optional', {}, '/optional', 'SLUICE_FILTER_MANIFEST'],
    ['optional', ['random', 'network'], '/optional/1', 'SLUICE_FILTER_MANIFEST'],
    ['optional', ['random', 'log'], '/optional/1', 'SLUICE_FILTER_MANIFEST'],
    ['config', null, '/config', 'SLUICE_FILTER_MANIFEST'],
    ['config', 'object', '/config', 'SLUICE_FILTER_MANIFEST'],
    ['config', [], '/config', 'SLUICE_FILTER_MANIFEST'],
    ['configuration', {}, '/configuration', 'SLUICE_FILTER_MANIFEST'],
  ];
  for (const [key, value, pointer, code] of rows) {
    it(`refuses ${key} = ${JSON.stringify(value)} and names ${pointer}`, () => {
      const error = refused(JSON.stringify({ ...GOOD, [key]: value }));
      assert.equal(error.code, code);
      assert.ok(error.message.startsWith(`x.wasm: manifest${pointer}: `), error.message);
    });
  }

  it('refuses what is nested too deeply to be printed, compiled or copied, whatever key it is under', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    for (const key of ['name', 'abi', 'description', 'phases', 'capabilities', 'config', 'other']) {
      const text = JSON.stringify({ ...GOOD, [key]: '@' }).replace('"@"', nested(30_000));
      const error = refused(text);
      assert.equal(error.code, 'SLUICE_FILTER_MANIFEST');
      assert.equal(error.message, 'x.wasm: manifest: nested more than 100 levels deep');
    }
    const deepest = JSON.stringify({ ...GOOD, config: { default: '@' } }).replace('"@"', nested(98));
    parseManifest(deepest, 'x.wasm');
  });

  it('does not take a key of the prototype for one of its own', () => {
    const text = JSON.stringify(GOOD).replace('{', '{"__proto__":{"abi":1},');
    assert.match(refused(text).message, /manifest\/__proto__: unknown key/);
  });
});

describe('phasesWith', () => {
  const has = (config: unknown, when: string): boolean =>
    phasesWith(config, { request: { body: 'none' }, response: { body: 'buffer', when: [when] } }).response !==
    undefined;

  it('leaves out a phase when the config has nothing at its place', () => {
    assert.equal(has({ responses: false }, '/responses'), true);
    assert.equal(has({ responses: null }, '/responses'), true);
    for (const config of [{}, undefined, null, 'responses', { other: 1 }])
      assert.equal(has(config, '/responses'), false);
  });

  it('takes a star for any member or item', () => {
    assert.equal(has({ a: { x: { b: 1 }, y: {} } }, '/a/*/b'), true);
    assert.equal(has({ a: [{}, { b: 1 }] }, '/a/*/b'), true);
    assert.equal(has({ a: { x: {}, y: 1 } }, '/a/*/b'), false);
    assert.equal(has({ a: {} }, '/a/*'), false);
  });

  it('reads tokens as RFC 6901 has them, and own members alone', () => {
    assert.equal(has({ 'a/b~': 1 }, '/a~1b~0'), true);
    assert.equal(has({}, '/constructor'), false);
  });

  it('has the phase when one of several places has a value', () => {
    const phases = { request: { body: 'none', when: ['/a', '/b/c'] } } as const;
    assert.deepEqual(phasesWith({ b: { c: 0 } }, phases), { request: { body: 'none' } });
    assert.deepEqual(phasesWith({ b: {} }, phases), {});
  });

  it('says what is needed of the body: nothing, all of it at once, or chunk by chunk', () => {
    const phase = { body: 'buffer', bodyWhen: ['/json', '/text'], streamWhen: ['/stream'] } as const;
    const bodyWith = (config: unknown): unknown => phasesWith(config, { response: phase }).response;
    assert.deepEqual(bodyWith({}), { body: 'none' });
    assert.deepEqual(bodyWith({ stream: true }), { body: 'none' });
    assert.deepEqual(bodyWith({ text: {} }), { body: 'buffer' });
    assert.deepEqual(bodyWith({ text: {}, stream: { maxValueBytes: 1 } }), { body: 'stream' });
    assert.deepEqual(phasesWith({}, { response: { body: 'stream', bodyWhen: ['/json'] } }), {
      response: { body: 'none' },
    });
  });

  it('keeps what has no condition', () => {
    assert.deepEqual(phasesWith(undefined, { request: { body: 'none' } }), { request: { body: 'none' } });
  });
});
