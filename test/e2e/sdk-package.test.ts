// The SDK as somebody gets it who has no checkout: packed, installed into an empty folder, used there.
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ROOT } from '../house/source-tree.js';
import { OutputProcess } from '../support/process-output.js';

const SOURCES = ['core', 'sdk', 'package.json', 'package-lock.json', 'tsconfig.json'];
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

async function run(cwd: string, command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new OutputProcess(command, args, cwd).ended;
  assert.equal(code, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

describe('the package @sluice/sdk', () => {
  let folder: string;
  let home: string;
  const sluiceFilter = (cwd: string, ...args: readonly string[]): Promise<string> =>
    run(cwd, process.execPath, join(home, 'node_modules/@sluice/sdk/bin/sluice-filter.js'), ...args);

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'sluice-package-')));
    const checkout = join(folder, 'checkout');
    // A copy, because packing compiles into the folder of the package: other tests use it at this moment.
    const isSource = (path: string): boolean =>
      !['node_modules', 'dist'].some((name) => relative(ROOT, path).split(sep).includes(name));
    for (const name of SOURCES) {
      await cp(join(ROOT, name), join(checkout, name), { recursive: true, filter: isSource });
    }
    await symlink(await realpath(join(ROOT, 'node_modules')), join(checkout, 'node_modules'), 'junction');
    home = join(folder, 'empty');
    await mkdir(home);
    await run(join(checkout, 'sdk'), 'npm', 'pack', '--pack-destination', home);
    const [tarball] = await readdir(home);
    assert.match(tarball!, /^sluice-sdk-\d+\.\d+\.\d+\.tgz$/);
    await writeFile(join(home, 'package.json'), '{ "private": true }');
    await run(home, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`);
    await rm(checkout, { recursive: true });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('brings the compiled harness, the sources for the compiler, the ABI and the licence', async () => {
    const root = join(home, 'node_modules/@sluice/sdk');
    const files = (await readdir(root, { recursive: true })).map((file) => file.split(sep).join('/'));
    for (const file of [
      'ABI.md',
      'LICENSE',
      'README.md',
      'REFERENCE.md',
      'abi/abi.ts',
      'assembly/index.ts',
      'assembly/runtime/arena.ts',
      'dist/core/wasm/chain.js',
      'dist/sdk/testing/index.d.ts',
      'dist/sdk/tools/index.js',
      'template/gitignore',
    ]) {
      assert(files.includes(file), file);
    }
    // Of the gateway only what the harness and the tools need.
    assert.deepEqual(
      files.filter((file) =>
        /^dist\/core\/(?:gateway|pipeline|dispatch|listener|upstream|router)/.test(file),
      ),
      [],
    );
    assert.equal(
      await readFile(join(root, 'REFERENCE.md'), 'utf8'),
      await readFile(join(ROOT, 'sdk/REFERENCE.md'), 'utf8'),
    );
  });

  it('takes a filter from an idea to a passing test', async () => {
    await sluiceFilter(home, 'new', 'my-filter');
    assert.match(
      await sluiceFilter(home, 'build', 'my-filter'),
      /^my-filter\/build\/my-filter\.wasm: \d+ bytes$/m,
    );
    assert.match(await sluiceFilter(home, 'test', 'my-filter'), /^ℹ pass 2$/m);
    assert.match(
      await sluiceFilter(home, 'inspect', 'my-filter/build/my-filter.wasm'),
      /^filter +my-filter 0\.1\.0$/m,
    );
    const { devDependencies } = JSON.parse(await readFile(join(home, 'my-filter/package.json'), 'utf8'));
    const own = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    assert.deepEqual(devDependencies, { '@sluice/sdk': own.version });
  });

  it('lets npm run the scripts of a filter', async () => {
    await sluiceFilter(home, 'new', 'by-script');
    assert.match(await run(join(home, 'by-script'), 'npm', 'test'), /^ℹ pass 2$/m);
  });

  it('type-checks a filter in an editor: nothing in what it made, and a mistake where it is made', async () => {
    await sluiceFilter(home, 'new', 'typed');
    const project = join(home, 'typed/assembly');
    const check = async (): Promise<string[]> => {
      const { stdout } = await new OutputProcess(process.execPath, [TSC, '-p', '.', '--noEmit'], project)
        .ended;
      return stdout.split('\n').filter((line) => line.startsWith('index.ts'));
    };
    assert.deepEqual(await check(), []);
    const file = join(project, 'index.ts');
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace('request.headers.set', 'request.headerz.set'),
    );
    const [mistake, ...more] = await check();
    assert.match(
      mistake!,
      /^index\.ts\(\d+,11\): error TS\d+: Property 'headerz' does not exist on type 'Request'/,
    );
    assert.deepEqual(more, []);
  });

  it('builds and describes filters for programs', async () => {
    await sluiceFilter(home, 'new', 'programmed');
    await writeFile(
      join(home, 'use.mjs'),
      `import { readFile } from 'node:fs/promises';
       import { buildProject, reportModule } from '@sluice/sdk/tools';
       const { outFile } = await buildProject('programmed');
       console.log(reportModule(await readFile(outFile), 'x').manifest.name);`,
    );
    assert.equal(await run(home, process.execPath, 'use.mjs'), 'programmed\n');
  });
});
