// Bodies that filters see in chunks, through the whole gateway: sockets, workers, rings.
import assert from 'node:assert/strict';
import { type IncomingMessage, type RequestListener, request, type ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { drained, MOST_IN_FLIGHT, pour, response, settled } from '../support/body-traffic.js';
import { PATIENT } from '../support/callout-stage.js';
import { route, TestGateway, until } from '../support/gateway.js';
import { RawClient, valuesOf } from '../support/raw-client.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const MEBIBYTE = 1024 * 1024;
const CALLS = 'sluice_filter_calls_total';
/** Long enough to be no small body, which is held and given to filters whole. */
const LONG = `${'a long line '.repeat(100)}\n`.repeat(100);

interface Doing {
  readonly request?: string;
  readonly response?: string;
}

function stream(doing: Doing, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { module: './stream-probe.wasm', limits: PATIENT, config: { name: 'stream', ...doing }, ...more };
}

async function start(
  test: TestContext,
  filters: Record<string, unknown>,
  handler: RequestListener,
): Promise<TestGateway> {
  const target = await startHttpTarget(test, handler);
  return TestGateway.start(
    test,
    {
      upstreams: { sample: { targets: [{ url: target.url }] } },
      filters,
      routes: [route('all', '/*', Object.keys(filters), { limits: { requestBodyBytes: 1024 * MEBIBYTE } })],
    },
    ['stream-probe', 'upper-body'],
  );
}

async function textOf(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

/** Sends what came back. */
const echo: RequestListener = async (incoming, outgoing) => {
  outgoing.setHeader('etag', '"of the upstream"');
  outgoing.setHeader('x-sent-length', incoming.headers['content-length'] ?? 'chunked');
  const text = await textOf(incoming);
  for (let at = 0; at < text.length; at += 10_000) outgoing.write(text.slice(at, at + 10_000));
  outgoing.end();
};

/** A body that is not whole before the test says so. */
function slowBody(first: string): {
  body: ReadableStream<Uint8Array>;
  send(text: string): void;
  end(): void;
} {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
      controller.enqueue(Buffer.from(first));
    },
  });
  return {
    body,
    send: (text) => controller.enqueue(Buffer.from(text)),
    end: () => controller.close(),
  };
}

function post(gateway: TestGateway, body: string | ReadableStream<Uint8Array>): Promise<Response> {
  return fetch(gateway.url('/'), { method: 'POST', body, duplex: 'half' } as RequestInit);
}

async function codeOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { code: string }).code;
}

describe('bodies that a filter sees in chunks', () => {
  it('are changed in both directions on their way, without being held, and no longer have a length', async (test) => {
    const gateway = await start(test, { lines: stream({ request: 'lines', response: 'upper' }) }, echo);
    const { body, send, end } = slowBody(LONG.slice(0, 70_000));
    const answered = post(gateway, body);
    await until(async () => (await gateway.metric(`${CALLS}{filter="lines",phase="request"}`)) >= 2);
    send(LONG.slice(70_000));
    end();
    const answer = await answered;
    assert.equal(answer.headers.get('x-sent-length'), 'chunked');
    assert.equal(answer.headers.get('etag'), null, 'it would be wrong');
    assert.equal(answer.headers.get('content-length'), null);
    assert.equal(answer.headers.get('x-follows'), 'stream true');
    assert.equal(await answer.text(), `${`[${'A LONG LINE '.repeat(100)}]\n`.repeat(100)}[]`);
    const small = await post(gateway, 'one\ntwo');
    assert.equal(small.headers.get('x-sent-length'), '11', 'a small one is there whole');
    assert.equal(await small.text(), '[ONE]\n[TWO]');
  });

  it('keep their bytes and lose their length only where a filter wants them', async (test) => {
    const gateway = await start(test, { passing: stream({ request: 'pass', response: 'pass' }) }, echo);
    const answer = await post(gateway, LONG);
    assert.equal(answer.headers.get('x-sent-length'), String(LONG.length));
    assert.equal(answer.headers.get('etag'), '"of the upstream"');
    assert.equal(await answer.text(), LONG);
  });

  it('arrive while they are still being sent', async (test) => {
    const seen: string[] = [];
    const gateway = await start(
      test,
      { upper: stream({ request: 'upper', response: 'upper' }) },
      (incoming, outgoing) => {
        outgoing.flushHeaders();
        incoming.on('data', (bytes: Buffer) => {
          seen.push(bytes.toString());
          outgoing.write(`got ${bytes.toString()};`);
        });
        incoming.on('end', () => outgoing.end());
      },
    );
    const { body, send, end } = slowBody('one');
    const answer = await post(gateway, body);
    const reader = answer.body!.getReader();
    assert.equal(Buffer.from((await reader.read()).value!).toString(), 'GOT ONE;');
    send('two');
    assert.equal(Buffer.from((await reader.read()).value!).toString(), 'GOT TWO;');
    end();
    assert.equal((await reader.read()).done, true);
    assert.deepEqual(seen, ['ONE', 'TWO']);
  });

  it('are whole for a filter that needs them whole, and what it makes of them goes on in chunks', async (test) => {
    const upper = { module: './upper-body.wasm', limits: PATIENT };
    const gateway = await start(
      test,
      { upper, lines: stream({ request: 'lines', response: 'lines' }) },
      echo,
    );
    const answer = await post(gateway, LONG);
    const once = `${`[${'A LONG LINE '.repeat(100)}]\n`.repeat(100)}[]`;
    assert.equal(answer.headers.get('x-sent-length'), String(once.length));
    assert.equal(await answer.text(), `${`[[${'A LONG LINE '.repeat(100)}]]\n`.repeat(100)}[[]]`);
  });

  it('describe themselves by what a filter set, and the filter sees the head as filters left it to the end', async (test) => {
    const bodies: ServerResponse[] = [];
    const handler: RequestListener = (_, outgoing) => {
      outgoing.writeHead(200, { etag: '"of the upstream"', 'x-request-id': 'upstream' });
      outgoing.write('one');
      bodies.push(outgoing);
    };
    const labelling = await start(test, { label: stream({ response: 'label' }) }, handler);
    const labelled = await fetch(labelling.url('/'));
    assert.equal(labelled.headers.get('etag'), '"of stream"');
    bodies[0]!.end();
    assert.equal(await labelled.text(), 'one');

    const asking = await start(test, { ids: stream({ response: 'ids' }) }, handler);
    const answer = await fetch(asking.url('/'));
    bodies[1]!.end('two');
    assert.match(await answer.text(), /^(?:upstream;){2,3}$/);
    assert.notEqual(answer.headers.get('x-request-id'), 'upstream');
  });

  it('are let go of when a filter gives the response a status that has none', async (test) => {
    let ended = false;
    const gateway = await start(test, { empty: stream({ response: 'no-content' }) }, (_, outgoing) => {
      outgoing.on('close', () => {
        ended = true;
      });
      pour(outgoing, 1024 * MEBIBYTE, Number.POSITIVE_INFINITY);
    });
    assert.equal((await fetch(gateway.url('/'))).status, 204);
    await until(() => ended);
    assert.equal(await gateway.metric(`${CALLS}{filter="empty",phase="response"}`), 1);
  });

  it('make the answer to HEAD tell no length, for nobody knows what would have come of them', async (test) => {
    const handler: RequestListener = (_, outgoing) => {
      outgoing.writeHead(200, { 'content-length': '5' });
      outgoing.end();
    };
    const gateway = await start(test, { upper: stream({ response: 'upper' }) }, handler);
    const answer = await RawClient.exchange(gateway.port, 'HEAD / HTTP/1.1\r\nhost: x\r\n\r\n');
    assert.equal(answer.status, 200);
    assert.deepEqual(valuesOf(answer, 'content-length'), []);
  });
});

describe('back-pressure', () => {
  it('reaches through a filter to the upstream and to the client', async (test) => {
    let downloaded = { sent: 0 };
    let waiting: IncomingMessage | undefined;
    const gateway = await start(
      test,
      { lines: stream({ request: 'none', response: 'none' }) },
      (incoming, outgoing) => {
        if (incoming.method === 'GET') {
          downloaded = pour(outgoing, 256 * MEBIBYTE, Number.POSITIVE_INFINITY);
          return;
        }
        waiting = incoming;
        incoming.pause();
        incoming.on('end', () => outgoing.end('done'));
      },
    );
    const stalled = await response(gateway.url('/'));
    stalled.pause();
    await settled(() => downloaded.sent);
    assert.ok(downloaded.sent < MOST_IN_FLIGHT, `${downloaded.sent} bytes went out`);
    assert.equal(await drained(stalled), 256 * MEBIBYTE);

    const upload = request(gateway.url('/'), { method: 'POST' });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      upload.once('response', resolve).once('error', reject);
    });
    const uploaded = pour(upload, 128 * MEBIBYTE);
    await until(() => waiting !== undefined);
    await settled(() => uploaded.sent);
    assert.ok(uploaded.sent < MOST_IN_FLIGHT, `${uploaded.sent} bytes went out`);
    waiting!.resume();
    assert.equal((await answered).statusCode, 200);
  });
});

describe('a filter in the midst of a body', () => {
  it('may answer the request, which never becomes whole for the upstream', async (test) => {
    const ends: string[] = [];
    const gateway = await start(test, { guard: stream({ request: 'respond' }) }, (incoming, outgoing) => {
      incoming.on('data', () => {});
      incoming.on('end', () => ends.push('whole'));
      incoming.on('error', () => ends.push('cut'));
      void outgoing;
    });
    const { body, send } = slowBody('fine');
    const answered = post(gateway, body);
    await until(async () => (await gateway.metric(`${CALLS}{filter="guard",phase="request"}`)) === 2);
    send('bad');
    const answer = await answered;
    assert.equal(answer.status, 403);
    assert.equal(await answer.text(), 'no');
    await until(() => ends.length === 1);
    assert.deepEqual(ends, ['cut']);
  });

  it('that stops or fails before anything left is answered with its error', async (test) => {
    const handler = (_: IncomingMessage, outgoing: ServerResponse): void => {
      outgoing.write('bad');
      setImmediate(() => outgoing.end('more'));
    };
    const stopping = await start(test, { stop: stream({ response: 'stop' }) }, handler);
    const stopped = await fetch(stopping.url('/'));
    assert.equal(stopped.status, 502);
    assert.equal(await codeOf(stopped), 'SLUICE_FILTER_STOPPED');
    const line = await stopping.logLine(({ msg }) => msg === 'exchange');
    assert.equal(line['filter'], 'stop');
    assert.match(line['reason'] as string, /filter stop stopped the response: it is bad/);

    const holding = await start(test, { stop: stream({ response: 'late-stop' }) }, (_, outgoing) => {
      outgoing.write('fine');
      setTimeout(() => outgoing.end('bad'), 50);
    });
    assert.equal(await codeOf(await fetch(holding.url('/'))), 'SLUICE_FILTER_STOPPED');

    const trapping = await start(test, { trap: stream({ response: 'trap' }) }, handler);
    const trapped = await fetch(trapping.url('/'));
    assert.equal(trapped.status, 503);
    assert.equal(await codeOf(trapped), 'SLUICE_FILTER_TRAP');

    const open = await start(test, { trap: stream({ response: 'trap' }, { onFailure: 'open' }) }, handler);
    assert.equal(await (await fetch(open.url('/'))).text(), 'badmore');
  });

  it('that stops or fails after something left cuts the connection, so that nobody takes it for whole', async (test) => {
    for (const order of ['stop', 'trap', 'loop']) {
      const limits = order === 'loop' ? { deadlineMs: 30 } : PATIENT;
      const gateway = await start(
        test,
        { late: stream({ response: order }, { limits }) },
        async (incoming, outgoing) => {
          outgoing.write('fine');
          await until(() => incoming.socket.bytesWritten > 0 && delivered);
          outgoing.end('bad');
        },
      );
      let delivered = false;
      const answer = await fetch(gateway.url('/'));
      assert.equal(answer.status, 200);
      const reader = answer.body!.getReader();
      assert.equal(Buffer.from((await reader.read()).value!).toString(), 'fine');
      delivered = true;
      await assert.rejects(reader.read(), order);
      const line = await gateway.logLine(({ msg }) => msg === 'exchange');
      const code = { stop: 'STOPPED', trap: 'TRAP', loop: 'DEADLINE' }[order]!;
      assert.equal(line['error'], `SLUICE_FILTER_${code}`);
    }
  });

  it('that loops over a request fails it with 503, and its upstream never sees it whole', async (test) => {
    const ends: string[] = [];
    const loop = stream({ request: 'loop' }, { limits: { deadlineMs: 30 } });
    const gateway = await start(test, { loop }, (incoming, outgoing) => {
      incoming.on('data', () => {});
      incoming.on('end', () => ends.push('whole'));
      incoming.on('error', () => ends.push('cut'));
      void outgoing;
    });
    const { body, send, end } = slowBody('fine');
    const answered = post(gateway, body);
    await until(async () => (await gateway.metric(`${CALLS}{filter="loop",phase="request"}`)) === 2);
    send('bad');
    end();
    const answer = await answered;
    assert.equal(answer.status, 503);
    assert.equal(await codeOf(answer), 'SLUICE_FILTER_DEADLINE');
    await until(() => ends.length === 1);
    assert.deepEqual(ends, ['cut']);
  });

  it('hears no more when the client leaves, and the upstream is told', async (test) => {
    let left = false;
    const gateway = await start(test, { lines: stream({ response: 'none' }) }, (_, outgoing) => {
      pour(outgoing, 1024 * MEBIBYTE, Number.POSITIVE_INFINITY);
      outgoing.on('close', () => {
        left = true;
      });
    });
    const answer = await response(gateway.url('/'));
    await new Promise((resolve) => answer.once('data', resolve));
    answer.destroy();
    await until(() => left);
    const line = await gateway.logLine(({ msg }) => msg === 'exchange');
    assert.equal(line['status'], 499);
    await until(async () => (await gateway.metric('sluice_dispatch_outstanding')) === 0);
  });

  it('whose upstream is cut midway does not end well for the client either', async (test) => {
    const gateway = await start(test, { upper: stream({ response: 'upper' }) }, (incoming, outgoing) => {
      outgoing.write('some');
      setTimeout(() => incoming.socket.destroy(), 50);
    });
    const answer = await fetch(gateway.url('/'));
    await assert.rejects(answer.text());
  });
});

describe('quarantine of a filter that sees bodies in chunks', () => {
  const shaky = (backoffMs: number): Record<string, unknown> =>
    stream(
      { request: 'trap', response: 'none' },
      { quarantine: { failures: 1, backoffMs, maxBackoffMs: 3_600_000 } },
    );

  it('does not cut the bodies that are on their way', async (test) => {
    let finish: (() => void) | undefined;
    const gateway = await start(test, { shaky: shaky(3_600_000) }, (incoming, outgoing) => {
      incoming.resume();
      outgoing.write('first');
      finish = () => outgoing.end('last');
    });
    const answer = await fetch(gateway.url('/'));
    const reader = answer.body!.getReader();
    assert.equal(Buffer.from((await reader.read()).value!).toString(), 'first');
    assert.equal(await codeOf(await post(gateway, 'bad')), 'SLUICE_FILTER_TRAP');
    assert.equal(await codeOf(await post(gateway, 'fine')), 'SLUICE_FILTER_QUARANTINED');
    finish!();
    assert.equal(Buffer.from((await reader.read()).value!).toString(), 'last');
    assert.equal((await reader.read()).done, true);
  });
});
