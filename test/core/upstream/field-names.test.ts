import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lowerCaseName } from '../../../core/upstream/field-names.js';

const lowerCaseNameOf = (name: string): string => {
  const bytes = Buffer.from(`x${name}:`, 'latin1');
  return lowerCaseName(bytes, 1, bytes.length - 1);
};

describe('lowerCaseName', () => {
  it('lower-cases every spelling of every name', () => {
    const names = [
      'Content-Length',
      'content-length',
      'CONTENT-length',
      'ETag',
      'Etag',
      'X-Mine',
      'x-mine',
      'constructor',
    ];
    assert.deepEqual(names.map(lowerCaseNameOf), [
      ...[
        'content-length',
        'content-length',
        'content-length',
        'etag',
        'etag',
        'x-mine',
        'x-mine',
        'constructor',
      ],
    ]);
  });
});
