import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LOOKUPS, requestsOf, routesOf } from '../../../bench/micro/route-set.js';
import { checkRouter, ROUTE_COUNTS, routerSubject } from '../../../bench/micro/router.js';
import { EntryIndex } from '../../../core/router/entry-index.js';
import { RadixRouter } from '../../../core/router/radix-router.js';
import { findingsOf } from './findings.js';

const routerOf = (count: number): RadixRouter<string> =>
  new RadixRouter(new EntryIndex(routesOf(count).map((route) => ({ ...route, route: route.id }))));

describe('the routes that are measured', () => {
  it('are those of a smaller set and more, with paths as long as theirs', () => {
    const many = routesOf(1000);
    assert.deepEqual(many.slice(0, 10), routesOf(10));
    const lengths = (routes: typeof many): Set<number> => new Set(routes.map(({ path }) => path.length));
    assert.deepEqual(lengths(many), lengths(many.slice(0, 10)));
  });

  it('get requests of every kind, for all of a set', () => {
    const router = routerOf(100);
    for (const lookup of LOOKUPS) checkRouter(router, lookup, requestsOf(lookup, 100, 64));
    const found = new Set(LOOKUPS.flatMap((lookup) => requestsOf(lookup, 100, 64).map(({ route }) => route)));
    found.delete(null);
    assert.ok(found.size > 80, `${found.size} routes of 100 are asked for`);
  });

  it('are seen not to be those of another set', () => {
    const requests = requestsOf('parameter', 100, 64);
    assert.throws(() => checkRouter(routerOf(10), 'parameter', requests), /things-/);
    const others = routesOf(100).map((route) => ({ ...route, id: 'other', route: 'other' }));
    const router = new RadixRouter(new EntryIndex(others));
    assert.throws(() => checkRouter(router, 'parameter', requests), /other/);
  });
});

describe('the bench of the router', () => {
  it('finds what a match takes by request and by number of routes, and holds the growth to its target', async () => {
    const { tables, charts, ratios } = await findingsOf(routerSubject);
    assert.deepEqual(
      tables[0]!.rows.map(({ name }) => name),
      [...LOOKUPS],
    );
    assert.deepEqual(
      charts.map(({ kind }) => kind),
      ['lines'],
    );
    const most = ROUTE_COUNTS.at(-1)!;
    assert.equal(ratios.find(({ id }) => id === `micro/router-${most}/router-10`)?.atMost, 1.05);
  });
});
