import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestChain, type TestHeaders } from '../../sdk/testing/index.js';
import { builtIn, chainOf, schemaFindings } from './built-in.js';

const rule = (changes: object) => ({ methods: ['GET'], path: '/', ...changes });
const allows = (chain: TestChain, headers: TestHeaders): boolean => {
  const { upstream, failures } = chain.exchange({ target: '/', headers });
  assert.deepEqual(failures, []);
  return upstream !== null;
};

/** What a rule with this condition allows, by the value of one header. */
function table(
  what: string,
  changes: object,
  header: string,
  rows: readonly (readonly [string, boolean])[],
): void {
  describe(`policy: ${what}`, () => {
    const chain = chainOf('policy', { rules: [rule(changes)] });
    for (const [value, allowed] of rows) {
      it(`${allowed ? 'allows' : 'denies'} ${value || 'nothing'}`, () => {
        assert.equal(allows(chain, { [header]: value }), allowed);
      });
    }
  });
}

table('hosts', { hosts: ['Example.com', '*.api.example.com', '[::1]', '192.0.2.7'] }, 'host', [
  ['example.com', true],
  ['example.com:8443', true],
  ['example.com:', true],
  ['a.api.example.com', true],
  ['b.api.example.com:80', true],
  ['a.b.api.example.com', false],
  ['[::1]', true],
  ['[::1]:8080', true],
  ['192.0.2.7:1', true],
  ['api.example.com', false],
  ['.api.example.com', false],
  ['www.example.com', false],
  ['example.com.', false],
  ['example.com.evil.org', false],
  ['evil-example.com', false],
  ['xapi.example.com', false],
  ['example.org', false],
  ['[::2]', false],
]);

table('no hosts', { hosts: [] }, 'host', [['example.com', false]]);

table('content types', { contentTypes: ['Application/JSON', 'image/*'] }, 'content-type', [
  ['application/json', true],
  ['APPLICATION/JSON; charset=utf-8', true],
  ['image/png', true],
  ['application/jsonp', false],
  ['text/plain; x=application/json', false],
  ['imagery/png', false],
  ['image', false],
  ['', false],
]);

describe('policy: content types', () => {
  const chain = chainOf('policy', { rules: [rule({ contentTypes: ['application/json'] })] });

  it('denies a request without one, and one with two', () => {
    assert.equal(allows(chain, {}), false);
    assert.equal(allows(chain, { 'content-type': ['application/json', 'application/json'] }), false);
  });
});

describe('policy: clients', () => {
  // The harness sends as 192.0.2.1.
  const rows: readonly (readonly [clients: readonly string[], allowed: boolean])[] = [
    [['192.0.2.1'], true],
    [['192.0.2.0/24'], true],
    [['::ffff:192.0.2.0/120'], true],
    [['10.0.0.0/8', '192.0.2.0/31'], true],
    [['0.0.0.0/0'], true],
    [['192.0.2.2'], false],
    [['10.0.0.0/8', '2001:db8::/32'], false],
    [[], false],
  ];
  for (const [clients, allowed] of rows) {
    it(`${allowed ? 'allows' : 'denies'} 192.0.2.1 with ${JSON.stringify(clients)}`, () => {
      assert.equal(allows(chainOf('policy', { rules: [rule({ clients })] }), {}), allowed);
    });
  }
});

describe('policy: all conditions of a rule', () => {
  it('must fit', () => {
    const conditions = { hosts: ['a.b'], contentTypes: ['text/plain'], clients: ['192.0.2.1'] };
    const chain = chainOf('policy', { rules: [rule(conditions)] });
    assert.equal(allows(chain, { host: 'a.b', 'content-type': 'text/plain' }), true);
    assert.equal(allows(chain, { host: 'a.c', 'content-type': 'text/plain' }), false);
    assert.equal(allows(chain, { host: 'a.b', 'content-type': 'text/html' }), false);
    const far = chainOf('policy', { rules: [rule({ ...conditions, clients: ['10.0.0.0/8'] })] });
    assert.equal(allows(far, { host: 'a.b', 'content-type': 'text/plain' }), false);
  });
});

describe('policy: mode report', () => {
  const config = { mode: 'report', rules: [rule({})] };

  it('lets pass what it would deny, logs and counts it', () => {
    const chain = chainOf('policy', config);
    const denied = chain.exchange({ method: 'POST', target: '/secret' });
    assert.equal(denied.upstream?.target, '/secret');
    assert.deepEqual(
      denied.logs.map(({ text }) => text),
      ['would answer 403 POLICY_DENIED'],
    );
    assert.deepEqual(chain.exchange({ target: '/' }).logs, []);
    assert.deepEqual(
      chain.metrics.map(({ name, value }) => [name, value]),
      [['reported_total', 1]],
    );
  });

  it('does not load without the capabilities log and metrics, which enforcing does not need', () => {
    const module = builtIn('policy');
    for (const grants of [[], ['log'], ['metrics']] as const) {
      assert.throws(() => new TestChain([{ module, grants, config }]), { code: 'SLUICE_FILTER_CAPABILITY' });
    }
    const chain = new TestChain([{ module, grants: [], config: { rules: [rule({})] } }]);
    assert.equal(allows(chain, {}), true);
  });
});

describe('policy: config of conditions', () => {
  const refused: readonly [name: string, changes: object, message: RegExp][] = [
    ['a host with a port', { hosts: ['a:80'] }, /config\/rules\/0\/hosts\/0: expected a host without a port/],
    ['a star inside a host', { hosts: ['a.*.b'] }, /config\/rules\/0\/hosts\/0: expected a host/],
    ['a star alone', { hosts: ['*'] }, /config\/rules\/0\/hosts\/0: expected a host/],
    ['an empty host', { hosts: [''] }, /config\/rules\/0\/hosts\/0: expected a host/],
    ['hosts that are no list', { hosts: 'a' }, /config\/rules\/0\/hosts: expected a list/],
    ['a content type that is none', { contentTypes: ['json'] }, /contentTypes\/0: expected a media type/],
    [
      'a content type with a parameter',
      { contentTypes: ['a/b;c=d'] },
      /contentTypes\/0: expected a media type/,
    ],
    ['a network that is none', { clients: ['10.0.0.0/33'] }, /clients\/0: expected 0 to 32 bits/],
    [
      'bits behind a prefix',
      { clients: ['10.0.0.1/8'] },
      /clients\/0: expected no bits set behind the prefix/,
    ],
  ];
  for (const [name, changes, message] of refused) {
    it(`is refused with the place: ${name}`, () => {
      assert.throws(() => chainOf('policy', { rules: [rule(changes)] }), {
        code: 'SLUICE_FILTER_CONFIG',
        message,
      });
    });
  }

  it('is held to the schema of the manifest', () => {
    const places = (changes: object): string[] => schemaFindings('policy', { rules: [rule(changes)] });
    assert.deepEqual(
      places({ hosts: ['a.b', '*.c'], contentTypes: ['a/*'], clients: ['::1', '10.0.0.0/8'] }),
      [],
    );
    assert.deepEqual(places({ hosts: ['*'] }), ['/rules/0/hosts/0']);
    assert.deepEqual(places({ contentTypes: ['*/*'] }), ['/rules/0/contentTypes/0']);
    assert.deepEqual(places({ clients: ['localhost'] }), ['/rules/0/clients/0']);
  });
});
