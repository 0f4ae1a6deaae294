import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CalloutOutcome, calloutsLeft, encodeOutcome } from '../../../core/wasm/callout-outcome.js';
import {
  CALLOUT_DONE,
  CALLOUT_TIMEOUT,
  OUTCOME_BODY,
  OUTCOME_FAILURE,
  OUTCOME_FIXED,
  OUTCOME_HEADERS,
  OUTCOME_STATE,
  OUTCOME_STATUS,
  TABLE_ENTRY,
} from '../../../sdk/abi/abi.js';

const NOTHING: CalloutOutcome = { status: 0, failure: CALLOUT_TIMEOUT, headers: [], body: null };

function encode(outcome: CalloutOutcome, state: string | null, left = 3): Buffer {
  return Buffer.from(encodeOutcome(outcome, state === null ? null : Buffer.from(state), left));
}

function textAt(bytes: Buffer, spanAt: number): string {
  const offset = bytes.readUInt32LE(spanAt);
  return bytes.toString('latin1', offset, offset + bytes.readUInt32LE(spanAt + 4));
}

describe('the outcome of a callout', () => {
  it('holds status, headers, body and state', () => {
    const body = Buffer.from([0, 255, 10]);
    const headers = ['x-user', 'ad\u00e4', 'set-cookie', 'a=1', 'set-cookie', ''];
    const bytes = encode({ status: 204, failure: CALLOUT_DONE, headers, body }, 'kept');
    assert.equal(bytes.readUInt32LE(OUTCOME_STATUS), 204);
    assert.equal(bytes.readUInt32LE(OUTCOME_FAILURE), CALLOUT_DONE);
    assert.equal(calloutsLeft(bytes), 3);
    const table = bytes.readUInt32LE(OUTCOME_HEADERS);
    assert.equal(bytes.readUInt32LE(OUTCOME_HEADERS + 4), 3);
    const read = headers.map((_, index) => textAt(bytes, table + (index * TABLE_ENTRY) / 2));
    assert.deepEqual(read, headers);
    assert.deepEqual(Buffer.from(textAt(bytes, OUTCOME_BODY), 'latin1'), body);
    assert.equal(textAt(bytes, OUTCOME_STATE), 'kept');
  });

  it('has nothing behind its fixed part when nothing came and nothing was kept', () => {
    const bytes = encode(NOTHING, null, 0);
    assert.equal(bytes.byteLength, OUTCOME_FIXED);
    assert.equal(bytes.readUInt32LE(OUTCOME_FAILURE), CALLOUT_TIMEOUT);
    for (const span of [OUTCOME_HEADERS, OUTCOME_BODY, OUTCOME_STATE]) {
      assert.equal(bytes.readUInt32LE(span + 4), 0);
    }
    assert.equal(calloutsLeft(bytes), 0);
  });

  it('says how many callouts are left wherever in a larger buffer it lies', () => {
    const larger = Buffer.concat([Buffer.alloc(5, 255), encode(NOTHING, 'kept', 7)]);
    assert.equal(calloutsLeft(larger.subarray(5)), 7);
  });
});
