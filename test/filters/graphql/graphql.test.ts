import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestChain } from '../../../sdk/testing/index.js';
import { builtIn, chainOf, readmeExample, readmeFixtures, schemaFindings, undescribed } from '../built-in.js';
import { post, postOf, send } from './send.js';

const repeat = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ');
const nested = (depth: number): string => `${'{a'.repeat(depth)}${'}'.repeat(depth)}`;

describe('graphql: documents', () => {
  const chain = chainOf('graphql', { limits: { pageSize: 5000 } });
  const cases: readonly [expected: string, query: string, rest?: object][] = [
    ['passed', '{ a }'],
    [
      'passed',
      'query A($b: [Int!]! = [1, 2], $c: D = {e: "f", g: [1]}) @i { j: k(l: [$b, {h: $c}]) @m(n: ENUM) { ...O } } fragment O on P { q }',
    ],
    ['passed', 'mutation { a(b: """ { { { \\""" """, c: "}", d: 1.5e3, e: null, f: {}, g: []) }'],
    ['passed', 'subscription A { b { ... { c } ... on D { e } ... @include(if: true) { __typename } } }'],
    [
      'passed',
      '"all { of" query A("one" $b: C = "d" @e """two""" $f: G) { h ...I } """some } of""" fragment I on J { k }',
    ],
    ['passed', '"" mutation { a } "" fragment B on C { d }'],
    ['400 GRAPHQL_LIMIT operations', '"one" query A { a } "two" query B { b }'],
    ['400 GRAPHQL_LIMIT depth', `"shallow" query A { a ${nested(11)} }`],
    ['passed', '\ufeff# {{{{\n{ a } # }'],
    ['passed', '{ on fragment query mutation true null }'],
    ['passed', nested(10)],
    ['400 GRAPHQL_LIMIT depth', nested(11)],
    ['400 GRAPHQL_LIMIT depth', nested(600)],
    ['400 GRAPHQL_LIMIT tokens', nested(700)],
    ['400 GRAPHQL_LIMIT depth', `{ a(b: ${'['.repeat(300)}${']'.repeat(300)}) }`],
    ['400 GRAPHQL_LIMIT depth', `query($a: ${'['.repeat(300)}B${']'.repeat(300)}) { a }`],
    [
      '400 GRAPHQL_LIMIT depth',
      `{ a ...F0 } ${repeat(10, (i) => `fragment F${i} on A { a { ...F${i + 1} } }`)} fragment F10 on A { a }`,
    ],
    ['400 GRAPHQL_LIMIT aliases', `{ a { ${repeat(16, (i) => `x${i}: a`)} } }`],
    ['400 GRAPHQL_LIMIT aliases', `{ ${repeat(9, () => 'a { ...F }')} } fragment F on A { x: a y: b }`],
    ['400 GRAPHQL_LIMIT rootFields', `{ ${repeat(11, (i) => `a${i}`)} }`],
    ['400 GRAPHQL_LIMIT rootFields', '{ ...F ...F ... { ...F } } fragment F on Query { a b c d }'],
    ['400 GRAPHQL_LIMIT directives', `{ a ${repeat(21, () => '@b')} }`],
    ['400 GRAPHQL_LIMIT tokens', `{ a ${repeat(2000, () => 'b')} }`],
    ['400 GRAPHQL_LIMIT operations', 'query A { a } query B { b }'],
    ['400 GRAPHQL_LIMIT bytes', `{ a } #${'x'.repeat(65536)}`],
    [
      '400 GRAPHQL_LIMIT complexity',
      `{ a { ...F0 } } ${repeat(60, (i) => `fragment F${i} on A { ...F${i + 1} ...F${i + 1} }`)} fragment F60 on A { a }`,
    ],
    ['passed', '{ a(first: 100) { b c } }'],
    ['400 GRAPHQL_LIMIT complexity', '{ a(first: 100) { b(limit: 100) } }'],
    ['400 GRAPHQL_LIMIT complexity', 'query($n: Int) { a(first: $n) }', { variables: { n: 2000 } }],
    ['400 GRAPHQL_LIMIT complexity', 'query($n: Int) { a(first: $ # n\n n) }', { variables: { n: 2e3 } }],
    ['passed', 'query($n: Int = 2000) { a(first: $n) }', { variables: { n: 2 } }],
    ['400 GRAPHQL_LIMIT complexity', 'fragment F on A { b(first: $n) } query($n: Int = 2000) { a { ...F } }'],
    [
      '400 GRAPHQL_LIMIT variables',
      '{ a }',
      { variables: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`v${i}`, i])) },
    ],
    ['403 GRAPHQL_INTROSPECTION', '{ __schema { types { name } } }'],
    ['403 GRAPHQL_INTROSPECTION', '{ innocent: __type(name: "secret") { name } }'],
    ['403 GRAPHQL_INTROSPECTION', '{ ...F } fragment F on Query { ... { __schema { queryType { name } } } }'],
    ['passed', '{ __typename a(b: "__schema") }'],
    ['passed', '{ __schema: a }'],
    ['400 GRAPHQL_FRAGMENTS', '{ ...A } fragment A on B { ...A }'],
    ['400 GRAPHQL_FRAGMENTS', '{ ...A } fragment A on B { c { ...D } } fragment D on E { ... { ...A } }'],
    ['400 GRAPHQL_FRAGMENTS', '{ a } fragment A on B { ...A }'],
    ['400 GRAPHQL_FRAGMENTS', '{ ...Missing }'],
    ['400 GRAPHQL_FRAGMENTS', '{ ...A } fragment A on B { c } fragment A on B { d }'],
    ['400 GRAPHQL_REQUEST', 'fragment A on B { c }'],
  ];
  for (const [expected, query, rest] of cases) {
    it(`${expected}: ${JSON.stringify(query).slice(0, 100)}`, () =>
      assert.equal(post(chain, { query, ...rest }), expected));
  }

  const broken = [
    ...[
      '{',
      '}',
      '{}',
      '{ a',
      '{ a }}',
      '{ a } secret',
      'query',
      'query {',
      'query A(',
      'query A() { a }',
      'query ($a) { b }',
    ],
    ...[
      'query ($a: ) { b }',
      'query ($a: [B) { c }',
      'query ($a: B = ) { c }',
      'query ($a: B = $c) { d }',
      'query ($a: B = {c: [$d]}) { e }',
      'query ($a: B @c(d: $a)) { e }',
      '{ a() }',
      '{ a(b) }',
      '{ a(b:) }',
      '{ a(b: [) }',
    ],
    ...[
      '{ a(b: {c}) }',
      '{ a(b: {c: }) }',
      '{ a(b: "x) }',
      '{ a(b: """x) }',
      '{ a(b: $) }',
      '{ a: }',
      '{ : a }',
      '{ a:: b }',
    ],
    ...[
      '{ ... on }',
      '{ ... on A }',
      '{ ... }',
      '{ ..a }',
      '{ a @ }',
      '{ a @b() }',
      '{ a @b(c) }',
      'fragment on on A { b }',
    ],
    ...[
      'fragment A { b }',
      'fragment A on { b }',
      'type A { b: C }',
      'schema { query: A }',
      'extend type A { b: C }',
      '{ a } { ',
    ],
    ...[
      '"text" { a }',
      '"""text""" { a }',
      '{ a } "text"',
      '"text" "text" query { a }',
      '"text" type A { b: C }',
      '"text" extend type A { b: C }',
      '"text" a',
    ],
    ...[
      'query "text" { a }',
      'query A "text" ($a: B) { c }',
      'query ("text") { a }',
      'query ("text" "text" $a: B) { c }',
      'query ($a: "text" B) { c }',
      'fragment "text" A on B { c }',
      '{ "text" a }',
      '{ a("text" b: c) }',
      '{ "text" ... { a } }',
      '{ a @"text" b }',
    ],
    ...[
      '{ 1 }',
      '{ a(1: 2) }',
      '{ a } \u0000',
      '{ \u00e9 }',
      '{ a(b: 01) }',
      '{ a(b: "\\x") }',
      'QUERY { a }',
      '{ a(b: "\n") }',
    ],
  ];
  for (const query of broken) {
    it(`400 GRAPHQL_SYNTAX: ${JSON.stringify(query)}`, () =>
      assert.equal(post(chain, { query }), '400 GRAPHQL_SYNTAX'));
  }
});

describe('graphql: requests', () => {
  const chain = chainOf('graphql', {});
  const query = '{ a }';
  const cases: readonly [expected: string, body: unknown, target?: string, type?: string][] = [
    ['passed', { query, operationName: null, variables: null, extensions: null }],
    ['400 GRAPHQL_REQUEST', ''],
    ['400 GRAPHQL_REQUEST', '{"query":'],
    ['400 GRAPHQL_REQUEST', '{"query":"{ a }","query":"{ b }"}'],
    ['400 GRAPHQL_REQUEST', '{"query":"{ a }","qu\\u0065ry":"{ b }"}'],
    ['400 GRAPHQL_REQUEST', '"{ a }"'],
    ['400 GRAPHQL_REQUEST', {}],
    ['400 GRAPHQL_REQUEST', { query: '' }],
    ['400 GRAPHQL_REQUEST', { query: ['{ a }'] }],
    ['400 GRAPHQL_REQUEST', { query, id: 'secret' }],
    ['400 GRAPHQL_REQUEST', { query, operationName: 1 }],
    ['400 GRAPHQL_REQUEST', { query, variables: [] }],
    ['400 GRAPHQL_REQUEST', { query, extensions: 'x' }],
    ['400 GRAPHQL_REQUEST', []],
    ['passed', [{ query }]],
    ['400 GRAPHQL_LIMIT batch', Array(11).fill({ query })],
    ['400 GRAPHQL_REQUEST', [[{ query }]]],
    ['403 GRAPHQL_PERSISTED', { query, extensions: { persistedQuery: { version: 1, sha256Hash: '00' } } }],
    ['415 GRAPHQL_CONTENT_TYPE', query, '/', 'application/graphql'],
    ['415 GRAPHQL_CONTENT_TYPE', { query }, '/', 'application/json; charset=utf-16'],
    ['400 GRAPHQL_PARAMETERS', { query }, '/?query=%7Bsecret%7D'],
    ['400 GRAPHQL_PARAMETERS', { query }, '/?qu%65ry[0]=%7Bsecret%7D'],
    ['400 GRAPHQL_PARAMETERS', { query }, '/?a=b;query=%7Bsecret%7D'],
    ['passed', { query }, '/?key=1'],
  ];
  for (const [expected, body, target, type] of cases) {
    it(`${expected}: ${JSON.stringify(body)} ${target ?? ''} ${type ?? ''}`, () =>
      assert.equal(post(chain, body, target, type), expected));
  }

  it('come by GET only where the config says so, as queries', () => {
    const get = (target: string, config = {}): string =>
      send(chainOf('graphql', config), { method: 'GET', target });
    assert.equal(get('/?query=%7Ba%7D'), '405 GRAPHQL_METHOD');
    assert.equal(get('/?query=%7Ba%7D&variables=%7B%7D&x=1', { get: true }), 'passed');
    assert.equal(get('/?query=mutation%7Ba%7D', { get: true }), '405 GRAPHQL_METHOD');
    for (const target of [
      '/',
      '/?query=%7Ba%7D&query=%7Bb%7D',
      '/?query=%7Ba%7D&query[]=b',
      '/?query=%7Ba%7D&variables=x',
      '/?query=%7Ba%7D;query=b',
      '/?query=%zz',
    ])
      assert.equal(get(target, { get: true }), '400 GRAPHQL_REQUEST', target);
    assert.equal(send(chain, { method: 'PUT', target: '/', body: '{}' }), '405 GRAPHQL_METHOD');
  });

  it('come in lists up to the limit, and share the complexity', () => {
    const own = chainOf('graphql', { limits: { batch: 3, complexity: 4 } });
    assert.equal(post(own, [{ query }, { query }]), 'passed');
    assert.equal(post(own, [{ query }, { query: '{ b' }]), '400 GRAPHQL_SYNTAX');
    assert.equal(post(own, Array(4).fill({ query })), '400 GRAPHQL_LIMIT batch');
    assert.equal(post(own, Array(3).fill({ query: '{ a { b } }' })), '400 GRAPHQL_LIMIT complexity');
  });

  it('are answered in the shape of GraphQL where the config says so', () => {
    const own = chainOf('graphql', { errors: 'graphql' });
    const headers = { 'content-type': 'application/json' };
    const { client } = own.exchange({
      method: 'POST',
      target: '/',
      headers,
      body: '{"query":"{\\n secret("}',
    });
    assert.deepEqual(
      [client!.status, JSON.parse(client!.text)],
      [
        400,
        {
          errors: [
            {
              message: 'The operation is not GraphQL.',
              locations: [{ line: 2, column: 9 }],
              extensions: { code: 'GRAPHQL_SYNTAX' },
            },
          ],
        },
      ],
    );
  });

  it('pass in mode report, and are logged and counted', () => {
    const own = chainOf('graphql', { mode: 'report', limits: { depth: 2 } });
    const headers = { 'content-type': 'application/json' };
    const outcome = own.exchange({
      method: 'POST',
      target: '/',
      headers,
      body: JSON.stringify({ query: nested(3) }),
    });
    assert.notEqual(outcome.upstream, null);
    assert.deepEqual(
      outcome.logs.map(({ text }) => text),
      ['would answer 400 GRAPHQL_LIMIT depth'],
    );
    const counted = own.metrics.filter(({ value }) => value > 0);
    assert.deepEqual(
      counted.map(({ name, labels, value }) => [name, labels, value]),
      [['reported_total', { code: 'GRAPHQL_LIMIT' }, 1]],
    );
  });
});

describe('graphql: a schema', () => {
  const schema =
    'interface Node { id: ID } type User implements Node { id: ID, mail: String } type Query { user: User, node: Node }';
  const chain = chainOf('graphql', { schema, denyFields: ['User.mail', 'Query.node'] });

  it('is what operations are held to', () => {
    assert.equal(post(chain, { query: '{ user { id } }' }), 'passed');
    assert.equal(post(chain, { query: '{ secret }' }), '400 GRAPHQL_MISMATCH');
    assert.equal(post(chain, { query: '{ user { id } }', operationName: 'Secret' }), '400 GRAPHQL_OPERATION');
  });

  it('tells which fields an operation reads, whatever it calls them', () => {
    for (const query of [
      '{ user { id: mail } }',
      '{ user { ...F } } fragment F on User { mail }',
      '{ n: node { id } }',
    ])
      assert.equal(post(chain, { query }), '403 GRAPHQL_FORBIDDEN', query);
  });
});

describe('graphql: config', () => {
  const load = (config: object, grants: readonly string[]): unknown =>
    new TestChain([{ module: builtIn('graphql'), config, grants: grants as never }]);

  it('needs the grants that it uses, and no others', () => {
    load({}, []);
    assert.throws(() => load({ schema: 'type Query { a: Int }' }, []), { code: 'SLUICE_FILTER_CAPABILITY' });
    assert.throws(() => load({ persisted: {} }, []), { code: 'SLUICE_FILTER_CAPABILITY' });
    assert.throws(() => load({ mode: 'report' }, []), { code: 'SLUICE_FILTER_CAPABILITY' });
    assert.throws(() => load({ schema: 'type Query { a: B }' }, ['graphql']), {
      message: /config\/schema: Unknown type/,
    });
    assert.throws(() => load({ denyFields: ['A.b'] }, ['graphql']), {
      message: /config\/denyFields: needs a schema/,
    });
    const header = { permissions: [{ headers: { a: { matches: 'b' } } }], schema: 'type Query { a: Int }' };
    assert.throws(() => load(header, ['graphql']), { code: 'SLUICE_FILTER_CAPABILITY' });
  });

  it('is described property by property, and its schema takes the example of the README', () => {
    assert.deepEqual(undescribed('graphql'), []);
    assert.deepEqual(schemaFindings('graphql', readmeExample('graphql')), []);
    assert.deepEqual(schemaFindings('graphql', { limit: 1 }), ['']);
  });
});

describe('graphql: the fixtures of its README', () => {
  const config = readmeExample('graphql') as object;
  const chain = chainOf('graphql', config);
  const reporting = chainOf('graphql', { ...config, mode: 'report' });
  for (const [fields = '', body = '', upstreamSees, clientSees, reported] of readmeFixtures('graphql')) {
    it(`${fields} ${body}`, () => {
      const headers = fields === '' ? {} : Object.fromEntries([fields.split(': ')]);
      const request = postOf(body, headers);
      const { upstream } = chain.exchange(request);
      assert.equal(upstream === null ? '-' : upstream.text, upstreamSees);
      assert.equal(send(chain, request).replace('passed', '200'), clientSees);
      const report = reporting.exchange(request);
      assert.equal(report.upstream!.text, body);
      assert.equal(report.logs.map(({ text }) => text).join(), reported);
    });
  }
});
