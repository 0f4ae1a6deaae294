import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileSchema } from '../../../core/config/filter-schema.js';
import { GatewayError } from '../../../core/errors.js';

describe('the schema of a filter config', () => {
  test('reports every fault of a value with its pointer', () => {
    const check = compileSchema({
      type: 'object',
      properties: {
        'a/b': { type: 'integer' },
        mode: { enum: ['x', 'y'] },
        list: { items: { format: 'ipv4' } },
      },
      required: ['mode'],
      additionalProperties: false,
    });
    assert.deepEqual(check({ mode: 'x', 'a/b': 1, list: ['10.0.0.1'] }), []);
    assert.deepEqual(check({ 'a/b': 'no', list: ['10.0.0.1', 'x'], extra: 1 }), [
      { pointer: '', message: "must have required property 'mode'" },
      { pointer: '/extra', message: 'must not be there: the schema does not know this key' },
      { pointer: '/a~1b', message: 'must be integer' },
      { pointer: '/list/1', message: 'must match format "ipv4"' },
    ]);
    assert.deepEqual(check({ mode: 'z' }), [
      { pointer: '/mode', message: 'must be equal to one of the allowed values: ["x","y"]' },
    ]);
  });

  test('reads 2020-12, and draft-07 where it says so', () => {
    const recent = compileSchema({ prefixItems: [{ type: 'string' }] });
    assert.equal(recent([1]).length, 1);
    const older = compileSchema({
      $schema: 'http://json-schema.org/draft-07/schema#',
      items: [{ type: 'string' }],
    });
    assert.equal(older([1]).length, 1);
    assert.deepEqual(compileSchema(true)(1), []);
    assert.equal(compileSchema(false)(1).length, 1);
  });

  test('changes neither the value nor itself by being used', () => {
    const schema = Object.freeze({
      $id: 'urn:test:config',
      properties: Object.freeze({ a: Object.freeze({ default: 1 }) }),
    });
    const value = Object.freeze({});
    assert.deepEqual(compileSchema(schema)(value), []);
    assert.deepEqual(compileSchema(schema)(value), []);
  });

  test('refuses what is no schema', () => {
    const schemas = [
      null,
      'x',
      5,
      [],
      { type: 'strnig' },
      { propertis: {} },
      { format: 'no-such' },
      { $ref: 'urn:none' },
      { pattern: '(' },
      { $schema: 'urn:none' },
    ];
    for (const schema of schemas) {
      assert.throws(
        () => compileSchema(schema),
        (error) => error instanceof GatewayError && error.code === 'SLUICE_FILTER_MANIFEST',
        JSON.stringify(schema),
      );
    }
  });
});
