// Finding the route of a request among 10, 1,000 and 10,000.
import assert from 'node:assert/strict';
import { EntryIndex } from '../../core/router/entry-index.js';
import { RadixRouter } from '../../core/router/radix-router.js';
import type { Router } from '../../core/router/router.js';
import { pairwise, spreadOf } from '../harness/statistics.js';
import type { Lines, Ratio, Table } from '../suite.js';
import { LOOKUPS, type Lookup, type RouteRequest, requestsOf, routesOf } from './route-set.js';
import type { Contender } from './stopwatch.js';
import type { Part, Subject, Track } from './subject.js';

export const ROUTE_COUNTS = [10, 1000, 10_000] as const;
/** Requests of each kind that one call goes through. */
const REQUESTS = 64;
/** A match may take so many times what it takes among the fewest routes. */
const MOST_GROWTH = 1.05;

const [FEW, ...MORE] = ROUTE_COUNTS;

/** Requests as a listener has them: bytes, of which each request makes strings that nobody has hashed or looked up before. */
class Arrivals {
  readonly requests: readonly RouteRequest[];
  readonly #bytes: Buffer;
  readonly #ends: readonly number[];

  constructor(requests: readonly RouteRequest[]) {
    this.requests = requests;
    const ends: number[] = [];
    let text = '';
    for (const { host, path } of requests) {
      ends.push(text.length + host.length, text.length + host.length + path.length);
      text += host + path;
    }
    this.#ends = ends;
    this.#bytes = Buffer.from(text, 'latin1');
  }

  /** What of a pass is not the router's: making the strings, and looking at their ends. */
  alone(): Contender {
    return this.#contender(
      (host, path) => host.charCodeAt(host.length - 1) + path.charCodeAt(path.length - 1),
    );
  }

  through(router: RadixRouter<string>): Contender {
    return this.#contender((host, path, method) => router.match(host, path, method).kind.length);
  }

  #contender(each: (host: string, path: string, method: string) => number): Contender {
    const bytes = this.#bytes;
    const ends = this.#ends;
    const methods = this.requests.map(({ method }) => method);
    return {
      operations: methods.length,
      call: () => {
        let sum = 0;
        let at = 0;
        for (let i = 0; i < methods.length; i += 1) {
          const host = bytes.toString('latin1', at, ends[2 * i]!);
          const path = bytes.toString('latin1', ends[2 * i]!, ends[2 * i + 1]!);
          sum += each(host, path, methods[i]!);
          at = ends[2 * i + 1]!;
        }
        return sum;
      },
    };
  }
}

type ByCount<T> = Readonly<Record<number, T>>;

function byCount<T>(make: (count: number) => T): ByCount<T> {
  return Object.fromEntries(ROUTE_COUNTS.map((count) => [count, make(count)]));
}

/** @throws AssertionError where the router answers another route than the set says */
export function checkRouter<Route>(
  router: Router<Route>,
  lookup: Lookup,
  requests: readonly RouteRequest[],
): void {
  for (const { host, path, method, route } of requests) {
    const match = router.match(host, path, method);
    const expected = lookup === 'miss' ? 'none' : lookup === 'wrong method' ? 'method' : 'found';
    assert.equal(match.kind, expected, `${method} ${host}${path}`);
    if (match.kind === 'found') assert.equal(match.id, route);
  }
}

export const routerSubject: Subject = {
  name: 'router',
  contests: LOOKUPS.length + 1,
  async measure(track) {
    const routers = byCount((count) => routerOf(count));
    const costs = new Map<Lookup, ByCount<readonly number[]>>();
    for (const lookup of LOOKUPS) {
      const arrivals = byCount((count) => new Arrivals(requestsOf(lookup, count, REQUESTS)));
      for (const count of ROUTE_COUNTS) checkRouter(routers[count]!, lookup, arrivals[count]!.requests);
      costs.set(lookup, await measureLookup(track, lookup, routers, arrivals));
    }
    const growth = await measureGrowth(track, routers);
    return partOf(costs, growth);
  },
};

function routerOf(count: number): RadixRouter<string> {
  return new RadixRouter(new EntryIndex(routesOf(count).map((route) => ({ ...route, route: route.id }))));
}

/** Nanoseconds of a match by the number of routes, round by round. */
async function measureLookup(
  track: Track,
  lookup: Lookup,
  routers: ByCount<RadixRouter<string>>,
  arrivals: ByCount<Arrivals>,
): Promise<ByCount<readonly number[]>> {
  const figures = await track.contest<string>(`router, ${lookup}`, {
    // Strings are as long whatever the set.
    alone: arrivals[FEW]!.alone(),
    ...byCount((count) => arrivals[count]!.through(routers[count]!)),
  });
  return byCount((count) => minus(figures[count]!, figures['alone']!));
}

function minus(ns: readonly number[], alone: readonly number[]): number[] {
  return ns.map((value, round) => value - alone[round]!);
}

interface Growth {
  readonly few: readonly number[];
  /** The requests of the fewest routes, in sets that have these and more. */
  readonly same: ByCount<readonly number[]>;
  /** Requests for all routes of the set. */
  readonly spread: ByCount<readonly number[]>;
}

/** All kinds of requests in turn: the same ones whatever the set, and such as go to all of its routes. */
async function measureGrowth(track: Track, routers: ByCount<RadixRouter<string>>): Promise<Growth> {
  const mixed = byCount((count) => new Arrivals(mixOf(count)));
  const most = MORE.map((count): [string, Contender][] => [
    [`same ${count}`, mixed[FEW]!.through(routers[count]!)],
    [`spread ${count}`, mixed[count]!.through(routers[count]!)],
  ]);
  const figures = await track.contest<string>('router, all kinds of requests', {
    alone: mixed[FEW]!.alone(),
    few: mixed[FEW]!.through(routers[FEW]!),
    ...Object.fromEntries(most.flat()),
  });
  const of = (name: string): number[] => minus(figures[name]!, figures['alone']!);
  const named = (name: string): ByCount<readonly number[]> =>
    Object.fromEntries(MORE.map((count) => [count, of(`${name} ${count}`)]));
  return { few: of('few'), same: named('same'), spread: named('spread') };
}

function mixOf(count: number): RouteRequest[] {
  const all = LOOKUPS.map((lookup) => requestsOf(lookup, count, REQUESTS));
  return Array.from({ length: REQUESTS }, (_, turn) => all.map((requests) => requests[turn]!)).flat();
}

function partOf(costs: ReadonlyMap<Lookup, ByCount<readonly number[]>>, growth: Growth): Part {
  const table: Table = {
    title: 'Router: one match, by what the request meets',
    head: 'request',
    columns: ROUTE_COUNTS.map((count) => ({ name: `${countText(count)} routes`, unit: 'ns', digits: 0 })),
    rows: LOOKUPS.map((lookup) => ({
      name: lookup,
      cells: ROUTE_COUNTS.map((count) => spreadOf(costs.get(lookup)![count]!)),
    })),
  };
  const chart: Lines = {
    kind: 'lines',
    title: 'Router: one match, by number of routes',
    across: 'routes',
    isAcrossLogarithmic: true,
    unit: 'ns',
    series: LOOKUPS.map((lookup) => ({
      name: lookup,
      points: ROUTE_COUNTS.map((count) => ({ x: count, y: spreadOf(costs.get(lookup)![count]!) })),
    })),
  };
  const ratio = (id: string, count: number, what: string, ns: readonly number[]): Ratio => ({
    id: `micro/router-${id}${count}/router-${FEW}`,
    name: `router, ${countText(count)} routes next to ${FEW}, ${what}`,
    value: pairwise(ns, growth.few, (own, theirs) => own / theirs),
    atMost: MOST_GROWTH,
  });
  return {
    tables: [table],
    charts: [chart],
    ratios: MORE.flatMap((count) => [
      ratio('', count, 'same requests', growth.same[count]!),
      { ...ratio('spread-', count, 'requests for all routes', growth.spread[count]!), atMost: null },
    ]),
    notes: [
      'Router: strings of host and path are made of bytes for each match, as a listener makes them; what that takes is measured in turn and taken off.',
      'Requests for all routes of a large set meet memory that the processor has not at hand; the target is for the same requests, where only the number of routes differs.',
    ],
  };
}

function countText(count: number): string {
  return count.toLocaleString('en-US');
}
