// Ways round the rules that other gateways have fallen for: each is judged like the plain spelling, or refused.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestRequest } from '../../../sdk/testing/index.js';
import { chainOf } from '../built-in.js';
import { post, postOf, send } from './send.js';

const LIMITS = { depth: 2, aliases: 1, rootFields: 2, directives: 2, complexity: 6, batch: 2 };
const chain = chainOf('graphql', { limits: LIMITS });

const DEPTH = '400 GRAPHQL_LIMIT depth';
const ALIASES = '400 GRAPHQL_LIMIT aliases';
const COMPLEX = '400 GRAPHQL_LIMIT complexity';
const INTROSPECTION = '403 GRAPHQL_INTROSPECTION';
const SYNTAX = '400 GRAPHQL_SYNTAX';
const CIRCLE = '400 GRAPHQL_FRAGMENTS';

describe('graphql: spellings of documents', () => {
  const cases: readonly [expected: string, query: string][] = [
    // What the limits allow, so that the rest is refused for its spelling alone.
    ['passed', '{ a { b } x: c }'],
    // Depth and complexity through fragments.
    [DEPTH, '{ a { ... { b { c } } } }'],
    [DEPTH, '{ a { ... on A { ... on B { b { ... on C { c } } } } } }'],
    [DEPTH, '{ ...A } fragment A on Q { a { ...B } } fragment B on A { b { c } }'],
    [DEPTH, 'fragment B on A { b { c } } fragment A on Q { a { ...B } } { ...A }'],
    [DEPTH, '{ a { b { __typename } } }'],
    [COMPLEX, '{ a { b c d e f g } }'],
    [COMPLEX, '{ a { ...B ...B ...B ...B ...B ...B } } fragment B on A { b }'],
    ['400 GRAPHQL_LIMIT rootFields', '{ ...A ...A ...A } fragment A on Q { a }'],
    [CIRCLE, '{ ...A } fragment A on Q { a { ...A } }'],
    [CIRCLE, '{ ...A } fragment A on Q { ...B } fragment B on Q { ...C } fragment C on Q { ...A }'],
    [CIRCLE, '{ a } fragment A on Q { ...B } fragment B on Q { ...A }'],
    // Fields that cost nothing elsewhere.
    ['passed', '{ __typename }'],
    [COMPLEX, '{ a { __typename __typename __typename __typename __typename __typename } }'],
    [ALIASES, '{ x: __typename y: __typename }'],
    // Aliases, also equal ones and those in fragments.
    [ALIASES, '{ x: a x: a }'],
    [ALIASES, '{ a { x: b } ... { y: a } }'],
    [ALIASES, '{ ...A ...A } fragment A on Q { x: a }'],
    // Conditions do not make it cheaper.
    [DEPTH, 'query ($no: Boolean = false) { a @include(if: $no) { b { c } } }'],
    [DEPTH, '{ a { b @skip(if: true) { c } } }'],
    [ALIASES, '{ x: a @skip(if: true) y: a @include(if: false) }'],
    [INTROSPECTION, '{ __schema @skip(if: true) { types { name } } }'],
    ['400 GRAPHQL_LIMIT directives', '{ a @skip(if: true) @skip(if: true) @skip(if: true) }'],
    ['400 GRAPHQL_LIMIT directives', 'query ($a: B @c @d @e) { a }'],
    // Introspection under another name, in a fragment, beside others.
    [INTROSPECTION, '{ x: __schema { a } }'],
    [INTROSPECTION, '{ a ... on Query { __type(name: "A") { name } } }'],
    [INTROSPECTION, '{ ...A } fragment A on Query { ...B } fragment B on Query { x: __schema { a } }'],
    [INTROSPECTION, '{__schema{a}}'],
    [INTROSPECTION, '{,,__schema,{,a,},}'],
    [INTROSPECTION, '{ a { __schema { a } } }'],
    // What is no token, or only looks like one.
    [INTROSPECTION, '\ufeff{ __schema { a } }'],
    [INTROSPECTION, '{ \ufeff__schema\ufeff { a } }'],
    [INTROSPECTION, '#{\n{ __schema { a } }'],
    [INTROSPECTION, '#{\r{ __schema { a } }'],
    ['passed', '{ a # __schema { a { b { c } } }\n}'],
    ['passed', '{ a #\u2028 __schema\n}'],
    ['passed', '{ a(b: "{ __schema { a } }") }'],
    ['passed', '{ a(b: """{ \\""" __schema { a } """) }'],
    [INTROSPECTION, '{ a(b: """ \\""" """) __schema { a } }'],
    [INTROSPECTION, '{ a(b: "\\"") __schema { a } }'],
    [INTROSPECTION, '{ a(b: "\\\\") __schema { a } }'],
    [INTROSPECTION, '{ a(b: "") __schema { a } }'],
    [INTROSPECTION, '{ a(b: """""") __schema { a } }'],
    ['passed', '{ a(b: "\\u{1f600}\\ud83d\\ude00\\u007b") }'],
    [SYNTAX, '{ \\u005f_schema { a } }'],
    [SYNTAX, '{ __sch\\u0065ma { a } }'],
    [SYNTAX, '{ \uff3f\uff3fschema { a } }'],
    [SYNTAX, '{ a\u00a0b }'],
    [SYNTAX, '{ a\u200bb }'],
    [SYNTAX, '{ a\u0000 }'],
    [SYNTAX, '{ a(b: "\\ud800") }'],
    [SYNTAX, '{ a } extend type Query { b: C }'],
    // Not only queries.
    [DEPTH, 'subscription { a { b { c } } }'],
    [DEPTH, 'mutation { a { b { c } } }'],
    ['400 GRAPHQL_LIMIT operations', '{ a } { b }'],
    ['400 GRAPHQL_LIMIT rootFields', 'subscription { a b c }'],
  ];
  for (const [expected, query] of cases) {
    it(`${expected}: ${JSON.stringify(query)}`, () => assert.equal(post(chain, { query }), expected));
  }

  it('are judged in all operations of a document, not only in the one that runs', () => {
    const own = chainOf('graphql', { limits: { ...LIMITS, operations: 3 } });
    const cheap = 'query A { a }';
    assert.equal(post(own, { query: `${cheap} query B { b }`, operationName: 'A' }), 'passed');
    assert.equal(post(own, { query: `${cheap} query B { a { b { c } } }`, operationName: 'A' }), DEPTH);
    for (const operationName of [undefined, null, '', 'C', 'a', 'A ']) {
      assert.equal(post(own, { query: `${cheap} query B { b }`, operationName }), '400 GRAPHQL_OPERATION');
    }
    assert.equal(post(own, { query: `${cheap} ${cheap}`, operationName: 'A' }), '400 GRAPHQL_OPERATION');
    assert.equal(post(own, { query: '{ a }', operationName: 'A' }), '400 GRAPHQL_OPERATION');
    assert.equal(post(own, { query: cheap, operationName: 'A' }), 'passed');
  });
});

describe('graphql: spellings of requests', () => {
  const query = '{ a { b { c } } }';
  const plain = JSON.stringify({ query });
  const cases: readonly (readonly [expected: string, request: TestRequest])[] = [
    [DEPTH, postOf(plain)],
    [DEPTH, postOf({ query }, { 'content-type': 'Application/JSON ; Charset="UTF-8"' })],
    [DEPTH, postOf([{ query }])],
    [DEPTH, postOf([{ query: '{ a }' }, { query }])],
    [DEPTH, postOf(plain.replace('query', '\\u0071uery'))],
    [INTROSPECTION, postOf('{"query":"{ \\u005f_schema { a } }"}')],
    [DEPTH, postOf({ query }, { 'content-encoding': 'identity' })],
    ['400 GRAPHQL_LIMIT batch', postOf([{ query: '{ a }' }, { query: '{ a }' }, { query: '{ a }' }])],
    ['400 GRAPHQL_REQUEST', postOf([])],
    ['400 GRAPHQL_REQUEST', postOf([[{ query }]])],
    ['400 GRAPHQL_REQUEST', postOf(`\ufeff${plain}`)],
    ['400 GRAPHQL_REQUEST', postOf(`${plain}${plain}`)],
    ['400 GRAPHQL_REQUEST', postOf(`${plain} // comment`)],
    ['400 GRAPHQL_REQUEST', postOf('{"query":"{ a }","Query":"{ b }"}')],
    ['400 GRAPHQL_REQUEST', postOf('{"query":"{ a }","query":"{ b }"}')],
    ['400 GRAPHQL_REQUEST', postOf('{"query":"{ a }","variables":{"n":1,"n":2}}')],
    ['400 GRAPHQL_REQUEST', postOf({ query: '{ a }', variables: '{"n":1}' })],
    ['400 GRAPHQL_REQUEST', postOf({ query: '{ a }', documentId: 'x' })],
    ['400 GRAPHQL_REQUEST', postOf({ query: { kind: 'Document' } })],
    ['400 GRAPHQL_REQUEST', postOf(query)],
    ...[
      'application/graphql',
      'application/graphql+json',
      'application/graphql-response+json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'multipart/mixed; boundary=x',
      'text/plain',
      'text/json',
      '',
      'application/json, text/plain',
      'application/json; charset=utf-16',
      'application/json; charset=utf-8; charset=utf-7',
      'application/json; charset',
    ].map((type) => ['415 GRAPHQL_CONTENT_TYPE', postOf(plain, { 'content-type': type })] as const),
    ['415 GRAPHQL_CONTENT_TYPE', { method: 'POST', target: '/', body: plain }],
    ['415 GRAPHQL_CONTENT_TYPE', postOf(plain, { 'content-type': ['application/json', 'text/plain'] })],
    ['415 GRAPHQL_CONTENT_TYPE', postOf(plain, { 'content-encoding': 'gzip' })],
    ['415 GRAPHQL_CONTENT_TYPE', postOf(plain, { 'content-encoding': ['identity', 'br'] })],
    ...['query', 'QUERY', 'quer%79', 'query[]', 'operationName', 'operation_name', 'variables', 'extensions']
      .concat(['id', 'documentId', 'doc_id', 'queryId', 'hash', 'sha256Hash', '%20query', 'a;query', 'a%zz'])
      .map((name) => ['400 GRAPHQL_PARAMETERS', postOf({ query: '{ a }' }, {}, `/?${name}=x`)] as const),
    ...['PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'QUERY', 'post'].map(
      (method) => ['405 GRAPHQL_METHOD', { ...postOf(plain), method }] as const,
    ),
    ['405 GRAPHQL_METHOD', { method: 'GET', target: '/?query=%7Ba%7D' }],
  ];
  for (const [expected, request] of cases) {
    const { method, target, headers, body } = request;
    it(`${expected}: ${method} ${target} ${JSON.stringify(headers ?? {})} ${body}`, () => {
      const answer = chain.exchange(request);
      if (method === 'HEAD') assert.equal(answer.client!.status, 405);
      else assert.equal(send(chain, request), expected);
    });
  }

  it('are refused by GET where a server could read them in another way', () => {
    const own = chainOf('graphql', { get: true, limits: LIMITS });
    const get = (search: string, rest: object = {}): string =>
      send(own, { method: 'GET', target: `/?${search}`, ...rest });
    const good = 'query=%7Ba%7D';
    assert.equal(get(good), 'passed');
    assert.equal(get(`${good}&key=1`), 'passed');
    assert.equal(get('query=%7Ba%7Bb%7Bc%7D%7D%7D'), DEPTH);
    assert.equal(get('query=%7Ba+%7Bb%7Bc%7D%7D%7D'), DEPTH);
    assert.equal(get('query=%7B__schema%7Ba%7D%7D'), INTROSPECTION);
    assert.equal(get('query=mutation%7Ba%7D'), '405 GRAPHQL_METHOD');
    assert.equal(get('query=subscription%7Ba%7D'), '405 GRAPHQL_METHOD');
    assert.equal(get(`${good}&operationName=A`), '400 GRAPHQL_OPERATION');
    assert.equal(
      get('query=query($n:Int)%7Ba(first:$n)%7D&variables=%7B%22n%22:101%7D'),
      '400 GRAPHQL_LIMIT pageSize',
    );
    for (const search of [
      `${good}&${good}`,
      `${good}&quer%79=%7Bb%7D`,
      `${good}&Query=%7Bb%7D`,
      `${good}&query[]=%7Bb%7D`,
      `${good};query=%7Bb%7D`,
      `${good}&variables=%7B%7D&variables=%7B%7D`,
      `${good}&variables=%7B%22n%22:1,%22n%22:2%7D`,
      `${good}&variables=`,
      `${good}&variables=[]`,
      `${good}&documentId=x`,
      `${good}&extensions=x`,
      'query=%ff',
      'query=',
      'key=1',
      '',
    ]) {
      assert.equal(get(search), '400 GRAPHQL_REQUEST', search);
    }
    assert.equal(get(good, { body: plain }), '400 GRAPHQL_REQUEST');
  });

  it('may be no lists where the limit is 0', () => {
    const own = chainOf('graphql', { limits: { batch: 0 } });
    assert.equal(post(own, { query: '{ a }' }), 'passed');
    assert.equal(post(own, [{ query: '{ a }' }]), '400 GRAPHQL_LIMIT batch');
    assert.equal(post(own, []), '400 GRAPHQL_LIMIT batch');
  });

  it('may be lists of ten by default', () => {
    const own = chainOf('graphql', {});
    assert.equal(post(own, Array(10).fill({ query: '{ a }' })), 'passed');
    assert.equal(post(own, Array(11).fill({ query: '{ a }' })), '400 GRAPHQL_LIMIT batch');
  });
});
