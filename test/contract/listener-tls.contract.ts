// What every listener must do with TLS, whatever it is made of: real handshakes with clients of Node's, of OpenSSL's command, and
// of none that is younger than twenty years.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { findTool } from '../../bench/harness/tools.js';
import type { GatewayError } from '../../core/errors.js';
import { BufferedBody, type Exchange } from '../../core/exchange.js';
import { HeaderList } from '../../core/headers.js';
import type { Listener, ListenerOptions } from '../../core/listener/listener.js';
import type { ServerTls } from '../../core/tls/server-tls.js';
import { TestAuthority } from '../support/certificates.js';
import { ALERT, answerToHello, VERSION } from '../support/client-hello.js';
import { RawClient } from '../support/raw-client.js';
import { serverTls } from '../support/server-tls.js';
import { visit } from '../support/tls-visit.js';

export interface TlsEngine {
  readonly name: string;
  create(options: ListenerOptions): Listener | Promise<Listener>;
  /** True when the server's order of suites counts in TLS 1.2, and not the client's. */
  readonly ordersSuites: boolean;
}

/** A listener that answers everything, and what came through it. */
export class TlsStage {
  readonly seen: Exchange[] = [];
  readonly refused: GatewayError[] = [];
  readonly #listener: Listener;

  private constructor(listener: Listener) {
    this.#listener = listener;
  }

  static async open(engine: TlsEngine, tls: ServerTls): Promise<TlsStage> {
    const listener = await engine.create({ name: 'public', host: '127.0.0.1', port: 0, idleMs: 0, tls });
    const stage = new TlsStage(listener);
    await listener.listen((exchange, reply, refusal) => {
      if (refusal === null) stage.seen.push(exchange);
      else stage.refused.push(refusal);
      const body = new BufferedBody(Buffer.from(refusal?.code ?? exchange.path));
      void reply.send(refusal?.status ?? 200, new HeaderList(), body, { close: refusal !== null });
    });
    return stage;
  }

  get port(): number {
    return this.#listener.port;
  }

  update(tls: ServerTls): void {
    this.#listener.updateTls(tls);
  }

  close(): void {
    this.#listener.close();
  }
}

const SUITE = {
  RC4_MD5: 0x0004,
  RC4_SHA: 0x0005,
  TRIPLE_DES: 0x000a,
  RSA_CBC: 0x002f,
  RSA_GCM: 0x009c,
  DHE_GCM: 0x009e,
  ECDHE_RC4: 0xc011,
  ECDHE_CBC: 0xc009,
  ECDHE_CBC_SHA256: 0xc023,
  ECDHE_CCM: 0xc0ac,
  ECDHE_GCM: 0xc02b,
} as const;

const openssl = findTool('openssl');

/** What the command `openssl` writes to stdout when it is given `input`. */
function outputOf(args: readonly string[], input: string): Promise<string> {
  const { path, env } = openssl!;
  const child = spawn(path, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.write(input);
  return text(child.stdout);
}

export function testListenerTls(engine: TlsEngine): void {
  const root = TestAuthority.root();
  const identity = root.issue({ names: ['one.example', 'localhost'] });

  describe(`${engine.name} with TLS`, () => {
    let stage: TlsStage;

    before(async () => {
      stage = await TlsStage.open(engine, serverTls([identity]));
    });
    after(() => stage.close());

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      it(`speaks ${version} with clients that verify it`, async () => {
        const options = { ca: root.cert, servername: 'one.example', rejectUnauthorized: true };
        const { status, body, ...made } = await visit(stage.port, {
          ...options,
          ...{ minVersion: version, maxVersion: version },
        });
        assert.deepEqual([status, body, made.version], [200, '/visit', version]);
        assert.equal(stage.seen.at(-1)?.scheme, 'https');
        assert.equal(stage.seen.at(-1)?.clientCertificate, null);
        assert.equal(stage.seen.at(-1)?.clientAddress, '127.0.0.1');
      });
    }

    const skip = openssl === null && 'no openssl';
    it('serves the client of OpenSSL, which verifies it and its name', { skip }, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
      try {
        const ca = join(folder, 'ca.pem');
        writeFileSync(ca, root.cert);
        const name = [
          '-servername',
          'one.example',
          '-verify_hostname',
          'one.example',
          '-verify_return_error',
        ];
        const connect = ['-connect', `127.0.0.1:${stage.port}`, '-CAfile', ca];
        const written = await outputOf(
          ['s_client', ...connect, ...name, '-quiet'],
          'GET /visit HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
        );
        assert.match(written, /^HTTP\/1\.1 200 /);
        assert.match(written, /\/visit$/);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it('shows the whole chain', async (test) => {
      const middle = root.intermediate();
      const chained = await TlsStage.open(engine, serverTls([middle.issue({ names: ['deep.example'] })]));
      test.after(() => chained.close());
      const options = { ca: root.cert, servername: 'deep.example', rejectUnauthorized: true };
      assert.equal((await visit(chained.port, options)).status, 200);
    });

    for (const [version, number] of Object.entries(VERSION).slice(0, 2)) {
      it(`refuses a client that speaks no later version than ${version}`, async () => {
        assert.equal(
          await answerToHello(stage.port, number, [SUITE.ECDHE_CBC, SUITE.RSA_CBC]),
          ALERT.protocolVersion,
        );
      });
    }

    it('goes on with a client that knows one good suite', async () => {
      const suites = [SUITE.RC4_SHA, SUITE.ECDHE_CBC, SUITE.ECDHE_GCM];
      assert.equal(await answerToHello(stage.port, VERSION['TLS 1.2'], suites), null);
    });

    const weak: readonly [string, readonly number[]][] = [
      ['RC4', [SUITE.RC4_MD5, SUITE.RC4_SHA, SUITE.ECDHE_RC4]],
      ['3DES', [SUITE.TRIPLE_DES]],
      ['CBC', [SUITE.RSA_CBC, SUITE.ECDHE_CBC, SUITE.ECDHE_CBC_SHA256]],
      ['suites without forward secrecy', [SUITE.RSA_GCM]],
      ['finite fields', [SUITE.DHE_GCM]],
      ['CCM', [SUITE.ECDHE_CCM]],
    ];
    for (const [what, suites] of weak) {
      it(`refuses a client that knows only ${what}`, async () => {
        assert.equal(await answerToHello(stage.port, VERSION['TLS 1.2'], suites), ALERT.handshakeFailure);
      });
    }

    it(`goes by the ${engine.ordersSuites ? 'server' : 'client'}'s order of suites`, async () => {
      const ciphers = 'ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256';
      const { cipher } = await visit(stage.port, { maxVersion: 'TLSv1.2', ciphers });
      assert.match(cipher, engine.ordersSuites ? /AES_128_GCM/ : /CHACHA20/);
    });

    it('takes only the suites that it is given', async (test) => {
      const ciphers = 'ECDHE-ECDSA-AES256-GCM-SHA384';
      const narrow = await TlsStage.open(engine, serverTls([identity], null, { ciphers }));
      test.after(() => narrow.close());
      const offer = async (offered: string): Promise<number> =>
        (await visit(narrow.port, { maxVersion: 'TLSv1.2', ciphers: offered })).status;
      assert.equal(await offer(ciphers), 200);
      assert.equal(await offer('ECDHE-ECDSA-AES128-GCM-SHA256'), 0);
    });

    it('does not renegotiate', async () => {
      const client = await RawClient.openTls(stage.port, { maxVersion: 'TLSv1.2' });
      const failure = await new Promise((resolve) => {
        client.tls.once('close', () => resolve('closed'));
        client.tls.renegotiate({ rejectUnauthorized: false }, resolve);
      });
      assert.notEqual(failure, null);
      client.destroy();
    });

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      it(`resumes sessions of ${version}`, async () => {
        const options = { minVersion: version, maxVersion: version };
        const { session, resumed } = await visit(stage.port, options);
        assert.equal(resumed, false);
        const again = await visit(stage.port, { ...options, session });
        assert.deepEqual([again.status, again.resumed], [200, true]);
      });
    }

    it('ends connections that speak no TLS, and goes on', async () => {
      const count = stage.seen.length;
      for (const text of ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', '\0'.repeat(300), '\x16\x03\x01\x00\x02']) {
        const client = await RawClient.open(stage.port);
        client.send(text);
        client.socket.end();
        await client.closed();
        assert.doesNotMatch(client.received, /HTTP\/1.1 2/);
        client.destroy();
      }
      assert.equal(stage.seen.length, count);
      assert.equal((await visit(stage.port)).status, 200);
    });

    it('hands what an upgrade asks for over as refused', async () => {
      const fields = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
      const { status, body } = await visit(stage.port, {}, fields);
      assert.deepEqual([status, body], [501, 'SLUICE_LISTEN_METHOD']);
    });
  });

  describe(`${engine.name} with several names`, () => {
    const identities = [
      root.issue({ subject: { CN: 'first' }, names: ['first.example', 'api.wide.example', '*.own.example'] }),
      root.issue({ subject: { CN: 'second' }, names: ['second.example', 'deep.under.second.example'] }),
      root.issue({ subject: { CN: 'wide' }, names: ['*.wide.example', 'wide.example'] }),
      root.issue({ subject: { CN: 'exact' }, names: ['shop.wide.example'] }),
    ];
    let stage: TlsStage;

    before(async () => {
      stage = await TlsStage.open(engine, serverTls(identities));
    });
    after(() => stage.close());

    const cases: readonly [string, string, string][] = [
      ['the first, for no name', '', 'first'],
      ['the first, for its name', 'first.example', 'first'],
      ['another, for its name', 'second.example', 'second'],
      ['another, for its second name', 'deep.under.second.example', 'second'],
      ['the first, for a name that nobody has', 'nobody.example', 'first'],
      ['the first, for a name below a name', 'under.second.example', 'first'],
      ['the first, for the end of a name', 'example', 'first'],
      ['a wildcard, for one label', 'www.wide.example', 'wide'],
      ['the first, for two labels under a wildcard', 'a.www.wide.example', 'first'],
      ['the name itself beside its wildcard', 'wide.example', 'wide'],
      ['an exact name before a wildcard', 'shop.wide.example', 'exact'],
      ['an exact name of the first before a wildcard', 'api.wide.example', 'first'],
      ['the first, for its wildcard', 'x.own.example', 'first'],
      ['another, for its name in capitals', 'SECOND.Example', 'second'],
      ['a wildcard, for a name in capitals', 'WWW.WIDE.EXAMPLE', 'wide'],
      ['the first, for an endless name', `${'a.'.repeat(60)}wide.example`, 'first'],
    ];
    for (const [what, servername, expected] of cases) {
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        it(`shows ${what} (${version})`, async () => {
          const made = await visit(stage.port, { servername, minVersion: version, maxVersion: version });
          assert.deepEqual([made.status, made.shown], [200, expected]);
        });
      }
    }

    it('goes on showing other certificates after thousands of spellings of a name', async () => {
      const letters = [...'second.example'];
      for (let bits = 1; bits < 300; bits++) {
        const spelt = letters.map((letter, at) => ((bits >> at) & 1 ? letter.toUpperCase() : letter));
        assert.equal((await visit(stage.port, { servername: spelt.join('') })).status, 200);
      }
      assert.equal((await visit(stage.port, { servername: 'second.example' })).shown, 'second');
      assert.equal((await visit(stage.port, { servername: 'www.wide.example' })).shown, 'wide');
    });

    it('resumes under the name that a session began with', async () => {
      const servername = 'second.example';
      const { session } = await visit(stage.port, { servername });
      const again = await visit(stage.port, { servername, session });
      assert.deepEqual([again.status, again.resumed], [200, true]);
    });

    it('refuses suites under every name', async () => {
      for (const servername of ['second.example', 'www.wide.example']) {
        const options = { servername, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' } as const;
        assert.equal((await visit(stage.port, options)).status, 0);
      }
    });
  });
}
