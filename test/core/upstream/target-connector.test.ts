import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { GatewayError } from '../../../core/errors.js';
import { TargetConnector } from '../../../core/upstream/target-connector.js';
import { ScriptedNames } from '../../support/scripted-names.js';
import { TEST_CERTIFICATE, TEST_KEY } from '../../support/upstream-certificate.js';
import { startUpstream, upstreamRequest } from '../../support/upstream-client.js';
import { closedOrigin, startHttpTarget, startRawTarget, until } from '../../support/upstream-servers.js';

const CLIENT = fileURLToPath(new URL('../../support/upstream-tls-client.js', import.meta.url));

/** Answers with the host that was asked for, the name that TLS asked for, and the number of the connection. */
async function startTlsTarget(t: TestContext): Promise<number> {
  let connections = 0;
  const server = createServer({ cert: TEST_CERTIFICATE, key: TEST_KEY }, (request, response) => {
    if (request.url === '/out') response.writeHead(302, { location: 'http://localhost:1/' });
    const { servername } = request.socket as TLSSocket & { servername: string | false };
    response.end(`${request.headers.host} ${servername} ${connections}`);
  });
  server.on('secureConnection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function connectorTo(origin: string): TargetConnector {
  return new TargetConnector(origin, { allowPrivate: false });
}

describe('TargetConnector', { timeout: 20_000 }, () => {
  it('connects, and reports what stands in the way', async (t) => {
    const target = await startHttpTarget(t, (_request, response) => response.end());
    const opened = await new Promise((resolve) => {
      const socket = connectorTo(target.url).open((error) => {
        resolve(error);
        socket.destroy();
      });
    });
    assert.equal(opened, null);
    const origin = await closedOrigin();
    const refused = await new Promise<Error | null>((resolve) => {
      connectorTo(origin).open(resolve);
    });
    assert.equal((refused as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  });

  it('hands on the error with which a connect under way is given up', async (t) => {
    const target = await startHttpTarget(t, (_request, response) => response.end());
    const reason = new Error('enough');
    const outcome = await new Promise<Error | null>((resolve) => {
      connectorTo(target.url).open(resolve).destroy(reason);
    });
    assert.equal(outcome, reason);
  });

  it('tries the addresses of a name until one takes the connection', async (t) => {
    const target = await startHttpTarget(t, (_request, response) => response.end());
    const names = new ScriptedNames({ localhost: [['::1', '127.0.0.1']] });
    const connector = new TargetConnector(`http://localhost:${new URL(target.url).port}`, {
      allowPrivate: false,
      resolve: names.resolve,
    });
    const peer = await new Promise((resolve) => {
      const socket = connector.open((error) => {
        resolve(error ?? socket.remoteAddress);
        socket.destroy();
      });
    });
    assert.equal(peer, '127.0.0.1');
    assert.deepEqual(names.asked, ['localhost']);
  });

  for (const scheme of ['http', 'https']) {
    it(`gives up a socket of ${scheme} that is connected to another address than was judged`, async (t) => {
      const server = await startRawTarget(t, (socket) => socket.resume());
      const outcome = await new Promise((resolve) => {
        const socket = connectorTo(`${scheme}://localhost:${new URL(server.url).port}`).open(resolve);
        // The one part that is not real: no socket of Node does this.
        Object.defineProperty(socket, 'remoteAddress', { value: '10.0.0.1' });
        socket.write('never sent');
      });
      assert.equal((outcome as GatewayError | null)?.code, 'SLUICE_INTERNAL');
      await until(() => server.sockets[0]?.destroyed === true);
      if (scheme === 'http') assert.equal(server.sockets[0]!.bytesRead, 0);
    });
  }

  it('refuses a certificate that nobody it trusts has signed', async (t) => {
    const port = await startTlsTarget(t);
    const upstream = startUpstream(t, [`https://localhost:${port}`]);
    await assert.rejects(upstream.forward(upstreamRequest()), (error: GatewayError) => {
      assert.equal(error.code, 'SLUICE_UPSTREAM_CERTIFICATE');
      assert.equal((error.cause as NodeJS.ErrnoException).code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
      return true;
    });
  });

  it("names and verifies the target in TLS, not the request's host, on one connection, and checks its health so", async (t) => {
    const port = await startTlsTarget(t);
    const folder = await mkdtemp(join(tmpdir(), 'sluice-'));
    t.after(() => rm(folder, { recursive: true }));
    const ca = join(folder, 'ca.crt');
    await writeFile(ca, TEST_CERTIFICATE);
    const { stdout } = await promisify(execFile)(process.execPath, [CLIENT, `https://localhost:${port}`], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: ca },
    });
    assert.deepEqual(stdout.trim().split('\n'), [
      '200 one.example localhost 1',
      '200 two.example localhost 1',
      `a redirect of https://localhost:${port}/out is refused: it leads out of TLS, to http://localhost:1`,
      'well',
    ]);
  });
});
