// Processes that end at any moment, and that cannot be started: the supervisor goes on.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { Random } from '../support/fuzz/random.js';
import { route, until } from '../support/gateway.js';
import { freePort, ProcessSet, visit } from '../support/process-set.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const KILLS = 6;
/** A process has begun to serve by then, and has not by far. */
const LONGEST_LIFE_TURNS = 60;

async function startSet(test: TestContext, nodeFlags: readonly string[] = []): Promise<ProcessSet> {
  const target = await startHttpTarget(test, (_, response) => response.end('ok'));
  const listener = async (name: string, engine: string) => {
    return { name, address: `127.0.0.1:${await freePort()}`, engine };
  };
  const config = {
    listeners: [
      await listener('public', 'node'),
      await listener('other', 'node'),
      await listener('uws', 'uws'),
    ],
    admin: { address: '127.0.0.1:0' },
    upstreams: { sample: { targets: [{ url: target.url }] } },
    routes: [route('all', '/*')],
    workers: { count: 1 },
    log: { access: false },
  };
  return ProcessSet.start(test, config, {}, nodeFlags);
}

/** Those that the supervisor has right now, also such as do not serve yet. */
function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

describe('a supervisor', () => {
  it('survives processes that end at any moment, in the midst of what they say', async (test) => {
    const set = await startSet(test);
    const random = new Random(1);
    const supervisor = set.gateway.child.pid!;
    for (let kill = 0; kill < KILLS; kill++) {
      await until(() => childrenOf(supervisor).length > 0, 60_000);
      // Each asks both processes for all that they have counted.
      for (let turn = random.below(LONGEST_LIFE_TURNS); turn > 0; turn--) await set.admin('/metrics');
      const children = childrenOf(supervisor);
      if (children.length > 0) process.kill(random.pick(children), 'SIGKILL');
    }
    await set.whole();
    assert.equal(await visit(set.gateway.url('/'), false), 200);
    assert.doesNotMatch(set.gateway.output(), /SLUICE_INTERNAL/);
    assert.equal(await set.gateway.stop(), 0);
  });

  it('starts a process later where the system has no room for one, and says why', async (test) => {
    const set = await startSet(test);
    const pid = String(set.gateway.child.pid);
    const [victim] = await set.pids();
    const open = readdirSync(`/proc/${pid}/fd`).length;
    const limit = readFileSync(`/proc/${pid}/limits`, 'utf8').match(/^Max open files\s+(\d+)/m)![1];
    execFileSync('prlimit', ['--pid', pid, `--nofile=${open - 1}:`]);
    process.kill(victim!, 'SIGKILL');
    const line = await set.gateway.logged(({ msg }) => /cannot be started/.test(String(msg)));
    assert.match(String(line['msg']), /EMFILE/);
    execFileSync('prlimit', ['--pid', pid, `--nofile=${limit}:`]);
    await set.gateway.logged(({ msg }) => msg === 'process started again');
    await set.whole();
    assert.equal(await set.gateway.stop(), 0);
  });

  it('outlives a bug that nobody catches', async (test) => {
    // In place of a bug of the supervisor, which nobody knows of; only it is sent the signal.
    const bug = "process.on('SIGUSR2', () => { throw new Error('a bug') })";
    const set = await startSet(test, ['--import', `data:text/javascript,${bug}`]);
    const pids = await set.pids();
    set.gateway.child.kill('SIGUSR2');
    const line = await set.gateway.logged(({ level }) => level === 'error');
    assert.match(String(line['msg']), /nobody caught a bug of the supervisor/);
    const error = line['error'] as Record<string, unknown>;
    assert.equal(error['code'], 'SLUICE_INTERNAL');
    assert.match(String(error['stack']), /a bug/);
    assert.deepEqual(await set.pids(), pids);
    assert.equal(await visit(set.gateway.url('/'), false), 200);
    assert.equal(await set.gateway.stop(), 0);
  });
});
