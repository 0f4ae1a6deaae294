import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { awaitRollout, formatRollout, type Rollout } from '../../../../core/cli/fleet/rollout.js';
import { etcdConnector } from '../../../../core/etcd/etcd-connector.js';
import { EtcdFleet } from '../../../support/etcd-fleet.js';
import { EtcdCluster } from '../../../support/etcd-process.js';

const LONG_MS = 60_000;

let cluster: EtcdCluster;
let fleets = 0;
before(async () => {
  cluster = await EtcdCluster.start();
});
after(() => cluster.stop());

interface Subject {
  readonly fleet: EtcdFleet;
  publish(name: string): Promise<string>;
  report(node: string, report: object): Promise<void>;
  wait(release: string, deadlineMs?: number): Promise<Rollout>;
}

async function withFleet(body: (subject: Subject) => Promise<void>): Promise<void> {
  fleets += 1;
  const prefix = `rollout-${fleets}`;
  const fleet = new EtcdFleet(cluster.store(), prefix);
  const connect = etcdConnector({ endpoints: cluster.endpoints, prefix });
  try {
    await body({
      fleet,
      publish: (name) =>
        fleet.releases.publish({
          text: `# ${name}\n`,
          value: null,
          modules: [],
          createdBy: 'test',
          message: '',
        }),
      report: async (node, report) => {
        const value = Buffer.from(JSON.stringify({ channel: 'stable', ...report }));
        await fleet.store.commit([], [{ put: fleet.keys.node(node), value }]);
      },
      wait: (release, deadlineMs = LONG_MS) =>
        awaitRollout(
          { description: prefix, connect, tls: () => null, keys: fleet.keys, channel: 'stable' },
          release,
          deadlineMs,
        ),
    });
  } finally {
    fleet.store.close();
  }
}

function statesOf({ nodes }: Rollout): string[] {
  return nodes.map(({ node, state }) => `${node} ${state}`);
}

describe('waiting for a rollout', () => {
  test('ends when every gateway of the channel runs the release', () =>
    withFleet(async ({ fleet, publish, report, wait }) => {
      const [old, id] = [await publish('old'), await publish('new')];
      await fleet.flip(id);
      await report('a', { release: old });
      await report('b', { release: id });
      await report('c', { release: old, channel: 'canary' });
      const waiting = wait(id);
      await report('a', { release: id });
      const rollout = await waiting;
      assert.deepEqual([rollout.isDone, statesOf(rollout)], [true, ['a current', 'b current']]);
      assert.equal(formatRollout(rollout, id), `2 of 2 gateways run ${id}\n`);
    }));

  test('does not take the refusal of another release for one of this', () =>
    withFleet(async ({ fleet, publish, report, wait }) => {
      const [old, id] = [await publish('old'), await publish('new')];
      await fleet.flip(id);
      await report('a', { release: old, refused: '0123456789ab', lastError: 'of before' });
      const waiting = wait(id);
      await report('a', { release: old, refused: id, lastError: 'two\nlines' });
      const rollout = await waiting;
      assert.deepEqual([rollout.isDone, statesOf(rollout)], [false, ['a refused']]);
      assert.equal(
        formatRollout(rollout, id),
        `a refuses it and runs ${old}: two; lines\n0 of 1 gateway runs ${id}\n`,
      );
    }));

  test('counts one that runs it, and refuses what the secrets became, as refusing', () =>
    withFleet(async ({ fleet, publish, report, wait }) => {
      const id = await publish('new');
      await fleet.flip(id);
      await report('a', { release: id, refused: id, lastError: 'no such secret' });
      assert.deepEqual(statesOf(await wait(id)), ['a refused']);
    }));

  test('ends when somebody flips the channel to something else', () =>
    withFleet(async ({ fleet, publish, report, wait }) => {
      const [id, other] = [await publish('new'), await publish('other')];
      await fleet.flip(id);
      await report('a', { release: null });
      const waiting = wait(id);
      await fleet.flip(other);
      const rollout = await waiting;
      assert.deepEqual([rollout.isDone, rollout.release], [false, other]);
      assert.match(
        formatRollout(rollout, id),
        /^a still runs nothing\nsomebody flipped the channel to \w+ meanwhile\n$/,
      );
    }));

  test('forgets a gateway that goes, and ends at once when there is none', () =>
    withFleet(async ({ fleet, publish, report, wait }) => {
      const id = await publish('new');
      await fleet.flip(id);
      assert.deepEqual(await wait(id), { release: id, nodes: [], isDone: true });
      await report('a', { release: null });
      const waiting = wait(id);
      await fleet.store.commit([], [{ remove: fleet.keys.node('a') }]);
      assert.equal((await waiting).isDone, true);
    }));

  test('ends at the deadline with those that lag', () =>
    withFleet(async ({ fleet, publish, report, wait }) => {
      const id = await publish('new');
      await fleet.flip(id);
      await report('a', { release: '0123456789ab' });
      const rollout = await wait(id, 3_000);
      assert.deepEqual([rollout.isDone, statesOf(rollout)], [false, ['a lagging']]);
    }));
});
