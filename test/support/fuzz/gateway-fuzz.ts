// Rounds of a gateway between hostile clients and hostile targets: after each one an honest client is served, and after the last one
// nothing is left of all of them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../gateway.js';
import { FuzzStage, type Holdings, PATHS, SURFACES } from './fuzz-stage.js';
import { attack } from './hostile-clients.js';
import { Random } from './random.js';

/** Connections of a round, which are open at the same time. */
const CROWD = 40;
/** Connections of which nghttp2 tells nothing any more are cut after a minute, where a request is under way. */
const SETTLED_WITHIN_MS = 120_000;

/** When the test is over: once honest clients were served, or once nothing is left of the others as well. */
type End = 'served' | 'released';

/**
 * @param connections of hostile clients, unless SLUICE_FUZZ_RUNS says another number
 * @param seed        of the first round, unless SLUICE_FUZZ_SEED says another one. Default: another one each time
 */
export function testGatewayFuzz(connections: number, end: End, seed = Date.now() % 2 ** 32): void {
  const runs = Number(process.env['SLUICE_FUZZ_RUNS'] ?? connections);
  const rounds = Math.ceil(runs / CROWD);
  const first = Number(process.env['SLUICE_FUZZ_SEED'] ?? seed);

  describe(`a gateway among hostile clients and targets, ${rounds * CROWD} connections from seed ${first}`, () => {
    const forgets = end === 'released' ? ', and forgets nothing' : '';
    it(`serves honest clients after each round${forgets}`, async (test) => {
      const stage = await FuzzStage.start(test);
      await stage.assertServes();
      const before = await atRest(stage);
      for (let round = 0; round < rounds; round++) await runRound(stage, (first + round) % 2 ** 32);
      if (end === 'released') await assertReleased(stage, before);
      assert.doesNotMatch(stage.gateway.output(), /SLUICE_INTERNAL|nobody caught|Warning: /);
      assert.equal(await stage.gateway.stop(), 0);
    });
  });
}

/** All that it does follows from the seed. */
async function runRound(stage: FuzzStage, seed: number): Promise<void> {
  const random = new Random(seed);
  stage.answers = random.fork();
  try {
    await Promise.all(
      Array.from({ length: CROWD }, () => {
        const own = random.fork();
        const surface = own.pick(SURFACES);
        const path = own.pick(PATHS).replace('N', String(own.below(2 ** 32)));
        return attack(surface, stage.portOf(surface), path, own);
      }),
    );
    await stage.assertServes();
  } catch (cause) {
    const again = `SLUICE_FUZZ_SEED=${seed} SLUICE_FUZZ_RUNS=${CROWD} npm run test:fuzz:gateway`;
    const { exitCode, signalCode } = stage.gateway.child;
    throw new Error(`exit code ${exitCode}, signal ${signalCode}; again by ${again}`, { cause });
  }
}

/** What it holds when nothing is under way. */
async function atRest(stage: FuzzStage): Promise<Holdings> {
  let now = await stage.holdings();
  await until(async () => {
    now = await stage.holdings();
    return Object.values(now.gauges).every((value) => value === 0);
  });
  return now;
}

async function assertReleased(stage: FuzzStage, before: Holdings): Promise<void> {
  let now = before;
  const isReleased = async (): Promise<boolean> => {
    now = await stage.holdings();
    return now.sockets <= before.sockets && Object.values(now.gauges).every((value) => value === 0);
  };
  await until(isReleased, SETTLED_WITHIN_MS).catch(() =>
    assert.fail(`holds ${JSON.stringify(now)} in the end, held ${JSON.stringify(before)} before`),
  );
}
