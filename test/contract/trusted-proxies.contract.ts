// What every listener with sockets makes of proxies in front of it.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { BufferedBody, type Exchange } from '../../core/exchange.js';
import { HeaderList } from '../../core/headers.js';
import type { Listener, ListenerOptions } from '../../core/listener/listener.js';
import { RawClient, type RawResponse } from '../support/raw-client.js';

/** Runs the suite against listeners for clear text that `create` makes. */
export function testTrustedProxies(name: string, create: (options: ListenerOptions) => Listener): void {
  describe(`${name} behind proxies`, () => {
    /** What the listener made of one request of 127.0.0.1. */
    async function ask(
      test: TestContext,
      trustedProxies: readonly string[] | undefined,
      fields: string,
    ): Promise<{ readonly exchange: Exchange; readonly response: RawResponse }> {
      const listener = create({
        name: 'public',
        host: '127.0.0.1',
        port: 0,
        idleMs: 0,
        ...(trustedProxies === undefined ? {} : { trustedProxies }),
      });
      test.after(() => listener.close());
      let exchange: Exchange | undefined;
      await listener.listen((one, reply, refusal) => {
        exchange = one;
        void reply.send(
          refusal?.status ?? 200,
          new HeaderList(),
          new BufferedBody(Buffer.from(refusal?.code ?? '')),
        );
      });
      const text = `GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
      const response = await RawClient.exchange(listener.port, text);
      return { exchange: exchange!, response };
    }
    const originOf = ({ clientAddress, peerAddress, scheme, forwardedFor }: Exchange) => [
      clientAddress,
      peerAddress,
      scheme,
      forwardedFor,
    ];
    const SAID = 'X-Forwarded-For: 198.51.100.1, 203.0.113.7, 127.0.0.2\r\nX-Forwarded-Proto: https\r\n';

    it('believes a trusted peer as far as trusted proxies have spoken', async (test) => {
      const { exchange, response } = await ask(test, ['127.0.0.0/8'], SAID);
      assert.equal(response.status, 200);
      assert.deepEqual(originOf(exchange), ['203.0.113.7', '127.0.0.1', 'https', '203.0.113.7, 127.0.0.2']);
    });

    it('believes no peer without trusted proxies, nor one that is none of them', async (test) => {
      for (const trusted of [undefined, [], ['127.0.0.2', '10.0.0.0/8']]) {
        const { exchange } = await ask(test, trusted, SAID);
        assert.deepEqual(originOf(exchange), ['127.0.0.1', '127.0.0.1', 'http', '']);
      }
    });

    it('refuses with 400 what a trusted peer says that nobody understands, and closes', async (test) => {
      for (const field of ['X-Forwarded-For: unknown', 'X-Forwarded-Proto: https, http']) {
        const { exchange, response } = await ask(test, ['127.0.0.1'], `${field}\r\n`);
        assert.equal(response.status, 400);
        assert.equal(response.body.toString(), 'SLUICE_LISTEN_FORWARDED');
        assert.equal(response.headers.join().toLowerCase().includes('connection,close'), true);
        assert.deepEqual(originOf(exchange), ['127.0.0.1', '127.0.0.1', 'http', '']);
      }
    });

    it('takes neither host nor forwarded from a trusted peer', async (test) => {
      const fields =
        'X-Forwarded-Host: evil.example\r\nForwarded: for=203.0.113.7;proto=https;host=evil.example\r\n';
      const { exchange } = await ask(test, ['127.0.0.1'], fields);
      assert.equal(exchange.authority, 'a');
      assert.deepEqual(originOf(exchange), ['127.0.0.1', '127.0.0.1', 'http', '']);
    });
  });
}
