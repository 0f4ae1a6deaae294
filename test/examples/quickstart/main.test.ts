// What `npm start` says when it cannot start; that it does is for the pages that show it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ROOT, textOf } from '../../house/source-tree.js';
import { OutputProcess, type ProcessEnd } from '../../support/process-output.js';

function quickstart(test: TestContext, config: string): Promise<ProcessEnd> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-quickstart-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'sluice.yaml');
  writeFileSync(file, config);
  const program = ['dist/examples/quickstart/main.js', '--config', file];
  return new OutputProcess(process.execPath, program, ROOT).ended;
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
});
