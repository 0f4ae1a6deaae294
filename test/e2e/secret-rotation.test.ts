// biome-ignore-all lint/suspicious/noTemplateCurlyInString: braces are the syntax of a secret reference
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { route, until } from '../support/gateway.js';
import { GatewayProcess, sluice } from '../support/gateway-process.js';
import { guestBytes } from '../support/test-guests.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const VARIABLE = 'SLUICE_TEST_TOKEN';
const IN_ENVIRONMENT = 'canary-env-5d01';
const IN_FILE = 'canary-file-7c22';
const ROTATED = 'canary-rotated-9e43';
const CANARIES = [IN_ENVIRONMENT, IN_FILE, ROTATED];

const folder = mkdtempSync(join(tmpdir(), 'sluice-rotation-'));
const kept = join(folder, 'token');
const keep = (value: string): void => writeFileSync(kept, `${JSON.stringify({ token: value })}\n`);

before(async () => {
  // What the processes below inherit.
  process.env[VARIABLE] = IN_ENVIRONMENT;
  writeFileSync(join(folder, 'secrets.wasm'), await guestBytes('secrets'));
});
after(() => {
  delete process.env[VARIABLE];
  rmSync(folder, { recursive: true, force: true });
});

/** `config` and `from` are those of the filter. */
function documentOf(url: string, config: unknown = {}, from = `secret+file://${kept}#token`): unknown {
  return {
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    upstreams: {
      sample: { targets: [{ url }], headers: { 'x-key': `\${secret+env://${VARIABLE}}, \${${from}}` } },
    },
    filters: {
      user: {
        module: join(folder, 'secrets.wasm'),
        config,
        limits: { deadlineMs: 2000 },
        grants: { secrets: [{ name: 'token', from }] },
      },
    },
    routes: [route('all', '/*', ['user'])],
    workers: { count: 1 },
  };
}

function assertClean(text: string, where: string): void {
  for (const canary of CANARIES) assert.ok(!text.includes(canary), `${canary} in ${where}`);
}

describe('sluice run', () => {
  it('sends a rotated secret after SIGHUP, keeps the last one when it is gone, fails no request, and tells nobody', async (test) => {
    keep(IN_FILE);
    const seen: IncomingMessage['headers'][] = [];
    const target = await startHttpTarget(test, (request, response) => {
      seen.push(request.headers);
      response.end('{}');
    });
    const gateway = await GatewayProcess.start(test, documentOf(target.url));
    const statuses = new Set<number>();
    let isOver = false;
    const client = (async () => {
      while (!isOver) {
        const response = await fetch(gateway.url('/set'));
        statuses.add(response.status);
        await response.arrayBuffer();
      }
    })();

    const sends = (value: string): Promise<void> =>
      until(() => {
        const last = seen.at(-1);
        return last?.authorization === `Bearer ${value}` && last['x-key'] === `${IN_ENVIRONMENT}, ${value}`;
      });
    await sends(IN_FILE);
    keep(ROTATED);
    gateway.child.kill('SIGHUP');
    await sends(ROTATED);

    rmSync(kept);
    gateway.child.kill('SIGHUP');
    await until(() => gateway.lines.some(({ code }) => code === 'SLUICE_SECRET_UNRESOLVED'));
    const seenBefore = seen.length;
    await until(() => seen.length > seenBefore + 2);
    await sends(ROTATED);
    const refused = gateway.lines.filter(({ code }) => code === 'SLUICE_SECRET_UNRESOLVED');
    assert.deepEqual(
      refused.map((line) => (line['place'] as { pointer: string }).pointer),
      ['/upstreams/sample/headers/x-key', '/filters/user/grants/secrets/0/from'],
    );
    for (const line of refused) {
      const { document, line: row, column } = line['place'] as Record<string, unknown>;
      assert.equal(document, gateway.configFile);
      assert.ok(Number(row) > 0 && Number(column) > 0);
      assert.match(String(line['msg']), /expected a file that can be read: ENOENT/);
    }

    isOver = true;
    await client;
    assert.deepEqual([...statuses], [200]);
    for (const page of ['/metrics', '/config', '/filters', '/readyz', '/healthz']) {
      const answer = await fetch(`http://127.0.0.1:${gateway.adminPort}${page}`);
      assertClean(await answer.text(), page);
    }
    assert.equal(await gateway.stop(), 0);
    assertClean(JSON.stringify(gateway.lines), 'the log');
  });
});

describe('sluice check', () => {
  const check = async (config: unknown, ...flags: string[]) => {
    const file = join(folder, 'checked.json');
    writeFileSync(file, JSON.stringify(config));
    const end = await sluice('check', file, ...flags);
    assertClean(end.stdout + end.stderr, `the output for ${JSON.stringify(config)}`);
    return end;
  };

  it('resolves secrets, relative to the configuration, and prints none of them', async () => {
    keep(IN_FILE);
    for (const flags of [[], ['--json'], ['--verbose']]) {
      const { code, stderr } = await check(
        documentOf('http://127.0.0.1:9', {}, 'secret+file://./token#token'),
        ...flags,
      );
      assert.equal(stderr, '');
      assert.equal(code, 0);
    }
  });

  it('refuses what a secret does not fit, without the secret', async () => {
    const greeting = `secret+file://${kept}#token`;
    const cases: [value: string, config: unknown, from: string | undefined, said: RegExp][] = [
      [IN_FILE, { greeting, refuse: true }, undefined, /SLUICE_FILTER_CONFIG .*I was told \[secret\]/],
      [
        IN_FILE,
        { greeting: `${'x'.repeat(40)}\${${greeting}}` },
        undefined,
        /\/greeting: must NOT have more than 40/,
      ],
      [IN_FILE, { refuse: greeting }, undefined, /SLUICE_FILTER_CONFIG .*\/refuse: must be boolean/],
      [IN_FILE, {}, `secret+file://${kept}#none`, /SLUICE_SECRET_UNRESOLVED .*:1:\d+ .*a text called "none"/],
      [`${IN_FILE}\nx: y`, {}, undefined, /SLUICE_SECRET_UNRESOLVED .*:1:\d+ .*one line of text/],
      ['', {}, undefined, /SLUICE_SECRET_UNRESOLVED .*:1:\d+ .*a secret that is not empty/],
    ];
    for (const [value, config, from, said] of cases) {
      keep(value);
      for (const flags of [[], ['--verbose']]) {
        const { code, stdout, stderr } = await check(
          documentOf('http://127.0.0.1:9', config, from),
          ...flags,
        );
        assert.equal(code, 1);
        assert.equal(stdout, '');
        assert.match(stderr, said);
      }
    }
  });
});
