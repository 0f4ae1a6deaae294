// examples/filters: each filter passes its own test, and all of them load together as the configuration there says.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { filterCommand } from '../support/filter-command.js';
import { OutputProcess } from '../support/process-output.js';

const SOURCE = fileURLToPath(new URL('../../../examples/filters/', import.meta.url));
const MAIN = fileURLToPath(new URL('../../core/cli/main.js', import.meta.url));
const FILTERS = readdirSync(SOURCE, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe('examples/filters', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-examples-'));
    cpSync(SOURCE, folder, { recursive: true });
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are all in the table of their page', () => {
    const page = readFileSync(join(SOURCE, 'README.md'), 'utf8');
    const rows = [...page.matchAll(/^\| \[([a-z-]+)\]/gm)].map(([, name]) => name);
    assert.deepEqual(rows.sort(), [...FILTERS].sort());
  });

  for (const name of FILTERS) {
    it(`${name} passes its test and builds`, async () => {
      const tested = await filterCommand(folder, 'test', name);
      assert.equal(tested.code, 0, tested.stdout + tested.stderr);
      assert.doesNotMatch(tested.stdout, /^failure /m);
      const built = await filterCommand(folder, 'build', name);
      assert.deepEqual([built.code, built.stderr], [0, '']);
    });
  }

  it('load together in a gateway', async () => {
    const secrets = 'API_KEY_ADA=open-sesame JWT_SECRET=a-key-of-at-least-32-characters';
    const command = `${secrets} exec '${process.execPath}' '${MAIN}' check sluice.yaml`;
    const { code, stdout, stderr } = await new OutputProcess('sh', ['-c', command], folder).ended;
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^sluice\.yaml: valid \(2 routes, 4 filters, 1 upstream\)$/m);
  });
});
