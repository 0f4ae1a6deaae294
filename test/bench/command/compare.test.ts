import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Report } from '../../../bench/report/report.js';
import { ROOT } from '../../house/source-tree.js';
import { OutputProcess, type ProcessEnd } from '../../support/process-output.js';
import { smallReport, smallSuite } from '../support/small-report.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const bench = (...args: string[]): Promise<ProcessEnd> =>
  new OutputProcess(process.execPath, ['dist/bench/main.js', ...args], ROOT).ended;

function fileOf(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** A report whose first ratio is so many times that of the small one. */
function reportTimes(factor: number, more: Partial<Report> = {}): Report {
  const [first, ...rest] = smallSuite().ratios;
  const { median, least, most } = first!.value;
  const value = { median: median * factor, least: least * factor, most: most * factor };
  return smallReport({ suites: [smallSuite({ ratios: [{ ...first!, value }, ...rest] })], ...more });
}

describe('npm run bench -- compare', () => {
  it('tells what moved between two reports, and never fails for it', async () => {
    const files = [fileOf('before.json', reportTimes(1)), fileOf('after.json', reportTimes(1.5))];
    const { code, stdout, stderr } = await bench('compare', ...files);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.match(stdout, /: 1 of 2 ratios\./);
    assert.match(stdout, /^small\/plain\/nginx .* \+50 % +worse$/m);
  });

  it('takes the baseline of the repository where one report is given', async () => {
    const { code, stdout } = await bench('compare', fileOf('one.json', reportTimes(1)));
    assert.equal(code, 0);
    assert.match(stdout, /^before: bench\/baseline\.json\n {2}\S/);
    assert.match(stdout, /only one side has measured them: .*small/);
  });

  it('finds nothing that moved between the baseline and itself', async () => {
    const { code, stdout } = await bench('compare', 'bench/baseline.json');
    assert.equal(code, 0);
    assert.match(stdout, /: 0 of [1-9]\d* ratios\./);
  });

  const whole = reportTimes(1);
  for (const [what, content, complaint] of [
    ['no JSON', '{"version": 1,', /is no JSON: /],
    ['another version', { ...whole, version: 2 }, /is of version 2, and this bench reads version 1$/m],
    ['something else', { hello: 1 }, /is not a report of npm run bench: it must have required property/],
    ['nothing', null, /is not a report of npm run bench: it must be object$/m],
    [
      'a figure that is none',
      JSON.stringify(whole).replace('"median":2.3', '"median":"2.3"'),
      /: \/suites\/0\/ratios\/1\/value\/median must be number,null$/m,
    ],
    ['a baseline with times', { version: 1, suites: { s: { seconds: 1 } } }, /: \/suites\/s must /],
  ] as const) {
    it(`refuses ${what}, and says where it is wrong`, async () => {
      const file = fileOf('wrong.json', content);
      const { code, stdout, stderr } = await bench('compare', file);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
      assert.match(stderr, complaint);
      assert.ok(stderr.startsWith(`${file}: `), stderr);
      assert.doesNotMatch(stderr, /^ {4}at /m);
    });
  }

  it('refuses a file that is not there, and too many', async () => {
    const missing = await bench('compare', join(folder, 'nothing.json'));
    assert.deepEqual([missing.code, missing.stderr], [2, `${join(folder, 'nothing.json')}: is not there\n`]);
    const many = await bench('compare', 'a', 'b', 'c');
    assert.equal(many.code, 2);
    assert.match(many.stderr, /^one file or two are needed\n\nnpm run bench -- compare/);
  });
});

describe('npm run bench -- baseline', () => {
  const target = join(folder, 'baseline.json');

  it('writes the ratios of a report, which compare reads', async () => {
    const report = fileOf('report.json', reportTimes(1));
    const { code, stdout, stderr } = await bench('baseline', report, '--to', target);
    assert.equal(code, 0);
    assert.equal(stderr, 'The commit does not say what was measured: files were changed since.\n');
    assert.equal(stdout, `${target}: ratios of small (2)\n`);
    assert.doesNotMatch(readFileSync(target, 'utf8'), /seconds|cells|"unit"/);
    const compared = await bench('compare', target, report);
    assert.match(compared.stdout, /: 0 of 2 ratios\./);
  });

  it('refuses a quick run, a report without ratios, and what is no report', async () => {
    for (const [content, complaint] of [
      [reportTimes(1, { quick: true }), /is of a quick run, too coarse for a baseline/],
      [smallReport({ suites: [smallSuite({ failure: 'nothing answers' })] }), /has no ratios$/m],
      [{ version: 1, suites: {} }, /is a baseline; a report is needed/],
    ] as const) {
      const { code, stderr } = await bench('baseline', fileOf('bad.json', content), '--to', target);
      assert.equal(code, 2);
      assert.match(stderr, complaint);
    }
  });

  it('says so when it would have to write over what is no baseline', async () => {
    const stranger = fileOf('stranger.json', { version: 1, mine: true });
    const { code, stderr } = await bench('baseline', fileOf('report.json', reportTimes(1)), '--to', stranger);
    assert.equal(code, 2);
    assert.match(stderr, /stranger\.json: is not a baseline of npm run bench: /);
  });
});
