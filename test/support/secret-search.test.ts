import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { findSecret, formsOf } from './secret-search.js';

const VALUE = 'canary "quoted"/+caf\u00e9~?9f';

it('the search for a secret finds every form of it, wherever it stands, and nothing where it does not', () => {
  const { exact, anyCase } = formsOf(VALUE);
  for (const [form, bytes] of [...exact, ...anyCase]) {
    const text = Buffer.concat([randomBytes(7), bytes, randomBytes(5)]);
    assert.notEqual(findSecret(text, VALUE), null, form);
  }
  for (let before = 0; before < 9; before++) {
    const text = Buffer.concat([randomBytes(before), Buffer.from(VALUE), randomBytes(4)]);
    for (const encoding of ['base64', 'base64url', 'hex'] as const)
      assert.notEqual(findSecret(Buffer.from(text.toString(encoding)), VALUE), null, `${encoding} ${before}`);
    assert.notEqual(findSecret(Buffer.from(text.toString('hex').toUpperCase()), VALUE), null);
  }
  assert.notEqual(findSecret(Buffer.from(encodeURIComponent(VALUE).toLowerCase()), VALUE), null);
  assert.equal(findSecret(randomBytes(100_000), VALUE), null);
  assert.equal(findSecret(Buffer.from('canary, quoted'), VALUE), null);
});
