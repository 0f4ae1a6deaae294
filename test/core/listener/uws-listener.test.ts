// UwsListener: the contract through a real socket, and what only an engine with a socket can do wrong.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { GatewayError } from '../../../core/errors.js';
import { BufferedBody, type Exchange } from '../../../core/exchange.js';
import { HeaderList } from '../../../core/headers.js';
import type { ExchangeHandler } from '../../../core/listener/listener.js';
import { UwsListener } from '../../../core/listener/uws-listener.js';
import { testListener } from '../../contract/listener.contract.js';
import { testListenerHttp1 } from '../../contract/listener-http1.contract.js';
import { testTrustedProxies } from '../../contract/trusted-proxies.contract.js';
import { requestOverSocket } from '../../support/contract-client.js';
import { preamble } from '../../support/proxy-preamble.js';
import { Collector } from '../../support/raw-body.js';
import { RawClient } from '../../support/raw-client.js';

const OPTIONS = { name: 'public', host: '127.0.0.1', port: 0, idleMs: 0 };

testListener('UwsListener', () => {
  const listener = new UwsListener(OPTIONS);
  return { listener, request: (request) => requestOverSocket(listener.port, request) };
});

testTrustedProxies('UwsListener', (options) => new UwsListener(options));

testListenerHttp1('UwsListener', (options) => new UwsListener(options));

describe('UwsListener', () => {
  let listener: UwsListener;
  let handle: ExchangeHandler;
  let seen: Exchange[];

  beforeEach(async () => {
    seen = [];
    handle = answer;
    listener = new UwsListener(OPTIONS);
    await listener.listen((exchange, reply, refusal) => {
      seen.push(exchange);
      handle(exchange, reply, refusal);
    });
  });

  afterEach(() => listener.close());

  const answer: ExchangeHandler = (exchange, reply, refusal) => {
    const body = new BufferedBody(Buffer.from(refusal?.code ?? exchange.path));
    void reply.send(refusal?.status ?? 200, new HeaderList(), body);
  };

  describe('leaves to the engine, which ends the connection without showing', () => {
    const cases: readonly [string, string][] = [
      [
        'both content-length and transfer-encoding',
        'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
      ['a bare LF in a value', 'X: a\nb\r\n\r\n'],
      ['a bare CR in a value', 'X: a\rb\r\n\r\n'],
      ['a NUL in a value', 'X: a\0b\r\n\r\n'],
      ['obs-fold', 'X: a\r\n b\r\n\r\n'],
      ['a space before the colon', 'X : a\r\n\r\n'],
      ['a field name that is no token', 'X(: a\r\n\r\n'],
      ['more than 16 KiB of head', `X: ${'v'.repeat(17_000)}\r\n\r\n`],
    ];
    for (const [what, rest] of cases) {
      it(what, async () => {
        const client = await RawClient.open(listener.port);
        client.send(`POST / HTTP/1.1\r\nHost: a\r\n${rest}`);
        // Some of these leave the engine waiting for more: the client's end ends it.
        client.socket.end();
        await client.closed();
        client.destroy();
        assert.deepEqual(seen, []);
        assert.doesNotMatch(client.received, /^HTTP\/1.1 2/);
      });
    }
    const lines: readonly [string, string][] = [
      ['absolute-form', 'GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['asterisk-form', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\n\r\n'],
      ['no host at all', 'GET / HTTP/1.1\r\nX: a\r\n\r\n'],
      ['a read that ends behind the target', 'GET /abc '],
      ['a read that ends before the line does', 'GET /abc HTTP/1.1\r'],
    ];
    for (const [what, text] of lines) {
      it(what, async () => {
        const client = await RawClient.open(listener.port);
        client.send(text);
        await client.closed();
        client.destroy();
        assert.deepEqual(seen, []);
        assert.match(client.received, /^HTTP\/1.1 (400|505) /);
      });
    }
  });

  it('does not show fields behind an empty field name: the engine hides them', async () => {
    await RawClient.exchange(listener.port, 'GET / HTTP/1.1\r\nHost: a\r\n: x\r\nY: z\r\n\r\n');
    assert.deepEqual(seen[0]?.requestHeaders.flat, ['host', 'a']);
  });

  it('does not see bytes that stand between chunk data and its end: the engine skips them', async () => {
    const collector = new Collector();
    handle = (exchange, reply) => {
      exchange.requestBody?.read(collector);
      void collector.done.then(() => reply.send(200, new HeaderList(), null));
    };
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    assert.equal((await RawClient.exchange(listener.port, `${head}3\r\nabcXX0\r\n\r\n`)).status, 200);
    assert.equal(collector.text, 'abc');
  });

  it('does not see bytes beyond ASCII at the ends of a value: the engine takes them for spaces', async () => {
    await RawClient.exchange(listener.port, 'GET / HTTP/1.1\r\nHost: a\r\nX: \xe9a\xe9\r\n\r\n');
    assert.equal(seen[0]?.requestHeaders.get('x'), 'a');
  });

  it('refuses a repeated field whose bytes the engine cannot show', async () => {
    const text = 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\nX: a\xffb\r\n\r\n';
    assert.equal((await RawClient.exchange(listener.port, text)).status, 400);
  });

  it('refuses a preamble of the PROXY protocol, before the first request and before later ones', async () => {
    const get = Buffer.from('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
    for (const before of [[], [get]]) {
      const client = await RawClient.open(listener.port);
      for (const request of before) {
        client.socket.write(request);
        assert.equal((await client.response()).status, 200);
      }
      client.socket.write(Buffer.concat([preamble('203.0.113.7'), get]));
      const response = await client.response();
      assert.equal(response.status, 400);
      assert.equal(response.body.toString(), 'SLUICE_LISTEN_MALFORMED');
      await client.closed();
      client.destroy();
    }
    for (const { clientAddress, peerAddress } of seen)
      assert.deepEqual([clientAddress, peerAddress], ['127.0.0.1', '127.0.0.1']);
  });

  it('cuts a connection that pipelines while an answer is still to come, and mixes nothing up', async () => {
    let cancelled: GatewayError | undefined;
    handle = (exchange) => exchange.cancellation.subscribe((reason) => (cancelled = reason));
    const client = await RawClient.open(listener.port);
    client.send('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.closed();
    client.destroy();
    assert.equal(seen.length, 1);
    assert.equal(client.received, '');
    assert.equal(cancelled?.code, 'SLUICE_LISTEN_ABORTED');
  });
});
