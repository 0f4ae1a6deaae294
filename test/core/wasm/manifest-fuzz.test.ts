// Whatever JSON stands in a manifest, the parser answers one that keeps the rules or throws a GatewayError.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GatewayError } from '../../../core/errors.js';
import { CAPABILITIES } from '../../../core/wasm/capabilities/capabilities.js';
import { type FilterManifest, parseManifest } from '../../../core/wasm/manifest.js';

const RUNS = 10_000;

/** The manifest if it is accepted; null when it is refused as it may be. */
function parse(text: string): FilterManifest | null {
  let manifest: FilterManifest;
  try {
    manifest = parseManifest(text, 'x.wasm');
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    assert.match(error.code, /^SLUICE_(?:FILTER_MANIFEST|ABI_VERSION)$/);
    assert.ok(error.message.startsWith('x.wasm: manifest'), error.message);
    return null;
  }
  assertKeepsRules(manifest);
  return manifest;
}

function assertKeepsRules({ name, version, abi, phases, capabilities, config }: FilterManifest): void {
  assert.ok(typeof name === 'string' && name !== '' && typeof version === 'string' && version !== '');
  assert.equal(abi, 1);
  const entries = Object.entries(phases);
  assert.ok(entries.length > 0);
  for (const [phase, { body }] of entries) {
    assert.match(phase, /^(?:request|response)$/);
    assert.match(body, /^(?:none|buffer)$/);
  }
  assert.ok(capabilities.every((capability) => CAPABILITIES.includes(capability)));
  assert.ok(typeof config === 'boolean' || (typeof config === 'object' && config !== null));
}

describe('the parser of manifests', () => {
  it('survives any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        parse(text);
      }),
      { numRuns: RUNS },
    );
  });

  it('survives good manifests of which values and keys were changed', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom('request', 'log', 1, {}, [], true, { body: 'buffer' }, { request: { body: 'none' } }),
    );
    const key = fc.constantFrom(
      ...['name', 'version', 'abi', 'phases', 'capabilities', 'config', 'description'],
      ...['__proto__', 'constructor', 'Name', ''],
    );
    const phases = fc.dictionary(
      fc.constantFrom('request', 'response'),
      fc.record({ body: fc.constantFrom('none', 'buffer') }),
      { minKeys: 1 },
    );
    const good = fc.record({
      name: fc.string({ minLength: 1 }),
      version: fc.string({ minLength: 1 }),
      abi: fc.constant(1),
      phases,
      capabilities: fc.array(fc.constantFrom(...CAPABILITIES)),
    });
    let accepted = 0;
    fc.assert(
      fc.property(good, fc.array(fc.tuple(key, value), { maxLength: 2 }), (manifest, changes) => {
        // From entries: an assignment to __proto__ would make no key of it.
        const text = JSON.stringify(Object.fromEntries([...Object.entries(manifest), ...changes]));
        if (parse(text) !== null) accepted += 1;
      }),
      { numRuns: RUNS },
    );
    assert.ok(accepted > RUNS / 10 && accepted < RUNS, `${accepted} of ${RUNS} manifests were accepted`);
  });
});
