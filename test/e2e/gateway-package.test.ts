// The gateway as docs/deploying.md installs it: packed, installed under a prefix, run from there.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { VERSION } from '../../core/version.js';
import { ROOT, textOf } from '../house/source-tree.js';
import { OutputProcess } from '../support/process-output.js';

/** Where the files of examples/deploy/ have it. */
const PREFIX = '/opt/sluice';

describe('the package of the gateway', () => {
  let folder: string;
  let prefix: string;
  const run = (command: string, ...args: readonly string[]): Promise<string> => runIn(ROOT, command, ...args);
  const runIn = async (cwd: string, command: string, ...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await new OutputProcess(command, args, cwd).ended;
    assert.equal(code, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`);
    return stdout;
  };
  const runEnd = (...args: readonly string[]): OutputProcess['ended'] =>
    new OutputProcess(join(prefix, 'bin/sluice'), args, folder).ended;
  const installed = (path: string): string => path.replace(PREFIX, prefix);

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'sluice-installed-')));
    prefix = join(folder, 'prefix');
    await run('npm', 'pack', '--ignore-scripts', '--pack-destination', folder);
    const tarball = join(folder, `sluice-${VERSION}.tgz`);
    const quiet = ['--prefer-offline', '--no-audit', '--no-fund'];
    await run('npm', 'install', '--global', '--prefix', prefix, ...quiet, tarball);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('brings the command, the built-in filters and the schema', async () => {
    const sluice = join(prefix, 'bin/sluice');
    assert.match(await run(sluice, '--version'), new RegExp(`^${VERSION.replaceAll('.', '\\.')} `));
    assert.match(await run(sluice, 'check', 'examples/quickstart/sluice.yaml'), /: valid \(5 routes/);
    assert.ok(existsSync(join(prefix, 'lib/node_modules/sluice/dist/sluice.schema.json')));
  });

  it('makes filters', async () => {
    const sluice = join(prefix, 'bin/sluice');
    await runIn(folder, sluice, 'filter', 'new', 'my-filter');
    assert.match(await runIn(folder, sluice, 'filter', 'build', 'my-filter'), /\.wasm: \d+ bytes/);
  });

  it('serves, and drains when it is told to', async () => {
    const file = join(folder, 'sluice.yaml');
    await writeFile(file, 'listeners: [{ name: public, address: 127.0.0.1:0 }]\nroutes: []\n');
    const gateway = new OutputProcess(join(prefix, 'bin/sluice'), ['run', '--config', file], folder);
    await gateway.printed('"msg":"serving"');
    assert.equal((await gateway.stop()).code, 0);
  });

  it('is started again by systemd until it can, and not where it was called wrongly', async () => {
    const { code: failed } = await runEnd('run', '--config', join(folder, 'missing.yaml'));
    const { code: misused } = await runEnd('run', '--confog', 'x');
    const settings = new Map(
      [...textOf('examples/deploy/sluice.service').matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [
        key,
        value,
      ]),
    );
    assert.equal(settings.get('Restart'), 'on-failure');
    assert.equal(
      settings.get('StartLimitIntervalSec'),
      '0',
      'after five tries in ten seconds it would give up',
    );
    assert.equal(settings.get('RestartPreventExitStatus'), String(misused));
    assert.notEqual(failed, misused);
  });

  it('is what the service of systemd and the image start, with options that there are', async () => {
    const [, command] = /^ExecStart=(.*)$/m.exec(textOf('examples/deploy/sluice.service'))!;
    const [program, subcommand, ...options] = command!.split(' ');
    assert.ok(existsSync(installed(program!)), program);
    const help = await run(installed(program!), subcommand!, '--help');
    for (const option of options.filter((word) => word.startsWith('--')))
      assert.match(help, new RegExp(`^  ${option} `, 'm'));

    const image = textOf('examples/deploy/Dockerfile');
    assert.match(image, new RegExp(`^RUN npm install --global --prefix ${PREFIX} `, 'm'));
    assert.ok(image.includes(`ENV PATH=${PREFIX}/bin:`));
    const [, entry] = /^ENTRYPOINT \["(.*)"\]$/m.exec(image)!;
    assert.ok(existsSync(join(prefix, 'bin', entry!)));
  });
});
