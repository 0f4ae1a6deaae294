import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RouteConfig } from '../../../core/config/model.js';
import { RouteTable } from '../../../core/config/route-table.js';

/** `METHODS PATH [HOSTS]`, which is its id as well. */
function route(line: string, more: Partial<RouteConfig> = {}): RouteConfig {
  const [methods, path, hosts] = line.split(' ');
  return {
    id: line,
    match: {
      hosts: hosts?.split(',') ?? null,
      path: path!,
      methods: methods === '-' ? [] : methods!.split(','),
    },
    clientCertificate: null,
    filters: ['a', 'b'],
    upstream: 'users',
    timeouts: { connectMs: 1, responseMs: 2, idleMs: 3 },
    limits: { requestBodyBytes: 4, responseBufferBytes: 5 },
    preserveHost: false,
    secretEgress: 'off',
    ...more,
  };
}

const ids = (routes: Iterable<{ readonly id: string }>): string[] => Array.from(routes, ({ id }) => id);

describe('a table of routes', () => {
  const routes = [
    route('GET /users/:id'),
    route('GET,PUT /users'),
    route('PUT /users/:key', { upstream: 'others' }),
    route('GET /users/:id/orders a.test,*.b.test'),
    route('GET /é/:id', { filters: ['a'] }),
    route('- /nobody a.test'),
    route('GET /:x/y'),
  ];
  const table = RouteTable.of(routes);

  it('gives back all that was written down, in its order, frozen', () => {
    assert.deepEqual([...table], routes);
    assert.equal(table.length, routes.length);
    const { match, timeouts } = table.at(3);
    for (const part of [table.at(3), match, match.hosts, match.methods, timeouts])
      assert.ok(Object.isFrozen(part));
  });

  it('has one object for parts that are equal', () => {
    assert.equal(table.at(0).timeouts, table.at(4).timeouts);
    assert.equal(table.at(0).filters, table.at(2).filters);
    assert.equal(table.at(0).match.methods, table.at(3).match.methods);
    const settings = [...table.under(null, '/users'), ...table.under(null, '')].map(
      (filed) => filed.settings,
    );
    assert.equal(new Set(settings).size, 3);
    assert.equal(settings[0], settings[3]);
  });

  it('knows its ids', () => {
    for (const { id } of routes) assert.ok(table.has(id));
    assert.ok(!table.has('other') && !table.has(''));
  });

  it('finds routes by host pattern and the literal segments that their paths begin with', () => {
    assert.deepEqual(ids(table.under(null, '/users')), [
      'GET /users/:id',
      'GET,PUT /users',
      'PUT /users/:key',
    ]);
    for (const host of ['a.test', '*.b.test'])
      assert.deepEqual(ids(table.under(host, '/users')), ['GET /users/:id/orders a.test,*.b.test']);
    assert.deepEqual(ids(table.under(null, '/%C3%A9')), ['GET /é/:id']);
    assert.deepEqual(ids(table.under(null, '')), ['GET /:x/y']);
    for (const [host, prefix] of [
      ['b.test', '/users'],
      ['a.test', '/nobody'],
      [null, '/user'],
      [null, '/users/'],
    ] as const)
      assert.deepEqual(ids(table.under(host, prefix)), []);
    const [first, , third] = table.under(null, '/users');
    assert.deepEqual(first!.pattern.parameters, ['id']);
    assert.deepEqual(first!.settings.match, { hosts: null, methods: ['GET'] });
    assert.equal(third!.settings.upstream, 'others');
  });

  it('says what paths a host pattern has', () => {
    assert.deepEqual(table.pathsOf(null), { hasLiterals: true, hasCollections: true, treeDepths: 0b1 });
    assert.deepEqual(table.pathsOf('a.test'), {
      hasLiterals: false,
      hasCollections: false,
      treeDepths: 0b10,
    });
    assert.equal(table.pathsOf('b.test'), null);
    assert.ok(table.hasHosts);
    assert.ok(!RouteTable.of([route('GET /a')]).hasHosts);
    assert.ok(!RouteTable.of([]).hasHosts);
    assert.equal(RouteTable.of([]).pathsOf(null), null);
  });

  it('says where many crowd, and whether any looks for secrets', () => {
    assert.deepEqual(table.largePlaces, []);
    const many = Array.from({ length: 40 }, (_, index) => route(`GET /v1/:tenant/t${index}`));
    assert.deepEqual(RouteTable.of(many).largePlaces, [{ host: null, prefix: '/v1' }]);
    assert.ok(!table.seeksSecrets);
    assert.ok(RouteTable.of([...routes, route('GET /s', { secretEgress: 'block' })]).seeksSecrets);
  });

  it('is the same on the thread that its parts are handed to', () => {
    const moved = new RouteTable(structuredClone(table.parts));
    assert.deepEqual([...moved], routes);
    assert.deepEqual(ids(moved.under('a.test', '/users')), ids(table.under('a.test', '/users')));
    assert.deepEqual(moved.pathsOf(null), table.pathsOf(null));
  });
});
