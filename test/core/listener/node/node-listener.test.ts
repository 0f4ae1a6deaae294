// NodeListener over HTTP/1.1: the contracts through a real socket, and what only this engine sees or does.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { GatewayError } from '../../../../core/errors.js';
import { BufferedBody, type Exchange } from '../../../../core/exchange.js';
import { HeaderList } from '../../../../core/headers.js';
import type { ExchangeHandler, Reply } from '../../../../core/listener/listener.js';
import { NodeListener } from '../../../../core/listener/node/node-listener.js';
import { testListener } from '../../../contract/listener.contract.js';
import { testListenerHttp1 } from '../../../contract/listener-http1.contract.js';
import { testTrustedProxies } from '../../../contract/trusted-proxies.contract.js';
import { requestOverSocket } from '../../../support/contract-client.js';
import { Collector, HandBody } from '../../../support/raw-body.js';
import { RawClient, valuesOf } from '../../../support/raw-client.js';

const OPTIONS = { name: 'public', host: '127.0.0.1', port: 0, idleMs: 0 };
const NONE = new HeaderList();

testListener('NodeListener', () => {
  const listener = new NodeListener(OPTIONS);
  return { listener, request: (request) => requestOverSocket(listener.port, request) };
});

testListenerHttp1('NodeListener', (options) => new NodeListener(options));
testTrustedProxies('NodeListener', (options) => new NodeListener(options));

describe('NodeListener', { timeout: 60_000 }, () => {
  let listener: NodeListener;
  let handle: ExchangeHandler;
  let seen: Exchange[];
  let refusals: (GatewayError | null)[];

  async function open(headMs = 10_000): Promise<void> {
    listener = new NodeListener(OPTIONS, { headMs });
    await listener.listen((exchange, reply, refusal) => {
      seen.push(exchange);
      refusals.push(refusal);
      handle(exchange, reply, refusal);
    });
  }

  beforeEach(async () => {
    seen = [];
    refusals = [];
    handle = answer;
    await open();
  });

  afterEach(() => listener.close());

  const answer: ExchangeHandler = (exchange, reply, refusal) => {
    const body = new BufferedBody(Buffer.from(refusal?.code ?? exchange.path));
    void reply.send(refusal?.status ?? 200, NONE, body);
  };

  describe('answers through the handler what its parser refuses', () => {
    const post = 'POST / HTTP/1.1\r\nHost: a\r\n';
    const cases: readonly [string, string][] = [
      [
        'both content-length and transfer-encoding',
        `${post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      ],
      ['a bare LF in a value', `${post}X: a\nb\r\n\r\n`],
      ['a bare LF after a value', `${post}X: a\nY: b\r\n\r\n`],
      ['a bare CR in a value', `${post}X: a\rb\r\n\r\n`],
      ['a NUL in a value', `${post}X: a\0b\r\n\r\n`],
      ['obs-fold', `${post}X: a\r\n b\r\n\r\n`],
      ['a space before the colon', `${post}X : a\r\n\r\n`],
      ['a field name that is no token', `${post}X(: a\r\n\r\n`],
      ['an empty field name', `${post}: a\r\n\r\n`],
      ['absolute-form', 'GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['asterisk-form', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\n\r\n'],
      ['HTTP/2 without being asked', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['no host at all', 'GET / HTTP/1.1\r\nX: a\r\n\r\n'],
      ['what is no HTTP', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'],
    ];
    for (const [what, text] of cases) {
      it(what, async () => {
        const response = await RawClient.exchange(listener.port, text);
        assert.equal(response.status, 400);
        assert.equal(response.closed, true);
        assert.equal(response.body.toString(), 'SLUICE_LISTEN_MALFORMED');
        assert.equal(valuesOf(response, 'date').length, 1);
        assert.deepEqual(
          refusals.map((refusal) => refusal?.code),
          ['SLUICE_LISTEN_MALFORMED'],
        );
      });
    }

    for (const [what, fields] of [
      ['more than 16 KiB of head', `X: ${'v'.repeat(17_000)}\r\n`],
      ['more than 256 fields', 'x: 1\r\n'.repeat(300)],
    ])
      it(what!, async () => {
        const response = await RawClient.exchange(listener.port, `${post}${fields}\r\n`);
        assert.deepEqual([response.status, response.closed], [431, true]);
        assert.equal(response.body.toString(), 'SLUICE_LISTEN_HEAD_TOO_LARGE');
        assert.deepEqual(
          refusals.map((refusal) => refusal?.code),
          ['SLUICE_LISTEN_HEAD_TOO_LARGE'],
        );
      });

    it('CONNECT', async () => {
      const response = await RawClient.exchange(listener.port, 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n');
      assert.equal(response.status, 501);
      assert.equal(response.closed, true);
      assert.equal(refusals[0]?.code, 'SLUICE_LISTEN_METHOD');
    });
  });

  it('takes 200 fields, and shows each', async () => {
    const lines = Array.from({ length: 200 }, (_, index) => `x-${index}: ${index}\r\n`).join('');
    await RawClient.exchange(listener.port, `GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`);
    assert.equal(seen[0]?.requestHeaders.get('x-199'), '199');
  });

  it('shows the bytes of repeated fields, also at the ends of a value', async () => {
    const text = 'GET / HTTP/1.1\r\nHost: a\r\nX: \xe9a\xff\r\nX: \xc3\xa9b\r\n\r\n';
    await RawClient.exchange(listener.port, text);
    assert.deepEqual(seen[0]?.requestHeaders.getAll('x'), ['\xe9a\xff', '\xc3\xa9b']);
  });

  it('sends bytes beyond ASCII in the head of a body that is yet to come', async () => {
    const body = new HandBody(1);
    handle = (_exchange, reply) => void reply.send(200, new HeaderList(['x', '\xe9\xff']), body);
    const client = await RawClient.open(listener.port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until(() => client.received.includes('\r\n\r\n'));
    body.consumer?.chunk(Buffer.from('a'));
    assert.deepEqual(valuesOf(await client.response(), 'x'), ['\xe9\xff']);
    client.destroy();
  });

  const chunked = 'POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  for (const [what, body] of [
    ['bytes between the chunk and its end', '3\r\nabcXX0\r\n\r\n'],
    ['a size that is no number', 'zz\r\nabc\r\n0\r\n\r\n'],
    ['a size with a character that only looks like a digit', '2:\r\nab\r\n0\r\n\r\n'],
    ['a size beyond all bounds', 'fffffffffffffffff\r\nabc'],
    ['line ends of LF', '3\nabc\n0\n\n'],
  ] as const) {
    it(`fails a chunked upload with ${what}, and closes after the answer`, async () => {
      const collector = new Collector();
      handle = (exchange, reply) => {
        exchange.requestBody?.read(collector);
        void collector.done.then(() => reply.send(collector.error!.status, NONE, null));
      };
      const client = await RawClient.open(listener.port);
      client.send(`${chunked}${body}GET /2 HTTP/1.1\r\nHost: a\r\n\r\n`);
      const response = await client.response();
      await client.closed();
      client.destroy();
      assert.equal(collector.error?.code, 'SLUICE_LISTEN_MALFORMED');
      assert.equal(response.status, 400);
      assert.deepEqual(valuesOf(response, 'connection'), ['close']);
      assert.deepEqual(
        seen.map(({ path }) => path),
        ['/1'],
      );
    });
  }

  it('cuts a broken upload whose answer has begun', async () => {
    const collector = new Collector();
    handle = (exchange, reply) => {
      exchange.requestBody?.read(collector);
      void reply.send(200, NONE, new HandBody(null));
    };
    const client = await RawClient.open(listener.port);
    client.send(`${chunked}zz\r\n`);
    await client.closed();
    client.destroy();
    await collector.done;
    assert.equal(collector.error?.code, 'SLUICE_LISTEN_ABORTED');
  });

  it('hands on requests of one connection one after another', async () => {
    const open: Reply[] = [];
    handle = (_exchange, reply) => open.push(reply);
    const client = await RawClient.open(listener.port);
    client.send(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
    for (const path of ['/1', '/2', '/3']) {
      while (open.length === 0) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(open.length, 1);
      void open.pop()?.send(200, NONE, new BufferedBody(Buffer.from(seen.at(-1)!.path)));
      assert.equal((await client.response()).body.toString(), path);
    }
    client.destroy();
  });

  it('cuts a client that sends more than 64 requests ahead', async () => {
    handle = () => {};
    const client = await RawClient.open(listener.port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(100));
    await client.closed();
    client.destroy();
    assert.equal(seen.length, 1);
    assert.equal(seen[0]?.cancellation.reason?.code, 'SLUICE_LISTEN_ABORTED');
  });

  it('goes on after a request that offered h2c and had a body', async () => {
    const client = await RawClient.open(listener.port);
    client.send(
      'POST /1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok',
    );
    assert.equal((await client.response()).body.toString(), '/1');
    client.send('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await client.response()).body.toString(), '/2');
    client.destroy();
  });

  it('closes after an answer that did not ask a client to go on', async () => {
    const text = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n';
    const response = await RawClient.exchange(listener.port, text);
    assert.equal(response.status, 200);
    assert.equal(response.closed, true);
  });

  it('gets an early answer through to a client that is in the middle of sending', async () => {
    handle = (_exchange, reply) => void reply.send(413, NONE, new BufferedBody(Buffer.from('too large')));
    const client = await RawClient.open(listener.port);
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${1 << 30}\r\n\r\n`);
    client.send(Buffer.alloc(8 << 20));
    const response = await client.response();
    assert.equal(response.status, 413);
    assert.equal(response.body.toString(), 'too large');
    client.destroy();
  });

  it('shows trailers of a request', async () => {
    const ended = new Promise<HeaderList | undefined>((resolve) => {
      handle = (exchange) => exchange.requestBody?.read({ chunk() {}, end: resolve, fail() {} });
    });
    const client = await RawClient.open(listener.port);
    client.send(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 7\r\n\r\n',
    );
    assert.deepEqual((await ended)?.flat, ['x-sum', '7']);
    client.destroy();
  });

  it('fails an upload with a trailer that would frame it', async () => {
    const collector = new Collector();
    handle = (exchange) => exchange.requestBody?.read(collector);
    const client = await RawClient.open(listener.port);
    client.send(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nHost: b\r\n\r\n',
    );
    await collector.done;
    assert.equal(collector.error?.code, 'SLUICE_LISTEN_MALFORMED');
    client.destroy();
  });

  for (const [te, expected] of [
    ['TE: trailers\r\n', '0\r\nx-sum: 7\r\n\r\n'],
    ['', '0\r\n\r\n'],
  ] as const) {
    it(`${te === '' ? 'keeps trailers from a client that did not ask for' : 'sends trailers to a client that asks for'} them`, async () => {
      const body = new HandBody(null);
      handle = (_exchange, reply) => void reply.send(200, NONE, body);
      const client = await RawClient.open(listener.port);
      client.send(`GET / HTTP/1.1\r\nHost: a\r\nConnection: te\r\n${te}\r\n`);
      await body.started;
      body.consumer?.chunk(Buffer.from('a'));
      body.consumer?.end(new HeaderList(['x-sum', '7', 'content-length', '1']));
      await client.until(() => client.received.endsWith('\r\n\r\n') && client.received.includes('\r\n0\r\n'));
      assert.ok(client.received.endsWith(`1\r\na\r\n${expected}`));
      client.destroy();
    });
  }

  describe('with a short wait for heads', () => {
    beforeEach(async () => {
      listener.close();
      await open(100);
    });

    const cases: readonly [string, string][] = [
      ['sends nothing', ''],
      ['never ends its head', 'GET / HTTP/1.1\r\nHost: a\r\n'],
    ];
    for (const [what, text] of cases) {
      it(`cuts a client that ${what}`, async () => {
        const client = await RawClient.open(listener.port);
        client.send(text);
        await client.closed();
        client.destroy();
        assert.equal(seen.length, 0);
      });
    }

    it('cuts a client that feeds its head byte by byte', async () => {
      const client = await RawClient.open(listener.port);
      client.send('GET / HTTP/1.1\r\nHost: a\r\nX: ');
      const drip = setInterval(() => client.send('a'), 10);
      await client.closed();
      clearInterval(drip);
      client.destroy();
      assert.equal(seen.length, 0);
    });

    it('cuts a connection that is not used again, and none whose answer is still to come', async () => {
      const kept: Reply[] = [];
      handle = (_exchange, reply) => kept.push(reply);
      const waiting = await RawClient.open(listener.port);
      waiting.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
      await new Promise((resolve) => setImmediate(resolve));
      const idle = await RawClient.open(listener.port);
      idle.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      while (kept.length < 2) await new Promise((resolve) => setImmediate(resolve));
      void kept[1]!.send(200, NONE, null);
      await idle.response();
      await idle.closed();
      void kept[0]!.send(200, NONE, null);
      assert.equal((await waiting.response()).status, 200);
      idle.destroy();
      waiting.destroy();
    });
  });
});
