import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isDraft07 } from '../../core/json-schema.js';

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
