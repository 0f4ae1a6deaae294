import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, connect as netConnect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { writeJoined } from '../../../core/upstream/joined-write.js';
import { pattern, SPOILT } from '../../support/raw-body.js';

/** Both ends of a connection; the other end reads nothing until it is told to. */
async function connected(test: TestContext): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = netConnect((server.address() as { port: number }).port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  test.after(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}

/** What arrives until the other end is closed. */
async function received(far: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of far) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

describe('a joined write', () => {
  it('sends head and bytes of any size, whoever writes to their memory afterwards', async (test) => {
    const { near, far } = await connected(test);
    const sizes = [1, 20_000, 65_535, 65_536, 65_537, 400_000];
    const sent: Uint8Array[] = [];
    for (const [index, size] of sizes.entries()) {
      const bytes = pattern(index, size);
      sent.push(Buffer.from(`head ${index};`), Uint8Array.from(bytes));
      writeJoined(near, `head ${index};`, bytes);
      bytes.fill(SPOILT);
    }
    near.end();
    assert.ok((await received(far)).equals(Buffer.concat(sent)));
  });

  it('sends a head that is longer than its memory', async (test) => {
    const { near, far } = await connected(test);
    const head = 'h'.repeat(100_000);
    writeJoined(near, head, Buffer.from('body'));
    near.end();
    assert.equal((await received(far)).toString(), `${head}body`);
  });

  it('leaves memory to a socket that is full, and goes on to others meanwhile', async (test) => {
    const stalled = await connected(test);
    const flowing = await connected(test);
    const arriving = received(flowing.far);
    const sent: { readonly slow: Uint8Array[]; readonly fast: Uint8Array[] } = { slow: [], fast: [] };
    let at = 0;
    // More than the kernel takes for somebody who reads nothing.
    for (let round = 0; round < 200; round += 1) {
      for (const [{ near }, list] of [
        [stalled, sent.slow],
        [flowing, sent.fast],
      ] as const) {
        const bytes = pattern(at, 100_000);
        at += 7;
        list.push(Uint8Array.from(bytes));
        writeJoined(near, '', bytes);
        bytes.fill(SPOILT);
      }
      if (flowing.near.writableLength > 0) await once(flowing.near, 'drain');
    }
    assert.ok(stalled.near.writableLength > 0);
    flowing.near.end();
    assert.ok((await arriving).equals(Buffer.concat(sent.fast)));
    stalled.near.end();
    assert.ok((await received(stalled.far)).equals(Buffer.concat(sent.slow)));
  });
});
