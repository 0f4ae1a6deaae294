// Commands whose output nobody reads to its end, or that cannot be written.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../core/cli/main.js', import.meta.url));
/** Every write to it fails for want of space. */
const FULL = '/dev/full';

const folder = mkdtempSync(join(tmpdir(), 'sluice-output-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** @param closed what is read no further */
async function runWithout(closed: 'stdout' | 'stderr', ...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  child[closed].destroy();
  let other = '';
  child[closed === 'stdout' ? 'stderr' : 'stdout'].on('data', (text) => {
    other += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, other };
}

describe('a command', () => {
  const bad = join(folder, 'bad.yaml');
  writeFileSync(bad, 'listeners: 5\n');

  it('does its work whoever reads what it prints, such as `head`', async () => {
    assert.deepEqual(await runWithout('stdout', 'explain', '--all'), { code: 0, signal: null, other: '' });
    assert.deepEqual(await runWithout('stderr', 'check', bad), { code: 1, signal: null, other: '' });
  });

  it('fails where its output is lost', { skip: !existsSync(FULL) }, async () => {
    const full = openSync(FULL, 'w');
    const child = spawn(process.execPath, [MAIN, 'explain'], { stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    let stderr = '';
    child.stderr!.on('data', (text) => {
      stderr += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 1);
    assert.match(stderr, /^standard output cannot be written: ENOSPC.*\n$/);
  });
});
