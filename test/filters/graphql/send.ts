// Requests to the filter `graphql`, and what became of them in short.
import assert from 'node:assert/strict';
import type { TestChain, TestHeaders, TestRequest } from '../../../sdk/testing/index.js';

/** `passed`, or status and code, and the limit. No answer may have the word `secret` in it. */
export function send(chain: TestChain, request: TestRequest): string {
  const { upstream, client, failures } = chain.exchange(request);
  assert.deepEqual(failures, []);
  if (upstream !== null) return 'passed';
  assert.doesNotMatch(client!.text, /secret/i);
  const { code, limit } = JSON.parse(client!.text) as { code: string; limit?: string };
  return [client!.status, code, ...(limit ? [limit] : [])].join(' ');
}

/** A POST of a text, or of what is to be JSON. */
export function postOf(body: unknown, headers: TestHeaders = {}, target = '/'): TestRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method: 'POST', target, headers: { 'content-type': 'application/json', ...headers }, body: text };
}

export function post(chain: TestChain, body: unknown, target = '/', type = 'application/json'): string {
  return send(chain, postOf(body, { 'content-type': type }, target));
}
