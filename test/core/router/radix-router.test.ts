import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RadixRouter, type RouteEntry } from '../../../core/router/radix-router.js';
import type { RouteMatch } from '../../../core/router/router.js';
import { describeRouter } from '../../contract/router.contract.js';

describeRouter('RadixRouter', (entries) => new RadixRouter(entries));

const RANK = { literal: 0, parameter: 1, wildcard: 2 };

function rankOf(segment: string): number {
  if (segment === '*') return RANK.wildcard;
  return segment.startsWith(':') ? RANK.parameter : RANK.literal;
}

/** Parameters of `pattern` in `path`, or null. */
function fit(pattern: string, path: string): string[] | null {
  const wanted = pattern.slice(1).split('/');
  const given = path.slice(1).split('/');
  const params: string[] = [];
  for (const [i, segment] of wanted.entries()) {
    if (i >= given.length) return null;
    if (segment === '*') return [...params, '*', given.slice(i).map(decodeURIComponent).join('/')];
    if (segment.startsWith(':')) {
      if (given[i] === '') return null;
      params.push(segment.slice(1), decodeURIComponent(given[i]!));
    } else if (segment !== given[i]) return null;
  }
  return wanted.length === given.length ? params : null;
}

/** Compares two patterns that fit the same path: the first segment that differs in rank decides. */
function compare(a: string, b: string): number {
  const [left, right] = [a.slice(1).split('/').map(rankOf), b.slice(1).split('/').map(rankOf)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!;
  }
  return 0;
}

/** The contract, written down without regard to speed. */
function naiveMatch(entries: readonly RouteEntry<string>[], host: string, path: string, method: string) {
  const parent = `*${host.slice(host.indexOf('.'))}`;
  const levels = [host, parent, null].map((level) =>
    entries.filter((entry) => (level === null ? entry.hosts === null : entry.hosts?.includes(level))),
  );
  for (const level of levels) {
    const fitting = level.filter((entry) => fit(entry.path, path) !== null);
    if (fitting.length === 0) continue;
    fitting.sort((a, b) => compare(a.path, b.path));
    const best = fitting.filter((entry) => compare(entry.path, fitting[0]!.path) === 0);
    const allow = new Set(best.flatMap((entry) => entry.methods));
    if (allow.has('GET')) allow.add('HEAD');
    const route =
      best.find((entry) => entry.methods.includes(method)) ??
      (method === 'HEAD' ? best.find((entry) => entry.methods.includes('GET')) : undefined);
    const match: RouteMatch<string> =
      route === undefined
        ? { kind: 'method', allow: [...allow].sort() }
        : { kind: 'found', route: route.route, params: fit(route.path, path)! };
    return match;
  }
  return { kind: 'none' };
}

const literal = fc.constantFrom('a', 'b', 'ab', 'abc', 'a.b', 'a-b', 'a:b', '%20');
const methods = fc.constantFrom('GET', 'HEAD', 'POST', 'BREW');
const hosts = fc.constantFrom('x.test', 'y.test', '*.test', '*.x.test');

const patternArbitrary = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: literal }, { weight: 2, arbitrary: fc.constant(':') }), {
      maxLength: 4,
    }),
    fc.constantFrom('', '/', '/*'),
    fc.constantFrom('p', 'q'),
  )
  .map(([segments, end, name]) => {
    const path =
      segments.map((segment, i) => `/${segment === ':' ? `:${name}${i}` : segment}`).join('') + end;
    return path === '' ? '/' : path;
  });

const entryArbitrary = fc.record({
  path: patternArbitrary,
  hosts: fc.option(fc.uniqueArray(hosts, { maxLength: 2 })),
  methods: fc.uniqueArray(methods, { minLength: 1, maxLength: 2 }),
});

/** Leaves out what an earlier entry claims already. */
function withoutDuplicates(
  drafts: readonly Omit<RouteEntry<string>, 'id' | 'route'>[],
): RouteEntry<string>[] {
  const claimed = new Set<string>();
  const entries: RouteEntry<string>[] = [];
  for (const [i, draft] of drafts.entries()) {
    const claims = (draft.hosts ?? ['any']).flatMap((host) =>
      draft.methods.map((method) => `${method} ${host} ${draft.path.replace(/:[pq]\d/g, ':')}`),
    );
    if (claims.some((claim) => claimed.has(claim))) continue;
    for (const claim of claims) claimed.add(claim);
    entries.push({ ...draft, id: `r${i}`, route: `r${i}` });
  }
  return entries;
}

test('agrees with a naive matcher on any set of routes and any request', () => {
  const segment = fc.oneof(literal, fc.constantFrom('', 'zz', '%C3%A9', 'a%2Fb'));
  const request = fc.tuple(
    fc.constantFrom('x.test', 'y.test', 'w.x.test', 'other.org'),
    fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => `/${segments.join('/')}`),
    methods,
  );
  fc.assert(
    fc.property(
      fc.array(entryArbitrary, { maxLength: 12 }),
      fc.array(request, { maxLength: 12 }),
      (drafts, requests) => {
        const entries = withoutDuplicates(drafts);
        const router = new RadixRouter(entries);
        for (const [host, path, method] of requests) {
          assert.deepEqual(router.match(host, path, method), naiveMatch(entries, host, path, method));
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('answers a path without parameters with one and the same frozen match', () => {
  const router = new RadixRouter([{ id: 'r', hosts: null, path: '/a', methods: ['GET'], route: 'r' }]);
  const match = router.match('x.test', '/a', 'GET');
  assert.equal(router.match('y.test', '/a', 'GET'), match);
  assert.ok(Object.isFrozen(match));
  assert.equal(router.match('x.test', '/a', 'PUT'), router.match('x.test', '/a', 'POST'));
});

test('builds beside other work what the constructor builds at once', async () => {
  const entries = Array.from({ length: 3000 }, (_, index) => ({
    id: `r${index}`,
    hosts: index % 3 === 0 ? null : [index % 3 === 1 ? 'a.test' : '*.b.test'],
    path: `/s${index % 50}/t${index}/:id`,
    methods: ['GET', 'PUT'],
    route: `r${index}`,
  }));
  let turns = 0;
  const count = (): void => {
    turns += 1;
    setImmediate(count).unref();
  };
  setImmediate(count);
  const beside = await RadixRouter.build(entries);
  assert.ok(turns > 0);
  const atOnce = new RadixRouter(entries);
  for (const [index, { path }] of entries.entries()) {
    for (const host of ['a.test', 'x.b.test', 'c.test']) {
      for (const method of ['HEAD', 'POST']) {
        const request = [host, path.replace(':id', `${index}`), method] as const;
        assert.deepEqual(beside.match(...request), atOnce.match(...request));
      }
    }
  }
});

test('refuses two claims of one path, built beside other work too', async () => {
  const entry = { id: 'r', hosts: null, path: '/a', methods: ['GET'], route: 'r' };
  await assert.rejects(RadixRouter.build([entry, { ...entry, id: 's' }]), /"r" and "s" both claim GET/);
});

test('finds nothing for what is no path, and comes back', () => {
  const router = new RadixRouter([
    { id: 'a', hosts: null, path: '/:id', methods: ['GET'], route: 'a' },
    { id: 'b', hosts: null, path: '/b/:id', methods: ['GET'], route: 'b' },
  ]);
  for (const path of ['', '*', 'b', 'example.com:443'])
    assert.equal(router.match('x.test', path, 'GET').kind, 'none', path);
});
