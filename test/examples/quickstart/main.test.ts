// What `npm start` says when it cannot start, and that nothing of it stays; that it starts is for the pages that show it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ROOT, textOf } from '../../house/source-tree.js';
import { until } from '../../support/gateway.js';
import { OutputProcess, type ProcessEnd } from '../../support/process-output.js';
import { freePort } from '../../support/process-set.js';

function quickstart(test: TestContext, config: string): Promise<ProcessEnd> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-quickstart-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'sluice.yaml');
  writeFileSync(file, config);
  const program = ['dist/examples/quickstart/main.js', '--config', file];
  return new OutputProcess(process.execPath, program, ROOT).ended;
}

/** The configuration on ports that nobody has, and those. */
async function elsewhere(test: TestContext): Promise<{ file: string; ports: number[] }> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), 'sluice-quickstart-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'sluice.yaml');
  const [gateway, api, admin] = ports;
  const text = textOf('examples/quickstart/sluice.yaml')
    .replaceAll(':8080', `:${gateway}`)
    .replaceAll(':9001', `:${api}`)
    .replaceAll(':9901', `:${admin}`);
  writeFileSync(file, text);
  return { file, ports };
}

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(false));
    socket.once('error', () => resolve(true));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.destroy());
  });
}

/** Waits until nothing listens there any more. */
async function allEnd(ports: readonly number[]): Promise<void> {
  for (const port of ports) await until(() => isRefused(port), 30_000);
}

describe('the quickstart', () => {
  it('says which of its ports is taken, and how it gets others', async (test) => {
    const server = createServer().listen(0, '127.0.0.1');
    test.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const config = textOf('examples/quickstart/sluice.yaml').replace(':8080', `:${port}`);
    const { code, stdout, stderr } = await quickstart(test, config);
    assert.deepEqual([code, stdout], [1, '']);
    assert.ok(
      stderr.startsWith(`Port ${port} on 127.0.0.1 is taken. The quickstart needs ${port}, 9001 and 9901`),
    );
    assert.match(stderr, /npm start -- --config FILE$/m);
  });

  it('says what is wrong with its configuration', async (test) => {
    const { code, stdout, stderr } = await quickstart(test, 'listeners: [{ name: public }]\n');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^\S+sluice\.yaml:1:13 \/listeners\/0: found no "address"/);
    assert.doesNotMatch(stderr, /^ {4}at /m);
  });

  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
    it(`leaves nothing behind when it gets ${signal}`, async (test) => {
      const { file, ports } = await elsewhere(test);
      const program = ['dist/examples/quickstart/main.js', '--config', file];
      const main = new OutputProcess(process.execPath, program, ROOT);
      await main.printed('Ctrl-C stops it');
      const ended = main.stop(signal);
      await allEnd(ports);
      await ended;
    });
  }

  it('leaves nothing behind when who started it is killed', async (test) => {
    const { file, ports } = await elsewhere(test);
    const program = ['dist/examples/quickstart/main.js', '--config', file];
    const starter = `require('node:child_process').spawn(process.execPath, ${JSON.stringify(program)}, { stdio: 'inherit' });`;
    const npm = new OutputProcess(process.execPath, ['-e', starter], ROOT);
    await npm.printed('Ctrl-C stops it');
    const ended = npm.stop('SIGKILL');
    await allEnd(ports);
    await ended;
  });
});
