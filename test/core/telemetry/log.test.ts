import assert from 'node:assert/strict';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ConfigErrors, GatewayError } from '../../../core/errors.js';
import { createLog, type Log, type LogLevel } from '../../../core/telemetry/log.js';
import { LogDestination } from '../../../core/telemetry/log-destination.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-log-'));
after(() => rmSync(folder, { recursive: true }));

async function linesOf(level: LogLevel, use: (log: Log) => void): Promise<Record<string, unknown>[]> {
  const path = join(folder, 'log.jsonl');
  const destination = new LogDestination({ fd: openSync(path, 'w') });
  use(createLog({ level, destination }));
  await destination.close();
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

describe('the log', () => {
  it('writes level, time, fields and message as one JSON object a line', async () => {
    const [line, ...rest] = await linesOf('info', (log) => log.info({ port: 8080 }, 'listening'));
    assert.equal(rest.length, 0);
    assert.equal(new Date(line!['time'] as string).toISOString(), line!['time']);
    assert.deepEqual({ ...line, time: '' }, { level: 'info', time: '', port: 8080, msg: 'listening' });
  });

  it('writes what is at or above its level', async () => {
    const lines = await linesOf('warn', (log) => {
      log.debug({}, 'debug');
      log.info({}, 'info');
      log.warn({}, 'warn');
      log.error({}, 'error');
    });
    assert.deepEqual(
      lines.map((line) => line['msg']),
      ['warn', 'error'],
    );
  });

  it('writes nothing when silent', async () => {
    assert.deepEqual(await linesOf('silent', (log) => log.error({}, 'error')), []);
  });

  it('describes an error of the world without a stack', async () => {
    const place = { document: 'sluice.yaml', line: 3, column: 5, pointer: '/routes/0' };
    const error = new GatewayError('SLUICE_CONFIG_INVALID', 'expected a number', {
      place,
      cause: new Error('was a string'),
    });
    const [line] = await linesOf('info', (log) => log.error({ error }, 'reload failed'));
    assert.deepEqual(line!['error'], {
      code: 'SLUICE_CONFIG_INVALID',
      message: 'expected a number',
      place,
      causes: ['was a string'],
    });
  });

  it('describes every error of a load', async () => {
    const errors = new ConfigErrors([
      new GatewayError('SLUICE_CONFIG_INVALID', 'one'),
      new GatewayError('SLUICE_FILTER_CONFIG', 'two', { filter: 'guard' }),
    ]);
    const [line] = await linesOf('info', (log) => log.error({ error: errors }, 'reload failed'));
    assert.deepEqual(line!['error'], {
      errors: [
        { code: 'SLUICE_CONFIG_INVALID', message: 'one' },
        { code: 'SLUICE_FILTER_CONFIG', message: 'two', filter: 'guard' },
      ],
    });
  });

  it('gives the stack of a bug, also when it is wrapped', async () => {
    const bug = new TypeError('x is not a function');
    const lines = await linesOf('info', (log) => {
      log.error({ error: bug }, 'bug');
      log.error({ error: GatewayError.from(bug) }, 'bug');
      log.error({ error: 'a string' }, 'thrown');
    });
    const [plain, wrapped, thrown] = lines.map((line) => line['error'] as Record<string, unknown>);
    assert.equal(plain!['stack'], bug.stack);
    assert.equal(wrapped!['stack'], bug.stack);
    assert.equal(wrapped!['causes'], undefined);
    assert.deepEqual(thrown, { message: 'a string' });
  });

  it('names a failed connection by its code, and ends at a cause that is its own', async () => {
    const refused = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' });
    const loop = new Error('loop');
    loop.cause = loop;
    const lines = await linesOf('info', (log) => {
      log.warn({ error: new GatewayError('SLUICE_UPSTREAM_CONNECT', 'no', { cause: refused }) }, 'a');
      log.warn({ error: new GatewayError('SLUICE_UPSTREAM_CONNECT', 'no', { cause: loop }) }, 'b');
    });
    const [first, second] = lines.map(
      (line) => (line['error'] as Record<string, unknown>)['causes'] as string[],
    );
    assert.deepEqual(first, ['ECONNREFUSED']);
    assert.deepEqual(second, ['loop']);
  });

  it('keeps whatever a message holds on one line', async () => {
    const [line] = await linesOf('info', (log) => log.info({ 'k\n"': 'v\r\n{}' }, 'm\n{"level":"error"}'));
    assert.equal(line!['msg'], 'm\n{"level":"error"}');
    assert.equal(line!['k\n"'], 'v\r\n{}');
  });
});
