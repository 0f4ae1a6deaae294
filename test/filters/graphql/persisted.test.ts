import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { chainOf } from '../built-in.js';
import { post, postOf, send } from './send.js';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const named = (sha256Hash: unknown): object => ({ persistedQuery: { version: 1, sha256Hash } });

const KNOWN = 'query Known($n: Int = 1) { a(first: $n) { name } }';
const HASHED = '{ hashed }';
const OTHER = '{ other }';
const LISTS = { operations: [KNOWN], hashes: [hashOf(HASHED).toUpperCase()] };

describe('graphql: persisted operations', () => {
  const only = chainOf('graphql', { persisted: LISTS });
  const also = chainOf('graphql', { persisted: { ...LISTS, only: false } });
  const cases: readonly [body: object, only: string, also: string][] = [
    [{ query: KNOWN }, 'passed', 'passed'],
    [{ query: HASHED }, 'passed', 'passed'],
    [{ query: OTHER }, '403 GRAPHQL_PERSISTED', 'passed'],
    [{ query: `${KNOWN} ` }, '403 GRAPHQL_PERSISTED', 'passed'],
    [{ query: KNOWN, extensions: named(hashOf(KNOWN)) }, 'passed', 'passed'],
    [{ query: OTHER, extensions: named(hashOf(OTHER)) }, '403 GRAPHQL_PERSISTED', 'passed'],
    [{ query: OTHER, extensions: named(hashOf(KNOWN)) }, '403 GRAPHQL_PERSISTED', '403 GRAPHQL_PERSISTED'],
    [{ query: KNOWN, extensions: named(hashOf(OTHER)) }, '403 GRAPHQL_PERSISTED', '403 GRAPHQL_PERSISTED'],
    [{ extensions: named(hashOf(KNOWN)) }, 'passed', 'passed'],
    [{ query: null, extensions: named(hashOf(KNOWN)) }, 'passed', 'passed'],
    [{ query: '', extensions: named(hashOf(KNOWN)) }, '400 GRAPHQL_REQUEST', '400 GRAPHQL_REQUEST'],
    [{ extensions: named(hashOf(HASHED)) }, '404 GRAPHQL_HASH_UNKNOWN', '404 GRAPHQL_HASH_UNKNOWN'],
    [{ extensions: named(hashOf(OTHER)) }, '403 GRAPHQL_PERSISTED', '404 GRAPHQL_HASH_UNKNOWN'],
    [{ extensions: named(hashOf(KNOWN).toUpperCase()) }, '403 GRAPHQL_PERSISTED', '404 GRAPHQL_HASH_UNKNOWN'],
    [{ extensions: named(1) }, '400 GRAPHQL_REQUEST', '400 GRAPHQL_REQUEST'],
    [{ query: KNOWN, extensions: { persistedQuery: 'x' } }, '400 GRAPHQL_REQUEST', '400 GRAPHQL_REQUEST'],
    [{ extensions: {} }, '400 GRAPHQL_REQUEST', '400 GRAPHQL_REQUEST'],
    [
      { variables: { n: 101 }, extensions: named(hashOf(KNOWN)) },
      '400 GRAPHQL_LIMIT pageSize',
      '400 GRAPHQL_LIMIT pageSize',
    ],
    [
      { operationName: 'Unknown', extensions: named(hashOf(KNOWN)) },
      '400 GRAPHQL_OPERATION',
      '400 GRAPHQL_OPERATION',
    ],
  ];
  for (const [body, whenOnly, whenAlso] of cases) {
    it(`${whenOnly}, or ${whenAlso} when others may run: ${JSON.stringify(body).slice(0, 120)}`, () => {
      assert.equal(post(only, body), whenOnly);
      assert.equal(post(also, body), whenAlso);
    });
  }

  it('reach the upstream with their text when they come by hash alone', () => {
    const rest = { operationName: 'Known', variables: { n: 2 }, extensions: named(hashOf(KNOWN)) };
    const { upstream } = only.exchange(postOf(rest));
    assert.deepEqual(JSON.parse(upstream!.text), { query: KNOWN, ...rest });
  });

  it('do so in a list, in which the others stay as they came', () => {
    const known = { extensions: named(hashOf(KNOWN)) };
    const plain = '{ "query" :"{ hashed }" }';
    const { upstream } = only.exchange(postOf(`[${plain}, ${JSON.stringify(known)}]`));
    assert.equal(upstream!.text, `[${plain},${JSON.stringify({ query: KNOWN, ...known })}]`);
    assert.equal(only.exchange(postOf(`[ ${plain} ]`)).upstream!.text, `[ ${plain} ]`);
    assert.equal(post(only, [known, { query: OTHER }]), '403 GRAPHQL_PERSISTED');
  });

  it('do so by GET, in the URL', () => {
    const own = chainOf('graphql', { get: true, persisted: LISTS });
    const extensions = encodeURIComponent(JSON.stringify(named(hashOf(KNOWN))));
    const { upstream } = own.exchange({ method: 'GET', target: `/g?x=1&extensions=${extensions}` });
    const query = new URL(upstream!.target, 'http://a').searchParams;
    assert.equal(query.get('query'), KNOWN);
    assert.deepEqual(JSON.parse(query.get('extensions')!), named(hashOf(KNOWN)));
    assert.equal(query.get('x'), '1');
  });

  it('stay as they came in mode report', () => {
    const own = chainOf('graphql', { mode: 'report', persisted: LISTS });
    const body = JSON.stringify({ extensions: named(hashOf(KNOWN)) });
    const outcome = own.exchange(postOf(body));
    assert.deepEqual([outcome.upstream!.text, outcome.logs], [body, []]);
    const { upstream, logs } = own.exchange(postOf({ query: OTHER }));
    assert.equal(upstream!.text, JSON.stringify({ query: OTHER }));
    assert.deepEqual(
      logs.map(({ text }) => text),
      ['would answer 403 GRAPHQL_PERSISTED'],
    );
  });

  it('whose text is not known are asked for as clients of persisted queries expect', () => {
    const own = chainOf('graphql', { errors: 'graphql', persisted: LISTS });
    const { client } = own.exchange(postOf({ extensions: named(hashOf(HASHED)) }));
    assert.deepEqual(JSON.parse(client!.text), {
      errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    });
  });

  it('let nothing run where the lists are empty', () => {
    const none = chainOf('graphql', { persisted: {} });
    assert.equal(post(none, { query: OTHER }), '403 GRAPHQL_PERSISTED');
    assert.equal(send(none, postOf({ extensions: named(hashOf(OTHER)) })), '403 GRAPHQL_PERSISTED');
  });

  const schema = 'type Query { a: Int }';
  const refused: readonly [operation: string, rest: object][] = [
    ['{ a', {}],
    ['fragment F on A { a }', {}],
    ['{ ...F }', {}],
    ['{ a(first: 101) }', {}],
    ['{ b }', { schema }],
  ];
  for (const [operation, rest] of refused) {
    it(`are refused at load when they could never run: ${operation}`, () => {
      const persisted = { operations: ['{ a }', operation] };
      assert.throws(() => chainOf('graphql', { ...rest, persisted }), {
        code: 'SLUICE_FILTER_CONFIG',
        message: /config\/persisted\/operations\/1: /,
      });
    });
  }
});
