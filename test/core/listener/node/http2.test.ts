// NodeListener over HTTP/2: the contract, and what the protocol has more than HTTP/1.1.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { HeaderList } from '../../../../core/headers.js';
import { NodeListener } from '../../../../core/listener/node/node-listener.js';
import { RequestIds } from '../../../../core/listener/request-ids.js';
import { testListener } from '../../../contract/listener.contract.js';
import { TestAuthority } from '../../../support/certificates.js';
import { Http2Client, requestOverHttp2, responseOf } from '../../../support/http2-client.js';
import { answerPath, Http2Stage } from '../../../support/http2-stage.js';
import { HandBody } from '../../../support/raw-body.js';
import { RawClient, valuesOf } from '../../../support/raw-client.js';
import { serverTls } from '../../../support/server-tls.js';

const OPTIONS = { name: 'public', host: '127.0.0.1', port: 0, idleMs: 0, http2: true };
const NONE = new HeaderList();
const IDENTITY = TestAuthority.root().issue({ names: ['localhost'] });

for (const secure of [false, true]) {
  testListener(`NodeListener over HTTP/2 ${secure ? 'with TLS' : 'in clear text'}`, () => {
    const listener = new NodeListener(secure ? { ...OPTIONS, tls: serverTls([IDENTITY]) } : OPTIONS);
    const request = requestOverHttp2;
    return {
      listener,
      scheme: secure ? 'https' : 'http',
      request: (one) => request(listener.port, one, secure ? {} : undefined),
    };
  }, ['no host', 'two hosts', 'a method that is no token', 'a protocol upgrade']);
}

describe('NodeListener over HTTP/2', { timeout: 120_000 }, () => {
  let stage: Http2Stage;

  beforeEach(async () => {
    stage = await Http2Stage.open();
  });
  afterEach(() => stage.close());

  describe('on one address with HTTP/1.1', () => {
    it('serves clients of both in clear text', async () => {
      const plain = await RawClient.exchange(stage.listener.port, 'GET /one HTTP/1.1\r\nHost: a\r\n\r\n');
      assert.equal(plain.body.toString(), '/one');
      assert.equal((await stage.client.ask('/two')).body.toString(), '/two');
    });

    it('waits for the bytes that tell them apart', async () => {
      const slow = await RawClient.open(stage.listener.port);
      for (const byte of 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r') {
        slow.send(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal(slow.received, '');
      slow.send('\n\0\0\0\x04\0\0\0\0\0');
      await slow.until(() => slow.received.length >= 9);
      assert.equal(slow.received.charCodeAt(3), 4);
      slow.destroy();
    });

    it('answers what begins like the preface and goes on otherwise', async () => {
      const other = await RawClient.open(stage.listener.port);
      other.send('PRI * HTTP/2.0\r\n\r\n');
      await new Promise((resolve) => setImmediate(resolve));
      other.send('GET / HTTP/1.1\r\n');
      assert.equal((await other.response()).status, 400);
      other.destroy();
    });

    it('lets the client choose over TLS, and takes HTTP/1.1 for one that does not', async () => {
      stage.close();
      stage = await Http2Stage.open({ tls: serverTls([IDENTITY]) });
      assert.equal((await stage.client.ask('/two')).body.toString(), '/two');
      for (const offer of [['http/1.1'], []]) {
        const plain = await RawClient.openTls(stage.listener.port, { ALPNProtocols: offer });
        plain.send('GET /one HTTP/1.1\r\nHost: a\r\n\r\n');
        assert.equal((await plain.response()).body.toString(), '/one');
        assert.equal(plain.tls.alpnProtocol, offer[0] ?? false);
        plain.destroy();
      }
      await assert.rejects(RawClient.openTls(stage.listener.port, { ALPNProtocols: ['h3'] }));
    });
  });

  it('joins the crumbs of a cookie, and shows the authority as host', async () => {
    await stage.client.ask('/', {
      headers: { cookie: ['a=1', 'b=2'], x: ['1', '2'], ':authority': 'A.example:80' },
    });
    const [exchange] = stage.seen;
    assert.equal(exchange?.authority, 'a.example:80');
    assert.deepEqual(exchange?.requestHeaders.getAll('host'), ['A.example:80']);
    assert.deepEqual(exchange?.requestHeaders.getAll('cookie'), ['a=1; b=2']);
    assert.deepEqual(exchange?.requestHeaders.getAll('x'), ['1', '2']);
  });

  it('refuses a host that is not the authority', async () => {
    const response = await stage.client.ask('/', { headers: { host: 'b' } });
    assert.deepEqual([response.status, response.body.toString()], [400, 'SLUICE_LISTEN_MALFORMED']);
    const other = await Http2Client.open(stage.listener.port);
    assert.equal((await other.ask('/', { headers: { host: 'A' } })).status, 200);
    other.destroy();
  });

  it('keeps the bytes of a value in both directions', async () => {
    stage.handle = (exchange, reply) => {
      void reply.send(200, new HeaderList(['x-echo', exchange.requestHeaders.get('x')!]), null);
    };
    const response = await stage.client.ask('/', { headers: { x: 'caf\xe9 \xc3\xa9' } });
    assert.deepEqual(valuesOf(response, 'x-echo'), ['caf\xe9 \xc3\xa9']);
  });

  it('sends fields in order and leaves out what HTTP/2 has not', async () => {
    const fields = ['x', '1', 'connection', 'x', 'transfer-encoding', 'chunked', 'x', '2', 'date', 'then'];
    stage.handle = (_exchange, reply) =>
      void reply.send(
        200,
        new HeaderList([...fields, 'keep-alive', '5', 'y', 'a\nb', 'set-cookie', 'a', 'set-cookie', 'b']),
        null,
      );
    const response = await stage.client.ask('/');
    assert.deepEqual(valuesOf(response, 'x'), ['1', '2']);
    assert.deepEqual(valuesOf(response, 'set-cookie'), ['a', 'b']);
    const names = new Set(response.headers.filter((_text, index) => index % 2 === 0));
    assert.deepEqual([...names].sort(), ['content-length', 'date', 'set-cookie', 'x']);
    assert.notEqual(valuesOf(response, 'date')[0], 'then');
  });

  it('sends the first of several values that may be there once only', async () => {
    stage.handle = (_exchange, reply) =>
      void reply.send(200, new HeaderList(['etag', '"a"', 'etag', '"b"', 'x', '1', 'x', '2']), null);
    const response = await stage.client.ask('/');
    assert.equal(response.status, 200);
    assert.deepEqual(valuesOf(response, 'etag'), ['"a"']);
  });

  it('hands trailers of a request on', async () => {
    const ended = new Promise<HeaderList | undefined>((resolve) => {
      stage.handle = (exchange, reply) => {
        exchange.requestBody?.read({
          chunk() {},
          end(trailers) {
            resolve(trailers);
            void reply.send(204, NONE, null);
          },
          fail() {},
        });
      };
    });
    assert.equal((await stage.client.ask('/', { body: 'abc', trailers: { 'x-sum': '7' } })).status, 204);
    assert.deepEqual((await ended)?.flat, ['x-sum', '7']);
  });

  it('sends trailers of a response', async () => {
    const body = new HandBody(null);
    stage.handle = (_exchange, reply) => void reply.send(200, NONE, body);
    const response = stage.client.ask('/');
    await body.started;
    body.consumer?.chunk(Buffer.from('abc'));
    body.consumer?.end(new HeaderList(['grpc-status', '0', 'content-length', '9']));
    const { body: text, trailers, resetCode } = await response;
    assert.deepEqual([text.toString(), trailers, resetCode], ['abc', ['grpc-status', '0'], 0]);
  });

  it('asks a client that waits to go on', async () => {
    const collector = stage.collect();
    const stream = stage.client.start('/', {
      headers: { expect: '100-continue', ':method': 'POST' },
      body: 'ok',
    });
    const response = responseOf(stream);
    await once(stream, 'continue');
    assert.equal((await response).body.toString(), '2');
    assert.equal(collector.text, 'ok');
  });

  it('survives a bug before the handler, and resets that stream only', async (test) => {
    const emitWarning = test.mock.method(process, 'emitWarning', () => {});
    const next = test.mock.method(RequestIds.prototype, 'next', () => {
      throw new Error('a bug');
    });
    assert.equal((await stage.client.ask('/')).resetCode, constants.NGHTTP2_INTERNAL_ERROR);
    assert.match(String(emitWarning.mock.calls[0]?.arguments[0]), /a bug/);
    next.mock.restore();
    assert.equal((await stage.client.ask('/')).status, 200);
  });

  it('takes no value of a field for the name of one', async () => {
    for (const value of ['expect', 'content-length']) {
      const { resetCode, status } = await stage.client.ask('/', { headers: { x: value } });
      assert.deepEqual([status, resetCode], [200, 0]);
      const collector = stage.collect();
      const headers = { 'content-type': value, ':method': 'POST' };
      const response = await stage.client.ask('/', { headers, body: 'abc' });
      assert.deepEqual([response.status, collector.text], [200, 'abc']);
      assert.equal(stage.seen.at(-1)?.requestBody?.length, null);
      stage.handle = answerPath;
    }
  });

  it('lets running streams finish when it drains, and takes no new one', async () => {
    const body = new HandBody(null);
    stage.handle = (_exchange, reply) => void reply.send(200, NONE, body);
    const response = stage.client.ask('/');
    await body.started;
    const goaway = once(stage.client.session, 'goaway');
    stage.listener.drain();
    await goaway;
    await assert.rejects(Http2Client.open(stage.listener.port));
    body.consumer?.chunk(Buffer.from('done'));
    body.consumer?.end();
    assert.equal((await response).body.toString(), 'done');
    await stage.client.closed();
    assert.equal(stage.client.goawayCode, constants.NGHTTP2_NO_ERROR);
  });

  it('ends a connection that has rested for long, with a word', async () => {
    stage.close();
    stage = await Http2Stage.open({}, { restMs: 200, headMs: 100 });
    assert.equal((await stage.client.ask('/')).status, 200);
    await stage.client.closed();
    assert.equal(stage.client.goawayCode, constants.NGHTTP2_NO_ERROR);
  });
});
