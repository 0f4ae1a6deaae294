// TLS, HTTP/2 and the admin listener's secrets, with several processes on one port.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { request } from 'node:https';
import { describe, it, type TestContext } from 'node:test';
import { connect } from 'node:tls';
import { TestAuthority } from '../support/certificates.js';
import { route, until } from '../support/gateway.js';
import { freePort, ProcessSet } from '../support/process-set.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const root = TestAuthority.root();
const NAME = 'api.example.com';
const FIRST = root.issue({ names: [NAME, '127.0.0.1'], subject: { CN: 'first' } });
const TOKEN = 'the-first-token-of-this-gateway';
const NEXT = 'the-second-token-of-this-gateway';
const FILES = { 'api.crt': FIRST.chain, 'api.key': FIRST.key, token: TOKEN };
const tls = { certificates: [{ cert: './api.crt', key: './api.key' }] };

/** So many handshakes miss a process by chance once in a hundred million. */
const HANDSHAKES = 32;

async function stage(test: TestContext, listener: Record<string, unknown>, admin = {}) {
  const target = await startHttpTarget(test, (_, response) => response.end('ok'));
  const port = await freePort();
  const config = {
    listeners: [{ name: 'public', address: `127.0.0.1:${port}`, ...listener }],
    admin: { address: '127.0.0.1:0', ...admin },
    upstreams: { sample: { targets: [{ url: target.url }] } },
    routes: [route('all', '/*')],
    workers: { count: 1 },
    log: { access: false },
  };
  return { port, set: await ProcessSet.start(test, config, FILES) };
}

/** Common names of the certificates that new connections are shown. */
async function shown(port: number): Promise<string[]> {
  const names = await Promise.all(
    Array.from({ length: HANDSHAKES }, async () => {
      const socket = connect({ host: '127.0.0.1', port, servername: NAME, ca: root.cert });
      await once(socket, 'secureConnect');
      const { subject } = socket.getPeerCertificate();
      socket.destroy();
      return String(subject.CN);
    }),
  );
  return [...new Set(names)];
}

async function adminStatus(port: number, token: string): Promise<number> {
  const sent = request({
    ...{ host: '127.0.0.1', port, path: '/readyz', ca: root.cert, agent: false },
    headers: { authorization: `Bearer ${token}` },
  });
  sent.end();
  const [response] = await once(sent, 'response');
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}

/** One client of HTTP/2 that asks again and again, and moves to another connection when it is told to. */
class SessionLoad {
  answers = 0;
  readonly failures: string[] = [];
  readonly #port: number;
  readonly #done: Promise<void>;
  #session: ClientHttp2Session | null = null;
  #isOver = false;

  constructor(port: number) {
    this.#port = port;
    this.#done = this.#run();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#done;
    this.#session?.destroy();
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const outcome = await this.#ask();
      if (outcome === 200) this.answers += 1;
      // RFC 9113 §8.7: it was not looked at, and is asked again.
      else if (outcome !== 'refused') this.failures.push(String(outcome));
    }
  }

  #ask(): Promise<number | string> {
    if (this.#session === null) {
      const session = connectHttp2(`http://127.0.0.1:${this.#port}`);
      const leave = (): void => {
        if (this.#session === session) this.#session = null;
      };
      session.on('goaway', leave).on('close', leave).on('error', leave);
      this.#session = session;
    }
    const stream = this.#session.request({ ':path': '/' });
    return new Promise((resolve) => {
      let status = 0;
      stream.on('response', (headers) => {
        status = headers[':status'] ?? 0;
      });
      stream.on('error', () => undefined);
      stream.on('close', () => {
        const isRefused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
        resolve(isRefused ? 'refused' : stream.rstCode === 0 ? status : `reset with ${stream.rstCode}`);
      });
      stream.resume();
    });
  }
}

describe('several processes', () => {
  for (const engine of ['uws', 'node']) {
    it(`show a certificate that was replaced, each of them (engine ${engine})`, async (test) => {
      const { port, set } = await stage(test, { engine, tls });
      assert.deepEqual(await shown(port), ['first']);
      const second = root.issue({ names: [NAME, '127.0.0.1'], subject: { CN: 'second' } });
      set.put('api.crt', second.chain);
      set.put('api.key', second.key);
      await until(async () => (await shown(port)).join() === 'second');
      await set.reload();
      assert.deepEqual(await shown(port), ['second']);
    });
  }

  it('send sessions of HTTP/2 on to those that take over, without a request that fails', async (test) => {
    const { port, set } = await stage(test, { engine: 'node', http2: true });
    const clients = Array.from({ length: 8 }, () => new SessionLoad(port));
    test.after(() => Promise.all(clients.map((client) => client.end())));
    const more = (): Promise<void> => {
      const before = clients.map(({ answers }) => answers);
      return until(() => clients.every(({ answers }, index) => answers > before[index]! + 10));
    };
    await more();
    await set.reload();
    await more();
    await Promise.all(clients.map((client) => client.end()));
    assert.deepEqual(
      clients.flatMap(({ failures }) => failures),
      [],
    );
  });

  it('have one admin listener, whose token and certificate follow the configuration', async (test) => {
    const { set } = await stage(test, {}, { tls, token: 'secret+file://./token' });
    const { adminPort } = set.gateway;
    assert.equal(await adminStatus(adminPort, TOKEN), 200);
    assert.equal(await adminStatus(adminPort, NEXT), 401);
    set.put('token', NEXT);
    await until(async () => (await adminStatus(adminPort, NEXT)) === 200);
    assert.equal(await adminStatus(adminPort, TOKEN), 401);
  });
});
