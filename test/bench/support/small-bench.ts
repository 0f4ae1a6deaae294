// A bench with suites that take no time, fail, or go on until they are interrupted; the command around them is the real one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { bench } from '../../../bench/command/bench.js';
import { end } from '../../../bench/harness/processes.js';
import type { Findings, Run, Suite } from '../../../bench/suite.js';
import { SMALL_FINDINGS } from './small-findings.js';

const suite = (name: string, run: (run: Run) => Promise<Findings>): Suite => ({
  ...{ name, title: `The suite ${name}`, about: `What ${name} is about.` },
  run,
});

const small = suite('small', async (run) => {
  run.progress(0, 1, run.quick ? 'quickly' : 'at leisure');
  return SMALL_FINDINGS;
});

const failing = suite('failing', async (run) => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  run.progress(0, 1, `beside ${child.pid}`);
  throw new Error('nothing answers on port 1');
});

const buggy = suite('buggy', async () => {
  throw new TypeError('x is not a function');
});

/** Has a process of its own, which has one, and cleans up after itself. */
const endless = suite('endless', async (run) => {
  const child = spawn('sh', ['-c', 'sleep 1000 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [pid] = (await once(child.stdout, 'data')) as [Buffer];
  try {
    for (let step = 0; ; step += 1) {
      run.progress(step, 1000, `beside ${child.pid} and ${pid.toString().trim()}`);
      await delay(50);
    }
  } finally {
    await end(child);
    process.stdout.write('cleaned up\n');
  }
});

/** Waits for what does not come, as a suite does whose process was ended. */
const stuck = suite('stuck', async (run) => {
  const child = spawn('sh', ['-c', 'trap "" TERM; echo on; while :; do sleep 1; done'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  run.progress(0, 1, `beside ${child.pid}`);
  return new Promise(() => {});
});

await bench([small, failing, buggy, endless, stuck]);
