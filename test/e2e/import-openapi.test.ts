// What `sluice import openapi` writes, on a gateway: everything that is documented passes, and nothing else.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parsePlainDocument, writeYaml } from '../../core/config/yaml/plain-document.js';
import { generateSpec, type SpecRequest, shuffled } from '../core/cli/openapi/spec-generator.js';
import { type TestConfig, TestGateway } from '../support/gateway.js';
import { sluice } from '../support/gateway-process.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-import-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const UPSTREAM = 'http://127.0.0.1:9';
const RESOURCES = 100;
/** Requests under way at once. */
const LANES = 8;

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

for (const [seed, version] of [
  [1, '3.0.3'],
  [2, '3.1.0'],
] as const) {
  describe(`a generated specification of ${RESOURCES * 5} operations in OpenAPI ${version}`, () => {
    const { spec, operations } = generateSpec(seed, RESOURCES, version);
    const source = file(`spec-${version}.yaml`, writeYaml(spec, ''));
    const out = join(folder, `sluice-${version}.yaml`);

    it('is imported without a finding, and the same from JSON with its members in another order', async () => {
      const end = await sluice(
        'import',
        'openapi',
        source,
        '--upstream',
        UPSTREAM,
        '--out',
        out,
        '--strict-import',
      );
      assert.deepEqual(end, { code: 0, stdout: `${out}: ${RESOURCES * 5} operations\n`, stderr: '' });
      const other = file('shuffled.json', JSON.stringify(shuffled(spec, seed)));
      const again = await sluice('import', 'openapi', other, '--upstream', UPSTREAM);
      assert.equal(again.code, 0);
      assert.ok(again.stdout === readFileSync(out, 'utf8'), 'the two configurations differ');
    });

    it('is a configuration that a gateway takes', async () => {
      const { code, stdout, stderr } = await sluice('check', out);
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      assert.equal(stdout, `${out}: valid (${RESOURCES * 5} routes, 1 filter, 1 upstream)\n`);
    });

    it('lets every documented request through and refuses every other', async (test) => {
      const target = await startHttpTarget(test, (request, response) => {
        request.resume();
        request.on('end', () => response.end('ok'));
      });
      const config = parsePlainDocument(readFileSync(out, 'utf8')) as TestConfig & { workers?: object };
      const gateway = await TestGateway.start(test, {
        ...config,
        listeners: [{ name: 'public', address: '127.0.0.1:0' }],
        upstreams: { api: { targets: [{ url: target.url }] } },
        workers: { ...config.workers, count: 1, spare: 0 },
        log: { access: false },
      });
      const wrong: string[] = [];
      const expect = async (name: string, request: SpecRequest, status: number): Promise<void> => {
        const { method, target: path, headers, body } = request;
        const response = await fetch(gateway.url(path), {
          method,
          headers,
          ...(body !== undefined && { body }),
        });
        const text = await response.text();
        if (response.status !== status)
          wrong.push(`${name}: ${response.status}, expected ${status}: ${text}`);
      };
      const requests = operations.flatMap(({ name, good, bad }) => [
        () => expect(name, good, 200),
        ...bad.map((one) => () => expect(`${name} with ${one.wrong}`, one, one.status)),
      ]);
      assert.ok(requests.length > RESOURCES * 5 * 6);
      const lanes = Array.from({ length: LANES }, async () => {
        for (let next = requests.pop(); next !== undefined; next = requests.pop()) await next();
      });
      await Promise.all(lanes);
      assert.deepEqual(wrong, []);
    });
  });
}

const SMALL = JSON.stringify({
  openapi: '3.1.0',
  paths: {
    '/a': { get: { parameters: [{ name: 'q', in: 'query', schema: { format: 'odd' } }] }, trace: {} },
  },
});

describe('sluice import openapi', () => {
  const small = file('small.json', SMALL);

  it('prints a configuration, and its findings on standard error', async () => {
    const { code, stdout, stderr } = await sluice('import', 'openapi', small, '--upstream', UPSTREAM);
    assert.equal(code, 0);
    assert.match(stdout, /^listeners:$/m);
    assert.equal(
      stderr,
      'left-out: #/paths/~1a/trace: TRACE is never forwarded\n' +
        'wider: #/paths/~1a/get/parameters/0/schema/format: the format "odd" is not checked\n',
    );
  });

  it('writes nothing when findings are not wanted', async () => {
    const { code, stdout, stderr } = await sluice(
      'import',
      'openapi',
      small,
      '--upstream',
      UPSTREAM,
      '--strict-import',
    );
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    assert.match(stderr, /2 findings, and --strict-import takes none/);
  });

  it('says what is wrong with its arguments and its file', async () => {
    const cases: readonly [args: string[], code: number, reason: RegExp][] = [
      [[small], 2, /--upstream URL is needed/],
      [['--upstream', UPSTREAM], 2, /one SPEC is needed/],
      [[small, '--upstream', 'http://a/b'], 2, /--upstream: found http:\/\/a\/b/],
      [[small, '--upstream', UPSTREAM, '--admin', '0.0.0.0:1'], 2, /--admin: .*loopback/],
      [[join(folder, 'none.yaml'), '--upstream', UPSTREAM], 1, /none\.yaml: cannot be read/],
      [[file('old.json', '{"swagger":"2.0"}'), '--upstream', UPSTREAM], 1, /Swagger 2\.0/],
    ];
    for (const [args, code, reason] of cases) {
      const end = await sluice('import', 'openapi', ...args);
      assert.equal(end.code, code, end.stderr);
      assert.match(end.stderr, reason);
    }
  });
});

describe('sluice check --against', () => {
  const config = (name: string, paths: readonly string[]): string => {
    const routes = paths.map((path) => ({
      id: path.slice(1),
      match: { path, methods: ['GET'] },
      upstream: 'api',
    }));
    const upstreams = { api: { targets: [{ url: UPSTREAM }] } };
    const listeners = [{ name: 'public', address: '127.0.0.1:0' }];
    return file(name, JSON.stringify({ listeners, upstreams, routes }));
  };
  const small = config('small.config.json', ['/a']);
  const large = config('large.config.json', ['/a', '/b']);

  it('tells what becomes reachable, and fails when that is asked for', async () => {
    const grown = await sluice('check', large, '--against', small, '--fail-on-widening');
    assert.equal(grown.code, 1, grown.stderr);
    assert.equal(
      grown.stdout,
      `${large}: valid (2 routes, 0 filters, 1 upstream)\nreachable GET * /b [b]\n1 reachable\n`,
    );
    assert.equal((await sluice('check', large, '--against', small)).code, 0);
    assert.equal((await sluice('check', small, '--against', large, '--fail-on-widening')).code, 0);
    assert.equal((await sluice('check', small, '--fail-on-widening')).code, 2);
  });

  it('prints JSON when asked', async () => {
    const { stdout } = await sluice('check', small, '--against', large, '--json');
    const { changes, widening } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(
      { changes, widening },
      {
        changes: [
          {
            kind: 'unreachable',
            before: 'b',
            after: null,
            reasons: [],
            host: '*',
            method: 'GET',
            path: '/b',
          },
        ],
        widening: false,
      },
    );
  });
});
