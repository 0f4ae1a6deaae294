import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Http2Guard } from '../../../../core/listener/node/http2-guard.js';

/** How often `again` says no before it says that it is enough; at most 100,000 times. */
function bears(again: () => boolean): number {
  let count = 0;
  while (count < 100_000 && !again()) count++;
  return count;
}

describe('Http2Guard', () => {
  it('bears 200 requests that are taken back, and one more for each that came to its end', () => {
    const guard = new Http2Guard(0);
    assert.equal(
      bears(() => guard.reset(0)),
      200,
    );
    const other = new Http2Guard(0);
    for (let i = 0; i < 50; i++) other.end();
    assert.equal(
      bears(() => other.reset(0)),
      250,
    );
  });

  it('begins anew after ten seconds', () => {
    const guard = new Http2Guard(0);
    for (let second = 0; second < 60; second += 10) {
      for (let i = 0; i < 200; i++) assert.equal(guard.reset(second * 1000), false);
    }
    assert.equal(guard.reset(50_001), true);
  });

  it('bears a thousand control frames, and two more for each piece of a body', () => {
    const guard = new Http2Guard(0);
    assert.equal(
      bears(() => guard.controlFrame(0)),
      1000,
    );
    const grpc = new Http2Guard(0);
    let answered = 0;
    for (let i = 0; i < 50_000; i++) {
      grpc.piece(5);
      if (!grpc.controlFrame(0)) answered++;
    }
    assert.equal(answered, 50_000);
  });

  it('bears bytes that carry bodies and heads, and 256 KiB of others from one look to the next', () => {
    const guard = new Http2Guard(0);
    let bytes = 0;
    for (let look = 1; look < 10; look++) {
      bytes += 256 * 1024;
      assert.equal(guard.bytes(look, bytes, 0), false);
    }
    for (let i = 0; i < 10_000; i++) guard.piece(5);
    guard.request();
    // Frames of 14 bytes, and a PING for each.
    bytes += 10_000 * (14 + 17) + 16 * 1024;
    assert.equal(guard.bytes(10, bytes, 0), false);
    assert.equal(guard.bytes(11, bytes + 256 * 1024 + 1, 1), false);
    assert.equal(guard.bytes(12, bytes + 512 * 1024 + 2, 0), true);
  });
});
