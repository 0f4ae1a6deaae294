import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Report } from '../../../bench/report/report.js';
import { ROOT } from '../../house/source-tree.js';
import { OutputProcess, type ProcessEnd } from '../../support/process-output.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-test-'));

function start(...args: string[]): OutputProcess {
  const main = 'dist/test/bench/support/small-bench.js';
  return new OutputProcess(process.execPath, [main, ...args, '--out', folder], ROOT);
}

const run = (...args: string[]): Promise<ProcessEnd> => start(...args).ended;

const report = (): Report => JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report;

/** Whether it is there, and has not ended: nobody may have waited for it yet. */
function runs(pid: string): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  return !/ Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

describe('a run of suites', () => {
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('shows the tables, and writes a report that says where and how', async () => {
    const { code, stdout, stderr } = await run('small', '--quick');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /plain proxy +45\.3 +0\n/);
    assert.match(stdout, new RegExp(`report: ${folder}/report.html\n$`));
    assert.match(stderr, /small .* quickly/);
    assert.match(readFileSync(join(folder, 'report.html'), 'utf8'), /<h2 id="small">The suite small<\/h2>/);
    assert.match(readFileSync(join(folder, 'report.md'), 'utf8'), /^## The suite small$/m);
    const { command, quick, machine, suites, sluice } = report();
    assert.equal(command, `npm run bench -- small --quick --out ${folder}`);
    assert.equal(quick, true);
    assert.match(sluice, /^\d+\.\d+\.\d+/);
    assert.ok(machine.processors >= 1 && machine.memoryMiB > 0, JSON.stringify(machine));
    assert.match(machine.kernel, /^\w+ \d/);
    assert.deepEqual(
      suites.map(({ name, failure }) => ({ name, failure })),
      [{ name: 'small', failure: null }],
    );
  });

  it('names a suite that fails, ends what it left, and goes on with the others', async () => {
    const { code, stdout, stderr } = await run('failing', 'small');
    assert.equal(code, 1);
    assert.match(stdout, /The suite failing: FAILED\nnothing answers on port 1\n/);
    assert.match(stdout, /\nTargets\nratio .*\nsmall: plain proxy .* at most 1\.5: missed\n\nreport: /);
    assert.match(stdout, /without what failed: failing\n$/);
    assert.doesNotMatch(stderr, /^ {4}at /m);
    assert.ok(!runs(/failing .* beside (\d+)\n/.exec(stderr)![1]!));
    assert.deepEqual(
      report().suites.map(({ name, failure }) => ({ name, failure })),
      [
        { name: 'small', failure: null },
        { name: 'failing', failure: 'nothing answers on port 1' },
      ],
    );
  });

  it('shows the stack of a bug, and of any error with --verbose', async () => {
    const bug = await run('buggy');
    assert.equal(bug.code, 1);
    assert.match(bug.stderr, /TypeError: x is not a function\n {4}at /);
    assert.match((await run('failing', '--verbose')).stderr, /Error: nothing answers on port 1\n {4}at /);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends all processes at ${signal}, lets the suite clean up, and keeps what there is`, async () => {
      const bench = start('small', 'endless', 'stuck');
      const [, child, grandchild] = await bench.complained(/beside (\d+) and (\d+)\n/);
      const { code, stdout } = await bench.stop(signal);
      assert.equal(code, 130);
      assert.deepEqual([runs(child!), runs(grandchild!)], [false, false]);
      assert.match(stdout, /cleaned up\n/);
      assert.match(stdout, /report: .*report\.html, without what failed: endless, stuck\n$/);
      assert.deepEqual(
        report().suites.map(({ name, failure }) => ({ name, failure })),
        [
          { name: 'small', failure: null },
          { name: 'endless', failure: 'interrupted' },
          { name: 'stuck', failure: 'was not begun, since the run was interrupted' },
        ],
      );
    });
  }

  it('leaves a suite alone that does not end, but not its processes', async () => {
    const bench = start('stuck');
    const [, child] = await bench.complained(/beside (\d+)\n/);
    const { code, stdout } = await bench.stop('SIGINT');
    assert.equal(code, 130);
    assert.ok(!runs(child!));
    assert.match(stdout, /without what failed: stuck\n$/);
  });
});
