import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { VERSION } from '../../core/version.js';
import { ABI_RANGE, formatAbiRange } from '../../core/wasm/abi-range.js';
import { route, until } from '../support/gateway.js';
import { GatewayProcess, sluice } from '../support/gateway-process.js';
import { guestBytes } from '../support/test-guests.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-command-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const LISTENERS = 'listeners: [{ name: public, address: 127.0.0.1:0 }]\n';
const UPSTREAMS = 'upstreams: { sample: { targets: [{ url: http://127.0.0.1:9 }] } }\n';

function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('sluice check', () => {
  const routes = (...lines: string[]): string =>
    `${LISTENERS}${UPSTREAMS}routes:\n${lines.map((line) => `  - ${line}\n`).join('')}`;
  const get = (id: string, path: string): string =>
    `{ id: ${id}, match: { path: "${path}", methods: [GET] }, upstream: sample }`;

  it('says that a good configuration is valid', async () => {
    const path = file('good.yaml', routes(get('a', '/a')));
    assert.deepEqual(await sluice('check', path), {
      code: 0,
      stdout: `${path}: valid (1 route, 0 filters, 1 upstream)\n`,
      stderr: '',
    });
    const { stdout } = await sluice('check', path, '--json');
    const { valid, routes: count, warnings } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual({ valid, count, warnings }, { valid: true, count: 1, warnings: [] });
  });

  it('warns of what nobody uses, and where it stands', async () => {
    const target = '{ targets: [{ url: http://127.0.0.1:9 }] }';
    const path = file(
      'unused.yaml',
      `${LISTENERS}upstreams:
  sample: ${target}
  called: ${target}
  forgotten: ${target}
filters:
  guard: { module: 'builtin:policy', config: { rules: [] }, grants: { callouts: [called] } }
  left: { module: 'builtin:policy', config: { rules: [] }, grants: { callouts: [forgotten] } }
routes:
  - { id: a, match: { path: /a, methods: [GET] }, filters: [guard], upstream: sample }
  - { id: b, match: { path: /b, methods: [] }, upstream: sample }
  - { id: c, match: { path: /c, methods: [GET], hosts: [] }, upstream: sample }
`,
    );
    const told = [
      `${path}:5:14 /upstreams/forgotten: no route leads to this upstream, and no filter of a route may call it`,
      `${path}:8:9 /filters/left: no route has this filter`,
      `${path}:11:42 /routes/1/match/methods: an empty list: the route gets no request`,
      `${path}:12:56 /routes/2/match/hosts: an empty list: the route gets no request`,
    ];
    assert.deepEqual(await sluice('check', path), {
      code: 0,
      stdout: `${path}: valid (3 routes, 2 filters, 3 upstreams)\n`,
      stderr: told.map((line) => `warning: ${line}\n`).join(''),
    });
    const { stdout, stderr } = await sluice('check', path, '--json');
    const { warnings } = JSON.parse(stdout) as { warnings: { message: string; place: { line: number } }[] };
    assert.deepEqual([warnings.map(({ message }) => message), stderr], [told, '']);
    assert.equal(warnings[0]!.place.line, 5);
  });

  const module = (name: string, rest = 'onFailure: open'): string =>
    `${LISTENERS}${UPSTREAMS}filters:\n  one:\n    module: ${name}\n    ${rest}\nroutes: []\n`;
  const cases: [string, string, string, RegExp][] = [
    ['a wrong type', `${LISTENERS}${UPSTREAMS}routes: 5\n`, 'SLUICE_CONFIG_INVALID', /:3:9 \/routes: .*5/],
    [
      'an unknown key',
      `${LISTENERS}${UPSTREAMS}routes: []\nroute: []\n`,
      'SLUICE_CONFIG_INVALID',
      /:4:1 \/route: .*routes/,
    ],
    ['a duplicate route', routes(get('a', '/a/:x'), get('b', '/a/:y')), 'SLUICE_CONFIG_DUPLICATE', /:5:/],
    [
      'an unknown filter',
      routes(get('a', '/a').replace('upstream', 'filters: [nobody], upstream')),
      'SLUICE_CONFIG_REFERENCE',
      /nobody/,
    ],
    [
      'an unknown upstream',
      routes(get('a', '/a').replace('sample', 'smaple')),
      'SLUICE_CONFIG_REFERENCE',
      /smaple.*sample/,
    ],
    [
      'a bad path pattern',
      routes(get('a', '/a/*/b')),
      'SLUICE_ROUTE_PATTERN',
      /:4:\d+ \/routes\/0\/match\/path/,
    ],
    [
      'a module that is not there',
      module('./absent.wasm'),
      'SLUICE_FILTER_UNREADABLE',
      /bad\.yaml:5:13 \/filters\/one\/module: .*absent\.wasm/,
    ],
    [
      'a built-in filter that there is not',
      module('builtin:polcy'),
      'SLUICE_FILTER_UNREADABLE',
      /bad\.yaml:5:13 \/filters\/one\/module: found builtin:polcy, expected builtin: and one of graphql, policy, sanitise, url-guard, validate/,
    ],
    [
      'a module that is not WASM',
      module('./text.wasm'),
      'SLUICE_FILTER_NOT_WASM',
      /bad\.yaml:5:13 \/filters\/one\/module.*text\.wasm/,
    ],
    [
      'a module without manifest',
      module('./bare.wasm'),
      'SLUICE_FILTER_MANIFEST',
      /bad\.yaml:5:13 \/filters\/one\/module.*bare\.wasm/,
    ],
    [
      'a filter whose config does not fit its schema',
      module('builtin:policy', 'config: { rules: [{ methods: GET, path: /a }] }'),
      'SLUICE_FILTER_CONFIG',
      /bad\.yaml:6:\d+ \/filters\/one\/config\/rules\/0\/methods: must be array/,
    ],
    [
      'a filter that refuses its config',
      module('builtin:policy', 'config: { rules: [{ methods: [GET], path: /a/*/b }] }'),
      'SLUICE_FILTER_CONFIG',
      /bad\.yaml:6:\d+ \/filters\/one\/config\/rules\/0\/path: a \* stands last/,
    ],
    [
      'a filter that is not granted what it asks for',
      module('builtin:validate', 'config: { schema: {} }'),
      'SLUICE_FILTER_CAPABILITY',
      /bad\.yaml:5:5 \/filters\/one\/grants: the manifest of validate asks for schemas/,
    ],
    [
      'a filter that calls what it is not granted',
      module('builtin:sanitise', 'config: { hashSecret: a, json: { rules: [{ key: a, action: hash }] } }'),
      'SLUICE_FILTER_CAPABILITY',
      /bad\.yaml:5:5 \/filters\/one: filter one, configure: /,
    ],
    [
      'a secret that cannot be resolved',
      `${LISTENERS}${UPSTREAMS.replace('targets', 'headers: { authorization: "secret://a" }, targets')}routes: []\n`,
      'SLUICE_SECRET_UNRESOLVED',
      /\/upstreams\/sample\/headers/,
    ],
    ['text that is not YAML', 'listeners: [\n', 'SLUICE_CONFIG_SYNTAX', /:\d+:\d+/],
  ];
  for (const [what, text, code, message] of cases) {
    it(`refuses ${what} and names the place`, async () => {
      file('text.wasm', 'hello');
      file('bare.wasm', Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
      const path = file('bad.yaml', text);
      const { code: exit, stdout, stderr } = await sluice('check', path);
      assert.equal(exit, 1);
      assert.equal(stdout, '');
      assert.ok(stderr.startsWith(`${code} `), stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /^ +at /m);
    });
  }

  it('prints as JSON what it refuses, and why, beside the errors', async () => {
    const path = file('refused.yaml', routes(get('a', 'a'), get('b', 'b')));
    const { code, stdout, stderr } = await sluice('check', path, '--json');
    assert.equal(code, 1);
    assert.equal(stderr.trimEnd().split('\n').length, 2);
    const { valid, errors } = JSON.parse(stdout) as {
      valid: boolean;
      errors: { code: string; message: string; place: object }[];
    };
    assert.equal(valid, false);
    assert.deepEqual(
      errors.map((error) => [error.code, error.place]),
      [4, 5].map((line, index) => [
        'SLUICE_ROUTE_PATTERN',
        { document: path, line, column: 29, pointer: `/routes/${index}/match/path` },
      ]),
    );
    assert.ok(stderr.startsWith(`SLUICE_ROUTE_PATTERN ${errors[0]!.message}\n`));
  });

  it('shows the first errors of many, and how many more there are', async () => {
    const many = Array.from({ length: 30 }, (_, index) => get(`r${index}`, `p${index}`));
    const { code, stderr } = await sluice('check', file('many.yaml', routes(...many)));
    assert.equal(code, 1);
    const lines = stderr.trimEnd().split('\n');
    assert.equal(lines.length, 21);
    assert.match(lines[19]!, /\/routes\/19\/match\/path/);
    assert.equal(lines[20], 'and 10 more errors');
  });

  it('names a file that is not there', async () => {
    const { code, stderr } = await sluice('check', join(folder, 'nothing.yaml'));
    assert.equal(code, 1);
    assert.match(stderr, /^SLUICE_CONFIG_UNREADABLE .*nothing\.yaml/);
  });
});

describe('the command line', () => {
  it('answers wrong usage with 2 and what would be right', async () => {
    const wrong = [
      [],
      ['serve'],
      ['run'],
      ['check'],
      ['run', '--port', '1'],
      ['check', 'a', 'b'],
      ['run', '--config', 'ftp://x:1/a'],
    ];
    for (const args of wrong) {
      const { code, stdout, stderr } = await sluice(...args);
      assert.equal(code, 2, args.join(' '));
      assert.equal(stdout, '');
      assert.notEqual(stderr, '');
    }
  });

  it('says what a mistyped command or option was probably meant to be', async () => {
    const [command, option, stranger] = await Promise.all([
      sluice('chek', 'a'),
      sluice('check', 'a', '--agianst', 'b'),
      sluice('check', 'a', '--port', '1'),
    ]);
    assert.match(command.stderr, /^unknown command chek; did you mean "check"\?$/m);
    assert.match(option.stderr, /^unknown option --agianst; did you mean "--against"\?$/m);
    assert.match(stranger.stderr, /^unknown option --port$/m);
  });

  it('explains itself', async () => {
    for (const args of [['--help'], ['run', '--help'], ['check', '--help'], ['explain', '--help']]) {
      const { code, stdout } = await sluice(...args);
      assert.equal(code, 0);
      assert.match(stdout, /sluice/);
    }
    const ways = [
      ['check', '--help'],
      ['check', '-h'],
      ['help', 'check'],
    ];
    const [first, ...others] = await Promise.all(ways.map((args) => sluice(...args)));
    for (const other of others) assert.deepEqual(other, first);
    assert.deepEqual(await sluice('-h'), await sluice('help'));
    assert.equal((await sluice('help', 'chekc')).code, 2);
  });

  it('names its version, and the versions of the ABI that it runs', async () => {
    assert.deepEqual(await sluice('--version'), {
      code: 0,
      stdout: `${VERSION} (filters of ABI ${formatAbiRange()})\n`,
      stderr: '',
    });
    const { stdout } = await sluice('--version', '--json');
    assert.deepEqual(JSON.parse(stdout), { version: VERSION, abi: ABI_RANGE });
    const wrong = await sluice('--version', '--yaml');
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /^--version takes --json only/);
  });

  it('explains a key of the configuration, for people and for programs', async () => {
    const { code, stdout } = await sluice('explain', 'routes.timeouts');
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^routes\[\]\.timeouts: object\n {2}\w.*\.\n\n {2}KEY +TYPE +DEFAULT +WHAT\n {2}connectMs +integer/,
    );
    const printed = await sluice('explain', 'routes.timeouts', '--json');
    const [key, first] = JSON.parse(printed.stdout) as { path: string; default: unknown }[];
    assert.equal(key!.path, 'routes[].timeouts');
    assert.deepEqual([first!.path, first!.default], ['routes[].timeouts.connectMs', 1000]);
  });

  it('tells all keys below one when asked for them', async () => {
    const next = await sluice('explain', 'upstreams');
    const all = await sluice('explain', 'upstreams', '--all');
    assert.doesNotMatch(next.stdout, /tls\.ca/);
    assert.match(all.stdout, /^ {2}tls\.ca /m);
  });

  it('knows which keys there are', async () => {
    const wrong = await sluice('explain', 'routes.timeout');
    assert.deepEqual([wrong.code, wrong.stdout], [2, '']);
    assert.match(
      wrong.stderr,
      /^routes\.timeout: routes\[\] has no key "timeout"; .*did you mean "timeouts"\?\n$/,
    );
  });

  it('adds a stack only when asked for it', async () => {
    const { stderr } = await sluice('check', join(folder, 'nothing.yaml'), '--verbose');
    assert.match(stderr, /^ +at /m);
  });
});

describe('sluice run', () => {
  const config = (url: string, more: Record<string, unknown> = {}) => ({
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    upstreams: { sample: { targets: [{ url }] } },
    routes: [route('all', '/*')],
    workers: { count: 1 },
    ...more,
  });

  it('tells its version and the ABI that it runs on /config of the admin listener', async (test) => {
    const gateway = await GatewayProcess.start(test, config('http://127.0.0.1:9'));
    const page = await fetch(`http://127.0.0.1:${gateway.adminPort}/config`);
    const { version, abi } = (await page.json()) as Record<string, unknown>;
    assert.deepEqual({ version, abi }, { version: VERSION, abi: ABI_RANGE });
  });

  it('drains on SIGTERM: running requests end, new connections are refused, exit code 0', async (test) => {
    let release: (() => void) | undefined;
    const target = await startHttpTarget(test, (request, response) => {
      if (request.url === '/probe') response.end();
      else release = () => response.end('late');
    });
    const gateway = await GatewayProcess.start(test, config(target.url));
    const running = fetch(gateway.url('/'));
    await until(() => release !== undefined);
    const exited = once(gateway.child, 'exit');
    gateway.child.kill('SIGTERM');
    await until(() =>
      fetch(gateway.url('/probe')).then(
        () => false,
        () => true,
      ),
    );
    const ready = await fetch(`http://127.0.0.1:${gateway.adminPort}/readyz`);
    assert.equal(ready.status, 503);
    release!();
    assert.equal(await (await running).text(), 'late');
    assert.deepEqual(await exited, [0, null]);
    await until(() => gateway.lines.at(-1)?.['msg'] === 'stopped');
  });

  it('is not ready for shutdown.delayMs before it closes its listeners', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end('ok'));
    const gateway = await GatewayProcess.start(
      test,
      config(target.url, { shutdown: { delayMs: 86_400_000 } }),
    );
    const exited = once(gateway.child, 'exit');
    gateway.child.kill('SIGTERM');
    await until(() => gateway.lines.some(({ msg }) => msg === 'not ready any more'));
    assert.equal((await fetch(`http://127.0.0.1:${gateway.adminPort}/readyz`)).status, 503);
    const response = await fetch(gateway.url('/'), { headers: { connection: 'close' } });
    assert.equal(await response.text(), 'ok');
    // A second signal waits for nothing.
    gateway.child.kill('SIGTERM');
    assert.deepEqual(await exited, [1, null]);
  });

  it('cuts what does not end within shutdown.drainMs', async (test) => {
    let arrived = false;
    const target = await startHttpTarget(test, () => {
      arrived = true;
    });
    const gateway = await GatewayProcess.start(test, config(target.url, { shutdown: { drainMs: 100 } }));
    const running = fetch(gateway.url('/'));
    const failed = assert.rejects(running);
    await until(() => arrived);
    assert.equal(await gateway.stop(), 0);
    await failed;
  });

  it('writes one line of JSON for each request', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end('ok'));
    const gateway = await GatewayProcess.start(test, config(target.url));
    const response = await fetch(gateway.url('/some/path?token=hidden'));
    await response.text();
    await until(() => gateway.lines.some(({ msg }) => msg === 'exchange'));
    const line = gateway.lines.find(({ msg }) => msg === 'exchange')!;
    assert.equal(line['id'], response.headers.get('x-request-id'));
    assert.equal(line['path'], '/some/path');
    assert.equal(line['route'], 'all');
    assert.equal(line['status'], 200);
    assert.equal(line['bytesOut'], 2);
    assert.equal(JSON.stringify(gateway.lines).includes('hidden'), false);
  });

  it('reads its file again on SIGHUP', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end('ok'));
    const gateway = await GatewayProcess.start(test, config(target.url));
    gateway.child.kill('SIGHUP');
    await until(() => gateway.lines.some(({ msg }) => msg === 'configuration applied'));
    assert.equal((await fetch(gateway.url('/'))).status, 200);
  });

  it('lives on when a filter spins, traps and eats memory', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end('ok'));
    for (const name of ['endless-loop', 'trap', 'memory-bomb']) file(`${name}.wasm`, await guestBytes(name));
    const gateway = await GatewayProcess.start(
      test,
      config(target.url, {
        filters: Object.fromEntries(
          ['endless-loop', 'trap', 'memory-bomb'].map((name) => [
            name,
            { module: join(folder, `${name}.wasm`) },
          ]),
        ),
        routes: [route('all', '/*', ['endless-loop', 'trap', 'memory-bomb'])],
      }),
    );
    for (const header of [
      'x-loop: request',
      'x-trap: unreachable',
      'x-trap: stack',
      'x-bomb: 999',
      'x-loop: response',
    ]) {
      const [name, value] = header.split(': ') as [string, string];
      assert.equal((await fetch(gateway.url('/'), { headers: { [name]: value } })).status, 503, header);
      assert.equal((await fetch(gateway.url('/'))).status, 200, `after ${header}`);
    }
    assert.equal(await gateway.stop(), 0);
  });
});
