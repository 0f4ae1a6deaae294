import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SPECIAL_NETWORKS } from '../../core/special-range.js';
import { CLOSED_SUFFIXES } from '../../core/url-allow-list.js';
import { SchemaStore } from '../../core/wasm/schemas/schema-store.js';
import { TestChain } from '../../sdk/testing/index.js';
import { textOf } from '../house/source-tree.js';
import { builtIn, chainOf, readmeExample, readmeFixtures, schemaFindings, undescribed } from './built-in.js';
import { ALLOW_TABLES, UNUSABLE_HOSTS } from './url-guard-allow.js';
import { ALL_FIELDS, ALLOW, EVIL, GOOD, outcome, post } from './url-guarding.js';

describe('url-guard: what is allowed', () => {
  it('has the names that are not public in common with JSON Schema', () => {
    const source = textOf('filters/url-guard/assembly/domain.ts');
    const names = [...source.matchAll(/^ {2}'([^']+)',/gm)].map((match) => match[1]!);
    assert.deepEqual([...CLOSED_SUFFIXES].sort(), names.sort());
  });

  it('has no address of special use in it, unless an entry lies in such a network', () => {
    const everywhere = chainOf('url-guard', {
      fields: [{ json: '/url' }],
      allow: [{ hosts: ['0.0.0.0/0', '::/0'] }],
    });
    const named = chainOf('url-guard', { fields: [{ json: '/url' }], allow: [{ hosts: SPECIAL_NETWORKS }] });
    for (const network of SPECIAL_NETWORKS) {
      const [address = ''] = network.split('/');
      const { hostname } = new URL(address.includes(':') ? `https://[${address}]` : `https://${address}`);
      const request = post({ url: `https://${hostname}/` });
      assert.equal(outcome(everywhere, request), '400 NOT_ALLOWED json /url', network);
      assert.match(outcome(named, request), /^passed/, network);
    }
  });

  for (const [what, allow, verdicts] of ALLOW_TABLES) {
    it(`is judged as JSON Schema does, with ${what}`, () => {
      const chain = chainOf('url-guard', { fields: [{ json: '/url' }], allow: [allow] });
      for (const [url, verdict] of verdicts) {
        const code = verdict.toUpperCase().replace('-', '_');
        const expected = verdict === 'allowed' ? /^passed/ : new RegExp(`^400 ${code} json /url$`);
        assert.match(outcome(chain, post({ url })), expected, url);
      }
    });
  }

  it('may be any of several entries, each of which fits whole', () => {
    const allow = [
      { schemes: ['http'], hosts: ['a.com'] },
      { hosts: ['b.com'], ports: [8443] },
    ];
    const chain = chainOf('url-guard', { fields: [{ query: 'url' }], allow });
    for (const url of ['http://a.com', 'https://b.com:8443'])
      assert.match(outcome(chain, { target: `/?url=${url}` }), /^passed/);
    for (const url of ['https://a.com', 'http://a.com:8443', 'https://b.com', 'http://b.com:8443'])
      assert.match(outcome(chain, { target: `/?url=${url}` }), /^400 NOT_ALLOWED/);
  });

  it('is nothing where the list is empty', () => {
    const chain = chainOf('url-guard', { fields: [{ query: 'url' }], allow: [] });
    assert.match(outcome(chain, { target: `/?url=${GOOD}` }), /^400 NOT_ALLOWED/);
    assert.match(outcome(chain, { target: '/' }), /^passed/);
  });
});

describe('url-guard: the config', () => {
  const fields = [{ query: 'url' }];
  const refused: readonly [name: string, config: object, message: RegExp][] = [
    ['nothing to guard', { allow: [] }, /expected fields or scan/],
    ['empty lists', { fields: [], scan: [], allow: [] }, /expected fields or scan/],
    ['no allow list', { fields }, /config\/allow: expected a list/],
    ['a rule without hosts', { fields, allow: [{}] }, /config\/allow\/0\/hosts: expected a list of hosts/],
    ['a field of nothing', { fields: [{ required: true }], allow: [] }, /config\/fields\/0: expected one of/],
    [
      'a field of two kinds',
      { fields: [{ query: 'a', form: 'a' }], allow: [] },
      /config\/fields\/0: expected one of/,
    ],
    [
      'a field of another kind',
      { fields: [{ cookie: 'a' }], allow: [] },
      /config\/fields\/0\/cookie: expected query/,
    ],
    [
      'a header that is none',
      { fields: [{ header: 'a b' }], allow: [] },
      /fields\/0\/header: not a header name/,
    ],
    [
      'a header of one hop',
      { fields: [{ header: 'Connection' }], allow: [] },
      /filters do not see this header/,
    ],
    [
      'a pointer that is none',
      { fields: [{ json: 'a' }], allow: [] },
      /fields\/0\/json: expected a JSON Pointer/,
    ],
    [
      'a broken pointer',
      { fields: [{ json: '/~2' }], allow: [] },
      /fields\/0\/json: expected a JSON Pointer/,
    ],
    [
      'a wild pointer that is required',
      { fields: [{ json: '/*/a', required: true }], allow: [] },
      /cannot be required/,
    ],
    [
      'another place to scan',
      { scan: ['headers'], allow: [] },
      /config\/scan\/0: expected query, form or json/,
    ],
    [
      'a scheme without hosts',
      { fields, allow: [{ hosts: [], schemes: ['data'] }] },
      /schemes\/0: expected https/,
    ],
    ['a port that is none', { fields, allow: [{ hosts: [], ports: [0] }] }, /ports\/0: expected a port/],
    [
      'a path that is no pattern',
      { fields, allow: [{ hosts: [], paths: ['/*/a'] }] },
      /paths\/0: a \* stands last/,
    ],
    [
      'a status that is no client error',
      { fields, allow: [], status: 200 },
      /config\/status: expected a status/,
    ],
  ];
  for (const [name, config, message] of refused) {
    it(`is refused with the place: ${name}`, () => {
      assert.throws(() => chainOf('url-guard', config), { code: 'SLUICE_FILTER_CONFIG', message });
    });
  }

  for (const [host, message] of UNUSABLE_HOSTS) {
    it(`takes no host ${JSON.stringify(host)}`, () => {
      const config = { fields, allow: [{ hosts: ['a.com', host] }] };
      assert.throws(() => chainOf('url-guard', config), { code: 'SLUICE_FILTER_CONFIG', message });
      assert.throws(() => chainOf('url-guard', config), { message: /config\/allow\/0\/hosts\/1/ });
    });
  }

  it('does not load without the capability idna', () => {
    const filter = {
      module: builtIn('url-guard'),
      config: { fields, allow: [] },
      grants: ['log', 'metrics'] as const,
    };
    assert.throws(() => new TestChain([filter]), { code: 'SLUICE_FILTER_LINK' });
  });

  it('may set the status of refusals, but for content types', () => {
    const chain = chainOf('url-guard', { fields: ALL_FIELDS, allow: ALLOW, status: 403 });
    assert.equal(outcome(chain, { target: `/?url=${EVIL}` }), '403 NOT_ALLOWED query url');
    assert.equal(outcome(chain, post('x', 'text/plain')), '415 CONTENT_TYPE json');
  });

  it('is described property by property in the manifest', () => {
    assert.deepEqual(undescribed('url-guard'), []);
  });

  it('has a schema that takes the example of the README and refuses unknown keys', () => {
    assert.deepEqual(schemaFindings('url-guard', readmeExample('url-guard')), []);
    assert.deepEqual(schemaFindings('url-guard', { allow: [], deny: [] }), ['']);
    assert.deepEqual(schemaFindings('url-guard', { allow: [{ hosts: [], schemes: ['file'] }] }), [
      '/allow/0/schemes/0',
    ]);
    assert.deepEqual(schemaFindings('url-guard', { allow: [], fields: [{}] }), ['/fields/0']);
  });
});

describe('url-guard: the README', () => {
  const chain = chainOf('url-guard', readmeExample('url-guard'));
  const rows = readmeFixtures('url-guard');

  it('has fixtures', () => assert.ok(rows.length > 20));

  for (const [request = '', headers = '', body = '', upstreamSees, clientSees] of rows) {
    it(`shows what becomes of ${request} ${headers} ${body}`, () => {
      const [method = '', target = ''] = request.split(' ');
      const fields =
        headers === '' ? [] : headers.split('\n').map((field) => field.split(': ') as [string, string]);
      const { upstream, client } = chain.exchange({
        method,
        target,
        headers: Object.fromEntries(fields),
        ...(body === '' ? {} : { body }),
      });
      assert.equal(
        upstream === null ? '-' : `${method} ${upstream.target} ${upstream.text}`.trimEnd(),
        upstreamSees,
      );
      const problem = upstream === null ? (JSON.parse(client!.text) as Record<string, string>) : {};
      const seen = [client!.status, problem['code'], problem['in'], problem['field']];
      assert.equal(seen.filter((part) => part !== undefined).join(' '), clientSees);
    });
  }

  it('shows a schema that does what it says', () => {
    const [, text = ''] = /```json schema\n([\s\S]*?)```/.exec(textOf('filters/url-guard/README.md'))!;
    const schema = new SchemaStore().compile(text, 0);
    const kind = (callback: unknown): string => schema.check(Buffer.from(JSON.stringify({ callback }))).kind;
    assert.equal(kind('https://hooks.example.com/in/1'), 'valid');
    assert.equal(kind('https://a.partners.example/in/'), 'valid');
    assert.equal(kind('https://hooks.example.com/out'), 'mismatch');
    assert.equal(kind('https://hooks.example.com\\in\\1'), 'mismatch');
    assert.equal(kind('https://127.0.0.1/in/'), 'mismatch');
    assert.equal(kind(5), 'mismatch');
  });
});
