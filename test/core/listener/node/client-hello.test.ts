import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { serverNameOf } from '../../../../core/listener/node/client-hello.js';

/** What OpenSSL sends first. */
async function hello(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect({ port, host: '127.0.0.1', ...options });
  client.on('error', () => {});
  const [socket] = await accepted;
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

/** The same message in records of `size` bytes. */
function inRecords(bytes: Buffer, size: number): Buffer {
  const records: Buffer[] = [];
  const message = bytes.subarray(5);
  for (let at = 0; at < message.length; at += size) {
    const piece = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, piece.length >> 8, piece.length & 255]), piece);
  }
  return Buffer.concat(records);
}

describe('serverNameOf', () => {
  for (const options of [{}, { maxVersion: 'TLSv1.2' }, { ALPNProtocols: ['h2'] }] as const) {
    it(`reads the name that OpenSSL sends with ${JSON.stringify(options)}`, async () => {
      const bytes = await hello({ servername: 'api.Example.com', ...options });
      assert.equal(serverNameOf(bytes), 'api.Example.com');
      assert.equal(serverNameOf(await hello({ servername: '', ...options })), '');
    });
  }

  it('waits for all of the message', async () => {
    const bytes = await hello({ servername: 'one.example' });
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(serverNameOf(bytes.subarray(0, length)), null);
    }
  });

  it('puts a message together of some records, and leaves one of many to OpenSSL', async () => {
    const bytes = await hello({ servername: 'one.example' });
    assert.equal(serverNameOf(inRecords(bytes, 200)), 'one.example');
    assert.equal(serverNameOf(inRecords(bytes, 10)), '');
    const cut = inRecords(bytes, 200);
    for (let length = 0; length < cut.length; length++)
      assert.equal(serverNameOf(cut.subarray(0, length)), null);
  });

  it('finds no name in what is no such message', () => {
    for (const text of [
      'G',
      'GET / HTTP/1.1\r\n\r\n',
      '\x15\x03\x01\0\x02\x02\x28',
      '\x16\x03\x01\0\x04\x02\0\0\0',
    ]) {
      assert.equal(serverNameOf(Buffer.from(text, 'latin1')), '');
    }
    const endless = Buffer.alloc(20_000);
    endless.set([22, 3, 1, 0xff, 0xff, 1, 0, 0xff, 0xff]);
    assert.equal(serverNameOf(endless), '');
  });

  it('goes nowhere beyond a message with wrong lengths', async () => {
    const bytes = await hello({ servername: 'one.example' });
    for (let at = 9; at < bytes.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const wrong = Buffer.from(bytes);
        wrong[at] = value;
        assert.equal(typeof serverNameOf(wrong), 'string');
      }
    }
  });
});
