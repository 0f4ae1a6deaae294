import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../house/source-tree.js';
import { OutputProcess, type ProcessEnd } from '../support/process-output.js';

const bench = (...args: string[]): Promise<ProcessEnd> =>
  new OutputProcess(process.execPath, ['dist/bench/main.js', ...args], ROOT).ended;

/** Processes of the suite micro that run. */
function measuring(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(
        `${ROOT}dist/bench/micro/micro-process.js`,
      );
    } catch {
      return false;
    }
  });
}

describe('npm run bench', () => {
  it('says with --help which suites there are', async () => {
    const { code, stdout, stderr } = await bench('--help');
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.match(stdout, /^ {2}gateway +The gateway next to nginx$/m);
  });

  it('ends what it measures by itself in the midst of work that hears of nothing', async (test) => {
    const out = mkdtempSync(join(tmpdir(), 'sluice-micro-'));
    test.after(() => rmSync(out, { recursive: true, force: true }));
    const args = ['dist/bench/main.js', 'micro', '--out', out];
    const micro = new OutputProcess(process.execPath, args, ROOT);
    await micro.complained(/micro .*router/);
    assert.equal(measuring().length, 1);
    const { code, stdout } = await micro.stop('SIGINT');
    assert.equal(code, 130);
    assert.match(stdout, /FAILED\ninterrupted\n/);
    assert.deepEqual(measuring(), []);
  });

  for (const [what, args, complaint] of [
    ['a suite that there is not', ['gatewya'], /^there is no suite and no command gatewya$/m],
    ['no time at all', ['soak', '--minutes', '0'], /^--minutes 0: expected a number above 0/m],
    ['an option that there is not', ['gateway', '--fast'], /^unknown option --fast$/m],
  ] as const) {
    it(`refuses ${what}, and says what there is`, async () => {
      const { code, stdout, stderr } = await bench(...args);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
      assert.match(stderr, complaint);
      assert.match(stderr, /^ {2}--quick /m);
      assert.doesNotMatch(stderr, /^ {4}at /m);
    });
  }
});
