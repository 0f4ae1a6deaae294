// `npm run dev:etcd`: what it starts, how it ends, and what stays.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EtcdStore } from '../../core/etcd/etcd-store.js';
import { OutputProcess } from '../support/process-output.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

function start(port: number, data: string): OutputProcess {
  const program = ['dist/examples/fleet/dev-etcd.js', '--port', String(port), '--data', data];
  return new OutputProcess(process.execPath, program, ROOT);
}

describe('the etcd for hand work', () => {
  test('keeps its data from one run to the next, and ends with Ctrl-C', async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'sluice-dev-etcd-'));
    t.after(() => rmSync(data, { recursive: true, force: true }));
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };

    const early = await start(port, data).ended;
    assert.equal(early.code, 1);
    assert.match(early.stderr, /Is the port taken\?\n$/);
    assert.equal(early.stdout, '');
    await new Promise((resolve) => server.close(resolve));

    for (const isFirst of [true, false]) {
      const etcd = start(port, data);
      await etcd.printed(
        `etcd serves etcd://127.0.0.1:${port}/PREFIX, its data are in ${data}. Ctrl-C stops it.\n`,
      );
      const store = new EtcdStore({ endpoint: `127.0.0.1:${port}`, tls: null, user: null, callMs: 10_000 });
      if (isFirst) await store.commit([], [{ put: 'a', value: Buffer.from('1') }]);
      else assert.equal((await store.get('a'))?.value.toString(), '1');
      store.close();
      assert.equal((await etcd.stop('SIGINT')).code, 0);
    }
  });

  test('says what it takes', async () => {
    const { code, stdout } = await new OutputProcess(
      process.execPath,
      ['dist/examples/fleet/dev-etcd.js', '--help'],
      ROOT,
    ).ended;
    assert.equal(code, 0);
    assert.match(stdout, /^npm run dev:etcd \[-- --port PORT --data FOLDER\]\n/);
  });
});
