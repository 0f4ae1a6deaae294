import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chainOf } from '../built-in.js';
import { post } from './send.js';

const TOO_MANY = '400 GRAPHQL_LIMIT pageSize';
const UNREADABLE = '400 GRAPHQL_PAGE_SIZE';
const COMPLEX = '400 GRAPHQL_LIMIT complexity';

describe('graphql: page sizes', () => {
  const chain = chainOf('graphql', { limits: { pageSize: 50, complexity: 120 } });
  const cases: readonly [expected: string, query: string, variables?: object][] = [
    ['passed', '{ a(first: 50) }'],
    ['passed', '{ a(last: 0, limit: 50) }'],
    ['passed', '{ a(first: null) }'],
    ['passed', '{ a(size: 5000, First: 5000) }'],
    ['passed', '{ a(first: 5e1) }'],
    ['passed', '{ a(first: "50") }'],
    [TOO_MANY, '{ a(first: 51) }'],
    [TOO_MANY, '{ a(last: 51) }'],
    [TOO_MANY, '{ a(limit: 51) }'],
    [TOO_MANY, '{ a(first: -1) }'],
    [TOO_MANY, '{ a(first: 99999999999999999999) }'],
    [TOO_MANY, '{ a(first: 1e9) }'],
    [TOO_MANY, '{ a(first: 50.5) }'],
    [TOO_MANY, '{ a(first: "51") }'],
    [TOO_MANY, '{ a(first: "-1") }'],
    [TOO_MANY, '{ a(first: " 51 ") }'],
    [UNREADABLE, '{ a(first: "") }'],
    [UNREADABLE, '{ a(first: "0x33") }'],
    [UNREADABLE, '{ a(first: "5\\u0031") }'],
    [UNREADABLE, '{ a(first: """51""") }'],
    [UNREADABLE, '{ a(first: ALL) }'],
    [UNREADABLE, '{ a(first: true) }'],
    [UNREADABLE, '{ a(first: [5]) }'],
    [UNREADABLE, '{ a(first: {count: 5}) }'],
    [TOO_MANY, '{ a(page: {first: 51}) }'],
    [TOO_MANY, '{ a(b: [{c: {limit: 51}}]) }'],
    [UNREADABLE, '{ a(page: {first: ALL}) }'],
    [TOO_MANY, '{ a @b(first: 51) }'],
    [TOO_MANY, '{ ... { a { b { c(first: 51) } } } }'],
    [TOO_MANY, '{ ...F } fragment F on Query { a(first: 51) }'],
    [TOO_MANY, '{ a(first: 51) @skip(if: true) }'],
    [TOO_MANY, 'mutation { a(first: 51) }'],
    [TOO_MANY, 'subscription { a(first: 51) }'],
    ['passed', 'query ($n: Int) { a(first: $n) }'],
    ['passed', 'query ($n: Int) { a(first: $n) }', { n: 50 }],
    ['passed', 'query ($n: Int = 51) { a(first: $n) }', { n: null }],
    ['passed', 'query ($n: Int = 5000) { a(first: $n) }', { n: 5 }],
    [TOO_MANY, 'query ($n: Int) { a(first: $n) }', { n: 51 }],
    [TOO_MANY, 'query ($n: Int) { a(first: $ # n\n n) }', { n: 5.1e1 }],
    [TOO_MANY, 'query ($n: Int) { a(first: $n) }', { n: '51' }],
    [UNREADABLE, 'query ($n: Int) { a(first: $n) }', { n: 'all' }],
    [UNREADABLE, 'query ($n: Int) { a(first: $n) }', { n: [5] }],
    [UNREADABLE, 'query ($n: Int) { a(first: $n) }', { n: { m: 5 } }],
    [UNREADABLE, 'query ($n: Int) { a(first: $n) }', { n: false }],
    [TOO_MANY, 'query ($n: Int = 51) { a(first: $n) }'],
    [TOO_MANY, 'query ($n: String = "51") { a(first: $n) }'],
    [UNREADABLE, 'query ($n: N = ALL) { a(first: $n) }'],
    [TOO_MANY, 'fragment F on A { b(first: $n) } query ($n: Int = 51) { ...F }'],
    [TOO_MANY, 'query ($n: Int) { a(page: {first: $n}) }', { n: 51 }],
    [TOO_MANY, 'query ($p: Page) { a(page: $p) }', { p: { first: 51 } }],
    [TOO_MANY, 'query ($p: Page) { a(page: $p) }', { p: [{ q: { limit: '51' } }] }],
    [TOO_MANY, 'query ($p: Page = {first: 51}) { a(page: $p) }'],
    [UNREADABLE, 'query ($p: Page) { a(page: $p) }', { p: { first: 'all' } }],
    [COMPLEX, '{ a(first: 50) { b(first: 3) } }'],
    [COMPLEX, '{ a(page: {first: 50}) { b(first: "3") } }'],
    [COMPLEX, 'query ($p: P, $n: Int = 3) { a(page: $p) { b(first: $n) } }', { p: { first: 50 } }],
    ['passed', 'query ($p: P = {first: 50}) { a(page: $p) { b(first: 3) } }', { p: { first: 5 } }],
    [COMPLEX, 'query ($p: P = {first: 50}) { a(page: $p) { b(first: 3) } }'],
  ];
  for (const [expected, query, variables] of cases) {
    it(`${expected}: ${JSON.stringify(query)} ${JSON.stringify(variables ?? {})}`, () => {
      assert.equal(post(chain, { query, variables }), expected);
    });
  }

  it('are found in variables whose names have escapes', () => {
    const body = '{"query":"query ($p: P) { a(page: $p) }","variables":{"p":{"\\u0066irst":51}}}';
    assert.equal(post(chain, body), TOO_MANY);
  });

  it('are those of the config, or none', () => {
    const own = chainOf('graphql', { pageSizes: ['count'], limits: { pageSize: 5 } });
    assert.equal(post(own, { query: '{ a(first: 5000) }' }), 'passed');
    assert.equal(post(own, { query: '{ a(count: 6) }' }), TOO_MANY);
    const none = chainOf('graphql', { pageSizes: [] });
    assert.equal(post(none, { query: '{ a(first: 5000, b: {last: ALL}) }' }), 'passed');
  });
});
