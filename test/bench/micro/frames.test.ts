import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requests, VARIANTS } from '../../../bench/micro/exchange.js';
import { framesSubject, sidesOf } from '../../../bench/micro/frames.js';
import { findingsOf } from './findings.js';

describe('the exchanges that are measured', () => {
  it('have twelve headers each, and no two are alike', () => {
    const messages = requests(null);
    assert.equal(messages.length, VARIANTS);
    for (const { requestHeaders } of messages) assert.equal(requestHeaders.flat.length, 24);
    assert.equal(new Set(messages.map((message) => JSON.stringify(message))).size, VARIANTS);
  });
});

describe('the bench of frames', () => {
  it('has both ways do the same work, whatever the body', () => {
    const body = Buffer.alloc(2000, 'body');
    for (const job of ['decode', 'edits'] as const) {
      for (const given of [null, body]) {
        const { own, clone } = sidesOf(job, given);
        assert.equal(own.operations, clone.operations);
        // Path, number of fields and size of the body, or of the edits, added up over all variants.
        assert.equal(own.call(), clone.call(), job);
      }
    }
    assert.ok((sidesOf('encode', body).own.call() as number) > 0);
  });

  it('finds ratios for each job and size', async () => {
    const { ratios } = await findingsOf(framesSubject);
    assert.deepEqual(
      ratios.map(({ id }) => id),
      [
        'frame-encode',
        'frame-encode-10k',
        'frame-decode',
        'frame-decode-10k',
        'edits-decode',
        'edits-decode-10k',
      ].map((name) => `micro/${name}/structured-clone`),
    );
  });
});
