import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OutputProcess } from './process-output.js';

const run = (script: string): OutputProcess =>
  new OutputProcess(process.execPath, ['-e', script], process.cwd());

describe('a process whose output is read', () => {
  it('is waited for until it prints a text, and stopped by a signal', async () => {
    const child = run(
      "process.stdout.write('rea'); setTimeout(() => console.log('dy'), 1); setInterval(() => {}, 1e6)",
    );
    await child.printed('ready');
    const end = await child.stop();
    assert.equal(end.signal, 'SIGTERM');
    assert.match(end.stdout, /ready/);
  });

  it('tells all that it said when it ends before it prints the text', async () => {
    const child = run("console.log('starting'); console.error('port taken'); process.exitCode = 3");
    await assert.rejects(child.printed('ready'), /ended with 3 .*starting.*port taken/s);
  });
});
