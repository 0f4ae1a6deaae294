import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { GatewayError } from '../../../core/errors.js';
import { AdminServer, type Readiness } from '../../../core/telemetry/admin-server.js';

const READY: Readiness = { ready: true, reasons: [], revision: 'abc123', lastError: null };

const TOKEN = 'a-token-of-the-admin-listener';

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

describe('the admin server', () => {
  let readiness = READY;
  let metrics = async (): Promise<{ contentType: string; text: string }> => ({
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    text: 'sluice_build_info 1\n',
  });
  const failures: unknown[] = [];
  const server = new AdminServer({
    readiness: () => readiness,
    metrics: () => metrics(),
    config: () => ({ revision: 'abc123', routes: 4 }),
    filters: () => [{ name: 'guard', state: 'active' }],
    failed: (error) => failures.push(error),
  });

  before(() => server.listen({ host: '127.0.0.1', port: 0 }));
  after(() => server.close());

  function ask(path: string, options: { method?: string; host?: string } = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: server.port,
          path,
          method: options.method ?? 'GET',
          headers: { host: options.host ?? `127.0.0.1:${server.port}` },
          agent: false,
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () =>
            resolve({ status: response.statusCode!, headers: response.headers, text }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  it('says on /healthz that the process lives', async () => {
    const answer = await ask('/healthz');
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.text), { alive: true });
    assert.equal(answer.headers['cache-control'], 'no-store');
  });

  it('answers /readyz with 200 while ready and with 503 and the reasons while not', async () => {
    assert.deepEqual(JSON.parse((await ask('/readyz')).text), READY);
    readiness = { ready: false, reasons: ['draining'], revision: 'abc123', lastError: 'sluice.yaml:3:1 bad' };
    const answer = await ask('/readyz');
    assert.equal(answer.status, 503);
    assert.deepEqual(JSON.parse(answer.text), readiness);
    readiness = READY;
  });

  it('passes the metrics through with their content type', async () => {
    const answer = await ask('/metrics?name[]=ignored');
    assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    assert.equal(answer.text, 'sluice_build_info 1\n');
  });

  it('prints what runs on /config', async () => {
    assert.deepEqual(JSON.parse((await ask('/config')).text), { revision: 'abc123', routes: 4 });
  });

  it('answers HEAD with the length of GET and no body', async () => {
    const get = await ask('/config');
    const head = await ask('/config', { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.text, '');
    assert.equal(head.headers['content-length'], get.headers['content-length']);
  });

  it('answers an unknown page with a 404 problem, whatever the method', async () => {
    for (const method of ['GET', 'DELETE']) {
      const answer = await ask('/', { method });
      assert.equal(answer.status, 404);
      assert.equal(answer.headers['content-type'], 'application/problem+json');
      assert.equal(JSON.parse(answer.text).status, 404);
    }
  });

  it('refuses other methods on a known page with 405 and allow', async () => {
    const answer = await ask('/config', { method: 'POST' });
    assert.equal(answer.status, 405);
    assert.equal(answer.headers['allow'], 'GET, HEAD');
    assert.equal(answer.headers['content-type'], 'application/problem+json');
  });

  for (const host of ['localhost', 'LOCALHOST:9901', '127.0.0.1', '127.3.2.1:1', '[::1]', '[::1]:9901']) {
    it(`accepts the host ${host}`, async () => {
      assert.equal((await ask('/healthz', { host })).status, 200);
    });
  }

  for (const host of [
    'attacker.example',
    'localhost.attacker.example',
    '127.0.0.1.attacker.example',
    '127.0.0.1@attacker.example',
    '10.0.0.1:9901',
    '127.0.0.256',
    '[::2]',
    'attacker.example:127.0.0.1',
  ]) {
    it(`refuses the host ${host}, which a rebound name would send`, async () => {
      const answer = await ask('/config', { host });
      assert.equal(answer.status, 421);
      assert.doesNotMatch(answer.text, /abc123/);
    });
  }

  it('hides why a source failed from the client and tells the owner', async () => {
    const working = metrics;
    metrics = async () => {
      throw new Error('password=hunter2');
    };
    const answer = await ask('/metrics');
    metrics = working;
    assert.equal(answer.status, 500);
    assert.doesNotMatch(answer.text, /hunter2/);
    assert.deepEqual(
      failures.map((error) => (error as Error).message),
      ['password=hunter2'],
    );
  });

  it('shows on /filters how each filter fares', async () => {
    const answer = await ask('/filters');
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.text), [{ name: 'guard', state: 'active' }]);
  });

  function otherServer(): AdminServer {
    return new AdminServer({
      readiness: () => READY,
      metrics,
      config: () => ({}),
      filters: () => [],
      failed: () => {},
    });
  }

  it('refuses to listen beyond loopback without TLS and a way to know its callers', async () => {
    const accept = (): never => assert.fail('nothing is accepted');
    const open = { requiresCertificate: false, accept };
    for (const access of [{}, { token: TOKEN }, { security: open }])
      await assert.rejects(otherServer().listen({ host: '0.0.0.0', port: 0, ...access }), isAddressError);
  });

  it('names the address that is taken', async () => {
    const other = otherServer();
    await assert.rejects(other.listen({ host: '127.0.0.1', port: server.port }), (error) => {
      assert.ok(isAddressError(error));
      assert.match((error as Error).message, new RegExp(`127\\.0\\.0\\.1:${server.port}`));
      return true;
    });
    await other.close();
  });
});

it('closes although a client keeps an idle connection', async () => {
  const server = new AdminServer({
    readiness: () => READY,
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
    config: () => ({}),
    filters: () => [],
    failed: () => {},
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const socket = await keepAliveConnection(server.port);
  const ended = new Promise((resolve) => socket.once('close', resolve));
  await server.close();
  await ended;
  assert.equal(server.port, 0);
});

describe('an admin server with a token', () => {
  const server = new AdminServer({
    readiness: () => READY,
    metrics: async () => ({ contentType: 'text/plain', text: 'metrics' }),
    config: () => ({}),
    filters: () => [],
    failed: () => {},
  });
  before(() => server.listen({ host: '127.0.0.1', port: 0, token: TOKEN }));
  after(() => server.close());

  const ask = (path: string, authorization?: string, method = 'GET') =>
    fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      headers: authorization === undefined ? {} : { authorization },
    });

  it('tells on /healthz that the process lives, to everybody', async () => {
    assert.equal((await ask('/healthz')).status, 200);
    assert.equal((await ask('/healthz', 'Bearer wrong')).status, 200);
  });

  it('asks for it everywhere else, and tells nothing of what is there', async () => {
    const texts = new Set<string>();
    for (const [path, method] of [
      ['/readyz', 'GET'],
      ['/metrics', 'GET'],
      ['/config', 'GET'],
      ['/filters', 'GET'],
      ['/config', 'POST'],
      ['/nowhere', 'GET'],
      ['/healthz/', 'GET'],
      ['//healthz', 'GET'],
      ['/healthz%2f..%2fconfig', 'GET'],
    ] as const) {
      const answer = await ask(path, undefined, method);
      assert.equal(answer.status, 401, path);
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="sluice"');
      texts.add(await answer.text());
    }
    assert.equal(texts.size, 1);
  });

  it('takes it with the scheme in any case', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER'])
      assert.equal(await (await ask('/metrics', `${scheme} ${TOKEN}`)).text(), 'metrics');
    assert.equal((await ask('/nowhere', `Bearer ${TOKEN}`)).status, 404);
  });

  for (const wrong of [
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN.toUpperCase()}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer${TOKEN}`,
    `Basic ${TOKEN}`,
    `Basic ${Buffer.from(`admin:${TOKEN}`).toString('base64')}`,
    TOKEN,
    'Bearer',
    'Bearer ',
  ]) {
    it(`refuses ${wrong.slice(0, 30)}`, async () => {
      const answer = await ask('/metrics', wrong);
      assert.equal(answer.status, 401);
      assert.match(
        answer.headers.get('www-authenticate')!,
        /^Bearer realm="sluice"(?:, error="invalid_token")?$/,
      );
    });
  }

  it('takes another one from one request to the next', async () => {
    const next = 'another-token-of-the-admin-listener';
    server.token = next;
    assert.equal((await ask('/metrics', `Bearer ${TOKEN}`)).status, 401);
    assert.equal((await ask('/metrics', `Bearer ${next}`)).status, 200);
    server.token = TOKEN;
  });
});

function keepAliveConnection(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n'),
    );
    socket.once('error', reject);
    socket.once('data', () => resolve(socket));
  });
}

function isAddressError(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'SLUICE_LISTEN_ADDRESS';
}
