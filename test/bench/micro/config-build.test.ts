import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  checkBuild,
  configBuild,
  configOf,
  readRevision,
  withBuilder,
} from '../../../bench/micro/config-build.js';
import { RouteTable } from '../../../core/config/route-table.js';
import { findingsOf } from './findings.js';

describe('the bench of configurations', () => {
  it('builds snapshots that answer as their routes say, over filters that run already', async () => {
    const first = readRevision(configOf(10));
    await withBuilder(first, async (builder) => {
      const revision = readRevision(configOf(20));
      await checkBuild(builder, revision);
      const snapshot = await builder.build(revision);
      const again = await builder.build(first);
      assert.deepEqual(snapshot.filters, again.filters);
      snapshot.retire();
      again.retire();
      const [route, ...rest] = revision.config.routes;
      const config = { ...revision.config, routes: RouteTable.of([{ ...route!, id: 'other' }, ...rest]) };
      await assert.rejects(checkBuild(builder, { ...revision, config }), /other/);
    });
  });

  it('finds the whole next to its YAML, by number of routes', async () => {
    const { ratios, tables } = await findingsOf(configBuild([10, 20]));
    assert.deepEqual(
      ratios.map(({ id }) => id),
      ['micro/config-10/yaml', 'micro/config-20/yaml'],
    );
    assert.equal(tables[0]!.rows.length, 2);
  });
});
