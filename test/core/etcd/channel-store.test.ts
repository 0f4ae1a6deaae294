import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EtcdFleet } from '../../support/etcd-fleet.js';
import { EtcdCluster } from '../../support/etcd-process.js';

let cluster: EtcdCluster;
let fleet: EtcdFleet;
before(async () => {
  cluster = await EtcdCluster.start();
  fleet = new EtcdFleet(cluster.store(), 'channels');
});
after(async () => {
  fleet.store.close();
  await cluster.stop();
});

function publish(name: string): Promise<string> {
  return fleet.releases.publish({
    text: `# ${name}\n`,
    value: null,
    modules: [],
    createdBy: 'test',
    message: '',
  });
}

async function rollBack(channel: string, id: string): Promise<void> {
  await fleet.channels.rollBack(await fleet.channels.read(channel), id, 'test');
}

async function stateOf(channel: string): Promise<[string, readonly string[]]> {
  const { pointer } = await fleet.channels.read(channel);
  return [pointer!.release, pointer!.earlier];
}

describe('a channel', () => {
  test('goes back step by step, and not forth again', async () => {
    const [a, b, c, d] = [await publish('a'), await publish('b'), await publish('c'), await publish('d')];
    for (const id of [a, b, c]) await fleet.flip(id);
    assert.deepEqual(await stateOf('stable'), [c, [b, a]]);
    await fleet.flip(c);
    assert.deepEqual(await stateOf('stable'), [c, [b, a]], 'the same again is no step');
    await rollBack('stable', b);
    assert.deepEqual(await stateOf('stable'), [b, [a]]);
    await rollBack('stable', a);
    assert.deepEqual(await stateOf('stable'), [a, []]);
    await rollBack('stable', d);
    assert.deepEqual(await stateOf('stable'), [d, [a]], 'one that never ran is a step forth');
  });

  test('goes back over several at once', async () => {
    const ids = [await publish('a'), await publish('b'), await publish('c')];
    for (const id of ids) await fleet.flip(id, 'several');
    await rollBack('several', ids[0]!);
    assert.deepEqual(await stateOf('several'), [ids[0], []]);
  });

  test('remembers twenty', async () => {
    for (let index = 0; index < 25; index++) await fleet.flip(await publish(`many ${index}`), 'many');
    const [, earlier] = await stateOf('many');
    assert.equal(earlier.length, 20);
    assert.equal(earlier[0], await publish('many 23'));
  });

  test('may have been written by somebody else, and is flipped and listed all the same', async () => {
    const [a, b] = [await publish('a'), await publish('b')];
    for (const earlier of [5, 'abc', {}, null, [1, a, null]]) {
      const pointer = { release: a, earlier, flippedAt: 1, flippedBy: {} };
      const value = Buffer.from(JSON.stringify(pointer));
      await fleet.store.commit([], [{ put: fleet.keys.channel('odd'), value }]);
      await fleet.flip(b, 'odd');
      const [release, before] = await stateOf('odd');
      assert.deepEqual([release, before[0]], [b, a]);
      const [odd] = (await fleet.channels.list()).filter(({ name }) => name === 'odd');
      assert.equal(odd!.pointer!.release, b);
      await rollBack('odd', a);
    }
  });

  test('is flipped by one of those who read it, and the others are told', async () => {
    const ids = await Promise.all(['x', 'y', 'z'].map(publish));
    const read = await fleet.channels.read('raced');
    const ends = await Promise.allSettled(ids.map((id) => fleet.channels.flip(read, id, 'test')));
    assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const end of ends)
      if (end.status === 'rejected') assert.equal(end.reason.code, 'SLUICE_CONFIG_CONFLICT');
    await assert.rejects(fleet.channels.flip(await fleet.channels.read('raced'), '0'.repeat(12), 'test'), {
      code: 'SLUICE_CONFIG_RELEASE',
    });
  });
});
