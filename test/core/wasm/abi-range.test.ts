import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VERSION } from '../../../core/version.js';
import { ABI_RANGE, abiProblem, formatAbiRange } from '../../../core/wasm/abi-range.js';
import { ABI_VERSION } from '../../../sdk/abi/abi.js';

const RANGE = { oldest: 2, newest: 4 };

describe('the range of ABI versions', () => {
  it('ends with the version that this SDK builds for', () => {
    assert.equal(ABI_RANGE.newest, ABI_VERSION);
    assert.ok(ABI_RANGE.oldest >= 1 && ABI_RANGE.oldest <= ABI_RANGE.newest);
  });

  it('reads as one number when it has one, and else with both ends', () => {
    assert.equal(formatAbiRange({ oldest: 3, newest: 3 }), '3');
    assert.equal(formatAbiRange(RANGE), '2 to 4');
  });

  it('has no problem with what lies in it, both ends included', () => {
    for (const version of [2, 3, 4]) assert.equal(abiProblem(version, RANGE), null);
    assert.equal(abiProblem(ABI_RANGE.oldest), null);
    assert.equal(abiProblem(ABI_RANGE.newest), null);
  });

  it('says what was found, what runs, and what to do', () => {
    const sdk = `build the filter for that with @sluice/sdk ${VERSION}`;
    assert.equal(
      abiProblem(5, RANGE),
      `found 5, this gateway runs ABI 2 to 4: ${sdk}, or run a newer gateway`,
    );
    assert.equal(
      abiProblem(1, RANGE),
      `found 1, this gateway runs ABI 2 to 4: ${sdk}, or run an older gateway`,
    );
  });

  it('holds nothing but whole numbers', () => {
    for (const version of [undefined, null, '2', 2.5, [2], true]) {
      assert.equal(
        abiProblem(version, RANGE),
        `found ${JSON.stringify(version)}, expected a whole number; this gateway runs ABI 2 to 4`,
      );
    }
  });
});
