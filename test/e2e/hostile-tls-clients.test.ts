// What no client may do before it has shaken hands: end the process, keep a connection for ever, or fill the memory.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { selfSigned } from '../support/certificates.js';
import { clientHello, serverNames, VERSION } from '../support/client-hello.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { RawClient } from '../support/raw-client.js';
import { visit } from '../support/tls-visit.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-hostile-'));
after(() => rmSync(folder, { recursive: true }));
const { chain, key } = selfSigned({ names: ['localhost'], key: 'rsa-2048' });
writeFileSync(join(folder, 'own.crt'), chain);
writeFileSync(join(folder, 'own.key'), key);

const HANDSHAKE = 22;
const SUITES = [0xc02f, 0xc030, 0x1301];
/** Shares of the attack that run at the same time. */
const CROWD = 20;
const SILENT = 1000;

function start(test: TestContext, engine: string): Promise<GatewayProcess> {
  const tls = { certificates: [{ cert: join(folder, 'own.crt'), key: join(folder, 'own.key') }] };
  return GatewayProcess.start(test, {
    listeners: [
      { name: 'public', address: '127.0.0.1:0', engine, tls },
      { name: 'plain', address: '127.0.0.1:0', engine },
    ],
    workers: { count: 1 },
  });
}

/** It serves, that is, answers that there is no route. */
async function assertServes(gateway: GatewayProcess): Promise<void> {
  assert.equal((await visit(gateway.port, { servername: 'localhost' })).status, 404);
}

/** What a client of today begins with. */
async function honestHello(): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connectTls({ port, host: '127.0.0.1', servername: 'localhost' });
  client.on('error', () => undefined);
  const [socket] = await once(server, 'connection');
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}

function record(type: number, payload: Buffer, length = payload.length): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 1, length >> 8, length & 0xff]), payload]);
}

/** The same handshake message in records of so many bytes. */
function inRecords(hello: Buffer, size: number): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 5; at < hello.length; at += size)
    records.push(record(HANDSHAKE, hello.subarray(at, at + size)));
  return records;
}

/** Bytes that a connection begins with, and is half closed after. */
function openings(hello: Buffer): Map<string, Buffer> {
  const named = (...names: (string | Buffer)[]): Buffer =>
    clientHello(VERSION['TLS 1.2'], SUITES, [serverNames(...names)]);
  const body = hello.subarray(5);
  return new Map([
    ['nothing', Buffer.alloc(0)],
    ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')],
    ['the preface of HTTP/2', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
    ['a server name with NUL in it', named(Buffer.from('localhost\0.example.com'))],
    ['a server name of 16 000 characters', named('a'.repeat(16_000))],
    ['an empty server name', named('')],
    ['two server names', named('localhost', 'other.example')],
    ['a server name that is no text', named(Buffer.from([0xff, 0xfe, 0x0a, 0x0d]))],
    ['a record that says more than it has', record(HANDSHAKE, body, 0xffff)],
    ['a record longer than there may be', record(HANDSHAKE, Buffer.alloc(0x4800 + 1, 1))],
    ['a message of 16 MiB', record(HANDSHAKE, Buffer.from([1, 0xff, 0xff, 0xff, 3, 3]))],
    ['a thousand empty records', Buffer.concat(Array<Buffer>(1000).fill(record(HANDSHAKE, Buffer.alloc(0))))],
    ['a thousand warnings', Buffer.concat(Array<Buffer>(1000).fill(record(21, Buffer.from([1, 90]))))],
    ['an alert', record(21, Buffer.from([2, 40]))],
    ['a change of ciphers', record(20, Buffer.from([1]))],
    ['application data', record(23, Buffer.from('GET / HTTP/1.1\r\n\r\n'))],
    ['a heartbeat', record(24, Buffer.from([1, 0x40, 0]))],
    ['the hello of a server', record(HANDSHAKE, Buffer.concat([Buffer.from([2]), body.subarray(1)]))],
    [
      'a hello of SSL 2',
      Buffer.from('802e0100020015000000100100800200800300800400800500800600400700c0', 'hex'),
    ],
    ['two hellos', Buffer.concat([hello, hello])],
    ['a hello, and then none of TLS', Buffer.concat([hello, Buffer.alloc(5000, 'x')])],
  ]);
}

/** A hello cut off, or changed in one place: the same ones in each run. */
function* damaged(hello: Buffer): Generator<Buffer> {
  for (let length = 1; length < hello.length; length += 7) yield hello.subarray(0, length);
  for (let at = 0; at < hello.length; at += 3) {
    for (const value of [0, 0xff, hello[at]! ^ 0x80]) {
      const copy = Buffer.from(hello);
      copy[at] = value;
      yield copy;
    }
  }
}

/** Sends bytes, half closes, and waits until the other side has closed. @returns what it said, one character per byte */
async function assault(port: number, bytes: Buffer): Promise<string> {
  const client = await RawClient.open(port);
  client.socket.end(bytes);
  await client.closed();
  client.destroy();
  return client.received;
}

/** A link that hands what a client says first over in parts. @returns its port */
async function parting(test: TestContext, port: number, part: (hello: Buffer) => Buffer[]): Promise<number> {
  const link = createServer((client) => {
    const server = connect(port, '127.0.0.1').setNoDelay(true);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const)
      from.on('error', () => undefined).on('close', () => to.destroy());
    server.pipe(client);
    client.once('data', async (hello) => {
      for (const piece of part(hello)) await new Promise((sent) => server.write(piece, sent));
      client.pipe(server);
    });
  });
  link.listen(0, '127.0.0.1');
  test.after(() => link.close());
  await once(link, 'listening');
  return (link.address() as AddressInfo).port;
}

for (const engine of ['uws', 'node'] as const) {
  describe(`a hostile client of TLS on ${engine}`, () => {
    it('is cut whatever it begins with, and the gateway serves the next one', async (test) => {
      const gateway = await start(test, engine);
      for (const [name, bytes] of openings(await honestHello())) {
        const answer = await assault(gateway.port, bytes);
        assert.ok(!answer.startsWith('HTTP/1.1 2'), `${name}: ${answer}`);
        await assertServes(gateway);
      }
      assert.equal(await gateway.stop(), 0);
    });

    it('gets nowhere with a damaged hello', async (test) => {
      const gateway = await start(test, engine);
      const all = [...damaged(await honestHello())];
      assert.ok(all.length > 200, `${all.length} of them`);
      while (all.length > 0)
        await Promise.all(all.splice(0, CROWD).map((bytes) => assault(gateway.port, bytes)));
      await assertServes(gateway);
      assert.equal(await gateway.stop(), 0);
    });

    it('may be a slow but honest one: a hello in a hundred parts is taken', async (test) => {
      const gateway = await start(test, engine);
      const byRecord = await parting(test, gateway.port, (hello) => inRecords(hello, 1));
      assert.equal((await visit(byRecord, { servername: 'localhost' })).status, 404);
      const bySegment = await parting(test, gateway.port, (hello) =>
        Array.from(hello, (byte) => Buffer.from([byte])),
      );
      assert.equal((await visit(bySegment, { servername: 'localhost' })).status, 404);
    });

    it('that speaks TLS to a listener without is refused', async (test) => {
      const gateway = await start(test, engine);
      const answer = await assault(gateway.ports['plain']!, await honestHello());
      assert.match(answer, /^$|^HTTP\/1\.1 (?:400|505) /);
      assert.equal((await fetch(`http://127.0.0.1:${gateway.ports['plain']}/`)).status, 404);
    });

    it('that says nothing, or stops in the midst, is cut after a while and holds little', async (test) => {
      const gateway = await start(test, engine);
      await assertServes(gateway);
      const before = gateway.residentMb();
      const hello = await honestHello();
      const silent = await Promise.all(
        Array.from({ length: SILENT }, async (_, index) => {
          const client = await RawClient.open(gateway.port);
          // Some have the server do its part of the work, some send half of theirs.
          if (index % 10 === 0) client.send(index % 20 === 0 ? hello : hello.subarray(0, 100));
          return client;
        }),
      );
      await assertServes(gateway);
      const perClient = ((gateway.residentMb() - before) * 1024) / SILENT;
      assert.ok(perClient < 100, `${perClient.toFixed(1)} KiB for each`);
      // One that keeps sending a little is no better.
      const dripping = await RawClient.open(gateway.port);
      let sent = 0;
      const drip = setInterval(() => {
        dripping.send(hello.subarray(sent, sent + 1));
        sent += 1;
      }, 100);
      test.after(() => clearInterval(drip));
      await Promise.all([...silent, dripping].map((client) => client.closed()));
      for (const client of [...silent, dripping]) client.destroy();
      await assertServes(gateway);
      assert.equal(await gateway.stop(), 0);
    });
  });
}
