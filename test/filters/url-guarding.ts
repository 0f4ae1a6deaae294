// What tests of url-guard have in common: URLs, requests, what came of them, and tables of both.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestChain, TestRequest } from '../../sdk/testing/index.js';
import { chainOf } from './built-in.js';

export const ALLOW = [{ hosts: ['hooks.example.com'] }];
export const GOOD = 'https://hooks.example.com/in';
export const EVIL = 'https://evil.example/';

export const ALL_FIELDS = [{ query: 'url' }, { header: 'x-hook' }, { form: 'url' }, { json: '/hooks/*/url' }];

/** What came of a request: what reached the upstream, or status, code and place of the refusal. */
export function outcome(chain: TestChain, request: TestRequest): string {
  const { upstream, client, failures } = chain.exchange(request);
  assert.deepEqual(failures, []);
  if (upstream !== null) return `passed ${upstream.target} ${upstream.text}`.trimEnd();
  const problem = JSON.parse(client!.text) as Record<string, string>;
  assert.equal(client!.headers.get('content-type'), 'application/problem+json');
  assert.equal(problem['status'], client!.status);
  assert.equal(client!.text.includes('evil'), false);
  return [client!.status, problem['code']!.replace('URL_GUARD_', ''), problem['in'], problem['field']]
    .filter((part) => part !== undefined)
    .join(' ');
}

export function post(body: unknown, type = 'application/json'): TestRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method: 'POST', target: '/', headers: { 'content-type': type }, body: text };
}

export const form = (body: string): TestRequest => post(body, 'application/x-www-form-urlencoded');

export type Row = readonly [request: string | TestRequest, expected: string];

/** A text is a target of GET; `passed` in short is the request as it came. */
export function table(what: string, config: object, rows: readonly Row[]): void {
  describe(`url-guard: ${what}`, () => {
    const chain = chainOf('url-guard', { allow: ALLOW, ...config });
    for (const [row, expected] of rows) {
      const request = typeof row === 'string' ? { target: row } : row;
      const { target, body = '' } = request;
      const shown = [target, JSON.stringify(request.headers) ?? '', body].join(' ').slice(0, 200);
      it(`${expected.split(' ').slice(0, 2).join(' ')}: ${shown}`, () => {
        const whole = expected === 'passed' ? `passed ${target} ${body as string}`.trimEnd() : expected;
        assert.equal(outcome(chain, request), whole);
      });
    }
  });
}
