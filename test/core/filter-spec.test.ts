import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import type { FilterConfig } from '../../core/config/model.js';
import { SecretValues } from '../../core/config/secret-values.js';
import { checkGrants, keyOf, toSpec, withSecrets } from '../../core/filter-spec.js';
import { loadModule } from '../../core/wasm/module.js';
import { PLAIN_MANIFEST, watFilter } from '../support/wat-module.js';

const FROM = 'secret+env://TOKEN';
const module = loadModule(
  watFilter({ manifests: [{ ...PLAIN_MANIFEST, capabilities: ['secrets'] }] }),
  PLAIN_MANIFEST.name,
);

/** The filter with this value for its one secret. */
function filterWith(value: string, read: boolean, sign = false): FilterConfig {
  const secrets = new SecretValues();
  secrets.add(FROM, [{ start: 0, end: FROM.length, text: FROM, value, problem: null }]);
  const none = {
    ...{ log: false, metrics: false, clock: false, random: false, counters: false, schemas: false },
    crypto: false,
    idna: false,
    patterns: false,
    graphql: false,
  };
  const filter: FilterConfig = {
    name: 'f',
    module: '/f.wasm',
    config: { token: FROM },
    grants: { ...none, callouts: [], secrets: [{ name: 'token', from: FROM, read, sign, upstreams: null }] },
    limits: { deadlineMs: 50, memoryMb: 16 },
    isolation: 'shared',
    onFailure: 'closed',
    quarantine: { failures: 0, windowMs: 0, share: 0, backoffMs: 0, maxBackoffMs: 0 },
  };
  return withSecrets(filter, secrets);
}

describe('a filter with a secret', () => {
  it('is another one when the value changed, and the same one when it did not', () => {
    const key = keyOf(filterWith('canary', false), module);
    assert.equal(keyOf(filterWith('canary', false), module), key);
    assert.notEqual(keyOf(filterWith('rotated', false), module), key);
    assert.notEqual(keyOf(filterWith('canary', true), module), key);
    assert.notEqual(keyOf(filterWith('canary', false, true), module), key);
  });

  it('goes to workers without the value unless its grant says read or sign', () => {
    assert.deepEqual(toSpec(1, filterWith('canary', false), module).secrets, [
      { name: 'token', value: null, key: null },
    ]);
    const sent = structuredClone(toSpec(1, filterWith('canary', true), module));
    assert.deepEqual(sent.secrets, [{ name: 'token', value: 'canary', key: 'canary' }]);
    assert.deepEqual(toSpec(1, filterWith('canary', false, true), module).secrets, [
      { name: 'token', value: null, key: 'canary' },
    ]);
    assert.equal(sent.config, '{"token":"canary"}');
  });

  it('shows names only when it is printed', () => {
    const spec = toSpec(1, filterWith('canary', true), module);
    const printed = [
      inspect(spec, { depth: 9 }),
      inspect({ filters: [spec] }, { depth: 9 }),
      JSON.stringify(spec),
    ];
    for (const text of printed) {
      assert.match(text, /written/);
      assert.doesNotMatch(text, /canary/);
    }
  });
});

describe('a filter with optional capabilities', () => {
  const optional = loadModule(
    watFilter({ manifests: [{ ...PLAIN_MANIFEST, capabilities: ['secrets'], optional: ['log', 'crypto'] }] }),
    PLAIN_MANIFEST.name,
  );

  it('loads without them, and knows what was withheld', () => {
    const filter = filterWith('canary', false);
    checkGrants(filter, optional);
    const { granted, withheld } = toSpec(1, filter, optional);
    assert.deepEqual([granted, withheld], [['secrets'], ['log', 'crypto']]);
  });

  it('has those that were granted', () => {
    const filter = filterWith('canary', false);
    const { granted, withheld } = toSpec(
      1,
      { ...filter, grants: { ...filter.grants, crypto: true } },
      optional,
    );
    assert.deepEqual([granted, withheld], [['crypto', 'secrets'], ['log']]);
  });

  it('does not load without the others', () => {
    const filter = filterWith('canary', false);
    assert.throws(
      () => checkGrants({ ...filter, grants: { ...filter.grants, secrets: [] } }, optional),
      /asks for secrets, the config/,
    );
  });
});
