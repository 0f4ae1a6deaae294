// HTTP/1.1 as a client of bytes sees it: what is refused, how responses are framed, when connections end.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test';
import { BufferedBody, type Exchange } from '../../core/exchange.js';
import { HeaderList } from '../../core/headers.js';
import type { ExchangeHandler, Listener, ListenerOptions } from '../../core/listener/listener.js';
import { RequestIds } from '../../core/listener/request-ids.js';
import { RawClient, valuesOf } from '../support/raw-client.js';

const OPTIONS: ListenerOptions = { name: 'public', host: '127.0.0.1', port: 0, idleMs: 0 };

/** Runs the suite against listeners that `create` makes. */
export function testListenerHttp1(name: string, create: (options: ListenerOptions) => Listener): void {
  describe(`${name} over HTTP/1.1`, () => {
    let listener: Listener;
    let handle: ExchangeHandler;
    let seen: Exchange[];

    beforeEach(async () => {
      seen = [];
      handle = answer;
      listener = create(OPTIONS);
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

    it('takes a head of 16,000 bytes in pieces, and answers 431 to one of more than 16 KiB', async () => {
      const headOf = (bytes: number) =>
        `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${'c'.repeat(bytes - 38)}\r\n\r\n`;
      const client = await RawClient.open(listener.port);
      const head = headOf(16_000);
      client.send(head.slice(0, 5000));
      client.send(head.slice(5000));
      assert.equal((await client.response()).status, 200);
      assert.equal(seen[0]!.requestHeaders.get('cookie')!.length, 16_000 - 38);
      client.destroy();
      const response = await RawClient.exchange(listener.port, headOf(16_500));
      assert.deepEqual([response.status, response.closed], [431, true]);
    });

    describe('refuses with 400 and closes', () => {
      const host = 'Host: a\r\n';
      const cases: readonly [string, string][] = [
        ['an empty host', 'GET / HTTP/1.1\r\nHost: \r\n\r\n'],
        ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n'],
        ['a host with userinfo', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n'],
        ['a list of hosts', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n'],
        ['a fragment in the target', `GET /a#b HTTP/1.1\r\n${host}\r\n`],
        ['a fragment in the query', `GET /a?b#c HTTP/1.1\r\n${host}\r\n`],
        ['a backslash in the target', `GET /a\\b HTTP/1.1\r\n${host}\r\n`],
        ['an empty segment', `GET //a HTTP/1.1\r\n${host}\r\n`],
        ['a dot segment', `GET /a/../b HTTP/1.1\r\n${host}\r\n`],
        ['an encoded dot segment', `GET /a/%2E%2e/b HTTP/1.1\r\n${host}\r\n`],
        ['an encoded slash', `GET /a%2Fb HTTP/1.1\r\n${host}\r\n`],
        ['an encoded NUL', `GET /a%00b HTTP/1.1\r\n${host}\r\n`],
        ['an invalid percent-escape', `GET /a%zz HTTP/1.1\r\n${host}\r\n`],
        ['raw high bytes in the target', `GET /\xc3\xa9 HTTP/1.1\r\n${host}\r\n`],
        ['a DEL in the target', `GET /\x7f HTTP/1.1\r\n${host}\r\n`],
        ['a DEL in a value', `GET / HTTP/1.1\r\n${host}X: a\x7fb\r\n\r\n`],
        ['a method that is no token', `GE(T / HTTP/1.1\r\n${host}\r\n`],
        [
          'two equal content-lengths',
          `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`,
        ],
        ['two content-lengths', `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
        ['an empty content-length', `POST / HTTP/1.1\r\n${host}Content-Length: \r\n\r\n`],
        ['a signed content-length', `POST / HTTP/1.1\r\n${host}Content-Length: +1\r\n\r\na`],
        ['a list of content-lengths', `POST / HTTP/1.1\r\n${host}Content-Length: 1, 1\r\n\r\na`],
        ['xchunked', `POST / HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
        ['identity', `POST / HTTP/1.1\r\n${host}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
        ['gzip, chunked', `POST / HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
        [
          'two transfer-encodings',
          `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        ],
        [
          'transfer-encoding beside an empty content-length',
          `POST / HTTP/1.1\r\n${host}Content-Length: \r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        ],
      ];
      for (const [what, text] of cases) {
        it(what, async () => {
          const response = await RawClient.exchange(listener.port, text);
          assert.equal(response.status, 400);
          assert.equal(response.closed, true);
          // Where the engine refuses too, its own bare page may win; we never answer anything but 400.
          assert(seen.length <= 1);
          assert.equal(
            (await RawClient.exchange(listener.port, `GET /on HTTP/1.1\r\n${host}\r\n`)).status,
            200,
          );
        });
      }
    });

    it('never dispatches what follows a malformed request on its connection', async () => {
      const client = await RawClient.open(listener.port);
      handle = (exchange, reply, refusal) => void setImmediate(() => answer(exchange, reply, refusal));
      client.send('GET /a//b HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n');
      await client.closed();
      client.destroy();
      assert.deepEqual(
        seen.map((exchange) => exchange.path),
        ['/a//b'],
      );
    });

    for (const [what, value] of [
      ['UTF-8', 'a\xc3\xa9b'],
      ['Latin-1', 'caf\xe9s'],
      ['mixed', 'a\xc3\xa9 \xff.'],
    ] as const) {
      it(`keeps the bytes of a ${what} value, in both directions`, async () => {
        handle = (exchange, reply) => {
          void reply.send(200, new HeaderList(['x-echo', exchange.requestHeaders.get('x')!]), null);
        };
        const response = await RawClient.exchange(
          listener.port,
          `GET / HTTP/1.1\r\nHost: a\r\nX: ${value}\r\n\r\n`,
        );
        assert.equal(seen[0]?.requestHeaders.get('x'), value);
        assert.deepEqual(valuesOf(response, 'x-echo'), [value]);
      });
    }

    it('names neither product nor engine in a response', async () => {
      const response = await RawClient.exchange(listener.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      assert.deepEqual(valuesOf(response, 'uwebsockets'), []);
      assert.deepEqual(valuesOf(response, 'server'), []);
    });

    it('sends one date, one content-length and no framing field of the upstream', async () => {
      handle = (_exchange, reply) => {
        const headers = [
          'date',
          'then',
          'content-length',
          '9',
          'transfer-encoding',
          'chunked',
          'connection',
          'x',
        ];
        void reply.send(200, new HeaderList([...headers, 'x', '1']), new BufferedBody(Buffer.from('ab')));
      };
      const response = await RawClient.exchange(listener.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      assert.equal(valuesOf(response, 'date').length, 1);
      assert.notEqual(valuesOf(response, 'date')[0], 'then');
      assert.deepEqual(valuesOf(response, 'content-length'), ['2']);
      assert.deepEqual(valuesOf(response, 'transfer-encoding'), []);
      assert.deepEqual(valuesOf(response, 'connection'), []);
    });

    it('leaves out a field that would break the message', async () => {
      handle = (_exchange, reply) => {
        const headers = ['x-a', 'a\r\nx-evil: 1', 'x-b', 'b\0', 'x c', 'c', 'x-d', '\u20ac', 'x-e', 'e'];
        void reply.send(200, new HeaderList(headers), null);
      };
      const response = await RawClient.exchange(listener.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const names = response.headers.filter((_text, index) => index % 2 === 0);
      assert.deepEqual(names.map((name) => name.toLowerCase()).sort(), ['content-length', 'date', 'x-e']);
    });

    for (const parts of [1, 2])
      it(`takes a head of 15 KiB that comes in ${parts === 1 ? 'one piece' : 'two pieces'}`, async () => {
        const client = await RawClient.open(listener.port);
        const head = `GET /long HTTP/1.1\r\nHost: a\r\nCookie: ${'c'.repeat(15 * 1024)}\r\n\r\n`;
        if (parts === 2) {
          client.send(head.slice(0, 6000));
          await new Promise((resolve) => setImmediate(resolve));
          client.send(head.slice(6000));
        } else client.send(head);
        assert.equal((await client.response()).body.toString(), '/long');
        assert.equal(seen[0]!.requestHeaders.get('cookie')!.length, 15 * 1024);
        client.destroy();
      });

    it('keeps a connection open from one request to the next', async () => {
      const client = await RawClient.open(listener.port);
      for (const path of ['/1', '/2', '/3']) {
        client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
        assert.equal((await client.response()).body.toString(), path);
      }
      client.destroy();
    });

    for (const value of ['close', 'CLOSE', 'close, te', 'te , Close']) {
      it(`closes after the response when the client says "connection: ${value}"`, async () => {
        const text = `GET /x HTTP/1.1\r\nHost: a\r\nConnection: ${value}\r\n\r\n`;
        const response = await RawClient.exchange(listener.port, text);
        assert.equal(response.body.toString(), '/x');
        assert.deepEqual(valuesOf(response, 'connection'), ['close']);
      });
    }

    for (const [what, status, method] of [
      ['HEAD', 200, 'HEAD'],
      ['204', 204, 'GET'],
      ['304', 304, 'GET'],
    ] as const) {
      for (const inTick of [true, false]) {
        it(`answers ${what} and closes, ${inTick ? 'at once' : 'later'}`, async () => {
          handle = (_exchange, reply) => {
            const send = () =>
              reply.send(status, new HeaderList(['x', '1']), null, { close: true, headLength: 7 });
            if (inTick) void send();
            else setImmediate(send);
          };
          const response = await RawClient.exchange(listener.port, `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
          assert.equal(response.status, status);
          assert.equal(response.closed, true);
          assert.deepEqual(valuesOf(response, 'x'), ['1']);
          assert.deepEqual(valuesOf(response, 'content-length'), method === 'HEAD' ? ['7'] : []);
          assert.equal(valuesOf(response, 'date').length, 1);
        });
      }
    }

    it('keeps a connection usable after HEAD, 204 and 304', async () => {
      const client = await RawClient.open(listener.port);
      handle = (exchange, reply) => {
        void reply.send(Number(exchange.path.slice(1)), new HeaderList(), null, { headLength: 5 });
      };
      for (const [method, status] of [
        ['HEAD', 200],
        ['GET', 204],
        ['GET', 304],
        ['HEAD', 404],
      ] as const) {
        client.send(`${method} /${status} HTTP/1.1\r\nHost: a\r\n\r\n`);
        assert.equal((await client.response(method === 'HEAD')).status, status);
      }
      assert.equal(client.received, '');
      client.destroy();
    });

    it('answers pipelined requests in order when each is answered at once', async () => {
      const client = await RawClient.open(listener.port);
      client.send(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
      for (const path of ['/1', '/2', '/3']) assert.equal((await client.response()).body.toString(), path);
      client.destroy();
    });

    const cutsThatConnectionOnly = async (context: TestContext, mend: () => void): Promise<void> => {
      const emitWarning = context.mock.method(process, 'emitWarning', () => {});
      const client = await RawClient.open(listener.port);
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await client.closed();
      client.destroy();
      assert.match(String(emitWarning.mock.calls[0]?.arguments[0]), /a bug/);
      mend();
      assert.equal(
        (await RawClient.exchange(listener.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).status,
        200,
      );
    };

    it('survives a handler that throws, and cuts that connection only', async (context) => {
      handle = () => {
        throw new Error('a bug');
      };
      await cutsThatConnectionOnly(context, () => {
        handle = answer;
      });
    });

    it('survives a bug before the handler, and cuts that connection only', async (context) => {
      const next = context.mock.method(RequestIds.prototype, 'next', () => {
        throw new Error('a bug');
      });
      await cutsThatConnectionOnly(context, () => next.mock.restore());
    });

    it('refuses a WebSocket handshake', async () => {
      const response = await RawClient.exchange(
        listener.port,
        'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n' +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      );
      assert.equal(response.status, 501);
    });

    it('accepts a request that offers h2c and answers it in HTTP/1.1', async () => {
      const text = 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n';
      assert.equal((await RawClient.exchange(listener.port, text)).body.toString(), '/x');
    });

    it('throws SLUICE_LISTEN_ADDRESS for an address that is taken, and leaves the first listener alone', async () => {
      const second = create({ ...OPTIONS, port: listener.port });
      const message = `listener public cannot bind 127.0.0.1:${listener.port}: somebody listens there already (EADDRINUSE)`;
      await assert.rejects(second.listen(answer), { code: 'SLUICE_LISTEN_ADDRESS', message });
      second.close();
      assert.equal(
        (await RawClient.exchange(listener.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).status,
        200,
      );
    });

    it('throws SLUICE_LISTEN_ADDRESS for an address that is not of this host', async () => {
      const other = create({ ...OPTIONS, host: '192.0.2.1' });
      const message =
        'listener public cannot bind 192.0.2.1:0: it is no address of this machine (EADDRNOTAVAIL)';
      await assert.rejects(other.listen(answer), { code: 'SLUICE_LISTEN_ADDRESS', message });
      assert.equal(other.port, 0);
      other.close();
    });

    it('takes no new connection once it drains', async () => {
      const open = await RawClient.open(listener.port);
      listener.drain();
      await assert.rejects(RawClient.open(listener.port), { code: 'ECONNREFUSED' });
      open.send('GET /x HTTP/1.1\r\nHost: a\r\n\r\n');
      const response = await open.response();
      assert.equal(response.body.toString(), '/x');
      assert.deepEqual(valuesOf(response, 'connection'), ['close']);
      await open.closed();
      open.destroy();
    });

    it('writes a peer of an IPv6 listener as IPv4 or IPv6 text', async () => {
      const both = create({ ...OPTIONS, host: '::' });
      await both.listen(answerTo(seen));
      for (const [host, text] of [
        ['127.0.0.1', '127.0.0.1'],
        ['::1', '::1'],
      ] as const) {
        const client = await RawClient.open(both.port, host);
        client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        await client.response();
        client.destroy();
        assert.equal(seen.at(-1)?.clientAddress, text);
      }
      both.close();
    });

    function answerTo(list: Exchange[]): ExchangeHandler {
      return (exchange, reply, refusal) => {
        list.push(exchange);
        answer(exchange, reply, refusal);
      };
    }
  });
}
