import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkPathPattern } from '../../../core/path-pattern.js';
import { EntryIndex } from '../../../core/router/entry-index.js';
import { RadixRouter } from '../../../core/router/radix-router.js';
import type { RouteEntry, RouteMatch } from '../../../core/router/router.js';
import { describeRouter } from '../../contract/router.contract.js';

function routerOf(entries: readonly RouteEntry<string>[]): RadixRouter<string> {
  return new RadixRouter(new EntryIndex(entries));
}

describeRouter('RadixRouter', routerOf);

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
        : { kind: 'found', id: route.id, route: route.route, params: fit(route.path, path)! };
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
        const router = routerOf(entries);
        for (const [host, path, method] of requests) {
          assert.deepEqual(router.match(host, path, method), naiveMatch(entries, host, path, method));
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('answers a path without parameters with one and the same frozen match', () => {
  const router = routerOf([{ id: 'r', hosts: null, path: '/a', methods: ['GET'], route: 'r' }]);
  const match = router.match('x.test', '/a', 'GET');
  assert.equal(router.match('y.test', '/a', 'GET'), match);
  assert.ok(Object.isFrozen(match));
  assert.equal(router.match('x.test', '/a', 'PUT'), router.match('x.test', '/a', 'POST'));
});

test('plants what crowds at one place beside other work, and answers as if requests had', async () => {
  const entries = Array.from({ length: 3000 }, (_, index) => ({
    id: `r${index}`,
    hosts: index % 3 === 0 ? null : [index % 3 === 1 ? 'a.test' : '*.b.test'],
    path: `/s${index % 2}/:tenant/t${index}/:id`,
    methods: ['GET', 'PUT'],
    route: `r${index}`,
  }));
  const routes = new EntryIndex(entries);
  assert.equal(routes.largePlaces.length, 6);
  let turns = 0;
  const count = (): void => {
    turns += 1;
    setImmediate(count).unref();
  };
  setImmediate(count);
  const beside = await RadixRouter.build(routes);
  assert.ok(turns > 0);
  const asked: string[] = [];
  const router = new RadixRouter({
    ...{ hasHosts: true, largePlaces: [], pathsOf: (host: string | null) => routes.pathsOf(host) },
    under: (host, prefix) => {
      asked.push(`${host} ${prefix}`);
      return routes.under(host, prefix);
    },
  });
  for (const [index, { path }] of entries.entries()) {
    for (const host of ['a.test', 'x.b.test', 'c.test']) {
      for (const method of ['HEAD', 'POST']) {
        const request = [host, path.replace(':tenant', 'me').replace(':id', `${index}`), method] as const;
        assert.deepEqual(beside.match(...request), router.match(...request));
      }
    }
  }
  assert.deepEqual(asked.sort(), [
    '*.b.test /s0',
    '*.b.test /s1',
    'a.test /s0',
    'a.test /s1',
    'null /s0',
    'null /s1',
  ]);
});

test('takes no route before a request comes to where its path begins, and each once', () => {
  const routes = new EntryIndex(
    ['/a/:id', '/a', '/a/:id/b', '/c/:id', '/:x/d'].map((path) => {
      return { id: path, hosts: null, path, methods: ['GET'], route: path };
    }),
  );
  const taken: string[] = [];
  const router = new RadixRouter({
    ...{ hasHosts: false, largePlaces: [], pathsOf: (host: string | null) => routes.pathsOf(host) },
    *under(host, prefix) {
      for (const entry of routes.under(host, prefix)) {
        taken.push(entry.id);
        yield entry;
      }
    },
  });
  const kinds = (...paths: string[]) => paths.map((path) => router.match('x.test', path, 'GET').kind);
  assert.deepEqual(kinds('/a', '/a/1'), ['found', 'found']);
  assert.deepEqual(taken.splice(0), ['/a/:id', '/a', '/a/:id/b']);
  assert.deepEqual(kinds('/a/1/b', '/a/1/c', '/c'), ['found', 'none', 'none']);
  assert.deepEqual(taken.splice(0), ['/:x/d', '/c/:id']);
  assert.deepEqual(kinds('/a', '/a/2', '/c/2', '/e/d', '/e'), ['found', 'found', 'found', 'found', 'none']);
  assert.deepEqual(taken, []);
});

test('refuses two claims of one path', () => {
  const entry = { id: 'r', hosts: null, path: '/a', methods: ['GET'], route: 'r' };
  assert.throws(() => routerOf([entry, { ...entry, id: 's' }]), /"r" and "s" both claim GET/);
});

test('takes every path that the configuration takes, and finds it', () => {
  const character = fc.oneof(
    fc.constantFrom(...'abAZ09-._~!$&\'()+,;=:@é€{[|\\"^`'),
    fc.constantFrom('%20', '%3a', '%25', '%3F', '%23', '%01'),
  );
  const segment = fc.oneof(
    fc.array(character, { minLength: 1, maxLength: 5 }).map((characters) => characters.join('')),
    fc.constantFrom(':a', ':b_1', ':_'),
  );
  const pattern = fc
    .tuple(fc.array(segment, { maxLength: 5 }), fc.constantFrom('', '/', '/*'))
    .map(([segments, end]) => `/${segments.join('/')}${segments.length === 0 ? end.slice(1) : end}`)
    .filter((path) => checkPathPattern(path) === null);
  fc.assert(
    fc.property(pattern, (path) => {
      const router = routerOf([{ id: 'r', hosts: null, path, methods: ['GET'], route: 'r' }]);
      const request = encodeURI(
        path.replace(/\/\*$/, '/rest').replace(/\/:\w+(?=\/|$)/g, '/given'),
      ).replaceAll('%25', '%');
      const asSent = request.replace(/%[0-9a-f]{2}/gi, (encoded) => {
        const plain = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
        return /[A-Za-z0-9._~-]/.test(plain) ? plain : encoded;
      });
      assert.equal(router.match('x.test', asSent, 'GET').kind, 'found', `${path} ${asSent}`);
    }),
    { numRuns: 1000 },
  );
});

test('finds nothing for what is no path, and comes back', () => {
  const router = routerOf([
    { id: 'a', hosts: null, path: '/:id', methods: ['GET'], route: 'a' },
    { id: 'b', hosts: null, path: '/b/:id', methods: ['GET'], route: 'b' },
  ]);
  for (const path of ['', '*', 'b', 'example.com:443'])
    assert.equal(router.match('x.test', path, 'GET').kind, 'none', path);
});
