import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { route, until } from '../support/gateway.js';
import { sluice } from '../support/gateway-process.js';
import { freePort, isAlive, ProcessSet, SteadyLoad, visit } from '../support/process-set.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const CONNECTIONS = 32;

interface Stage {
  readonly port: number;
  /** Requests that the target holds until it is told to answer. */
  readonly held: (() => void)[];
  readonly config: (more?: Record<string, unknown>) => Record<string, unknown>;
}

async function stage(test: TestContext, engine = 'auto'): Promise<Stage> {
  const held: (() => void)[] = [];
  const target = await startHttpTarget(test, (request, response) => {
    if (request.url === '/held') held.push(() => response.end('late'));
    else response.end('ok');
  });
  const port = await freePort();
  const config = (more: Record<string, unknown> = {}) => ({
    listeners: [{ name: 'public', address: `127.0.0.1:${port}`, engine }],
    admin: { address: '127.0.0.1:0' },
    upstreams: { sample: { targets: [{ url: target.url }] } },
    routes: [route('all', '/*')],
    workers: { count: 1 },
    log: { access: false },
    ...more,
  });
  return { port, held, config };
}

/** Connections that rest after an answer, until their process ends. */
async function restingConnections(test: TestContext, port: number, count: number): Promise<Set<Socket>> {
  const open = new Set<Socket>();
  await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(port, '127.0.0.1');
      test.after(() => socket.destroy());
      socket.on('error', () => undefined);
      socket.once('close', () => open.delete(socket));
      socket.write('GET / HTTP/1.1\r\nhost: a.example\r\n\r\n');
      await once(socket, 'data');
      open.add(socket);
    }),
  );
  return open;
}

describe('several processes', () => {
  for (const engine of ['uws', 'node']) {
    it(`share the connections of a listener (engine ${engine}); one that is killed takes its own along and is started again`, async (test) => {
      const { port, config } = await stage(test, engine);
      const set = await ProcessSet.start(test, config());
      const [first, second] = await set.pids();
      const open = await restingConnections(test, port, 2 * CONNECTIONS);
      assert.equal(open.size, 2 * CONNECTIONS);

      process.kill(first!, 'SIGKILL');
      const line = await set.gateway.logged(({ msg }) => msg === 'a process ended and is started again');
      assert.deepEqual([line['pid'], line['signal'], line['process']], [first, 'SIGKILL', 1]);
      await set.whole();
      const [fresh, other] = await set.pids();
      assert.notEqual(fresh, first);
      assert.equal(other, second);
      assert.ok(open.size > 0, 'the other process had none');
      assert.ok(open.size < 2 * CONNECTIONS, 'the one that was killed had none');
      assert.equal(await set.metric('sluice_process_restarts_total'), 1);
      assert.equal(await visit(set.gateway.url('/'), false), 200);
    });

    it(`are replaced one after another on SIGHUP without a request that fails (engine ${engine})`, async (test) => {
      const { config } = await stage(test, engine);
      const set = await ProcessSet.start(test, config());
      const before = await set.pids();
      const load = new SteadyLoad(test, set.gateway.url('/'), CONNECTIONS);
      await load.more(CONNECTIONS);

      set.write(config({ workers: { count: 2 } }));
      await set.reload();
      await load.more(CONNECTIONS);
      await load.end();
      assert.deepEqual(load.failures, []);
      for (const pid of await set.pids()) assert.equal(before.includes(pid), false);
      assert.equal(await set.metric('sluice_dispatch_workers'), 4);
      assert.equal(await set.metric('sluice_requests_total'), load.answers);
      const { ready, reasons } = await set.state();
      assert.deepEqual({ ready, reasons }, { ready: true, reasons: [] });
    });
  }

  it('answer operators as one: a sum of what was counted, one state with that of each', async (test) => {
    const { config } = await stage(test);
    const set = await ProcessSet.start(test, config());
    for (let index = 0; index < 20; index++) await visit(set.gateway.url('/'), false);
    assert.equal(await set.metric('sluice_requests_total{route="all",method="GET",status="200"}'), 20);
    assert.equal(await set.metric('sluice_request_duration_seconds_count'), 20);
    assert.equal(await set.metric('sluice_upstream_target_requests_total'), 20);
    assert.equal(await set.metric('sluice_upstream_first_byte_seconds_count'), 20);
    assert.equal(await set.metric('sluice_config_revision_info'), 1);
    assert.equal(await set.metric('sluice_config_last_reload_success '), 1);
    assert.equal(await set.metric('sluice_processes{state="configured"}'), 2);
    assert.equal(await set.metric('sluice_processes{state="serving"}'), 2);
    const { status, ready, reasons, revision, serving, configured, processes } = await set.state();
    assert.deepEqual([status, ready, reasons, serving, configured], [200, true, [], 2, 2]);
    assert.deepEqual(
      processes.map(({ process, ready: isReady }) => [process, isReady]),
      [
        [1, true],
        [2, true],
      ],
    );
    const page = (await (await set.admin('/config')).json()) as Record<string, unknown>;
    assert.equal(page['revision'], revision);
    assert.equal((page['processes'] as unknown[]).length, 2);
    assert.equal((await set.admin('/healthz')).status, 200);
    assert.deepEqual(await (await set.admin('/filters')).json(), []);

    // What was counted is kept when a process ends, one way or the other.
    await set.reload();
    assert.equal(await set.metric('sluice_requests_total'), 20);
    for (let index = 0; index < 20; index++) await visit(set.gateway.url('/'), false);
    assert.equal(await set.metric('sluice_requests_total'), 40);
    assert.equal(await set.metric('sluice_upstream_target_requests_total'), 40);
    const [pid] = await set.pids();
    process.kill(pid!, 'SIGKILL');
    await until(async () => (await set.metric('sluice_process_restarts_total')) === 1, 30_000);
    assert.equal(await set.metric('sluice_requests_total'), 40);
  });

  it('go on when SIGHUP finds a configuration that cannot be run, and say so', async (test) => {
    const { config } = await stage(test);
    const set = await ProcessSet.start(test, config());
    const before = await set.pids();
    set.write(config({ upstreams: {} }));
    await set.reload('stopped');
    assert.deepEqual(await set.pids(), before);
    assert.equal(await visit(set.gateway.url('/'), false), 200);
    const { ready, reasons } = await set.state();
    assert.equal(ready, true);
    assert.match(
      reasons.join('\n'),
      /the last reload stopped, as process 1 could not be replaced: SLUICE_CONFIG/,
    );
    assert.ok(set.gateway.lines.some(({ msg }) => String(msg).startsWith('the reload stopped')));

    set.write(config());
    await set.reload();
    assert.deepEqual((await set.state()).reasons, []);
  });

  it('try again and again to start one that died, and say why it does not', async (test) => {
    const { config } = await stage(test);
    const set = await ProcessSet.start(test, config());
    const [first, second] = await set.pids();
    set.write(config({ upstreams: {} }));
    process.kill(second!, 'SIGKILL');
    const tries = (): unknown[] =>
      set.gateway.lines
        .filter(({ msg }) => String(msg).startsWith('a process cannot be started: SLUICE_CONFIG_REFERENCE'))
        .map(({ backoffMs }) => backoffMs);
    await until(() => tries().length >= 2, 30_000);
    assert.deepEqual(tries().slice(0, 2), [200, 400]);
    const state = await set.state();
    // Nothing is handed to one that is gone.
    assert.deepEqual([state.status, state.ready, state.serving, state.configured], [200, true, 1, 2]);
    assert.match(state.reasons.join('\n'), /^process 2: SLUICE_CONFIG_REFERENCE /m);
    assert.equal(state.processes[0]!.pid, first);
    assert.equal(await set.metric('sluice_processes{state="serving"}'), 1);
    assert.equal(await visit(set.gateway.url('/'), false), 200);

    set.write(config());
    await set.whole();
    assert.deepEqual((await set.state()).reasons, []);
  });

  it('are ended and started again where they hang, and keep what they had counted', async (test) => {
    const { config } = await stage(test);
    const set = await ProcessSet.start(test, config());
    const [first, second] = await set.pids();
    const requests = 'sluice_requests_total';
    const agent = new Agent({ keepAlive: true });
    test.after(() => agent.destroy());
    for (let index = 0; index < 20; index++) await visit(set.gateway.url('/'), index % 2 === 0 && agent);
    // Nobody has asked so far, and one that is stopped answers nothing: what it had counted it has told by itself.
    const both = (signal: NodeJS.Signals): void => {
      for (const pid of [first!, second!]) if (isAlive(pid)) process.kill(pid, signal);
    };
    test.after(() => both('SIGCONT'));
    const told = async (): Promise<boolean> => {
      both('SIGSTOP');
      const count = await set.metric(requests);
      both('SIGCONT');
      return count === 20;
    };
    await until(told, 60_000);

    process.kill(second!, 'SIGSTOP');
    // It is handed connections as before.
    await until(async () => !(await set.state()).ready, 30_000);
    const line = await set.gateway.logged(({ msg }) => /does not answer any more/.test(String(msg)));
    assert.deepEqual([line['process'], line['pid'], line['silentMs']], [2, second, 10_000]);
    await set.whole();
    const pids = await set.pids();
    assert.deepEqual([pids[0], pids.includes(second!), isAlive(second!)], [first, false, false]);
    assert.equal(await set.metric('sluice_process_hangs_total'), 1);
    assert.equal(await set.metric('sluice_process_restarts_total'), 1);
    assert.equal(await set.metric(requests), 20);
  });

  it('serve without one that cannot be started, and try it again and again', async (test) => {
    const { config } = await stage(test);
    const flag = join(mkdtempSync(join(tmpdir(), 'sluice-flag-')), 'may-start');
    test.after(() => rmSync(dirname(flag), { recursive: true, force: true }));
    const fault = `import { existsSync } from 'node:fs';
      if (process.env.SLUICE_PROCESS === '2/2' && !existsSync(${JSON.stringify(flag)})) process.exit(7);`;
    const flags = ['--import', `data:text/javascript,${encodeURIComponent(fault)}`];
    const set = await ProcessSet.start(test, config(), {}, flags);
    assert.equal(await visit(set.gateway.url('/'), false), 200);
    const tries = set.gateway.lines.filter(({ msg }) => /^a process cannot be started/.test(String(msg)));
    assert.equal(tries[0]!['msg'], 'a process cannot be started: it ended with exit code 7 before it served');
    assert.deepEqual([tries[0]!['process'], tries[0]!['backoffMs']], [2, 100]);
    const { status, reasons, serving, configured } = await set.state();
    assert.deepEqual([status, serving, configured], [200, 1, 2]);
    assert.deepEqual(reasons, ['process 2: it ended with exit code 7 before it served']);

    writeFileSync(flag, '');
    await set.whole();
    assert.equal(await set.metric('sluice_processes{state="serving"}'), 2);
  });

  it('leave a revision together, whichever of them finds that it does harm', async (test) => {
    const { config } = await stage(test);
    const rollout = { watchSeconds: 3600, leastRequests: 20 };
    const set = await ProcessSet.start(test, config({ rollout }));
    const { revision: good } = await set.state();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    test.after(() => agent.destroy());
    for (let index = 0; index < 30; index++) assert.equal(await visit(set.gateway.url('/'), agent), 200);
    set.write(config({ rollout, upstreams: { sample: { targets: [{ url: 'http://127.0.0.1:9' }] } } }));
    const applied = (): number =>
      set.gateway.lines.filter(({ msg }) => msg === 'configuration applied').length;
    await until(() => applied() === 2);

    // On one connection, so by one process.
    const back = (): string[] =>
      set.gateway.lines.map(({ msg }) => String(msg)).filter((msg) => /^configuration rolled back/.test(msg));
    while (back().length === 0) await visit(set.gateway.url('/'), agent);
    await until(() => back().length === 2);
    // Each tells it in a line of its own, and theirs come in any order.
    assert.equal(back().filter((msg) => /100 % of requests failed/.test(msg)).length, 2);
    assert.equal(back().filter((msg) => / requests, in process [12]$/.test(msg)).length, 1);
    const state = await set.state();
    assert.deepEqual([state.ready, state.revision], [true, good]);
    assert.match(state.reasons.join('\n'), /was rolled back: 100 % of requests failed/);
    assert.equal(await visit(set.gateway.url('/'), false), 200);
  });

  it('leave the admin listener where it is, and say so', async (test) => {
    const { config } = await stage(test);
    const set = await ProcessSet.start(test, config());
    set.write(config({ admin: { address: '127.0.0.1:1' } }));
    await set.reload();
    const { ready, reasons } = await set.state();
    assert.equal(ready, true);
    assert.match(reasons.join('\n'), /the admin listener stays as it is/);
  });

  it('drain on SIGTERM, all of them, and the supervisor ends with 0 after the last', async (test) => {
    const { held, config } = await stage(test);
    const set = await ProcessSet.start(test, config());
    const pids = await set.pids();
    const running = Array.from({ length: 8 }, async () => (await fetch(set.gateway.url('/held'))).text());
    await until(() => held.length === 8);
    const exited = once(set.gateway.child, 'exit');
    set.gateway.child.kill('SIGTERM');
    await until(() =>
      visit(set.gateway.url('/'), false).then(
        () => false,
        () => true,
      ),
    );
    assert.equal((await set.state()).status, 503);
    for (const answer of held) answer();
    assert.deepEqual([...new Set(await Promise.all(running))], ['late']);
    assert.deepEqual(await exited, [0, null]);
    assert.deepEqual(pids.filter(isAlive), []);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`drain once when all of them get ${signal}, as from a control group or a terminal`, async (test) => {
      const { held, config } = await stage(test);
      const set = await ProcessSet.start(test, config());
      const pids = await set.pids();
      const running = fetch(set.gateway.url('/held'));
      await until(() => held.length === 1);
      const exited = once(set.gateway.child, 'exit');
      for (const pid of [...pids, set.gateway.child.pid!]) process.kill(pid, signal);
      await until(async () => (await set.state()).status === 503);
      held[0]!();
      assert.equal(await (await running).text(), 'late');
      assert.deepEqual(await exited, [0, null]);
      assert.deepEqual(
        set.gateway.lines.filter(({ msg }) => msg === 'a process ended and is started again'),
        [],
      );
    });
  }

  it('end at once on a second signal', async (test) => {
    const { held, config } = await stage(test);
    const set = await ProcessSet.start(test, config());
    const pids = await set.pids();
    const failed = assert.rejects(fetch(set.gateway.url('/held')));
    await until(() => held.length === 1);
    const exited = once(set.gateway.child, 'exit');
    set.gateway.child.kill('SIGTERM');
    await until(async () => (await set.state()).status === 503);
    set.gateway.child.kill('SIGTERM');
    assert.deepEqual(await exited, [1, null]);
    await failed;
    await until(() => !pids.some(isAlive));
  });

  it('drain and end when their supervisor is killed', async (test) => {
    const { held, config } = await stage(test);
    const set = await ProcessSet.start(test, config());
    const pids = await set.pids();
    const running = fetch(set.gateway.url('/held'));
    await until(() => held.length === 1);
    await set.gateway.kill();
    await until(() =>
      visit(set.gateway.url('/'), false).then(
        () => false,
        () => true,
      ),
    );
    held[0]!();
    assert.equal(await (await running).text(), 'late');
    await until(() => !pids.some(isAlive));
  });
});

describe('sluice run --processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-processes-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (test: TestContext, config: unknown): string => {
    const path = join(folder, `${test.name.replaceAll(/\W/g, '-')}.json`);
    writeFileSync(path, JSON.stringify(config));
    return path;
  };

  it('wants a whole number from 1 to 256', async () => {
    const wrong = ['0', '257', 'all', '1.5', '-1', ''];
    const ends = await Promise.all(
      wrong.map((count) => sluice('run', '--config', 'a.yaml', `--processes=${count}`)),
    );
    for (const { code, stderr } of ends) {
      assert.equal(code, 2);
      assert.match(stderr, /--processes .*expected a whole number from 1 to 256/);
    }
  });

  it('fails as one process does, and says why once', async (test) => {
    const { config } = await stage(test);
    const path = file(test, config({ upstreams: {} }));
    const [alone, several] = await Promise.all([
      sluice('run', '--config', path),
      sluice('run', '--config', path, '--processes', '3'),
    ]);
    assert.deepEqual(several, alone);
    assert.equal(several.code, 1);
  });

  it('refuses a port that the system chooses', async (test) => {
    const { config } = await stage(test);
    const listeners = [{ name: 'public', address: '127.0.0.1:0' }];
    const { code, stderr } = await sluice(
      'run',
      '--config',
      file(test, config({ listeners })),
      '--processes',
      '2',
    );
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^SLUICE_LISTEN_ADDRESS listener public: found port 0 .*expected a port that all 2 processes can share/,
    );
  });

  for (const engine of ['uws', 'node']) {
    it(`keeps others out of its ports, one process or several (engine ${engine})`, async (test) => {
      const { port, config } = await stage(test, engine);
      const set = await ProcessSet.start(test, config());
      const path = file(test, config());
      for (const others of [[], ['--processes', '2']]) {
        const { code, stderr } = await sluice('run', '--config', path, ...others);
        assert.equal(code, 1);
        assert.equal(
          stderr,
          `SLUICE_LISTEN_ADDRESS listener public cannot bind 127.0.0.1:${port}: somebody listens there already (EADDRINUSE)\n`,
          others.join(' '),
        );
      }
      assert.equal(await visit(set.gateway.url('/'), false), 200);
    });
  }
});
