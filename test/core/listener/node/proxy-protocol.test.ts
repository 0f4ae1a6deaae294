// NodeListener behind a proxy that speaks the PROXY protocol: real sockets, in clear text and before TLS and HTTP/2.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { BufferedBody, type Exchange } from '../../../../core/exchange.js';
import { HeaderList } from '../../../../core/headers.js';
import type { ListenerOptions } from '../../../../core/listener/listener.js';
import { NodeListener, type NodeTimes } from '../../../../core/listener/node/node-listener.js';
import { TestAuthority } from '../../../support/certificates.js';
import { Http2Client } from '../../../support/http2-client.js';
import { type PreambleOptions, preamble } from '../../../support/proxy-preamble.js';
import { RawClient } from '../../../support/raw-client.js';
import { serverTls } from '../../../support/server-tls.js';

const CLIENT = '203.0.113.7';
const root = TestAuthority.root();
const server = root.issue({ names: ['api.example.com'] });
const client = root.issue({ usage: 'client', subject: { CN: 'client' } });

const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';

async function open(
  test: TestContext,
  options: Partial<ListenerOptions> = {},
  times: Partial<NodeTimes> = {},
) {
  const listener = new NodeListener(
    {
      name: 'public',
      host: '127.0.0.1',
      port: 0,
      idleMs: 0,
      trustedProxies: ['127.0.0.1', '10.0.0.0/8'],
      proxyProtocol: true,
      ...options,
    },
    times,
  );
  test.after(() => listener.close());
  const seen: Exchange[] = [];
  await listener.listen((exchange, reply, refusal) => {
    seen.push(exchange);
    const body = new BufferedBody(Buffer.from(exchange.clientAddress));
    void reply.send(refusal?.status ?? 200, new HeaderList(), body);
  });
  return { port: listener.port, seen };
}

/** What comes back for bytes that are sent at once; empty when the connection is cut without a word. */
async function answerTo(port: number, ...parts: (Buffer | string)[]): Promise<string> {
  const raw = await RawClient.open(port);
  try {
    raw.socket.write(Buffer.concat(parts.map((part) => Buffer.from(part))));
    await raw.until(() => raw.ended || raw.received.includes('\r\n\r\n'));
    return raw.received;
  } finally {
    raw.destroy();
  }
}

/** A connection whose first bytes stand before the first ones of whatever speaks over it, in one write. */
class Introduced extends Duplex {
  readonly #socket: Socket;
  #before: Buffer | null;

  constructor(socket: Socket, before: Buffer) {
    super();
    this.#socket = socket;
    this.#before = before;
    socket.on('data', (bytes) => this.push(bytes));
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.write(this.#before === null ? chunk : Buffer.concat([this.#before, chunk]), done);
    this.#before = null;
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}

async function introduced(port: number, before: Buffer): Promise<Introduced> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return new Introduced(socket, before);
}

describe('NodeListener with the PROXY protocol', () => {
  it('takes the client that a trusted proxy tells, for every request of the connection', async (test) => {
    const { port, seen } = await open(test);
    const raw = await RawClient.open(port);
    raw.socket.write(Buffer.concat([preamble(CLIENT), Buffer.from(GET)]));
    assert.equal((await raw.response()).body.toString(), CLIENT);
    raw.send(GET);
    assert.equal((await raw.response()).body.toString(), CLIENT);
    raw.destroy();
    for (const { clientAddress, peerAddress, forwardedFor } of seen)
      assert.deepEqual([clientAddress, peerAddress, forwardedFor], [CLIENT, CLIENT, '']);
    assert.match(await answerTo(port, preamble('2001:db8:0:0:0:0:0:7'), GET), /2001:db8::7$/);
  });

  it('tells connections apart that a proxy makes from one port to two addresses', async (test) => {
    const { port } = await open(test, { host: '0.0.0.0', http2: true });
    const say = async (host: string, localPort: number, address: string): Promise<Socket> => {
      const socket = connect({ port, host, localAddress: '127.0.0.1', localPort });
      test.after(() => socket.destroy());
      await once(socket, 'connect');
      socket.write(preamble(address));
      return socket;
    };
    const first = await say('127.0.0.1', 0, CLIENT);
    const second = await say('127.0.0.2', first.localPort!, '203.0.113.8');
    const ask = async (socket: Socket): Promise<string> => {
      let text = '';
      socket.on('data', (bytes) => {
        text += bytes;
      });
      socket.write(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
      await once(socket, 'close');
      return text.slice(text.indexOf('\r\n\r\n') + 4);
    };
    assert.equal(await ask(second), '203.0.113.8');
    assert.equal(await ask(first), CLIENT);
  });

  it('takes a preamble in any pieces', async (test) => {
    const { port } = await open(test);
    const bytes = Buffer.concat([preamble(CLIENT), Buffer.from(GET)]);
    for (let cut = 1; cut < 30; cut += 3) {
      const raw = await RawClient.open(port);
      raw.socket.write(bytes.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      raw.socket.write(bytes.subarray(cut));
      assert.equal((await raw.response()).body.toString(), CLIENT);
      raw.destroy();
    }
  });

  it('takes the proxy for the client where it speaks for itself', async (test) => {
    const { port } = await open(test);
    assert.match(await answerTo(port, preamble(CLIENT, { command: 0x20 }), GET), /127\.0\.0\.1$/);
  });

  const bad: readonly [string, Buffer][] = [
    ['none', Buffer.alloc(0)],
    ['version 1', Buffer.from(`PROXY TCP4 ${CLIENT} 10.0.0.1 1 2\r\n`)],
    ...(
      [
        ['version 3', { command: 0x31 }],
        ['no family', { family: 0 }],
        ['UDP', { family: 0x12 }],
        ['a length that is too short', { length: 4 }],
        ['a length beyond all bounds', { length: 65_535 }],
        ['a broken TLV', { tlvs: Buffer.from([1]) }],
      ] satisfies [string, PreambleOptions][]
    ).map(([what, options]): [string, Buffer] => [what, preamble(CLIENT, options)]),
  ];
  for (const [what, bytes] of bad) {
    it(`cuts a trusted peer whose preamble is ${what}`, async (test) => {
      const { port, seen } = await open(test);
      assert.equal(await answerTo(port, bytes, GET), '');
      assert.equal(seen.length, 0);
    });
  }

  it('cuts everybody else, with a preamble and without', async (test) => {
    for (const trustedProxies of [['10.0.0.0/8'], []]) {
      const { port, seen } = await open(test, { trustedProxies });
      assert.equal(await answerTo(port, preamble(CLIENT), GET), '');
      assert.equal(await answerTo(port, GET), '');
      assert.equal(seen.length, 0);
    }
  });

  it('does not wait for ever', async (test) => {
    const { port, seen } = await open(test, {}, { handshakeMs: 50 });
    for (const begun of ['', '\r\n\r\n\0', preamble(CLIENT).subarray(0, 27)])
      assert.equal(await answerTo(port, begun), '');
    assert.equal(seen.length, 0);
  });

  it('takes no second one, which would be the word of the client', async (test) => {
    const { port, seen } = await open(test);
    const forged = preamble('198.51.100.1');
    assert.match(await answerTo(port, preamble(CLIENT), forged, GET), /^HTTP\/1\.1 400 /);
    const raw = await RawClient.open(port);
    raw.socket.write(Buffer.concat([preamble(CLIENT), Buffer.from(GET)]));
    await raw.response();
    raw.socket.write(Buffer.concat([forged, Buffer.from(GET)]));
    await raw.closed();
    raw.destroy();
    for (const { clientAddress } of seen) assert.equal(clientAddress, CLIENT);
  });

  it('believes x-forwarded-for of a client only if that is a trusted proxy as well', async (test) => {
    const { port, seen } = await open(test);
    const said = 'GET /a HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n';
    assert.match(await answerTo(port, preamble(CLIENT), said), /203\.0\.113\.7$/);
    assert.match(await answerTo(port, preamble('10.0.0.9'), said), /198\.51\.100\.1$/);
    assert.deepEqual(
      seen.map(({ peerAddress, forwardedFor }) => [peerAddress, forwardedFor]),
      [
        [CLIENT, ''],
        ['10.0.0.9', '198.51.100.1'],
      ],
    );
  });

  it('takes it before HTTP/2 in clear text', async (test) => {
    const { port, seen } = await open(test, { http2: true });
    const socket = await introduced(port, preamble(CLIENT));
    const http2 = await Http2Client.open(port, { createConnection: () => socket });
    assert.equal((await http2.ask('/a')).status, 200);
    http2.destroy();
    assert.equal(seen[0]!.clientAddress, CLIENT);
    assert.match(await answerTo(port, preamble(CLIENT), GET), /^HTTP\/1\.1 200 /);
    assert.equal(await answerTo(port, GET), '');
  });

  for (const protocol of ['http/1.1', 'h2']) {
    it(`takes it before TLS, in one piece with the hello, and ${protocol} after it`, async (test) => {
      const tls = serverTls([server], { mode: 'require', authorities: [root] });
      const { port, seen } = await open(test, { tls, http2: true });
      const options = {
        socket: await introduced(port, preamble(CLIENT)),
        servername: 'api.example.com',
        ca: root.cert,
        rejectUnauthorized: true,
        cert: client.chain,
        key: client.key,
        ALPNProtocols: [protocol],
      };
      if (protocol === 'h2') {
        const secured = connectTls(options);
        const http2 = await Http2Client.open(port, { createConnection: () => secured });
        assert.equal((await http2.ask('/a')).status, 200);
        http2.destroy();
      } else {
        const raw = await RawClient.openTls(port, options);
        raw.send(GET);
        assert.equal((await raw.response()).status, 200);
        raw.destroy();
      }
      assert.deepEqual(
        seen.map(({ clientAddress, scheme, clientCertificate }) => [
          clientAddress,
          scheme,
          clientCertificate?.subject,
        ]),
        [[CLIENT, 'https', 'CN=client']],
      );
    });
  }

  it('lets nobody into TLS without it', async (test) => {
    const { port, seen } = await open(test, { tls: serverTls([server]) });
    const secured = connectTls({ port, host: '127.0.0.1', servername: 'api.example.com', ca: root.cert });
    await assert.rejects(once(secured, 'secureConnect'));
    assert.equal(seen.length, 0);
  });
});
