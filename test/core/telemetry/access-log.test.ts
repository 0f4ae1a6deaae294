import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { GatewayError } from '../../../core/errors.js';
import { Exchange, type ExchangeInit } from '../../../core/exchange.js';
import { HeaderList } from '../../../core/headers.js';
import { AccessLog } from '../../../core/telemetry/access-log.js';
import type { LineWriter } from '../../../core/telemetry/log-destination.js';
import type { Certificate } from '../../../core/tls/certificate.js';
import { textOf } from '../../house/source-tree.js';

/** Keeps what is written: stands in for the descriptor, which log-destination.test.ts drives for real. */
class MemoryDestination implements LineWriter {
  readonly writes: string[] = [];
  write(lines: string): void {
    this.writes.push(lines);
  }

  get lines(): Record<string, unknown>[] {
    return this.writes
      .join('')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }
}

function exchangeOf(init: Partial<ExchangeInit> = {}): Exchange {
  return new Exchange({
    id: 'req-1',
    listener: 'public',
    scheme: 'http',
    method: 'GET',
    authority: 'api.example.com',
    path: '/users/7',
    query: '',
    headers: new HeaderList(),
    clientAddress: '10.0.0.9',
    body: null,
    ...init,
  });
}

function logOne(exchange: Exchange, durationMs = 1): MemoryDestination {
  const destination = new MemoryDestination();
  const log = new AccessLog({ destination });
  log.exchangeFinished(exchange, durationMs);
  log.close();
  return destination;
}

describe('the access log', () => {
  it('writes one JSON line with everything known about an exchange', () => {
    const exchange = exchangeOf({ method: 'POST' });
    exchange.routeId = 'get-user';
    exchange.revision = '0123456789ab';
    exchange.response = { status: 201, headers: new HeaderList(), body: null };
    exchange.target = 'http://10.0.0.5:9001';
    exchange.attempts = 2;
    exchange.upstreamMs = 0.9876;
    exchange.redirects = ['http://10.0.0.6:9001', 'http://10.0.0.5:9001'];
    exchange.bytesIn = 12;
    exchange.bytesOut = 3456;
    const before = Date.now();
    const destination = logOne(exchange, 1.23456);
    const [line] = destination.lines;
    const time = Date.parse(line!['time'] as string);
    assert.ok(time >= before && time <= Date.now(), `time is ${line!['time']}`);
    assert.deepEqual(
      { ...line, time: '' },
      {
        level: 'info',
        time: '',
        id: 'req-1',
        listener: 'public',
        scheme: 'http',
        protocol: 'HTTP/1.1',
        client: '10.0.0.9',
        method: 'POST',
        host: 'api.example.com',
        path: '/users/7',
        route: 'get-user',
        revision: '0123456789ab',
        status: 201,
        durationMs: 1.235,
        bytesIn: 12,
        bytesOut: 3456,
        target: 'http://10.0.0.5:9001',
        attempts: 2,
        upstreamMs: 0.988,
        redirects: ['http://10.0.0.6:9001', 'http://10.0.0.5:9001'],
        msg: 'exchange',
      },
    );
    assert.equal(destination.writes.join('').split('\n').length, 2);
  });

  it('names the process where there are several, and no process where there is one', () => {
    const destination = new MemoryDestination();
    const log = new AccessLog({ destination, process: 3 });
    log.exchangeFinished(exchangeOf(), 1);
    log.close();
    assert.equal(destination.lines[0]!['process'], 3);
    assert.equal('process' in logOne(exchangeOf()).lines[0]!, false);
  });

  it('never logs the query, which may hold a secret', () => {
    const destination = logOne(exchangeOf({ query: 'token=hunter2' }));
    assert.doesNotMatch(destination.writes.join(''), /hunter2|token/);
  });

  it('shows the path that was asked for, and the one that a filter made of it', () => {
    const exchange = exchangeOf({ path: '/old' });
    exchange.path = '/new';
    const [line] = logOne(exchange).lines;
    assert.equal(line!['path'], '/old');
    assert.equal(line!['upstreamPath'], '/new');
  });

  it('names a client by the subject of its certificate', () => {
    const clientCertificate = { subject: 'CN=billing,O=Example' } as Certificate;
    assert.equal(logOne(exchangeOf({ clientCertificate })).lines[0]!['subject'], 'CN=billing,O=Example');
  });

  it('has no field that docs/deploying.md does not tell, and tells of none that there is not', () => {
    const exchange = exchangeOf({
      path: '/old',
      peerAddress: '10.0.0.1',
      protocol: 'HTTP/2',
      clientCertificate: { subject: 'CN=billing' } as Certificate,
    });
    exchange.path = '/new';
    exchange.target = 'http://10.0.0.5:9001';
    exchange.attempts = 2;
    exchange.upstreamMs = 1;
    exchange.redirects = ['http://10.0.0.6:9001'];
    exchange.answer = { filter: 'guard', status: 403, code: 'POLICY_DENIED', replaced: 200 };
    exchange.error = new GatewayError('SLUICE_UPSTREAM_CUT', 'cut');
    const destination = new MemoryDestination();
    const log = new AccessLog({ destination, process: 1 });
    log.exchangeFinished(exchange, 1);
    log.close();
    const fields = Object.keys(destination.lines[0]!);
    const table = /\n\| field \|[^\n]*\n\|---\|---\|\n((?:\|[^\n]*\n)+)/.exec(
      textOf('docs/deploying.md'),
    )![1]!;
    const told = [...table.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, names]) =>
      [...names!.matchAll(/\w+/g)].map(([name]) => name),
    );
    assert.deepEqual(told.toSorted(), fields.toSorted());
  });

  it('logs code, reason with its causes, and the guilty filter of an error', () => {
    const exchange = exchangeOf();
    exchange.error = new GatewayError('SLUICE_FILTER_TRAP', 'guard trapped', {
      filter: 'guard',
      cause: new Error('unreachable', { cause: new Error('at assembly/index.ts:12') }),
    });
    const [line] = logOne(exchange).lines;
    assert.equal(line!['status'], 503);
    assert.equal(line!['error'], 'SLUICE_FILTER_TRAP');
    assert.equal(line!['reason'], 'guard trapped: unreachable: at assembly/index.ts:12');
    assert.equal(line!['filter'], 'guard');
  });

  it('names the filter that answered and its code, unless another one failed afterwards', () => {
    const exchange = exchangeOf();
    exchange.answer = { filter: 'guard', status: 403, code: 'POLICY_DENIED', replaced: null };
    exchange.response = { status: 403, headers: new HeaderList(), body: null };
    const [line] = logOne(exchange).lines;
    assert.deepEqual([line!['filter'], line!['answer'], 'error' in line!], ['guard', 'POLICY_DENIED', false]);
    exchange.answer = { filter: 'guard', status: 200, code: null, replaced: 502 };
    const [plain] = logOne(exchange).lines;
    assert.deepEqual([plain!['filter'], 'answer' in plain!, plain!['replaced']], ['guard', false, 502]);
    exchange.error = new GatewayError('SLUICE_FILTER_TRAP', 'clean trapped', { filter: 'clean' });
    const [failed] = logOne(exchange).lines;
    assert.deepEqual([failed!['filter'], 'answer' in failed!], ['clean', false]);
  });

  it('logs an exchange under its error although a response had begun', () => {
    const exchange = exchangeOf();
    exchange.response = { status: 200, headers: new HeaderList(), body: null };
    exchange.error = new GatewayError('SLUICE_UPSTREAM_CUT', 'ended after 10 of 20 bytes');
    assert.equal(logOne(exchange).lines[0]!['status'], 502);
  });

  it('cannot be made to write a second line or a control sequence by what a client sends', () => {
    const nasty = 'a"\\\n{"level":"error"}\r\0\x1b[31m\x7f\x9b2J\u2028é\ud800';
    const exchange = exchangeOf({
      id: nasty,
      method: nasty,
      authority: nasty,
      path: nasty,
      clientAddress: nasty,
      peerAddress: `${nasty}!`,
    });
    exchange.target = nasty;
    exchange.error = new GatewayError('SLUICE_LISTEN_MALFORMED', nasty);
    const destination = logOne(exchange);
    const text = destination.writes.join('');
    assert.equal(text.indexOf('\n'), text.length - 1);
    assert.match(text.slice(0, -1), /^[\x20-\x7eé]*$/);
    const [line] = destination.lines;
    for (const field of ['id', 'method', 'host', 'path', 'client', 'target', 'reason']) {
      assert.equal(line![field], nasty);
    }
    assert.equal(line!['peer'], `${nasty}!`);
  });

  it('keeps lines together until a batch is full', () => {
    const destination = new MemoryDestination();
    const log = new AccessLog({ destination, batchChars: 600, flushMs: 1_000_000 });
    log.exchangeFinished(exchangeOf());
    assert.equal(destination.writes.length, 0);
    log.exchangeFinished(exchangeOf());
    log.exchangeFinished(exchangeOf());
    assert.equal(destination.writes.length, 1);
    log.close();
    assert.equal(destination.lines.length, 3);
  });

  it('hands lines on after a while although no more come', async () => {
    const destination = new MemoryDestination();
    const written = new Promise<string>((resolve) => {
      destination.write = resolve;
    });
    const log = new AccessLog({ destination, flushMs: 5 });
    log.exchangeFinished(exchangeOf());
    // The log itself does not keep the process alive, so this test must.
    const alive = setInterval(() => {}, 1000);
    assert.match(await written, /"id":"req-1"/);
    clearInterval(alive);
    log.close();
  });
});

describe('at the exit of the process', () => {
  it('nothing that was logged is lost', async () => {
    const script = `
      import { AccessLog } from ${JSON.stringify(new URL('../../../core/telemetry/access-log.js', import.meta.url).href)};
      import { LogDestination } from ${JSON.stringify(new URL('../../../core/telemetry/log-destination.js', import.meta.url).href)};
      import { createLog } from ${JSON.stringify(new URL('../../../core/telemetry/log.js', import.meta.url).href)};
      import { Exchange } from ${JSON.stringify(new URL('../../../core/exchange.js', import.meta.url).href)};
      import { HeaderList } from ${JSON.stringify(new URL('../../../core/headers.js', import.meta.url).href)};
      const destination = new LogDestination();
      const access = new AccessLog({ destination });
      const log = createLog({ level: 'info', destination });
      const init = { id: 'x', listener: '', scheme: 'http', method: 'GET', authority: '', path: '/', query: '', headers: new HeaderList(), clientAddress: '' };
      for (let i = 0; i < 5; i++) access.exchangeFinished(new Exchange({ ...init, id: 'line-' + i }));
      log.info({ last: true }, 'goodbye');
      process.exit(3);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    assert.equal(code, 3);
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(lines.filter((line) => String(line['id']).startsWith('line-')).length, 5);
    assert.equal(lines.filter((line) => line['last'] === true).length, 1);
  });
});
