// New filters while jobs run: a filter that does not come to an end in one of the workers shows who waits for it.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Dispatcher, type DispatcherOptions } from '../../../core/dispatch/dispatcher.js';
import { CounterTable } from '../../../core/wasm/capabilities/counter-table.js';
import type { FilterSpec } from '../../../core/wasm/instance.js';
import { until } from '../../support/gateway.js';
import { linksTo, loadGuest, phaseMessage } from '../../support/phase-messages.js';
import { PLAIN_MANIFEST } from '../../support/wat-module.js';
import { watSpec } from '../../support/wat-spec.js';

const KEY = Buffer.from('loads');
/** More than there are workers: the filter that waits goes on. */
const GO_ON = 100;

/** A filter that counts where it is configured, and in one of these waits until somebody counts on. */
class WaitingFilter {
  readonly spec: FilterSpec;
  readonly #counts: CounterTable;

  /** @param turn which load of it waits, the first being 1 */
  constructor(turn: number) {
    const add = (delta: number): string =>
      `(drop (call $add (i32.const 256) (i32.const ${KEY.length}) (i32.const 0) (i32.const ${delta}) (i32.const 512)))`;
    this.spec = watSpec({
      imports: '(import "sluice" "counter_add" (func $add (param i32 i32 i32 i32 i32) (result i32)))',
      fields: `(data (i32.const 256) "${KEY}")`,
      configure: `(param i32 i32) (result i32)
        ${add(1)}
        (if (i32.eq (i32.load (i32.const 512)) (i32.const ${turn}))
          (then (loop $wait
            ${add(0)}
            (br_if $wait (i32.lt_u (i32.load (i32.const 512)) (i32.const ${GO_ON}))))))
        (i32.const 0)`,
      manifests: [{ ...PLAIN_MANIFEST, capabilities: ['counters'] }],
    });
    this.#counts = new CounterTable(this.spec.shared.counters!);
  }

  /** How often it was configured so far. */
  get loads(): number {
    return this.#counts.add(KEY, 0, 0)!.current;
  }

  goOn(): void {
    this.#counts.add(KEY, 0, GO_ON);
  }
}

async function startDispatcher(
  test: TestContext,
  changes: Partial<DispatcherOptions>,
): Promise<{ dispatcher: Dispatcher; echo: FilterSpec; restarts: string[] }> {
  const restarts: string[] = [];
  const dispatcher = new Dispatcher(
    { count: 1, spare: 1, ringBytes: 65536, queue: 4096, startMs: 60_000, heapMb: 64, ...changes },
    {
      workerReplaced: (reason) => restarts.push(reason),
      filterQuarantined: () => {},
      filterRestored: () => {},
    },
  );
  test.after(() => dispatcher.close());
  await dispatcher.start();
  return { dispatcher, echo: await loadGuest(dispatcher, 'echo-context'), restarts };
}

async function runJobs(dispatcher: Dispatcher, filter: FilterSpec): Promise<void> {
  const jobs = Array.from({ length: 50 }, () => dispatcher.run(phaseMessage('request'), linksTo(filter)));
  for (const { failures } of await Promise.all(jobs)) assert.deepEqual(failures, []);
}

describe('jobs', () => {
  for (const { count, spare, turns } of [
    { count: 1, spare: 1, turns: 2 },
    { count: 2, spare: 1, turns: 3 },
    { count: 2, spare: 0, turns: 2 },
    { count: 1, spare: 2, turns: 3 },
    { count: 5, spare: 1, turns: 6 },
  ]) {
    for (let turn = 1; turn <= turns; turn += 1) {
      it(`do not wait for load ${turn} of a filter by ${count} workers and ${spare} spares`, async (test) => {
        const { dispatcher, echo, restarts } = await startDispatcher(test, { count, spare });
        const filter = new WaitingFilter(turn);
        const loaded = dispatcher.load([filter.spec]);
        await until(() => filter.loads >= turn);
        await runJobs(dispatcher, echo);
        filter.goOn();
        await loaded;
        await runJobs(dispatcher, filter.spec);
        await runJobs(dispatcher, echo);
        assert.equal(filter.loads, count + spare + GO_ON);
        const { workers, spares } = dispatcher.stats;
        assert.deepEqual({ workers, spares, restarts }, { workers: count, spares: spare, restarts: [] });
      });
    }
  }

  it('go on with the filters of a worker that serves no more', async (test) => {
    const { dispatcher, echo } = await startDispatcher(test, {});
    const early = runJobs(dispatcher, echo);
    const filters = Array.from({ length: 20 }, () => new WaitingFilter(0).spec);
    const loaded = dispatcher.load(filters);
    await Promise.all([early, runJobs(dispatcher, echo), loaded]);
    await Promise.all(filters.map((filter) => runJobs(dispatcher, filter)));
  });
});
