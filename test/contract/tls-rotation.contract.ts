// What changes of certificates, authorities and lists do to a listener that runs: all to who comes, nothing to who is there.
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { GatewayError } from '../../core/errors.js';
import { TestAuthority, type TestIdentity } from '../support/certificates.js';
import { RawClient } from '../support/raw-client.js';
import { serverTls } from '../support/server-tls.js';
import { visit } from '../support/tls-visit.js';
import { type TlsEngine, TlsStage } from './listener-tls.contract.js';

/** Sends half of what it is given first, and the rest when it is told to. */
class HalvedStream extends Duplex {
  readonly half: Promise<void>;
  goOn!: () => void;
  readonly #socket: Socket;
  readonly #may: Promise<void>;
  #sent!: () => void;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    this.half = new Promise((resolve) => {
      this.#sent = resolve;
    });
    this.#may = new Promise((resolve) => {
      this.goOn = resolve;
    });
    socket.on('data', (bytes) => this.push(bytes));
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    const middle = bytes.length >> 1;
    this.#socket.write(bytes.subarray(0, middle), () => this.#sent());
    void this.#may.then(() => this.#socket.write(bytes.subarray(middle), done));
  }
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

export function testTlsRotation(engine: TlsEngine): void {
  const root = TestAuthority.root();
  const other = TestAuthority.root({ subject: { CN: 'Other' } });
  const server = (CN: string, ...names: string[]): TestIdentity => root.issue({ subject: { CN }, names });
  const old = [server('old', 'one.example'), server('old second', 'two.example')];
  const fresh = [server('new', 'one.example'), server('new second', 'two.example', 'three.example')];
  const ofRoot = root.issue({ usage: 'client' });
  const ofOther = other.issue({ usage: 'client' });

  const as = ({ key, chain }: TestIdentity, rest: ConnectionOptions = {}): ConnectionOptions => ({
    ...{ key, cert: chain },
    ...rest,
  });

  async function ask(client: RawClient): Promise<number> {
    client.send(REQUEST);
    return (await client.response()).status;
  }

  describe(`${engine.name} whose TLS changes`, () => {
    let stage: TlsStage;
    const shown = async (servername = ''): Promise<string> => (await visit(stage.port, { servername })).shown;
    const statusOf = async (options: ConnectionOptions): Promise<number> =>
      (await visit(stage.port, options)).status;

    beforeEach(async () => {
      stage = await TlsStage.open(engine, serverTls(old));
    });
    afterEach(() => stage.close());

    it('shows new certificates to who comes, with and without a name, and goes on with who is there', async () => {
      const running = await Promise.all(
        ['', 'one.example', 'two.example'].map((servername) => RawClient.openTls(stage.port, { servername })),
      );
      assert.equal(await shown('three.example'), 'old');
      stage.update(serverTls(fresh));
      assert.equal(await shown(), 'new');
      assert.equal(await shown('one.example'), 'new');
      assert.equal(await shown('two.example'), 'new second');
      assert.equal(await shown('three.example'), 'new second');
      for (const client of running) {
        for (let i = 0; i < 3; i++) assert.equal(await ask(client), 200);
        client.destroy();
      }
    });

    it('goes on with a handshake that had begun', async () => {
      const raw = await RawClient.open(stage.port);
      const halved = new HalvedStream(raw.socket);
      const client = RawClient.openTls(stage.port, { socket: halved });
      await halved.half;
      stage.update(serverTls(fresh));
      assert.equal(await shown(), 'new');
      halved.goOn();
      assert.equal(await ask(await client), 200);
      raw.destroy();
    });

    it('takes the same again, and one after another', async () => {
      for (const identities of [old, fresh, old, old, fresh]) {
        stage.update(serverTls(identities));
        assert.equal(await shown(), identities[0] === old[0] ? 'old' : 'new');
      }
    });

    it('asks who comes for a certificate, or no longer', async () => {
      const running = await RawClient.openTls(stage.port);
      stage.update(serverTls(old, { mode: 'require', authorities: [root] }));
      assert.notEqual(await statusOf({}), 200);
      assert.notEqual(await statusOf(as(ofOther)), 200);
      assert.equal(await statusOf(as(ofRoot)), 200);
      assert.equal(await ask(running), 200);
      running.destroy();
      stage.update(serverTls(old));
      assert.equal(await statusOf({}), 200);
    });

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const only = { minVersion: version, maxVersion: version } as const;

      it(`trusts other authorities at once, also for sessions of before (${version})`, async () => {
        stage.update(serverTls(old, { mode: 'require', authorities: [root] }));
        const before = await visit(stage.port, as(ofRoot, only));
        assert.equal(before.status, 200);
        stage.update(serverTls(old, { mode: 'require', authorities: [other] }));
        assert.notEqual(await statusOf(as(ofRoot, only)), 200);
        assert.notEqual(await statusOf(as(ofRoot, { ...only, session: before.session })), 200);
        assert.notEqual(await statusOf({ ...only, session: before.session }), 200);
        assert.equal(await statusOf(as(ofOther, only)), 200);
      });

      it(`asks for a certificate also in sessions of before, when none was asked for (${version})`, async () => {
        const before = await visit(stage.port, only);
        stage.update(serverTls(old, { mode: 'require', authorities: [root] }));
        assert.notEqual(await statusOf({ ...only, session: before.session }), 200);
        assert.equal(await statusOf(as(ofRoot, only)), 200);
      });

      it(`takes new lists of revoked certificates at once, also for sessions of before (${version})`, async () => {
        const auth = { mode: 'require', authorities: [root] } as const;
        stage.update(serverTls(old, { ...auth, lists: [root.list()] }));
        const before = await visit(stage.port, as(ofRoot, only));
        assert.equal(before.status, 200);
        stage.update(serverTls(old, { ...auth, lists: [root.list({ revoked: [ofRoot] })] }));
        assert.notEqual(await statusOf(as(ofRoot, only)), 200);
        assert.notEqual(await statusOf(as(ofRoot, { ...only, session: before.session })), 200);
        assert.notEqual(await statusOf({ ...only, session: before.session }), 200);
        stage.update(serverTls(old, { ...auth, lists: [root.list()] }));
        assert.equal(await statusOf(as(ofRoot, only)), 200);
      });
    }

    it('stays as it was when it is given a key that is none', async () => {
      const [first, second] = old as [TestIdentity, TestIdentity];
      const broken = { ...first, key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n' };
      for (const identities of [[broken], [first, { ...broken, chain: second.chain, cert: second.cert }]]) {
        assert.throws(
          () => stage.update(serverTls(identities)),
          (error) => error instanceof GatewayError && error.code === 'SLUICE_LISTEN_TLS',
        );
        assert.equal(await shown('two.example'), 'old second');
      }
    });

    it('keeps its port to itself', async () => {
      for (const identities of [old, fresh]) {
        stage.update(serverTls(identities));
        const rival = engine.create({ name: 'rival', host: '127.0.0.1', port: stage.port, idleMs: 0 });
        await assert.rejects(
          (await rival).listen(() => {}),
          /SLUICE_LISTEN_ADDRESS|cannot bind/,
        );
        const stranger = createServer();
        const failure = new Promise((resolve) => stranger.once('error', resolve));
        stranger.listen(stage.port, '127.0.0.1');
        assert.match(String(await failure), /EADDRINUSE/);
      }
    });

    it('cuts connections of all times when it closes', async () => {
      const clients: RawClient[] = [];
      for (const identities of [old, fresh, old]) {
        stage.update(serverTls(identities));
        const client = await RawClient.openTls(stage.port);
        assert.equal(await ask(client), 200);
        clients.push(client);
      }
      stage.close();
      await Promise.all(clients.map((client) => client.closed()));
      await assert.rejects(RawClient.openTls(stage.port), /ECONNREFUSED/);
    });

    it('changes twenty times under 200 connections and a storm of new ones, and fails none of them', async () => {
      const rounds = 20;
      const clients = 200;
      let opened = 0;
      let round = 0;
      let visits = 0;
      let requests = 0;
      const failures: unknown[] = [];
      // Each asks as soon as it is there: one that waited for all others could be cut for its rest on a busy machine. Who has
      // failed once is done: of a connection that is cut, every request fails at once.
      const stay = async (servername: string): Promise<void> => {
        const client = await RawClient.openTls(stage.port, { servername });
        opened += 1;
        let status = 200;
        while (round < rounds && status === 200) {
          status = await ask(client);
          requests += 1;
        }
        if (status !== 200 || client.ended) failures.push(['running', round, status]);
        client.destroy();
      };
      const come = async (servername: string): Promise<void> => {
        while (round < rounds) {
          const least = round;
          const made = await visit(stage.port, { servername });
          visits += 1;
          const from = Number(made.shown.split(' ')[1]);
          if (made.status === 200 && from >= least) continue;
          failures.push(['new', least, made.shown, made.status, made.error]);
          return;
        }
      };
      stage.update(serverTls([server('round 0', 'one.example'), server('round 0', 'two.example')]));
      const noted = (client: Promise<void>): Promise<unknown> =>
        client.catch((cause) => failures.push(cause));
      const running = Array.from({ length: clients }, (_, i) => noted(stay(i % 2 ? 'two.example' : '')));
      // uWebSockets.js does five handshakes in a turn of the loop: those of the storm would leave none for the others.
      while (failures.length === 0 && opened < clients) await new Promise((resolve) => setImmediate(resolve));
      running.push(
        ...Array.from({ length: 20 }, (_, i) => noted(come(i % 2 ? 'one.example' : ''))),
        ...Array.from({ length: 10 }, () => noted(come('two.example'))),
      );
      while (round < rounds && failures.length === 0) {
        const [visitsNow, requestsNow] = [visits, requests];
        while (failures.length === 0 && (visits < visitsNow + 10 || requests < requestsNow + 200))
          await new Promise((resolve) => setImmediate(resolve));
        const next = `round ${round + 1}`;
        stage.update(serverTls([server(next, 'one.example'), server(next, 'two.example')]));
        round += 1;
      }
      round = rounds;
      await Promise.all(running);
      assert.deepEqual(failures, []);
    });
  });
}
