// Two writers race for one channel while three gateways follow it: nothing is lost, torn or reordered.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from '../../core/errors.js';
import { EtcdStage } from './etcd-stage.js';

interface Flip {
  readonly release: string;
  readonly previous: string | undefined;
  /** When the store had taken it, in milliseconds since 1970. */
  readonly at: number;
}

/** @param pauseMs between two flips of one writer */
export function testFlips(count: number, pauseMs: number): void {
  test(`${count} flips by two writers reach three gateways whole and in order`, async (t) => {
    const stage = await EtcdStage.start(t, { size: 3, rate: 100 });
    const first = await stage.apply();
    await stage.runs(first);
    let left = count;
    let conflicts = 0;
    const flips: Flip[] = [];
    const write = async (writer: string): Promise<void> => {
      const { channels, releases, store } = stage.writer();
      for (let number = 0; left > 0; number++) {
        left -= 1;
        const text = stage.document(`${writer}-${number}`);
        const release = await releases.publish({
          text,
          value: null,
          modules: [],
          createdBy: writer,
          message: '',
        });
        for (;;) {
          const channel = await channels.read('stable');
          try {
            const { earlier } = await channels.flip(channel, release, writer);
            flips.push({ release, previous: earlier[0], at: Date.now() });
            break;
          } catch (cause) {
            if (!(cause instanceof GatewayError && cause.code === 'SLUICE_CONFIG_CONFLICT')) throw cause;
            conflicts += 1;
          }
        }
        await delay(pauseMs);
      }
      store.close();
    };
    await Promise.all([write('a'), write('b')]);

    // Each flip names the one before it: a lost update would make two of the same.
    const after = new Map(flips.map((flip) => [flip.previous, flip]));
    assert.equal(after.size, count);
    const order: Flip[] = [];
    for (let at = after.get(first); at !== undefined; at = after.get(at.release)) order.push(at);
    assert.equal(order.length, count);
    const last = order.at(-1)!;
    await stage.runs(last.release);

    const position = new Map(order.map(({ release }, index) => [release, index]));
    const delays: number[] = [];
    let skipped = 0;
    for (const gateway of stage.gateways) {
      const applied = gateway.lines.filter(({ msg }) => msg === 'configuration applied');
      let next = 0;
      for (const line of applied) {
        const release = String(line['revision']);
        if (release === first) continue;
        const index = position.get(release);
        assert.ok(index !== undefined && index >= next, `${release} came after ${order[next - 1]?.release}`);
        // A flip that another one followed before it was looked at is over when that one runs.
        for (let done = next; done <= index; done++)
          delays.push(Date.parse(String(line['time'])) - order[done]!.at);
        skipped += index - next;
        next = index + 1;
      }
      assert.equal(next, count, 'the last flip runs');
    }
    await stage.settle();
    delays.sort((a, b) => a - b);
    const percentile = (share: number): number => delays[Math.ceil(delays.length * share) - 1]!;
    t.diagnostic(
      `${count} flips, ${conflicts} conflicts, ${skipped} of ${delays.length} overtaken by the next; ` +
        `from flip to running p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms`,
    );
  });
}
