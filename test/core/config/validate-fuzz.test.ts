// biome-ignore-all lint/suspicious/noTemplateCurlyInString: braces are the syntax of a secret reference
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { errorsOf } from './validating.js';

describe('throws nothing but ConfigErrors', () => {
  test('for any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        errorsOf(JSON.stringify(value));
      }),
      { numRuns: 1_000 },
    );
  });

  test('for any value at the places of a document', () => {
    const keys = [
      'name',
      'address',
      'id',
      'match',
      'path',
      'hosts',
      'methods',
      'upstream',
      'filters',
      'targets',
      'url',
    ];
    const more = [
      'headers',
      'module',
      'config',
      'admin',
      'listeners',
      'upstreams',
      'routes',
      '__proto__',
      'toString',
      '',
    ];
    const { any } = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 6, withCrossShrink: true },
        fc.constantFrom(
          'a',
          'GET',
          '/a/:x',
          '/a*',
          'a:1',
          'http://a',
          './a',
          '*.a',
          'secret://a',
          1,
          0,
          true,
          null,
        ),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys, ...more), tie('any'), { maxKeys: 5 }),
      ),
    }));
    const document = fc.dictionary(
      fc.constantFrom('listeners', 'admin', 'upstreams', 'filters', 'routes', 'log'),
      any,
    );
    fc.assert(
      fc.property(document, (value) => {
        for (const error of errorsOf(JSON.stringify(value))) {
          assert.match(error.message, /^sluice\.yaml:1:\d+(?: \/.*)?: found .+, expected .+/su);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
        errorsOf(text);
      }),
      { numRuns: 2_000 },
    );
  });
});
