import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileJsonSchema, isDraft07 } from '../../core/json-schema.js';

it('takes a schema as draft-07 only when it says so', () => {
  for (const $schema of [
    'http://json-schema.org/draft-07/schema#',
    'https://json-schema.org/draft-07/schema',
  ]) {
    assert.equal(isDraft07({ $schema }), true);
  }
  for (const schema of [
    {},
    true,
    null,
    [],
    { $schema: 7 },
    { $schema: 'https://json-schema.org/draft/2020-12/schema' },
  ]) {
    assert.equal(isDraft07(schema), false);
  }
});

describe('the format sluice-url', () => {
  const OPTIONS = { strict: true, strictTypes: false, logger: false } as const;
  const hooks = { type: 'string', format: 'sluice-url', sluiceUrl: { hosts: ['hooks.example.com'] } };

  it('lets through what sluiceUrl beside it allows, in both dialects', () => {
    for (const $schema of [
      'http://json-schema.org/draft-07/schema#',
      'https://json-schema.org/draft/2020-12/schema',
    ]) {
      const fits = compileJsonSchema({ $schema, properties: { url: hooks } }, OPTIONS);
      assert.equal(fits({ url: 'https://hooks.example.com/in' }), true);
      assert.equal(fits({}), true);
      assert.equal(fits({ url: 'https://hooks.example.com@evil.example/' }), false);
      const [error] = fits.errors!;
      assert.deepEqual(
        [error!.instancePath, error!.keyword, error!.message],
        ['/url', 'sluiceUrl', 'must be the URL of an allowed place'],
      );
      assert.equal(fits({ url: 5 }), false);
    }
  });

  it('allows one of several places by anyOf', () => {
    const paths = { ...hooks, sluiceUrl: { hosts: ['*.partner.com'], ports: [8443], paths: ['/in/*'] } };
    const fits = compileJsonSchema({ anyOf: [hooks, paths] }, OPTIONS);
    assert.equal(fits('https://hooks.example.com/'), true);
    assert.equal(fits('https://a.partner.com:8443/in/1'), true);
    assert.equal(fits('https://a.partner.com/in/1'), false);
  });

  const refused: readonly [what: string, schema: object, message: RegExp][] = [
    ['alone, since it would let everything through', { format: 'sluice-url' }, /needs sluiceUrl beside it/],
    ['as sluiceUrl without it', { sluiceUrl: { hosts: [] } }, /needs "format": "sluice-url" beside it/],
    [
      'as sluiceUrl beside another format',
      { ...hooks, format: 'uri' },
      /needs "format": "sluice-url" beside it/,
    ],
    ['with a host that is none', { ...hooks, sluiceUrl: { hosts: ['a b'] } }, /"a b": expected a domain/],
    [
      'with a path that is no pattern',
      { ...hooks, sluiceUrl: { hosts: [], paths: ['/*/a'] } },
      /stands last/,
    ],
    ['with an unknown key', { ...hooks, sluiceUrl: { hosts: [], host: 'a' } }, /additional properties/],
    ['without hosts', { ...hooks, sluiceUrl: {} }, /required property 'hosts'/],
    [
      'with a scheme that has no host',
      { ...hooks, sluiceUrl: { hosts: [], schemes: ['file'] } },
      /allowed values/,
    ],
  ];
  for (const [what, schema, message] of refused) {
    it(`is not taken ${what}`, () => {
      assert.throws(() => compileJsonSchema({ properties: { url: schema } }, OPTIONS), message);
    });
  }

  it('leaves the other formats as they are', () => {
    assert.equal(compileJsonSchema({ format: 'email' }, OPTIONS)('nobody'), false);
    assert.equal(compileJsonSchema({ type: 'integer', format: 'int32' }, OPTIONS)(2 ** 40), false);
    assert.throws(() => compileJsonSchema({ format: 'no-such' }, OPTIONS), /unknown format/);
  });
});
