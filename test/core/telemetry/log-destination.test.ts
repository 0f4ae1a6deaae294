import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { LogDestination } from '../../../core/telemetry/log-destination.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-log-'));
after(() => rmSync(folder, { recursive: true }));

const LINE = `${'x'.repeat(1023)}\n`;
const onLinux = { skip: process.platform !== 'linux' && 'needs /dev/full' };

describe('the log destination', () => {
  it('writes every line, in order, whole', async () => {
    const path = join(folder, 'order.log');
    const destination = new LogDestination({ fd: openSync(path, 'w') });
    let expected = '';
    for (let i = 0; i < 500; i++) {
      const line = `${i} é ${'.'.repeat(i)}\n`;
      expected += line;
      destination.write(line);
      if (i % 50 === 0) await new Promise(setImmediate);
    }
    await destination.close();
    assert.equal(readFileSync(path, 'utf8'), expected);
    assert.equal(destination.droppedBytes, 0);
  });

  it('writes what waits before flushSync returns', () => {
    const path = join(folder, 'sync.log');
    const destination = new LogDestination({ fd: openSync(path, 'w') });
    // The first write goes to the background at once, the second waits for it.
    destination.write('first\n');
    destination.write('second\n');
    destination.flushSync();
    assert.match(readFileSync(path, 'utf8'), /second\n/);
    return destination.close();
  });

  it('outlives a full disk, holds lines up to its bound and counts what it drops', onLinux, async () => {
    const destination = new LogDestination({ fd: openSync('/dev/full', 'w'), maxBufferedBytes: 4096 });
    for (let i = 0; i < 64; i++) {
      destination.write(LINE);
      await new Promise(setImmediate);
    }
    assert.equal(destination.droppedBytes, 60 * 1024);
    await destination.close();
    assert.equal(destination.droppedBytes, 64 * 1024);
  });

  it('lets the process exit with its own code when the disk is full', onLinux, async () => {
    const child = run("import { openSync } from 'node:fs';", "{ fd: openSync('/dev/full', 'w') }");
    child.stdout!.resume();
    assert.deepEqual(await endOf(child), { code: 4, complaints: '' });
  });

  it('lets the process exit with its own code when the reader of the pipe is gone', async () => {
    const child = run('', '{}');
    child.stdout!.destroy();
    assert.deepEqual(await endOf(child), { code: 4, complaints: '' });
  });

  it('loses nothing at an exit when the reader keeps up', async () => {
    const child = run('', '{}');
    let text = '';
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    assert.deepEqual(await endOf(child), { code: 4, complaints: '' });
    assert.equal(text.length, 600 * LINE.length);
  });

  it('keeps lines whole in a pipe that several processes write to', onLinux, async () => {
    const module = new URL('../../../core/telemetry/log-destination.js', import.meta.url).href;
    const writer = `
      import { LogDestination } from ${JSON.stringify(module)};
      const destination = new LogDestination({ isShared: true });
      const [name] = process.argv.slice(1);
      for (let i = 0; i < 4000; i++) destination.write(name.repeat(100 + (i % 400)) + '\\n');
      setImmediate(() => process.stderr.write('.'));
      await destination.close();
    `;
    const command = ['a', 'b', 'c'].map((name) => `"$0" --input-type=module -e "$1" ${name} &`).join(' ');
    // What Node calls a pipe is a socket.
    const child = spawn('sh', ['-c', `{ ${command} wait; } | cat`, process.execPath, writer], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = endOf(child);
    // Nobody reads before all of them wait for the pipe.
    for (let started = 0; started < 3; ) {
      const [dots] = (await once(child.stderr!, 'data')) as [string];
      started += dots.length;
    }
    let text = '';
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    assert.deepEqual(await ended, { code: 0, complaints: '...' });
    const lines = text.split('\n').slice(0, -1);
    assert.equal(lines.length, 12_000);
    assert.deepEqual(
      lines.filter((line) => !/^(?:a+|b+|c+)$/.test(line)),
      [],
    );
  });
});

/** A process that logs 600 KiB and exits with code 4 in the next turn. */
function run(imports: string, options: string): ChildProcess {
  const module = new URL('../../../core/telemetry/log-destination.js', import.meta.url).href;
  const script = `
    ${imports}
    import { LogDestination } from ${JSON.stringify(module)};
    const destination = new LogDestination(${options});
    for (let i = 0; i < 600; i++) destination.write('x'.repeat(1023) + '\\n');
    setImmediate(() => process.exit(4));
  `;
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function endOf(child: ChildProcess): Promise<{ code: unknown; complaints: string }> {
  let complaints = '';
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
    complaints += chunk;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, complaints };
}
