import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { route, TestGateway, until } from '../support/gateway.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const PATIENT = { deadlineMs: 2000 };
const TRAP = { 'x-trap': 'abort' };

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly retryAfter: string | null;
}

async function start(
  test: TestContext,
  filter: Readonly<Record<string, unknown>>,
): Promise<{
  gateway: TestGateway;
  ask: (headers?: Record<string, string>) => Promise<Answer>;
  asked: () => number;
}> {
  let asked = 0;
  const target = await startHttpTarget(test, (_, response) => {
    asked += 1;
    response.end('{}');
  });
  const gateway = await TestGateway.start(
    test,
    {
      upstreams: { sample: { targets: [{ url: target.url }] } },
      filters: { shaky: { module: './trap.wasm', limits: PATIENT, ...filter } },
      routes: [route('shaky', '/shaky', ['shaky'])],
    },
    ['trap'],
  );
  const ask = async (headers: Record<string, string> = {}): Promise<Answer> => {
    const response = await fetch(gateway.url('/shaky'), { headers });
    const { code = '' } = (await response.json()) as { code?: string };
    return { status: response.status, code, retryAfter: response.headers.get('retry-after') };
  };
  return { gateway, ask, asked: () => asked };
}

describe('a filter that keeps failing', () => {
  it('is left out: its routes answer 503 at once and the upstream is not asked', async (test) => {
    const { gateway, ask, asked } = await start(test, {
      quarantine: { failures: 3, backoffMs: 3_600_000, maxBackoffMs: 3_600_000 },
    });
    for (let i = 0; i < 3; i += 1) assert.equal((await ask(TRAP)).code, 'SLUICE_FILTER_TRAP');
    assert.deepEqual(await ask(), {
      status: 503,
      code: 'SLUICE_FILTER_QUARANTINED',
      retryAfter: '3600',
    });
    assert.equal(asked(), 0);

    assert.equal(await gateway.metric('sluice_filter_quarantined{filter="shaky"}'), 1);
    assert.equal(await gateway.metric('sluice_filter_quarantines_total{filter="shaky"}'), 1);
    const counted = 'sluice_filter_failures_total{filter="shaky",code="SLUICE_FILTER_QUARANTINED"}';
    assert.equal(await gateway.metric(counted), 1);
    const [state] = (await (await gateway.admin('/filters')).json()) as Record<string, unknown>[];
    assert.equal(state!['state'], 'quarantined');
    const { name, version, digest } = state!['module'] as Record<string, string>;
    assert.equal(name, 'trap');
    assert.match(version!, /^\d+\.\d+\.\d+$/);
    assert.match(digest!, /^sha256:[0-9a-f]{64}$/);
    assert.equal((state!['lastFailure'] as { code: string }).code, 'SLUICE_FILTER_TRAP');
    const line = await gateway.logLine(({ msg }) => String(msg).startsWith('filter quarantined'));
    assert.equal(line['filter'], 'shaky');
  });

  it('is left out of response phases too, before the upstream is asked', async (test) => {
    const { ask, asked } = await start(test, {
      quarantine: { failures: 2, backoffMs: 3_600_000, maxBackoffMs: 3_600_000 },
    });
    for (let i = 0; i < 2; i += 1) await ask({ 'x-trap': 'response' });
    assert.equal(asked(), 2);
    assert.equal((await ask()).code, 'SLUICE_FILTER_QUARANTINED');
    assert.equal(asked(), 2);
  });

  it('is not taken from all clients by one whose requests it fails on', async (test) => {
    const { ask } = await start(test, {
      quarantine: { failures: 2, backoffMs: 3_600_000, maxBackoffMs: 3_600_000 },
    });
    for (let i = 0; i < 8; i += 1) {
      for (let j = 0; j < 3; j += 1) assert.equal((await ask()).status, 200);
      assert.equal((await ask(TRAP)).code, 'SLUICE_FILTER_TRAP');
    }
    assert.equal((await ask()).status, 200);
  });

  it('is skipped when its policy is open', async (test) => {
    const { gateway, ask, asked } = await start(test, {
      onFailure: 'open',
      quarantine: { failures: 2, backoffMs: 3_600_000, maxBackoffMs: 3_600_000 },
    });
    for (let i = 0; i < 2; i += 1) assert.equal((await ask(TRAP)).status, 200);
    // It would trap if it ran.
    assert.equal((await ask(TRAP)).status, 200);
    assert.equal(asked(), 3);
    const trapped = 'sluice_filter_failures_total{filter="shaky",code="SLUICE_FILTER_TRAP"}';
    assert.equal(await gateway.metric(trapped), 2);
  });

  it('is tried again after the back-off and taken back when it returns', async (test) => {
    const { gateway, ask } = await start(test, { quarantine: { failures: 2, backoffMs: 50 } });
    for (let i = 0; i < 2; i += 1) await ask(TRAP);
    await until(async () => (await ask()).status === 200);
    await gateway.logLine(({ msg }) => msg === 'filter back from quarantine');
    assert.equal(await gateway.metric('sluice_filter_quarantined{filter="shaky"}'), 0);
  });

  it('begins with a clean record when its config changes', async (test) => {
    const { gateway, ask } = await start(test, {
      quarantine: { failures: 2, backoffMs: 3_600_000, maxBackoffMs: 3_600_000 },
    });
    for (let i = 0; i < 2; i += 1) await ask(TRAP);
    assert.equal((await ask()).code, 'SLUICE_FILTER_QUARANTINED');
    const config = JSON.parse(gateway.text()) as { filters: { shaky: Record<string, unknown> } };
    config.filters.shaky['limits'] = { deadlineMs: 2001 };
    await gateway.apply(config as never);
    assert.equal((await ask()).status, 200);
  });
});
