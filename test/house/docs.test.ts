import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { TestAuthority, type TestIdentity } from '../support/certificates.js';
import { type CommandBlock, commandBlocks } from '../support/docs-blocks.js';
import { comparable } from '../support/docs-output.js';
import { DocsStage } from '../support/docs-stage.js';
import { OutputProcess } from '../support/process-output.js';
import { filesBelow, pages, ROOT, textOf } from './source-tree.js';

const RUN = 'run=quickstart';
const FLEET = 'run=fleet';
/** Of a fleet, goes on until the end. */
const FLEET_SERVES = `${FLEET} serves`;
/** Commands that set up the project itself; a test that ran them would run itself. */
const SETUP = 'setup';
/** Commands that measure for minutes, or compare what was measured. */
const MEASURE = 'measure';
/** The pages whose commands are run here, in this order. */
const GUIDE = ['README.md', ...filesBelow('docs', '.md')];

const stage = await DocsStage.open(GUIDE);
after(() => stage.close());

/** The sample API and the gateway in front of it. */
function startQuickstart(): OutputProcess {
  const config = join(stage.folder, 'examples/quickstart/sluice.yaml');
  return new OutputProcess(
    process.execPath,
    ['dist/examples/quickstart/main.js', '--config', config],
    stage.folder,
  );
}

describe('the pages', () => {
  for (const page of pages()) {
    it(`link from ${page} only to files and headings that exist`, () => {
      assert.deepEqual(deadLinks(page), []);
    });
  }
});

describe('README.md and the pages of docs/', () => {
  for (const page of GUIDE) {
    it(`say of every command whether it is run here: ${page}`, () => {
      const known = [RUN, FLEET, FLEET_SERVES, SETUP, MEASURE];
      const silent = commandBlocks(textOf(page)).filter((block) => !known.includes(block.info));
      assert.deepEqual(
        silent.map((block) => `line ${block.line}: \`\`\`sh ${block.info}`),
        [],
      );
    });
  }

  it('show only suites and commands of the bench that there are', async () => {
    const { stdout } = await new OutputProcess(process.execPath, ['dist/bench/main.js', '--help'], ROOT)
      .ended;
    const lines = GUIDE.flatMap((page) => commandBlocks(textOf(page)))
      .filter(({ info }) => info === MEASURE)
      .flatMap(({ commands }) => commands.trim().split('\n'));
    assert.ok(lines.length > 0);
    for (const line of lines) {
      const [, what, options] = /^npm run bench -- (\w+)(.*)$/.exec(line) ?? assert.fail(line);
      assert.match(stdout, new RegExp(`^(?: {2}|npm run bench -- )${what} `, 'm'));
      for (const [option] of options!.matchAll(/--\w+/g))
        assert.match(stdout, new RegExp(`^ {2}${option} `, 'm'));
    }
  });

  describe('show what the quickstart really does:', () => {
    let quickstart: OutputProcess;
    before(async () => {
      quickstart = startQuickstart();
      await quickstart.printed('Ctrl-C stops it');
    });
    after(() => quickstart.stop());

    for (const [place, block] of placed((info) => info === RUN)) {
      it(place, () => showsWhatIsPrinted(block));
    }

    it('and ends cleanly when it is told to', async () => {
      const end = await quickstart.stop();
      assert.deepEqual({ code: end.code, stderr: end.stderr }, { code: 0, stderr: '' });
    });
  });
});

describe('README.md and the pages of docs/ show what a fleet really does:', () => {
  const running: OutputProcess[] = [];
  before(async () => {
    const { port } = new URL(stage.here('http://127.0.0.1:12379'));
    const etcd = ['dist/examples/fleet/dev-etcd.js', '--port', port, '--data', join(stage.folder, 'etcd')];
    for (const start of [startQuickstart, () => new OutputProcess(process.execPath, etcd, stage.folder)]) {
      const process_ = start();
      running.push(process_);
      await process_.printed('Ctrl-C stops it');
    }
  });
  after(async () => {
    for (const process_ of running.reverse()) await process_.stop();
  });

  for (const [place, block] of placed((info) => info.startsWith(FLEET))) {
    it(place, async () => {
      if (block.info !== FLEET_SERVES) {
        await showsWhatIsPrinted(block);
        return;
      }
      // A gateway that the shell is, so that it is what the signal ends.
      const gateway = new OutputProcess('sh', stage.shell(`exec ${block.commands}`), stage.folder);
      running.push(gateway);
      await gateway.printed('"msg":"serving"');
      // A reader takes longer than it takes a gateway to tell of itself.
      await gatewayIsListed();
    });
  }
});

/** Blocks of the guide by what stands after `sh`, each with its place; there are some. */
function placed(chosen: (info: string) => boolean): [place: string, block: CommandBlock][] {
  const found = GUIDE.flatMap((page) =>
    commandBlocks(textOf(page))
      .filter(({ info }) => chosen(info))
      .map((block): [string, CommandBlock] => [`${page}, line ${block.line}`, block]),
  );
  assert.ok(found.length > 0);
  return found;
}

async function gatewayIsListed(): Promise<void> {
  const fleet = stage.here('etcd://127.0.0.1:12379/demo');
  const status = ['dist/core/cli/main.js', 'status', '--config', fleet, '--json'];
  for (;;) {
    const { code, stdout, stderr } = await new OutputProcess(process.execPath, status, stage.folder).ended;
    assert.equal(stderr, '', `status ended with ${code}`);
    if ((JSON.parse(stdout) as { nodes: unknown[] }).nodes.length > 0) return;
  }
}

async function showsWhatIsPrinted({ commands, output }: CommandBlock): Promise<void> {
  const end = await new OutputProcess('sh', stage.shell(commands), stage.folder).ended;
  assert.equal(end.code, 0, end.stderr);
  if (output !== null) assert.equal(comparable(end.stdout), comparable(stage.here(output)));
}

describe('the configurations that pages show', () => {
  for (const page of pages()) {
    for (const [index, text] of yamlBlocks(textOf(page)).entries()) {
      it(`are valid: ${page}, number ${index + 1}`, async () => {
        const folder = mkdtempSync(join(tmpdir(), 'sluice-docs-'));
        const file = join(folder, 'sluice.yaml');
        writeFileSync(file, text);
        putTlsFiles(text, folder);
        const end = await new OutputProcess(process.execPath, ['dist/core/cli/main.js', 'check', file], ROOT)
          .ended;
        rmSync(folder, { recursive: true });
        assert.equal(end.code, 0, end.stderr);
      });
    }
  }
});

/** Authorities, lists, certificates and keys, for every file that a configuration names below `./tls/`. */
function putTlsFiles(text: string, folder: string): void {
  const root = TestAuthority.root();
  const issued = new Map<string, TestIdentity>();
  for (const [, name, extension] of text.matchAll(/\.\/tls\/([a-z-]+)\.(crt|key|crl)\b/g)) {
    const names = [`${name}.example.com`, `*.${name}.example.com`];
    const identity = issued.get(name!) ?? root.issue({ names });
    issued.set(name!, identity);
    const cert = name!.endsWith('-ca') ? root.cert : identity.chain;
    const content = { crt: cert, key: identity.key, crl: root.list() }[extension as 'crt' | 'key' | 'crl'];
    mkdirSync(join(folder, 'tls'), { recursive: true });
    writeFileSync(join(folder, 'tls', `${name}.${extension}`), content);
  }
}

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
