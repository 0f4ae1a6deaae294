// Bodies of many clients at once, both ways, through a gateway that spoils memory as soon as it may be used again: every
// byte has to be the one that belongs there, whoever stalls, leaves or goes on meanwhile.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import * as https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { PATIENT } from '../support/callout-stage.js';
import { TestAuthority } from '../support/certificates.js';
import { route } from '../support/gateway.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { PositionCheck, positioned } from '../support/positioned-bytes.js';
import { guestBytes } from '../support/test-guests.js';
import { listen, listenSecurely, type TestTarget } from '../support/upstream-servers.js';

const MIB = 1024 * 1024;
const SPOILING = ['--import', new URL('../support/spoil-lent.js', import.meta.url).href];
/** More than the kernel takes for somebody who reads nothing. */
const LATE_BYTES = 12 * MIB;
const CLIENTS = 8;
const REQUESTS = 6;
const PIECES = [1, 700, 5_000, 16_384, 65_536, 200_000];

interface Way {
  /** Default: http1, in clear text. */
  readonly upstream?: 'http2' | 'tls';
  readonly listener?: Readonly<Record<string, unknown>>;
  /** What the filter does with chunks, `request` and `response`. */
  readonly filter?: Readonly<Record<string, string>>;
  readonly compressed?: boolean;
  readonly egress?: boolean;
}

const WAYS: Readonly<Record<string, Way>> = {
  'no filter': {},
  'no filter, on the engine node': { listener: { engine: 'node' } },
  'TLS on both sides': { listener: { tls: true }, upstream: 'tls' },
  'TLS on both sides, on the engine node': { listener: { tls: true, engine: 'node' }, upstream: 'tls' },
  'an upstream with HTTP/2': { upstream: 'http2' },
  'a filter that sees chunks': { filter: { request: 'hold-half', response: 'hold-half' } },
  'a filter that lets bodies pass': { filter: { request: 'pass', response: 'pass' } },
  'a filter that reads what came compressed': { filter: { response: 'hold-half' }, compressed: true },
  'a look for secrets': { egress: true },
};

const authority = TestAuthority.root();
const identity = authority.issue({ names: ['localhost'], key: 'p-256' });

/** Whole numbers below `most`, by chance. */
const below = (most: number): number => Math.floor(Math.random() * most);

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await nextTurn();
}

function hasRoom(out: Writable): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      out.off('drain', over).off('close', over);
      resolve();
    };
    out.on('drain', over).on('close', over);
  });
}

/** Sends the body of a seed in pieces of all sizes; `until` leaves it there. */
async function pour(out: Writable, seed: number, size: number, until = size): Promise<void> {
  for (let at = 0; at < until; ) {
    const piece = positioned(seed, at, Math.min(until - at, PIECES[below(PIECES.length)]!));
    at += piece.byteLength;
    if (!out.write(piece)) await hasRoom(out);
    if (out.destroyed) return;
    if (below(8) === 0) await turns(below(4));
  }
  if (until < size) out.destroy();
  else out.end();
}

/** Reads as somebody who is busy does, until it ends or `until` bytes came. */
async function drain(stream: Readable, seed: number, until: number): Promise<PositionCheck> {
  const check = new PositionCheck(seed);
  for await (const chunk of stream) {
    check.take(chunk as Buffer);
    if (check.bytes >= until) break;
    if (below(8) === 0) await turns(below(20));
  }
  return check;
}

class Stage {
  readonly #gateway: GatewayProcess;
  readonly #secure: boolean;
  readonly #agent: http.Agent;
  /** Opens when those who do not wait are done. */
  readonly #late: Promise<void>;
  readonly open: () => void;

  private constructor(
    gateway: GatewayProcess,
    secure: boolean,
    gate: { late: Promise<void>; open: () => void },
  ) {
    this.#gateway = gateway;
    this.#secure = secure;
    const options = { keepAlive: true, maxSockets: CLIENTS * 2 };
    this.#agent = secure ? new https.Agent({ ...options, ca: authority.cert }) : new http.Agent(options);
    this.#late = gate.late;
    this.open = gate.open;
  }

  static async start(test: TestContext, way: Way): Promise<Stage> {
    let open = (): void => {};
    const late = new Promise<void>((resolve) => {
      open = resolve;
    });
    const target = await startTarget(test, way, late);
    const folder = mkdtempSync(join(tmpdir(), 'sluice-streamed-'));
    const file = (name: string, content: string | Uint8Array): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const cert = file('server.crt', identity.chain);
    const key = file('server.key', identity.key);
    const secret = `secret+file://${file('secret', 'a secret that no body has')}`;
    const { tls, ...listener } = way.listener ?? {};
    const gateway = await GatewayProcess.start(
      test,
      {
        listeners: [
          {
            name: 'public',
            address: '127.0.0.1:0',
            ...listener,
            ...(tls ? { tls: { certificates: [{ cert, key }] } } : {}),
          },
        ],
        admin: { address: '127.0.0.1:0' },
        upstreams: {
          sample: {
            targets: [{ url: target.url.replace('127.0.0.1', 'localhost') }],
            allowPrivate: true,
            headers: { 'x-key': secret },
            ...(way.upstream === 'http2' ? { protocol: 'http2' } : {}),
            ...(way.upstream === 'tls' ? { tls: { ca: file('ca.crt', authority.cert) } } : {}),
          },
        },
        filters:
          way.filter === undefined
            ? {}
            : {
                probe: {
                  module: file('probe.wasm', await guestBytes('stream-probe')),
                  config: { name: 'probe', ...way.filter },
                  limits: PATIENT,
                },
              },
        routes: [
          route('all', '/*', way.filter === undefined ? [] : ['probe'], {
            limits: { requestBodyBytes: 64 * MIB },
            timeouts: { responseMs: 30_000 },
          }),
        ],
        ...(way.egress ? { secrets: { egress: { mode: 'redact' } } } : {}),
        workers: { count: 1 },
      },
      SPOILING,
    );
    const stage = new Stage(gateway, tls === true, { late, open });
    test.after(() => stage.#agent.destroy());
    test.after(() => rmSync(folder, { recursive: true, force: true }));
    return stage;
  }

  /** @param until the client leaves when it has so many bytes */
  async download(size: number, until = Number.POSITIVE_INFINITY, late = false): Promise<void> {
    const seed = below(1e6);
    const response = await this.#answer(this.#ask('GET', `/down/${seed}/${size}/${below(2)}`));
    if (response.statusCode !== 200) assert.fail(await textOf(response));
    if (late) await this.#late;
    const check = await drain(response, seed, until);
    assert.equal(check.wrongAt, -1, `byte ${check.wrongAt} of ${size} is another`);
    if (until > size) assert.equal(check.bytes, size);
  }

  /** @param until the client leaves when it has sent so many bytes */
  async upload(size: number, until = size, late = false): Promise<void> {
    const seed = below(1e6);
    const sized = below(2) === 0 ? { 'content-length': String(size) } : {};
    const asked = this.#ask('POST', `/${late ? 'late' : 'up'}/${seed}`, sized);
    const answered = this.#answer(asked);
    await pour(asked, seed, size, until);
    if (until < size) {
      await assert.rejects(answered);
      return;
    }
    assert.deepEqual(JSON.parse(await textOf(await answered)), { bytes: size, wrongAt: -1 });
  }

  #ask(method: string, path: string, headers: Record<string, string> = {}): http.ClientRequest {
    const { request } = this.#secure ? https : http;
    const port = this.#gateway.ports['public']!;
    return request({ host: 'localhost', port, family: 4, method, path, headers, agent: this.#agent });
  }

  #answer(asked: http.ClientRequest): Promise<http.IncomingMessage> {
    const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
      asked
        .once('response', resolve)
        .on('error', reject)
        .once('close', () => reject(new Error('closed')));
    });
    // It may come to nothing before anybody waits for it.
    answered.catch(() => {});
    if (asked.method === 'GET') asked.end();
    return answered;
  }
}

/** Answers `/down/SEED/BYTES/FRAMING` with that body, and judges what is sent to `/up/SEED`, or `/late/SEED` when it is time. */
async function startTarget(test: TestContext, way: Way, late: Promise<void>): Promise<TestTarget> {
  const answer = async (incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> => {
    incoming.on('error', () => {});
    outgoing.on('error', () => {});
    const [, how, seed, size, framing] = incoming.url!.split('/');
    if (how === 'down') {
      const isSized = framing === '1' && !way.compressed;
      outgoing.writeHead(200, {
        ...(isSized ? { 'content-length': size } : {}),
        ...(way.compressed ? { 'content-encoding': 'gzip' } : {}),
      });
      const gzip = way.compressed ? createGzip({ level: 1 }) : null;
      outgoing.once('close', () => gzip?.destroy());
      gzip?.on('error', () => {}).pipe(outgoing);
      await pour(gzip ?? outgoing, Number(seed), Number(size));
      return;
    }
    if (how === 'late') await late;
    const { bytes, wrongAt } = await drain(incoming, Number(seed), Number.POSITIVE_INFINITY);
    outgoing.end(JSON.stringify({ bytes, wrongAt }));
  };
  const handler: http.RequestListener = (incoming, outgoing) => {
    // Who leaves in the middle is no matter of the target's.
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  };
  if (way.upstream === 'tls') {
    return listenSecurely(test, https.createServer({ cert: identity.chain, key: identity.key }, handler), 0);
  }
  if (way.upstream === 'http2') return listen(test, createHttp2Server(handler as never), 0);
  return listen(test, http.createServer(handler), 0);
}

/** One after another, whatever chance says. */
async function beBusy(stage: Stage): Promise<void> {
  for (let i = 0; i < REQUESTS; i += 1) {
    const size = 1 + below(below(2) === 0 ? 100_000 : 1.5 * MIB);
    const until = below(4) === 0 ? below(size) : undefined;
    if (below(2) === 0) await stage.download(size, until);
    else await stage.upload(size, until);
  }
}

describe('a body through a gateway that spoils memory it is through with', { timeout: 240_000 }, () => {
  for (const [name, way] of Object.entries(WAYS)) {
    it(`has every byte at its place: ${name}`, async (test) => {
      const stage = await Stage.start(test, way);
      const late = [
        ...[stage.download(LATE_BYTES, undefined, true), stage.download(LATE_BYTES, LATE_BYTES / 2, true)],
        ...[stage.upload(LATE_BYTES, undefined, true), stage.upload(LATE_BYTES, undefined, true)],
      ];
      const busy = Array.from({ length: CLIENTS }, () => beBusy(stage));
      try {
        await Promise.all(busy);
      } finally {
        stage.open();
      }
      await Promise.all(late);
    });
  }
});
