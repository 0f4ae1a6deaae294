import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestChain } from '../../sdk/testing/index.js';
import { inFolder, manifestOf } from '../sdk/inline-filter.js';
import { filterCommand, startFilterCommand } from '../support/filter-command.js';
import { OutputProcess, type ProcessEnd } from '../support/process-output.js';

const MAIN = fileURLToPath(new URL('../../core/cli/main.js', import.meta.url));

const NOTHING = `import { Decision, next, Request } from 'sluice';
export function onRequest(request: Request): Decision { return next(); }
`;

function filterFiles(
  changes: Readonly<Record<string, unknown>> = {},
  source = NOTHING,
): Record<string, string> {
  return { 'filter.json': JSON.stringify(manifestOf(changes)), 'assembly/index.ts': source };
}

/** `x-first` as it stands in the data of a module. */
const FIRST = Buffer.from('x-first', 'utf16le').toString('latin1');

/** Builds a filter that cannot be built, in a folder with a space in its path. */
async function refusal(files: Readonly<Record<string, string>>): Promise<string> {
  const inSpace = Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`my filter/${name}`, text]),
  );
  return inFolder(inSpace, async (folder) => {
    const { code, stdout, stderr } = await filterCommand(folder, 'build', 'my filter');
    assert.equal(code, 1, stderr);
    assert.equal(stdout, '');
    assert.doesNotMatch(stderr, /^ +at /m);
    assert.equal((await readdir(join(folder, 'my filter'))).includes('build'), false);
    return stderr;
  });
}

describe('sluice filter new', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice new '));
  });
  after(() => rm(folder, { recursive: true }));

  it('makes a filter that builds and passes its test as it is, also under a path with spaces', async () => {
    const made = await filterCommand(folder, 'new', 'tenant-guard');
    assert.deepEqual([made.code, made.stderr], [0, '']);
    assert.match(
      made.stdout,
      /^tenant-guard: made \.gitignore, README\.md, .*test\/tenant-guard\.test\.js$/m,
    );
    const built = await filterCommand(folder, 'build', 'tenant-guard');
    assert.deepEqual([built.code, built.stderr], [0, '']);
    assert.match(built.stdout, /^tenant-guard\/build\/tenant-guard\.wasm: \d+ bytes$/m);
    const tested = await filterCommand(join(folder, 'tenant-guard'), 'test');
    assert.equal(tested.code, 0, tested.stdout + tested.stderr);
    assert.match(tested.stdout, /^ℹ pass 2$/m);
    assert.match(tested.stdout, /✔ refuses a request without the header/);
  });

  it('leaves no word of the template behind', async () => {
    await filterCommand(folder, 'new', 'other-one', '--dir', 'a/b');
    const entries = await readdir(join(folder, 'a/b'), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      assert.doesNotMatch(
        file + (await readFile(file, 'utf8')),
        /filter-name|FILTER_NAME|sdk-dependency/,
        file,
      );
    }
    const source = await readFile(join(folder, 'a/b/assembly/index.ts'), 'utf8');
    assert.match(source, /OTHER_ONE_MISSING/);
  });

  it('refuses a folder that has something in it, and changes nothing there', async () => {
    await mkdir(join(folder, 'full'));
    await writeFile(join(folder, 'full/mine.txt'), 'mine');
    const { code, stderr } = await filterCommand(folder, 'new', 'full');
    assert.equal(code, 1);
    assert.match(stderr, /full: not empty, found mine\.txt/);
    assert.deepEqual(await readdir(join(folder, 'full')), ['mine.txt']);
  });

  it('refuses a folder that is a file', async () => {
    await writeFile(join(folder, 'taken'), '');
    const { code, stderr } = await filterCommand(folder, 'new', 'taken');
    assert.equal(code, 1);
    assert.match(stderr, /taken: cannot be made: EEXIST/);
  });

  for (const name of ['Guard', '1st', '../up', 'a b', 'x_y', '', 'a'.repeat(64), '.']) {
    it(`refuses the name ${JSON.stringify(name)} with exit code 2`, async () => {
      const { code, stderr } = await filterCommand(folder, 'new', name);
      assert.equal(code, 2);
      assert.match(stderr, /not a name for a filter, expected lower-case letters/);
    });
  }
});

describe('sluice filter build', () => {
  it('shows an error of the compiler at its place, relative to the working directory', async () => {
    const source = NOTHING.replace('return next();', "request.headerz.set('x-a', 'b');\n  return nope;");
    const stderr = await refusal(filterFiles({}, source));
    const [first, line, mark, second] = stderr.split('\n') as [string, string, string, string];
    assert.match(
      first,
      /^my filter\/assembly\/index\.ts:2:65: error TS2339: Property 'headerz' does not exist/,
    );
    assert.equal(line.slice(mark.indexOf('~'), mark.lastIndexOf('~') + 1), 'headerz');
    assert.match(second, /^my filter\/assembly\/index\.ts:3:10: error TS2304: Cannot find name 'nope'/);
    assert.match(stderr, /\nfilter inline does not compile\n$/);
  });

  it('counts lines and columns the same with Windows line ends', async () => {
    const source = `${NOTHING}const a: i32 = 1;\n\tlet b: i32 = nope;\n`;
    const unix = await refusal(filterFiles({}, source));
    assert.match(unix, /index\.ts:4:15: error/);
    assert.equal(await refusal(filterFiles({}, source.replaceAll('\n', '\r\n'))), unix);
  });

  it('builds sources and a manifest with Windows line ends and a byte order mark', async () => {
    const files = Object.entries(filterFiles()).map(([name, text]) => [
      name,
      `${name === 'filter.json' ? '\uFEFF' : ''}${text.replaceAll('\n', '\r\n')}`,
    ]);
    await inFolder(Object.fromEntries(files), async (folder) => {
      const { code, stderr } = await filterCommand(folder, 'build');
      assert.deepEqual([code, stderr], [0, '']);
    });
  });

  const bad: [string, Record<string, string>, RegExp][] = [
    ['a folder without a manifest', { 'assembly/index.ts': NOTHING }, /^my filter\/filter\.json: not there/],
    [
      'a manifest that is not JSON',
      { ...filterFiles(), 'filter.json': '{ "name": "x",\n  oops }' },
      /^my filter\/filter\.json:2:3: not JSON/,
    ],
    [
      'a manifest without a version',
      filterFiles({ version: '' }),
      /^SLUICE_FILTER_MANIFEST my filter\/filter\.json: manifest\/version: found "", expected a non-empty string/,
    ],
    [
      'a key that no manifest has',
      filterFiles({ capability: [] }),
      /filter\.json: manifest\/capability: unknown key/,
    ],
    [
      'another ABI',
      filterFiles({ abi: 99 }),
      /^SLUICE_ABI_VERSION my filter\/filter\.json: manifest\/abi: found 99/,
    ],
    [
      'an unknown capability',
      filterFiles({ capabilities: ['log', 'clok'] }),
      /filter\.json: manifest\/capabilities\/1: found "clok", this gateway offers log, metrics, clock/,
    ],
    [
      'an unknown body mode',
      filterFiles({ phases: { request: { body: 'all' } } }),
      /filter\.json: manifest\/phases\/request\/body: found "all"/,
    ],
    [
      'a config schema that is no schema',
      filterFiles({ config: { type: 'strnig' } }),
      /^SLUICE_FILTER_MANIFEST my filter\/filter\.json: the config schema cannot be used: /,
    ],
    [
      'a filter that exports nothing',
      filterFiles({}, 'let nothing: i32 = 0;\n'),
      /^error AS102: filter\.json names the request phase, but assembly\/index\.ts exports no onRequest\nfilter inline does not compile\n$/,
    ],
    [
      'a phase that returns no decision',
      filterFiles(
        {},
        "import { Request } from 'sluice';\nexport function onRequest(request: Request): void {}\n",
      ),
      /^error TS2322: Type 'void' is not assignable .* In the calls of what assembly\/index\.ts exports\.$/m,
    ],
    ['no source', { 'filter.json': JSON.stringify(manifestOf()) }, /File 'assembly\/index\.ts' not found/],
    [
      'an import that leads nowhere',
      filterFiles({}, `import { x } from './gone';\n${NOTHING}`),
      /^my filter\/assembly\/index\.ts:1:19: error TS6054: File 'assembly\/gone\.ts' not found/,
    ],
    [
      'a capability that is used and not asked for',
      filterFiles({}, NOTHING.replace('next,', 'log, next,').replace('return', "log.info('x'); return")),
      /add "log" to capabilities in filter\.json/,
    ],
  ];
  for (const [what, files, message] of bad) {
    it(`refuses ${what}`, async () => assert.match(await refusal(files), message));
  }

  it('shows warnings and builds', async () => {
    const source = NOTHING.replace('return', "WARNING('careful'); return");
    await inFolder(filterFiles({}, source), async (folder) => {
      const { code, stderr } = await filterCommand(folder, 'build');
      assert.equal(code, 0);
      assert.match(stderr, /^assembly\/index\.ts:2:\d+: warning AS\d+: careful\n/);
    });
  });

  it('leaves nothing behind when the module cannot be written', async () => {
    await inFolder({ ...filterFiles(), 'taken/x': '' }, async (folder) => {
      const { code, stderr } = await filterCommand(folder, 'build', '--out', 'taken');
      assert.equal(code, 1);
      assert.match(stderr, /taken/);
      assert.deepEqual((await readdir(folder)).sort(), ['assembly', 'filter.json', 'taken']);
    });
  });

  it('keeps the last good module when a build fails', async () => {
    await inFolder(filterFiles(), async (folder) => {
      assert.equal((await filterCommand(folder, 'build', '--out', 'out/x.wasm')).code, 0);
      const good = await readFile(join(folder, 'out/x.wasm'));
      await writeFile(join(folder, 'assembly/index.ts'), 'oops');
      assert.equal((await filterCommand(folder, 'build', '--out', 'out/x.wasm')).code, 1);
      assert.deepEqual(await readFile(join(folder, 'out/x.wasm')), good);
      assert.deepEqual((await readdir(join(folder, 'out'))).sort(), ['x.wasm', 'x.wasm.map']);
    });
  });

  it('watches: builds at each change, of new folders and of the manifest too, and goes on after errors', async () => {
    await inFolder(filterFiles(), async (folder) => {
      const command = startFilterCommand(folder, 'build', '--watch', '--out', 'x.wasm');
      const module = (): string => readFileSync(join(folder, 'x.wasm'), 'latin1');
      const source = (text: string): void => writeFileSync(join(folder, 'assembly/index.ts'), text);
      try {
        await command.printed('waiting for a change');
        source(NOTHING.replace('return', "request.headers.set('x-first', 'y'); return"));
        await command.printedUntil(() => module().includes(FIRST));
        source('oops');
        await command.complained(/index\.ts:1:1: error/);
        await mkdir(join(folder, 'assembly/deep/er'), { recursive: true });
        await writeFile(join(folder, 'assembly/deep/er/part.ts'), 'export const PART: i32 = 1;\n');
        source(`export { PART } from './deep/er/part';\n${NOTHING}`);
        await command.printedUntil(() => !module().includes(FIRST));
        await writeFile(join(folder, 'assembly/deep/er/part.ts'), 'export const PART: i32 = nope;\n');
        await command.complained(/assembly\/deep\/er\/part\.ts:1:26: error/);
        rmSync(join(folder, 'assembly/deep'), { recursive: true });
        source(NOTHING);
        await writeFile(join(folder, 'filter.json'), JSON.stringify(manifestOf({ version: '7.7.7' })));
        await command.printedUntil(() => module().includes('7.7.7'));
      } finally {
        const { signal } = await command.stop();
        assert.equal(signal, 'SIGTERM');
      }
    });
  });
});

describe('sluice filter test', () => {
  const withTest = (text: string): Record<string, string> => ({
    ...filterFiles(),
    'test/a b/one.test.mjs': text,
  });

  it('exits as the tests do', async () => {
    const failing = "import { test } from 'node:test'; test('fails', () => { throw new Error('no'); });";
    await inFolder(withTest(failing), async (folder) => {
      const { code, stdout } = await filterCommand(folder, 'test');
      assert.equal(code, 1);
      assert.match(stdout, /✖ fails/);
    });
  });

  const TRACING = NOTHING.replace('{ Decision', '{ trace, Decision').replace(
    '{ return',
    "{\n  trace('path', request.path);\n  return",
  );
  const TEST = `import { test } from 'node:test';
import { TestChain } from '@sluice/sdk/testing';
test('runs', () => void new TestChain([{ module: 'build/inline.wasm' }]).exchange({ target: '/users/7' }));`;

  it('prints what a filter traces, with its place', async () => {
    await inFolder({ ...withTest(TEST), 'assembly/index.ts': TRACING }, async (folder) => {
      const { code, stdout, stderr } = await filterCommand(folder, 'test');
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /^trace assembly\/index\.ts:3 path: \/users\/7$/m);
    });
  });

  it('leaves a module with traces that only the next build makes one for gateways', async () => {
    await inFolder({ ...withTest(TEST), 'assembly/index.ts': TRACING }, async (folder) => {
      await filterCommand(folder, 'test');
      const refused = await filterCommand(folder, 'inspect', 'build/inline.wasm');
      assert.equal(refused.code, 1);
      assert.equal(
        refused.stderr,
        'SLUICE_FILTER_LINK build/inline.wasm: was built for tests, with its calls of trace(): ' +
          'build it with `sluice filter build`\n',
      );
      await filterCommand(folder, 'build');
      assert.equal((await filterCommand(folder, 'inspect', 'build/inline.wasm')).code, 0);
      const kept = await filterCommand(folder, 'build', '--trace');
      assert.deepEqual([kept.code, kept.stderr], [0, '']);
      assert.match(kept.stdout, /: \d+ bytes, for tests only\n$/);
      assert.equal((await filterCommand(folder, 'inspect', 'build/inline.wasm')).code, 1);
    });
  });

  const FAILING = NOTHING.replace(
    '{ return',
    "{\n  if (request.path.length == 8) throw new Error('eight');\n  return",
  );

  it('prints why a filter failed, with the line, also where no test asks', async () => {
    await inFolder({ ...withTest(TEST), 'assembly/index.ts': FAILING }, async (folder) => {
      const { stdout, stderr } = await filterCommand(folder, 'test');
      assert.match(
        stdout,
        /^failure SLUICE_FILTER_TRAP: filter inline, request: eight at assembly\/index\.ts:3:\d+ \(at \w+ \(assembly\/index\.ts:3\)\)$/m,
        stderr,
      );
    });
  });

  it('ends a filter that never returns, and says where it is', async () => {
    const endless = NOTHING.replace(
      '{ return',
      '{\n  let x = 1;\n  while (x > 0) x = (x % 7) + 1;\n  return',
    );
    await inFolder({ ...withTest(TEST), 'assembly/index.ts': endless }, async (folder) => {
      const command = `SLUICE_FILTER_TEST_MS=500 exec '${process.execPath}' '${MAIN}' filter test`;
      const { code, stdout, stderr } = await new OutputProcess('sh', ['-c', command], folder).ended;
      assert.equal(code, 1);
      assert.match(
        stdout + stderr,
        /^failure: a filter has been running for 0\.5 s and does not return, so this test run ends \(at \w+ \(assembly\/index\.ts:4\)/m,
      );
    });
  });

  it('runs no test of a filter that does not build', async () => {
    await inFolder({ ...withTest(''), 'assembly/index.ts': 'oops' }, async (folder) => {
      const { code, stdout, stderr } = await filterCommand(folder, 'test');
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /assembly\/index\.ts:1:1: error/);
    });
  });

  it('says that there are no tests instead of passing', async () => {
    await inFolder(filterFiles(), async (folder) => {
      const { code, stderr } = await filterCommand(folder, 'test');
      assert.equal(code, 1);
      assert.match(stderr, /test: no test, expected files \*\.test\.js/);
    });
  });
});

describe('sluice filter symbolize', () => {
  /** What it makes of a text on its standard input. */
  const symbolize = (folder: string, text: string): Promise<ProcessEnd> => {
    const command = `printf '%s\\n' "$1" | '${process.execPath}' '${MAIN}' filter symbolize x.wasm`;
    return new OutputProcess('sh', ['-c', command, 'sh', text], folder).ended;
  };

  it('puts lines of the source into what a gateway logged', async () => {
    const source = NOTHING.replace('return', "throw new Error('no'); return");
    await inFolder(filterFiles({}, source), async (folder) => {
      await filterCommand(folder, 'build', '--out', 'x.wasm');
      const chain = new TestChain([{ module: readFileSync(join(folder, 'x.wasm')) }]);
      const line = JSON.stringify({ msg: chain.exchange({ target: '/' }).failures[0]!.message, more: 1 });
      const { code, stdout, stderr } = await symbolize(folder, line);
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(
        stdout,
        /^\{"msg":"[^"]* no at assembly\/index\.ts:2:\d+ \(at \w+ \(assembly\/index\.ts:2\)\)","more":1\}$/m,
      );
    });
  });

  it('says so when there is no map, or one of another build', async () => {
    await inFolder(filterFiles(), async (folder) => {
      await filterCommand(folder, 'build', '--out', 'x.wasm');
      await writeFile(join(folder, 'x.wasm.map'), '{}');
      const other = await symbolize(folder, '');
      assert.deepEqual(
        [other.code, other.stderr],
        [1, 'x.wasm.map: not the source map of this module, build both again\n'],
      );
      rmSync(join(folder, 'x.wasm.map'));
      assert.match((await symbolize(folder, '')).stderr, /^x\.wasm\.map: cannot be read: /);
    });
  });
});

describe('sluice filter inspect', () => {
  it('prints what a gateway sees, for people and as JSON', async () => {
    await inFolder(filterFiles({ capabilities: ['clock'], memory: { maximumMb: 2 } }), async (folder) => {
      await filterCommand(folder, 'build', '--out', 'x.wasm');
      const shown = await filterCommand(folder, 'inspect', 'x.wasm');
      assert.deepEqual([shown.code, shown.stderr], [0, '']);
      assert.match(shown.stdout, /^filter +inline 1\.0\.0$/m);
      assert.match(shown.stdout, /^phases +request \(body: none\)$/m);
      assert.match(shown.stdout, /^capabilities +clock$/m);
      assert.match(shown.stdout, /^memory +64 KiB to start, at most 2 MiB$/m);
      const report = JSON.parse((await filterCommand(folder, 'inspect', 'x.wasm', '--json')).stdout);
      assert.equal(report.manifest.name, 'inline');
      assert.match(report.digest, /^sha256:[0-9a-f]{64}$/);
    });
  });

  it('says why a gateway would refuse the module', async () => {
    const files = { 'text.wasm': 'hello', 'bare.wasm': '\0asm\x01\0\0\0' };
    await inFolder(files, async (folder) => {
      for (const [file, message] of [
        ['text.wasm', /^SLUICE_FILTER_NOT_WASM text\.wasm: not a WebAssembly module/],
        ['bare.wasm', /^SLUICE_FILTER_MANIFEST bare\.wasm: found 0 custom sections/],
        ['gone.wasm', /^gone\.wasm: cannot be read: ENOENT/],
      ] as const) {
        const { code, stdout, stderr } = await filterCommand(folder, 'inspect', file);
        assert.deepEqual([code, stdout], [1, '']);
        assert.match(stderr, message);
      }
    });
  });
});

describe('sluice filter', () => {
  it('explains itself and its commands', async () => {
    for (const args of [[], ['new'], ['build'], ['test'], ['inspect']]) {
      const { code, stdout } = await filterCommand(tmpdir(), ...args, '--help');
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^sluice filter ${args[0] ?? ''}`));
    }
  });

  it('answers wrong usage with 2 and what would be right', async () => {
    const wrong = [
      [],
      ['make'],
      ['toString'],
      ['new'],
      ['new', 'a', 'b'],
      ['build', 'a', 'b'],
      ['build', '--ou', 'x'],
      ['test', 'a', 'b'],
      ['test', '--inspect-port', '70000'],
      ['inspect'],
      ['inspect', 'a', 'b'],
    ];
    for (const args of wrong) {
      const { code, stdout, stderr } = await filterCommand(tmpdir(), ...args);
      assert.deepEqual([code, stdout], [2, ''], args.join(' '));
      assert.notEqual(stderr, '');
    }
  });
});
