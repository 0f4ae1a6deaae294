// The four commands of sdk/README.md, run in order in an empty folder.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { commandBlocks } from '../support/docs-blocks.js';
import { comparable } from '../support/docs-output.js';
import { OutputProcess } from '../support/process-output.js';
import { ROOT, textOf } from './source-tree.js';

const RUN = 'run=filter';
/** What filters get from something else that the page names, and never name themselves. */
const ANSWERS = new Set([
  'Answer',
  'Callout',
  'Certificate',
  'CertificateNames',
  'Count',
  'GraphqlVerdict',
  'Headers',
  'Matches',
  'Params',
  'Query',
  'StructuredItem',
  'StructuredMembers',
  'Verdict',
]);

describe('sdk/README.md', () => {
  const blocks = commandBlocks(textOf('sdk/README.md'));
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-readme-'));
    mkdirSync(join(folder, 'bin'));
    mkdirSync(join(folder, 'empty'));
    // What `npm install --global` would make of the package.
    const command = join(folder, 'bin', 'sluice');
    writeFileSync(
      command,
      `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'dist/core/cli/main.js')}' "$@"\n`,
    );
    chmodSync(command, 0o755);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('says of every command whether it is run here', () => {
    assert.deepEqual(
      blocks.filter(({ info }) => info !== RUN).map(({ line }) => line),
      [],
    );
    assert.equal(blocks.length, 4);
  });

  it('names all that filters import', () => {
    const code = [...textOf('sdk/README.md').matchAll(/`[^`\n]+`/g)].join(' ');
    const named = new Set(code.match(/\w+/g));
    const exported = [...textOf('sdk/assembly/index.ts').matchAll(/^export \{ (.*) \} from/gm)].flatMap(
      ([, names]) => names!.split(', '),
    );
    assert.ok(exported.length > 50);
    assert.deepEqual(
      exported.filter((name) => !named.has(name) && !ANSWERS.has(name)),
      [],
    );
  });

  for (const block of blocks) {
    it(`shows what its commands really do: line ${block.line}`, async () => {
      const path = `export PATH='${join(folder, 'bin')}${delimiter}'"$PATH"`;
      const end = await new OutputProcess('sh', ['-ec', `${path}\n${block.commands}`], join(folder, 'empty'))
        .ended;
      assert.equal(end.code, 0, end.stdout + end.stderr);
      assert.equal(comparable(end.stdout), comparable(block.output!));
    });
  }
});
