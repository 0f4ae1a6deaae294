import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FileSource, type FileSourceOptions } from '../../../core/config/file-source.js';
import { ConfigErrors } from '../../../core/errors.js';
import { localSecrets } from '../../../core/secrets/lookup.js';
import { describeConfigSource, documentOf, ReportQueue } from '../../contract/config-source.contract.js';

// So long that a report which came in time came from an event.
const NEVER_MS = 3_600_000;

function fileSource(path: string, options: Partial<FileSourceOptions> = {}): FileSource {
  return new FileSource(path, {
    findSecrets: (text) => localSecrets(dirname(path)).find(text),
    settleMs: 5,
    ...options,
  });
}

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Replaces a file at once: nobody sees it empty or half written. */
async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/** Loads, watches, runs `body` and closes. */
async function watching(source: FileSource, body: (reports: ReportQueue) => Promise<void>): Promise<void> {
  const reports = new ReportQueue();
  try {
    await source.load();
    source.watch(reports);
    await body(reports);
  } finally {
    source.close();
  }
}

function nameIn(report: Awaited<ReturnType<ReportQueue['takeRevision']>>): string {
  return report.config.listeners[0]!.name;
}

test('names a text with other modules another revision, and without files of modules the text alone', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'sluice.yaml');
    const idOf = async (text: string): Promise<string> => {
      await writeFile(path, text);
      const source = fileSource(path);
      try {
        return (await source.load()).id;
      } finally {
        await source.close();
      }
    };
    const builtIn = `${documentOf('a')}filters: { one: { module: "builtin:policy" } }\n`;
    const own = `${documentOf('a')}filters: { one: { module: ./own.wasm }, two: { module: ./own.wasm } }\n`;
    assert.equal(await idOf(builtIn), createHash('sha256').update(builtIn).digest('hex').slice(0, 12));
    const absent = await idOf(own);
    await writeFile(join(folder, 'own.wasm'), 'first');
    const first = await idOf(own);
    await writeFile(join(folder, 'own.wasm'), 'second');
    const second = await idOf(own);
    assert.equal(new Set([absent, first, second]).size, 3);
    assert.match(second, /^[0-9a-f]{12}$/);
    await writeFile(join(folder, 'own.wasm'), 'first');
    assert.equal(await idOf(own), first);
  });
});

describeConfigSource('FileSource', async (text) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-'));
  const path = join(folder, 'sluice.yaml');
  if (text !== null) await writeFile(path, text);
  const source = fileSource(path, { pollMs: 100 });
  return {
    source,
    write: (next) => replace(path, next),
    remove: () => rm(path),
    dispose: async () => {
      source.close();
      await rm(folder, { recursive: true });
    },
  };
});

test('sees a file that an editor replaces by renaming another over it', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'sluice.yaml');
    await writeFile(path, documentOf('a'));
    await watching(fileSource(path, { pollMs: NEVER_MS }), async (reports) => {
      for (const name of ['b', 'c', 'd']) {
        await replace(path, documentOf(name));
        assert.equal(nameIn(await reports.takeRevision()), name);
      }
    });
  }));

test('sees a folder of links that is swapped as Kubernetes does', () =>
  withFolder(async (folder) => {
    const publish = async (version: string): Promise<void> => {
      await mkdir(join(folder, version));
      await writeFile(join(folder, version, 'sluice.yaml'), documentOf(version));
      await symlink(version, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    await publish('v1');
    await symlink(join('..data', 'sluice.yaml'), join(folder, 'sluice.yaml'));
    await watching(fileSource(join(folder, 'sluice.yaml'), { pollMs: NEVER_MS }), async (reports) => {
      await publish('v2');
      assert.equal(nameIn(await reports.takeRevision()), 'v2');
      await publish('v3');
      assert.equal(nameIn(await reports.takeRevision()), 'v3');
    });
  }));

test('sees, by looking now and then, what a link leads to in a folder that is not watched', () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, 'there'));
    await mkdir(join(folder, 'here'));
    const target = join(folder, 'there', 'real.yaml');
    await writeFile(target, documentOf('a'));
    await symlink(target, join(folder, 'here', 'sluice.yaml'));
    await watching(fileSource(join(folder, 'here', 'sluice.yaml'), { pollMs: 20 }), async (reports) => {
      await replace(target, documentOf('b'));
      assert.equal(nameIn(await reports.takeRevision()), 'b');
    });
  }));

test('goes on when its folder is removed and made again', () =>
  withFolder(async (folder) => {
    const home = join(folder, 'etc');
    const path = join(home, 'sluice.yaml');
    await mkdir(home);
    await writeFile(path, documentOf('a'));
    await watching(fileSource(path, { pollMs: 20 }), async (reports) => {
      await rm(home, { recursive: true });
      assert.equal((await reports.takeErrors()).errors[0]!.code, 'SLUICE_CONFIG_UNREADABLE');
      await mkdir(home);
      await replace(path, documentOf('b'));
      assert.equal(nameIn(await reports.takeRevision()), 'b');
      await replace(path, documentOf('c'));
      assert.equal(nameIn(await reports.takeRevision()), 'c');
    });
  }));

test('takes a file that is written in pieces as one change', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'sluice.yaml');
    await writeFile(path, documentOf('a'));
    await watching(fileSource(path, { settleMs: 500, pollMs: 20 }), async (reports) => {
      const file = await open(path, 'w');
      for (const piece of ['listeners:\n', '  - name: b\n', '    address: 127.0.0.1:0\n']) {
        await file.write(piece);
        await file.sync();
      }
      await file.close();
      assert.equal(nameIn(await reports.takeRevision()), 'b');
    });
  }));

test('resolves relative modules against the folder of the file', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'sluice.yaml');
    await writeFile(path, 'listeners: []\nfilters: { f: { module: ./f.wasm } }\n');
    const { config } = await fileSource(path).load();
    assert.equal(config.filters[0]!.module, join(folder, 'f.wasm'));
  }));

test('names the path as it was given, in its description and in errors', () =>
  withFolder(async (folder) => {
    const path = join(folder, '.', 'sluice.yaml');
    await writeFile(path, 'listeners: 5\n');
    const source = fileSource(path);
    assert.equal(source.description, path);
    await assert.rejects(source.load(), { message: `${path}:1:12 /listeners: found 5, expected a list` });
  }));

test('refuses what is no readable text file, without a line', () =>
  withFolder(async (folder) => {
    const latin1 = join(folder, 'latin1.yaml');
    await writeFile(latin1, Buffer.from([0x61, 0x3a, 0x20, 0xe9]));
    const cases = [
      [folder, 'SLUICE_CONFIG_UNREADABLE', 'no regular file'],
      [join(folder, 'none'), 'SLUICE_CONFIG_UNREADABLE', 'no such file'],
      [join(latin1, 'below'), 'SLUICE_CONFIG_UNREADABLE', 'ENOTDIR'],
      [latin1, 'SLUICE_CONFIG_SYNTAX', 'bytes that are not UTF-8'],
    ] as const;
    for (const [path, code, found] of cases) {
      await assert.rejects(fileSource(path).load(), (error) => {
        assert.ok(error instanceof ConfigErrors);
        assert.equal(error.errors[0]!.code, code);
        assert.ok(error.message.startsWith(`${path}: found ${found}, expected `), error.message);
        return true;
      });
    }
    assert.equal(basename(latin1), 'latin1.yaml');
  }));

test('does not keep a process alive that only watches', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'sluice.yaml');
    await writeFile(path, documentOf('a'));
    const module = new URL('../../../core/config/file-source.js', import.meta.url).href;
    const script = `
      import { FileSource } from ${JSON.stringify(module)};
      const source = new FileSource(${JSON.stringify(path)}, { findSecrets: () => [] });
      await source.load();
      source.watch({ changed() {}, failed() {} });
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: 'inherit',
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      timeout: 20_000,
    });
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  }));
