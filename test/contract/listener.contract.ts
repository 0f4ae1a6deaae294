// What every listener must do, whatever it is made of. Engines are driven through a client that they bring along.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { GatewayError } from '../../core/errors.js';
import { BufferedBody, type Exchange } from '../../core/exchange.js';
import { HeaderList } from '../../core/headers.js';
import type { ExchangeHandler, Listener, Reply, ReplyOutcome } from '../../core/listener/listener.js';
import { Collector, HandBody } from '../support/raw-body.js';
import { valuesOf } from '../support/raw-client.js';

export interface ContractRequest {
  readonly method: string;
  readonly target: string;
  /** Flat, without `host` unless the test is about it. */
  readonly headers?: readonly string[];
  readonly hostless?: boolean;
  readonly body?: string;
  /** The client leaves when this fires. */
  readonly signal?: AbortSignal;
}

export interface ContractResponse {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
  /** False when the body did not arrive whole. */
  readonly complete: boolean;
  readonly closed: boolean;
}

/** An engine under test. */
export interface ContractEngine {
  readonly listener: Listener;
  /** Default: `http`. */
  readonly scheme?: 'http' | 'https';
  request(request: ContractRequest): Promise<ContractResponse>;
}

const NO_HEADERS = new HeaderList();

/**
 * Runs the suite against listeners that `create` makes.
 * @param unseen names of malformed requests that the protocol ends without a word to the handler
 */
export function testListener(
  name: string,
  create: () => ContractEngine,
  unseen: readonly string[] = [],
): void {
  describe(`${name} as a listener`, () => {
    let engine: ContractEngine;
    let handle: ExchangeHandler;

    beforeEach(async () => {
      engine = create();
      handle = (_exchange, reply) => void reply.send(200, NO_HEADERS, null);
      await engine.listener.listen((exchange, reply, refusal) => handle(exchange, reply, refusal));
    });

    afterEach(() => engine.listener.close());

    /** Runs one request, answered by `answer`, and gives back what both sides saw. */
    async function run(
      request: ContractRequest,
      answer: (
        exchange: Exchange,
        reply: Reply,
        refusal: GatewayError | null,
      ) => ReplyOutcome | Promise<ReplyOutcome>,
    ) {
      let seen: Exchange | undefined;
      let outcome: ReplyOutcome | Promise<ReplyOutcome> | undefined;
      handle = (exchange, reply, refusal) => {
        seen = exchange;
        outcome = answer(exchange, reply, refusal);
      };
      const response = await engine.request(request);
      assert(seen !== undefined && outcome !== undefined, 'the handler was called');
      return { response, exchange: seen, outcome: await outcome };
    }

    it('shows method, authority, path, query and headers of a request', async () => {
      const { exchange } = await run(
        { method: 'GET', target: '/a%7eb/c%2a?x=%41&y', headers: ['X-One', '1', 'x-two', 'a', 'x-two', 'b'] },
        (_exchange, reply) => reply.send(200, NO_HEADERS, null),
      );
      assert.equal(exchange.listener, engine.listener.name);
      assert.equal(exchange.scheme, engine.scheme ?? 'http');
      assert.equal(exchange.method, 'GET');
      assert.match(exchange.authority, /^[a-z0-9.]+(:\d+)?$/);
      assert.equal(exchange.path, '/a~b/c%2A');
      assert.equal(exchange.query, 'x=%41&y');
      assert.equal(exchange.requestHeaders.get('x-one'), '1');
      assert.deepEqual(exchange.requestHeaders.getAll('x-two'), ['a', 'b']);
      assert.equal(exchange.requestBody, null);
      assert.match(exchange.clientAddress, /^\d+\.\d+\.\d+\.\d+$/);
    });

    it('gives every request an id of its own and takes none from the client', async () => {
      const ids = new Set<string>();
      for (let i = 0; i < 50; i++) {
        const { exchange } = await run(
          { method: 'GET', target: '/', headers: ['x-request-id', 'mine'] },
          (_exchange, reply) => reply.send(200, NO_HEADERS, null),
        );
        assert.match(exchange.id, /^[A-Za-z0-9_-]{20,24}$/);
        ids.add(exchange.id);
      }
      assert.equal(ids.size, 50);
    });

    it('sends status, headers and a body in memory, with its length', async () => {
      const headers = new HeaderList(['content-type', 'text/plain', 'x-a', '1', 'x-a', '2']);
      const { response, outcome, exchange } = await run({ method: 'GET', target: '/' }, (_exchange, reply) =>
        reply.send(201, headers, new BufferedBody(Buffer.from('hello'))),
      );
      assert.equal(response.status, 201);
      assert.deepEqual(valuesOf(response, 'content-type'), ['text/plain']);
      assert.deepEqual(valuesOf(response, 'x-a'), ['1', '2']);
      assert.deepEqual(valuesOf(response, 'content-length'), ['5']);
      assert.equal(response.body, 'hello');
      assert.equal(response.closed, false);
      assert.equal(outcome, 'sent');
      assert.equal(exchange.bytesOut, 5);
    });

    it('sends a length of 0 when there is no body', async () => {
      const { response } = await run({ method: 'GET', target: '/' }, (_exchange, reply) =>
        reply.send(200, NO_HEADERS, null),
      );
      assert.deepEqual(valuesOf(response, 'content-length'), ['0']);
    });

    for (const status of [204, 304]) {
      it(`sends neither body nor length with ${status}`, async () => {
        const { response, outcome } = await run({ method: 'GET', target: '/' }, (_exchange, reply) =>
          reply.send(status, NO_HEADERS, null),
        );
        assert.equal(response.status, status);
        assert.deepEqual(valuesOf(response, 'content-length'), []);
        assert.deepEqual(valuesOf(response, 'transfer-encoding'), []);
        assert.equal(outcome, 'sent');
      });
    }

    it('answers HEAD with the length of a GET and no body', async () => {
      const { response } = await run({ method: 'HEAD', target: '/' }, (_exchange, reply) =>
        reply.send(200, NO_HEADERS, null, { headLength: 1234 }),
      );
      assert.deepEqual(valuesOf(response, 'content-length'), ['1234']);
      assert.equal(response.body, '');
    });

    it('answers HEAD without a length when none is known', async () => {
      const { response } = await run({ method: 'HEAD', target: '/' }, (_exchange, reply) =>
        reply.send(200, NO_HEADERS, null),
      );
      assert.deepEqual(valuesOf(response, 'content-length'), []);
    });

    for (const announced of [true, false]) {
      it(`streams a body ${announced ? 'of known' : 'without known'} length`, async () => {
        const { response, outcome, exchange } = await run(
          { method: 'GET', target: '/' },
          (_exchange, reply) => {
            const body = new HandBody(announced ? 6 : null);
            void body.started.then(() => {
              body.consumer?.chunk(Buffer.from('abc'));
              setImmediate(() => {
                body.consumer?.chunk(Buffer.from('def'));
                body.consumer?.end();
              });
            });
            return reply.send(200, NO_HEADERS, body);
          },
        );
        assert.equal(response.body, 'abcdef');
        assert.equal(response.complete, true);
        assert.deepEqual(valuesOf(response, 'content-length'), announced ? ['6'] : []);
        assert.equal(outcome, 'sent');
        assert.equal(exchange.bytesOut, 6);
      });

      it(`cuts the connection when a body ${announced ? 'of known' : 'without known'} length fails`, async () => {
        const { response, outcome } = await run({ method: 'GET', target: '/' }, (_exchange, reply) => {
          const body = new HandBody(announced ? 6 : null);
          void body.started.then(() => {
            body.consumer?.chunk(Buffer.from('abc'));
            setImmediate(() => body.consumer?.fail(new GatewayError('SLUICE_UPSTREAM_CUT', 'gone')));
          });
          return reply.send(200, NO_HEADERS, body);
        });
        assert.equal(response.complete, false);
        assert.equal(outcome, 'cut');
      });
    }

    it('cuts the connection when a body ends before its announced length', async () => {
      const { response, outcome } = await run({ method: 'GET', target: '/' }, (_exchange, reply) => {
        const body = new HandBody(6);
        void body.started.then(() => {
          body.consumer?.chunk(Buffer.from('abc'));
          body.consumer?.end();
        });
        return reply.send(200, NO_HEADERS, body);
      });
      assert.equal(response.complete, false);
      assert.equal(outcome, 'cut');
    });

    it('delivers the body of a request and counts it', async () => {
      const collector = new Collector();
      const { response, exchange } = await run(
        { method: 'POST', target: '/', body: 'some bytes' },
        async (current, reply) => {
          assert.equal(current.requestBody?.length, 10);
          current.requestBody?.read(collector);
          await collector.done;
          return reply.send(200, NO_HEADERS, new BufferedBody(Buffer.from(collector.text)));
        },
      );
      assert.equal(response.body, 'some bytes');
      assert.equal(exchange.bytesIn, 10);
    });

    it('delivers a body that is read long after it arrived', async () => {
      const collector = new Collector();
      const { response } = await run(
        { method: 'POST', target: '/', body: 'late' },
        async (current, reply) => {
          for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
          current.requestBody?.read(collector);
          await collector.done;
          return reply.send(200, NO_HEADERS, new BufferedBody(Buffer.from(collector.text)));
        },
      );
      assert.equal(response.body, 'late');
    });

    const refused: readonly [string, ContractRequest, GatewayError['code']][] = [
      ['no host', { method: 'GET', target: '/', headers: ['host', ''] }, 'SLUICE_LISTEN_MALFORMED'],
      [
        'two hosts',
        { method: 'GET', target: '/', headers: ['host', 'a', 'host', 'b'] },
        'SLUICE_LISTEN_MALFORMED',
      ],
      ['a dot segment', { method: 'GET', target: '/a/%2e%2e/b' }, 'SLUICE_LISTEN_MALFORMED'],
      ['an encoded slash', { method: 'GET', target: '/a%2fb' }, 'SLUICE_LISTEN_MALFORMED'],
      ['a fragment', { method: 'GET', target: '/a#b' }, 'SLUICE_LISTEN_MALFORMED'],
      ['a method that is no token', { method: 'G(T', target: '/' }, 'SLUICE_LISTEN_MALFORMED'],
      ['TRACE', { method: 'TRACE', target: '/' }, 'SLUICE_LISTEN_METHOD'],
      [
        'a protocol upgrade',
        { method: 'GET', target: '/', headers: ['upgrade', 'x/1'] },
        'SLUICE_LISTEN_METHOD',
      ],
      [
        'another expectation',
        { method: 'GET', target: '/', headers: ['expect', 'x'] },
        'SLUICE_LISTEN_EXPECTATION',
      ],
    ];
    for (const [what, request, code] of refused) {
      if (unseen.includes(what)) continue;
      it(`hands a request with ${what} over as refused and closes after the answer`, async () => {
        const { response, exchange } = await run(request, (_exchange, reply, refusal) => {
          assert.equal(refusal?.code, code);
          return reply.send(refusal.status, NO_HEADERS, new BufferedBody(Buffer.from('no')));
        });
        assert.equal(response.status, new GatewayError(code, '').status);
        assert.equal(response.closed, true);
        assert.equal(exchange.requestBody, null);
      });
    }

    it('closes the connection when the answer says so', async () => {
      const { response } = await run({ method: 'GET', target: '/' }, (_exchange, reply) =>
        reply.send(200, NO_HEADERS, new BufferedBody(Buffer.from('bye')), { close: true }),
      );
      assert.equal(response.body, 'bye');
      assert.equal(response.closed, true);
    });

    it('tells exchange, upload and download when the client leaves', async () => {
      const leaving = new AbortController();
      const body = new HandBody(null);
      const { outcome, exchange } = await run(
        { method: 'GET', target: '/', signal: leaving.signal },
        (_exchange, reply) => {
          void body.started.then(() => {
            body.consumer?.chunk(Buffer.from('abc'));
            leaving.abort();
          });
          return reply.send(200, NO_HEADERS, body);
        },
      );
      assert.equal(outcome, 'aborted');
      assert.equal(exchange.cancellation.reason?.code, 'SLUICE_LISTEN_ABORTED');
      assert.equal(body.cancelled?.code, 'SLUICE_LISTEN_ABORTED');
    });

    it('resolves an answer to a client that has left, and cancels its body', async () => {
      const leaving = new AbortController();
      const body = new HandBody(null);
      const { outcome } = await run(
        { method: 'GET', target: '/', signal: leaving.signal },
        async (exchange, reply) => {
          leaving.abort();
          await new Promise<void>((resolve) => exchange.cancellation.subscribe(() => resolve()));
          return reply.send(200, NO_HEADERS, body);
        },
      );
      assert.equal(outcome, 'aborted');
      assert.equal(body.cancelled?.code, 'SLUICE_LISTEN_ABORTED');
    });

    it('lets a running exchange finish when it drains, and closes its connection', async () => {
      const { response } = await run({ method: 'GET', target: '/' }, async (_exchange, reply) => {
        engine.listener.drain();
        await new Promise((resolve) => setImmediate(resolve));
        return reply.send(200, NO_HEADERS, new BufferedBody(Buffer.from('done')));
      });
      assert.equal(response.body, 'done');
      assert.equal(response.closed, true);
    });

    it('cuts running exchanges when it closes', async () => {
      const { exchange } = await run({ method: 'GET', target: '/' }, async (current, reply) => {
        await new Promise((resolve) => setImmediate(resolve));
        engine.listener.close();
        assert.equal(current.cancellation.reason?.code, 'SLUICE_LISTEN_ABORTED');
        return reply.send(200, NO_HEADERS, null);
      });
      assert.equal(exchange.cancellation.reason?.code, 'SLUICE_LISTEN_ABORTED');
    });

    it('takes one answer and resolves one that comes after an abort', async () => {
      let second: unknown;
      await run({ method: 'GET', target: '/' }, (_exchange, reply) => {
        const outcome = reply.send(200, NO_HEADERS, null);
        try {
          void reply.send(200, NO_HEADERS, null);
        } catch (error) {
          second = error;
        }
        return outcome;
      });
      assert(second instanceof assert.AssertionError);
      const { outcome } = await run({ method: 'GET', target: '/' }, (_exchange, reply) => {
        reply.abort();
        return reply.send(200, NO_HEADERS, null);
      });
      assert.equal(outcome, 'aborted');
    });

    it('cuts the connection when the answer is to abort', async () => {
      let exchange: Exchange | undefined;
      handle = (current, reply) => {
        exchange = current;
        setImmediate(() => reply.abort());
      };
      const response = await engine.request({ method: 'GET', target: '/' });
      assert.equal(response.status, 0);
      assert.equal(exchange?.cancellation.reason?.code, 'SLUICE_LISTEN_ABORTED');
    });
  });
}
