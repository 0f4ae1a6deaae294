import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { commandBlocks } from '../support/docs-blocks.js';
import { comparable } from '../support/docs-output.js';
import { OutputProcess } from '../support/process-output.js';
import { pages, ROOT, textOf } from './source-tree.js';

const RUN = 'run=quickstart';
/** Commands that set up the project itself; a test that ran them would run itself. */
const SETUP = 'setup';

describe('the pages', () => {
  for (const page of pages()) {
    it(`link from ${page} only to files and headings that exist`, () => {
      assert.deepEqual(deadLinks(page), []);
    });
  }
});

describe('README.md', () => {
  const blocks = commandBlocks(textOf('README.md'));

  it('says of every command whether it is run here', () => {
    const silent = blocks.filter((block) => block.info !== RUN && block.info !== SETUP);
    assert.deepEqual(
      silent.map((block) => `line ${block.line}: \`\`\`sh ${block.info}`),
      [],
    );
    assert.ok(blocks.some((block) => block.info === RUN));
  });

  describe('shows what the quickstart really does:', () => {
    let quickstart: OutputProcess;
    before(async () => {
      quickstart = new OutputProcess(process.execPath, ['dist/examples/quickstart/main.js'], ROOT);
      await quickstart.printed('Ctrl-C stops it');
    });
    after(() => quickstart.stop());

    for (const block of blocks.filter(({ info }) => info === RUN)) {
      it(`line ${block.line}`, async () => {
        const end = await new OutputProcess('sh', ['-ec', block.commands], ROOT).ended;
        assert.equal(end.code, 0, end.stderr);
        if (block.output !== null) assert.equal(comparable(end.stdout), comparable(block.output));
      });
    }

    it('and ends cleanly when it is told to', async () => {
      const end = await quickstart.stop();
      assert.deepEqual({ code: end.code, stderr: end.stderr }, { code: 0, stderr: '' });
    });
  });
});

describe('the configurations that pages show', () => {
  for (const page of pages()) {
    for (const [index, text] of yamlBlocks(textOf(page)).entries()) {
      it(`are valid: ${page}, number ${index + 1}`, async () => {
        const folder = mkdtempSync(join(tmpdir(), 'sluice-docs-'));
        const file = join(folder, 'sluice.yaml');
        writeFileSync(file, text);
        const end = await new OutputProcess(process.execPath, ['dist/core/cli/main.js', 'check', file], ROOT)
          .ended;
        rmSync(folder, { recursive: true });
        assert.equal(end.code, 0, end.stderr);
      });
    }
  }
});

/** Whole configurations: the ```yaml blocks that declare listeners. */
function yamlBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```yaml\n(.*?)^```$/gms)]
    .map((match) => match[1]!)
    .filter((text) => /^listeners:/m.test(text));
}

/** Relative links of a page whose file, or whose heading in a page, is not there. */
function deadLinks(page: string): string[] {
  const text = withoutCode(textOf(page));
  const targets = [...text.matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g), ...text.matchAll(/^\[[^\]]+\]:\s+(\S+)/gm)];
  return targets
    .map((match) => match[1]!)
    .filter((target) => !/^[a-z][a-z+.-]*:/.test(target))
    .filter((target) => !leadsSomewhere(page, target));
}

function leadsSomewhere(page: string, target: string): boolean {
  const [file, heading] = target.split('#', 2) as [string, string | undefined];
  const path = file === '' ? page : posix.join(posix.dirname(page), file);
  if (!existsSync(join(ROOT, path))) return false;
  if (heading === undefined || !path.endsWith('.md')) return true;
  const headings = [...withoutCode(textOf(path)).matchAll(/^#+\s+(.*)$/gm)].map((match) =>
    anchorOf(match[1]!),
  );
  return headings.includes(heading);
}

function withoutCode(markdown: string): string {
  return markdown
    .replace(/^\s*(`{3,}).*?^\s*\1`*\s*$/gms, '')
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]]/g, ''));
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}
