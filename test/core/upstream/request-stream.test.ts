import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { GatewayError } from '../../../core/errors.js';
import type { UploadWatch } from '../../../core/upstream/request-body.js';
import { RequestStream } from '../../../core/upstream/request-stream.js';
import { clientLeft, PushedBody } from '../../support/upstream-client.js';
import { until } from '../../support/upstream-servers.js';

class Watch implements UploadWatch {
  turns: string[] = [];

  onUploadWanted(): void {
    if (this.turns.at(-1) !== 'wanted') this.turns.push('wanted');
  }

  onUploadBlocked(): void {
    if (this.turns.at(-1) !== 'blocked') this.turns.push('blocked');
  }
}

describe('RequestStream', { timeout: 10_000 }, () => {
  it('delivers the whole body and ends', async () => {
    const stream = new RequestStream(new PushedBody(1_000_000, null, true, 10_000), new Watch());
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
    });
    await once(stream, 'end');
    assert.equal(bytes, 1_000_000);
  });

  it('does not touch the body before it is read', () => {
    const body = new PushedBody(10);
    const stream = new RequestStream(body, new Watch());
    assert.equal(body.consumer, null);
    stream.destroy();
  });

  it('pauses the body when its reader stops, and says whose turn it is', async () => {
    const body = new PushedBody(1_000_000, null, true, 10_000);
    const watch = new Watch();
    const stream = new RequestStream(body, watch);
    stream.read(0);
    await until(() => body.pauses === 1);
    assert.ok(body.sent <= 80_000, `${body.sent} bytes wait in memory`);
    assert.deepEqual(watch.turns, ['wanted', 'blocked']);
    stream.resume();
    await once(stream, 'end');
    assert.equal(body.sent, 1_000_000);
    assert.equal(watch.turns.at(-1), 'blocked', 'after the end it is the reader that is waited for');
  });

  it('waits for the client when it has taken all that there is', async () => {
    const body = new PushedBody(1000, null, false, 1000);
    const watch = new Watch();
    const stream = new RequestStream(body, watch);
    stream.resume();
    await until(() => body.sent === 1000);
    assert.deepEqual(watch.turns, ['wanted']);
    stream.destroy();
  });

  it('is destroyed with the error of the body', async () => {
    const body = new PushedBody(1000, null, false);
    const stream = new RequestStream(body, new Watch());
    const reason = clientLeft();
    stream.resume();
    await until(() => body.consumer !== null);
    body.consumer!.fail(reason);
    const [error] = await once(stream, 'error');
    assert.equal(error, reason);
    assert.equal(body.cancelled, null, 'it has ended by itself');
  });

  it('cancels the body when it is destroyed, with the reason if it is one of ours', async () => {
    const reason = clientLeft();
    for (const error of [reason, new Error('reset'), undefined]) {
      const body = new PushedBody(1000, null, false);
      const stream = new RequestStream(body, new Watch());
      stream.on('error', () => {});
      stream.destroy(error);
      await until(() => body.cancelled !== null);
      if (error === reason) assert.equal(body.cancelled, reason);
      else {
        assert.ok(body.cancelled instanceof GatewayError);
        assert.equal(body.cancelled.cause, error);
      }
    }
  });

  it('leaves the body alone once it has let go of it', async () => {
    const body = new PushedBody(1000, null, false);
    const stream = new RequestStream(body, new Watch());
    stream.resume();
    await until(() => body.sent === 1000);
    stream.detach();
    await once(stream, 'close');
    body.consumer!.chunk(new Uint8Array(1));
    body.consumer!.end();
    assert.equal(body.cancelled, null);
  });

  it('does not cancel a body that was read to its end', async () => {
    const body = new PushedBody(1000);
    const stream = new RequestStream(body, new Watch());
    stream.resume();
    await once(stream, 'close');
    assert.equal(body.cancelled, null);
  });
});
