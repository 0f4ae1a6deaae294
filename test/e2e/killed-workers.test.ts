// A filter that ends its worker again and again behind a listener: while it holds a request with a body, and while it
// holds a response. Every other exchange of that worker is answered once and reaches its upstream once.
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { route, TestGateway, until } from '../support/gateway.js';
import { order } from '../support/puppet-orders.js';
import { startHttpTarget } from '../support/upstream-servers.js';

/** Travel in the ring, and beside it. */
const LENGTHS = [1000, 200_000] as const;
const ROUNDS = 4;
const BYSTANDERS = 12;
const SPIN_MS = 40;

async function bodyOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

describe('a worker that is ended', () => {
  for (const phase of ['request', 'response'] as const) {
    it(`in the ${phase} phase costs no other exchange its answer and none is sent twice`, async (test) => {
      const seen = new Map<string, number>();
      const target = await startHttpTarget(test, async (request, response) => {
        const id = request.url!;
        seen.set(id, (seen.get(id) ?? 0) + 1);
        const body = await bodyOf(request);
        // What the guilty filter is told in the response phase; for all others a body of the same size as theirs.
        response.end(
          id.startsWith('/guilty') ? order('spin', [], Buffer.alloc(LENGTHS[1])) : body.toLowerCase(),
        );
      });
      const gateway = await TestGateway.start(
        test,
        {
          workers: { count: 1 },
          upstreams: { sample: { targets: [{ url: target.url }] } },
          filters: {
            puppet: {
              module: './puppet.wasm',
              grants: {
                ...{ log: true, schemas: true, random: true, counters: true, metrics: true },
                ...{ crypto: true, idna: true, patterns: true },
              },
              limits: { deadlineMs: SPIN_MS },
              quarantine: { failures: 0 },
            },
            upper: { module: './upper-body.wasm', limits: { deadlineMs: 5000 } },
          },
          routes: [route('guilty', '/guilty/:id', ['puppet']), route('others', '/others/:id', ['upper'])],
        },
        ['puppet', 'upper-body'],
      );

      const guilty = async (round: number): Promise<void> => {
        const length = LENGTHS[round % 2]!;
        const body = phase === 'request' ? order('spin', [], Buffer.alloc(length)) : null;
        const answer = await fetch(gateway.url(`/guilty/${round}`), { method: 'POST', body });
        assert.equal(answer.status, 503);
        assert.equal(((await answer.json()) as { code: string }).code, 'SLUICE_FILTER_DEADLINE');
      };
      const bystander = async (id: string, index: number): Promise<void> => {
        const length = LENGTHS[index % 2]!;
        const body = `${id} `.repeat(length).slice(0, length);
        const answer = await fetch(gateway.url(`/others/${id}`), { method: 'POST', body });
        assert.equal(answer.status, 200);
        // Upper case on the way up, lower case by the upstream, upper case on the way down.
        assert.equal(await answer.text(), body.toUpperCase());
      };

      for (let round = 0; round < ROUNDS; round += 1) {
        const others = Array.from({ length: BYSTANDERS }, (_, index) =>
          bystander(`${round}-${index}`, index),
        );
        await Promise.all([guilty(round), ...others]);
      }
      const ids = [...seen.keys()].filter((id) => id.startsWith('/others/'));
      assert.equal(ids.length, ROUNDS * BYSTANDERS);
      for (const id of ids) assert.equal(seen.get(id), 1, id);
      // Refused in the request phase they never get there, in the response phase once.
      const reached = [...seen].filter(([id]) => id.startsWith('/guilty/')).map(([, count]) => count);
      assert.deepEqual(reached, phase === 'request' ? [] : new Array(ROUNDS).fill(1));
      assert.equal(await gateway.metric('sluice_dispatch_worker_restarts_total'), ROUNDS);
      assert.equal(await gateway.metric('sluice_dispatch_outstanding'), 0);
      await until(async () => (await gateway.metric('sluice_dispatch_spare_workers')) === 1);
    });
  }
});
