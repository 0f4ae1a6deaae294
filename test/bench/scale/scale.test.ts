import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { descendants } from '../../../bench/harness/descendants.js';
import { sluiceConfig } from '../../../bench/harness/job.js';
import { findLoadGenerator } from '../../../bench/harness/load-generators.js';
import { startUpstream, type Upstream } from '../../../bench/harness/processes.js';
import type { Dimension, Pace } from '../../../bench/scale/dimension.js';
import { chains, filters } from '../../../bench/scale/filters.js';
import { routesOf } from '../../../bench/scale/routes.js';
import { SettledLoad } from '../../../bench/scale/settled-load.js';
import { TransferClient } from '../../../bench/scale/transfer.js';
import { SIZES, WAYS, waysConfig } from '../../../bench/scale/ways.js';
import type { Findings } from '../../../bench/suite.js';
import { errorsOf } from '../../core/config/validating.js';
import { assertWellFormed } from '../support/well-formed.js';

const BRIEF: Pace = {
  ...{ rounds: 1, pairs: 2, pairSeconds: 0.1, seconds: 0.1, bodyMiB: 1 },
  ...{ warmUpSeconds: 0.1, warmUpRequests: 1 },
};

describe('the suite scale', () => {
  let upstream: Upstream;

  before(async () => {
    upstream = await startUpstream();
  });
  after(() => upstream.stop());

  const measure = (dimension: Dimension): Promise<Findings> =>
    dimension.measure({
      ...{ pace: BRIEF, generator: findLoadGenerator(true), nginx: null },
      ...{ upstream, step: () => {} },
    });

  for (const [what, more] of [
    ['10,000 routes', { routes: routesOf(10_000) }],
    ['chains of filters', chains()],
    ['all ways of bodies', waysConfig()],
  ] as const) {
    it(`has a configuration with ${what} that a gateway takes`, () => {
      const config = sluiceConfig({ port: 8080, upstreamPort: 8081 }, more);
      assert.deepEqual(errorsOf(config), []);
    });
  }

  it('finds what each further filter costs, and ends what it started', async () => {
    const before = descendants();
    const findings = await measure(filters);
    assertWellFormed('scale', findings);
    assert.deepEqual(
      findings.ratios.map(({ id }) => id),
      ['scale/filters-16/filters-1'],
    );
    assert.deepEqual(descendants(), before);
  });

  it('moves bodies of all ways, and says how they failed', async () => {
    const { bytes } = SIZES[1]!;
    const server = createServer((request, response) => {
      request.resume();
      const status = request.url!.startsWith('/held') ? 413 : 200;
      request.on('end', () => response.writeHead(status).end(Buffer.alloc(bytes)));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const subject = {
      name: 'server',
      scheme: 'http',
      port,
      pids: [process.pid],
      stop: async () => {},
    } as const;
    const client = new TransferClient();
    try {
      for (const way of WAYS) {
        const transfer = { ...way.transferOf(SIZES[1]!), count: 6, connections: 2 };
        const moved = await client.move(subject, transfer);
        const isRefused = way.id.startsWith('held');
        assert.deepEqual([moved.failed, moved.answer], isRefused ? [6, 'answered 413'] : [0, ''], way.id);
        assert.ok(moved.cpuMs > 0 && moved.perSecond > 0);
        assert.ok(moved.grownMb === null || moved.grownMb >= 0);
      }
      const short = { ...WAYS[1]!.transferOf(SIZES[2]!), count: 1, connections: 1 };
      assert.equal((await client.move(subject, short)).answer, `came to ${bytes} bytes`);
    } finally {
      await client.stop();
      server.close();
      server.closeAllConnections();
    }
  });

  it('looks at load while all clients are connected', async () => {
    const subject = { name: 'upstream', scheme: 'http', port: upstream.port, pids: [process.pid] } as const;
    const request = { method: 'GET', path: '/', headers: {}, body: '' };
    const before = await upstream.served();
    const result = await new SettledLoad(findLoadGenerator(true), upstream).load(
      { ...subject, stop: async () => {} },
      { request, connections: 20, seconds: 0.3, pauseMs: 0, isRefused: false },
    );
    assert.equal(result.failed, 0);
    assert.ok(result.requests > 0 && result.requests <= (await upstream.served()) - before);
    assert.ok(result.perSecond > 0 && result.cpuUs >= 0);
  });
});
