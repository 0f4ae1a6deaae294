import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseDocument } from '../../../core/config/document.js';
import { validateApart } from '../../../core/config/document-validator.js';
import { readWritten } from '../../../core/config/written-text.js';
import { writeYaml } from '../../../core/config/yaml/plain-document.js';
import { releaseValue } from '../../../core/release.js';

describe('a document with a value beside its text', () => {
  it('says what its text says, member by member in their order', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (value) => {
        const text = writeYaml(value, '');
        const parsed = parseDocument(text, 'd');
        const json = releaseValue(parsed);
        const read = readWritten({ text: Buffer.from(text), value: Buffer.from(json) }, 'd');
        assert.equal(JSON.stringify(read.value), JSON.stringify(parsed.value));
        assert.equal(releaseValue(read), json);
      }),
      { numRuns: 300 },
    );
  });

  it('knows the places of its text', () => {
    const text = 'a:\n  - b: &x 1\n  - c: *x\n';
    const parsed = parseDocument(text, 'd');
    const read = readWritten({ text, value: Buffer.from(releaseValue(parsed)) }, 'd');
    for (const pointer of ['', '/a', '/a/1/c', '/a/7', '/z']) {
      assert.deepEqual(read.place(pointer), parsed.place(pointer));
      assert.deepEqual(read.placeOfKey(pointer), parsed.placeOfKey(pointer));
      assert.deepEqual(read.span(pointer), parsed.span(pointer));
    }
  });

  it('has no line and no column where nobody can parse its text', () => {
    const read = readWritten({ text: '[', value: Buffer.from('{"a":1}') }, 'd');
    assert.deepEqual(read.value, { a: 1 });
    assert.deepEqual(read.place('/a'), { document: 'd', line: 0, column: 0, pointer: '/a' });
    assert.equal(read.span('/a'), null);
  });

  it('is the same configuration when it is large, and its text is not parsed', async () => {
    const document = {
      listeners: [{ name: 'public', address: '127.0.0.1:0' }],
      upstreams: { app: { targets: [{ url: 'http://127.0.0.1:9' }] } },
      routes: Array.from({ length: 1000 }, (_, index) => ({
        id: `r${index}`,
        match: { path: `/r${index}`, methods: ['GET'] },
        upstream: 'app',
      })),
    };
    const options = { folder: '/', findSecrets: () => [] };
    const json = JSON.stringify(document);
    const plain = await validateApart({ text: json, value: null }, 'd', options);
    const unread = Buffer.from(`[${' '.repeat(100_000)}`);
    const valued = await validateApart({ text: unread, value: Buffer.from(json) }, 'd', options);
    assert.deepStrictEqual(valued.config, plain.config);
  });
});
