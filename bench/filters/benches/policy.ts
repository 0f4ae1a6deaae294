// One of three rules lets the request through, by path, headers, content type and query. The body only passes by.
import { pageOf } from '../../harness/documents.js';
import type { Case, FilterBench, RuleRequest } from '../filter-bench.js';

const good: RuleRequest = {
  method: 'PUT',
  path: '/orders/o-1001?notify=yes',
  headers: { authorization: `Bearer ${'x'.repeat(120)}`, 'content-type': 'application/json' },
  body: '{}',
};

const passes = (name: string, change: Partial<RuleRequest>): Case => ({
  name,
  request: { ...good, ...change },
  expected: { kind: 'passes' },
});
const refused = (name: string, change: Partial<RuleRequest>): Case => ({
  ...passes(name, change),
  expected: { kind: 'refused' },
});

export const policyBench: FilterBench = {
  filter: 'policy',
  sluice: {
    config: {
      rules: [
        {
          methods: ['GET'],
          path: '/with/policy/orders',
          query: { allow: ['page', 'tag'], require: ['page'] },
        },
        { methods: ['GET', 'HEAD'], path: '/with/policy/orders/:id', query: { allow: ['fields'] } },
        {
          methods: ['PUT', 'PATCH'],
          path: '/with/policy/orders/:id',
          headers: { authorization: { prefix: 'Bearer ' }, 'x-debug': { present: false } },
          contentTypes: ['application/json'],
          query: { allow: ['notify'] },
        },
      ],
    },
  },
  unable: {},
  answers: {},
  measured: (bytes) => passes('a change of an order', { body: JSON.stringify(pageOf(bytes)) }),
  cases: [
    passes('a path that is spelled in another way', { path: '/%6frders/o-1001' }),
    passes('a content type with a parameter', {
      headers: { ...good.headers, 'content-type': 'application/json; charset=utf-8' },
    }),
    refused('a method that no rule has', { method: 'DELETE' }),
    refused('a method on a path that has it not', { path: '/orders' }),
    refused('a path that no rule has', { path: '/orders/o-1001/lines' }),
    refused('an empty parameter of the path', { path: '/orders/' }),
    refused('a request without credentials', { headers: { 'content-type': 'application/json' } }),
    refused('credentials of another kind', { headers: { ...good.headers, authorization: 'Basic dTpw' } }),
    refused('a header that must not be there', { headers: { ...good.headers, 'x-debug': '1' } }),
    refused('another content type', { headers: { ...good.headers, 'content-type': 'text/plain' } }),
    refused('a parameter that is not allowed', { path: '/orders/o-1001?notify=yes&admin=1' }),
    refused('a parameter that is there twice', { path: '/orders/o-1001?notify=yes&%6eotify=no' }),
  ],
};
