import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  readSecretHeader,
  SECRET_PLACEHOLDER,
  writeSecretHeader,
} from '../../../core/wasm/secret-headers.js';

describe('a header that gets a secret', () => {
  it('is read as it was written, whatever stands before the secret', () => {
    for (const before of ['', 'Bearer ', ':', '1:2:3', ' \u00e9:']) {
      const header = { filterId: 12, secretId: 3, before };
      const asked = new Map([['authorization', writeSecretHeader(header)]]);
      assert.deepEqual(readSecretHeader('authorization', SECRET_PLACEHOLDER, asked), header);
    }
  });

  it('is left alone where no filter asked, and where another value took its place', () => {
    const asked = new Map([['authorization', writeSecretHeader({ filterId: 1, secretId: 0, before: '' })]]);
    assert.equal(readSecretHeader('x-other', SECRET_PLACEHOLDER, asked), null);
    assert.equal(readSecretHeader('authorization', 'Basic other', asked), null);
    assert.equal(readSecretHeader('authorization', `${SECRET_PLACEHOLDER} `, asked), null);
  });
});
