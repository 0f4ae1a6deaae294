import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diffReach, isWidening } from '../../../../core/cli/reach/reach-diff.js';
import { formatReach } from '../../../../core/cli/reach/reach-report.js';
import type {
  ClientCertificateConfig,
  GatewayConfig,
  ListenerConfig,
  RouteConfig,
} from '../../../../core/config/model.js';
import { RouteTable } from '../../../../core/config/route-table.js';
import { validate } from '../../config/validating.js';

type Json = Record<string, unknown>;

/** Those of a configuration, each changed. */
function routesOf({ routes }: GatewayConfig, change: (route: RouteConfig) => RouteConfig): RouteTable {
  return RouteTable.of([...routes].map(change));
}

/** `METHODS PATH [HOSTS] [| FILTERS]`, such as `GET,POST /a/:x a.example | guard`. */
function config(routes: readonly string[], filters: Json = {}) {
  const document = {
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    upstreams: { api: { targets: [{ url: 'http://127.0.0.1:9' }] } },
    filters,
    routes: routes.map((line) => {
      const [match, chain = ''] = line.split(' | ');
      const [methods, path, hosts] = match!.split(' ');
      return {
        id: `${methods}${path}${hosts ?? ''}`.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-/, ''),
        match: {
          path,
          methods: methods!.split(','),
          ...(hosts !== undefined && { hosts: hosts.split(',') }),
        },
        filters: chain.split(' ').filter((name) => name !== ''),
        upstream: 'api',
      };
    }),
  };
  return validate(JSON.stringify(document));
}

/** `kind METHOD HOST PATH` of each change. */
function lines(
  before: readonly string[],
  after: readonly string[],
  filters: Json = {},
  filtersAfter = filters,
) {
  return diffReach(config(before, filters), config(after, filtersAfter)).map(
    ({ kind, method, host, path, reasons }) =>
      [`${kind} ${method} ${host} ${path}`, ...reasons.map(({ verdict, what }) => `${what} ${verdict}`)].join(
        '; ',
      ),
  );
}

describe('what routes reach', () => {
  const cases: readonly [what: string, before: string[], after: string[], ...expected: string[]][] = [
    ['is the same for the same routes', ['GET /a', 'POST /b/:x'], ['POST /b/:y', 'GET /a']],
    ['grows by a route', ['GET /a'], ['GET /a', 'POST /a'], 'reachable POST * /a'],
    ['shrinks by a route', ['GET /a', 'PUT /b/:x'], ['GET /a'], 'unreachable PUT * /b/:x'],
    ['grows by a method', ['GET /a'], ['GET,DELETE /a'], 'reachable DELETE * /a'],
    ['grows when a literal becomes a parameter', ['GET /a/b'], ['GET /a/:x'], 'reachable GET * /a/:x'],
    [
      'shrinks when a wildcard becomes a parameter',
      ['GET /a/*'],
      ['GET /a/:x'],
      'unreachable GET * /a/:any/*',
    ],
    ['is what it was when a wildcard takes all of it over', ['GET /a/:x'], ['GET /a/:x', 'GET /a/b']],
    [
      'shrinks where a more specific path has other methods',
      ['GET /a/:x'],
      ['GET /a/:x', 'POST /a/me'],
      'unreachable GET * /a/me',
      'reachable POST * /a/me',
    ],
    [
      'grows where such a path goes',
      ['GET /a/:x', 'POST /a/me'],
      ['GET /a/:x'],
      'reachable GET * /a/me',
      'unreachable POST * /a/me',
    ],
    [
      'differs where patterns cross',
      ['GET /:x/b'],
      ['GET /:x/b', 'POST /a/:y'],
      'reachable POST * /a/:y',
      'unreachable GET * /a/b',
    ],
    ['counts HEAD with GET', ['GET /a'], ['GET /a', 'HEAD /a']],
    ['loses HEAD with GET', ['GET /a'], ['POST /a'], 'unreachable GET * /a', 'reachable POST * /a'],
    ['keeps HEAD that had a route of its own', ['GET /a', 'HEAD /a'], ['HEAD /a'], 'unreachable GET * /a'],
    ['grows from one host to all', ['GET /a a.example'], ['GET /a'], 'reachable GET * /a'],
    ['shrinks from all hosts to one', ['GET /a'], ['GET /a a.example'], 'unreachable GET * /a'],
    ['grows by a host', ['GET /a a.example'], ['GET /a a.example,b.example'], 'reachable GET b.example /a'],
    [
      'grows from a host to its domain',
      ['GET /a a.x.example'],
      ['GET /a *.x.example'],
      'reachable GET *.x.example /a',
    ],
    [
      'falls back to wider hosts',
      ['GET /a', 'GET /b a.example'],
      ['GET /a', 'POST /b a.example'],
      'unreachable GET a.example /b',
      'reachable POST a.example /b',
    ],
    ['is nothing for empty lists', ['GET /a'], ['GET /a', 'POST /b ,'].slice(0, 1)],
  ];
  for (const [what, before, after, ...expected] of cases) {
    it(what, () => assert.deepEqual(lines(before, after).sort(), expected.sort()));
  }
});

describe('what filters let through', () => {
  const policy = { module: 'builtin:policy', config: { rules: [{ methods: ['GET'], path: '/a' }] } };
  const chains: readonly [what: string, before: string, after: string, ...expected: string[]][] = [
    ['is wider with one filter less', 'one two', 'one', 'wider GET * /a; filter two removed wider'],
    [
      'is narrower with one filter of the house more',
      'two',
      'guard two',
      'narrower GET * /a; filter guard added narrower',
    ],
    [
      'is changed with one of somebody else, which may rewrite requests',
      'two',
      'one two',
      'changed GET * /a; filter one added changed',
    ],
    [
      'is changed with filters in another order',
      'one two',
      'two one',
      'changed GET * /a; filter one removed wider; filter one elsewhere changed',
    ],
    ['is the same under another name', 'one', 'alias'],
    [
      'is changed with another config of a filter that nobody knows',
      'one',
      'other',
      'changed GET * /a; filter other config changed',
    ],
    ['is wider where a failure lets through', 'one', 'open', 'wider GET * /a; filter open onFailure wider'],
  ];
  const filters = {
    one: { module: './one.wasm', config: { a: 1 } },
    alias: { module: './one.wasm', config: { a: 1 } },
    other: { module: './one.wasm', config: { a: 2 } },
    open: { module: './one.wasm', config: { a: 1 }, onFailure: 'open' },
    two: { module: './two.wasm' },
    guard: policy,
  };
  for (const [what, before, after, ...expected] of chains) {
    it(what, () => assert.deepEqual(lines([`GET /a | ${before}`], [`GET /a | ${after}`], filters), expected));
  }

  it('is wider with larger bodies', () => {
    const before = config(['POST /a']);
    const withLimit = (requestBodyBytes: number) => ({
      ...before,
      routes: routesOf(before, (route) => ({ ...route, limits: { ...route.limits, requestBodyBytes } })),
    });
    const kinds = (a: number, b: number) =>
      diffReach(withLimit(a), withLimit(b)).map(({ kind, reasons }) => [kind, reasons[0]!.what]);
    assert.deepEqual(kinds(1000, 1001), [['wider', 'limit requestBodyBytes']]);
    assert.deepEqual(kinds(1001, 1000), [['narrower', 'limit requestBodyBytes']]);
    assert.deepEqual(kinds(1000, 1000), []);
  });

  it('is wider where a policy only reports, and the same with its rules in another order', () => {
    const rules = [...policy.config.rules, { methods: ['POST'], path: '/a' }];
    const one = { guard: { ...policy, config: { rules } } };
    const turned = { guard: { ...policy, config: { rules: [...rules].reverse() } } };
    const grants = { log: true, metrics: true };
    const report = { guard: { ...policy, grants, config: { rules, mode: 'report' } } };
    const chain = ['GET /a | guard'];
    assert.deepEqual(lines(chain, chain, one, turned), []);
    assert.deepEqual(lines(chain, chain, one, report), ['wider GET * /a; filter guard mode wider']);
    assert.deepEqual(lines(chain, chain, report, one), ['narrower GET * /a; filter guard mode narrower']);
  });

  it('is wider with one rule more of a policy', () => {
    const rules = [...policy.config.rules, { methods: ['POST'], path: '/a' }];
    const wider = { guard: { ...policy, config: { rules } } };
    assert.deepEqual(lines(['GET /a | guard'], ['GET /a | guard'], { guard: policy }, wider), [
      'wider GET * /a; filter guard rules wider',
    ]);
    assert.deepEqual(lines(['GET /a | guard'], ['GET /a | guard'], wider, { guard: policy }), [
      'narrower GET * /a; filter guard rules narrower',
    ]);
  });

  const text = { schema: { type: 'string' } };
  const json = (schema: unknown) => ({ contents: { 'application/json': { schema } } });
  const operations: readonly [what: string, before: Json | null, after: Json | null, ...reasons: string[]][] =
    [
      [
        'the same operation',
        { query: { a: text } },
        { query: { a: { schema: { title: 'x', type: 'string' } } } },
      ],
      ['one more query parameter', {}, { query: { a: text } }, 'query a wider'],
      [
        'a query parameter that must be there',
        {},
        { query: { a: { ...text, required: true } } },
        'query a wider',
        'query a required narrower',
      ],
      ['one more header', {}, { headers: { a: text } }, 'headers a narrower'],
      ['a path parameter less', { path: { id: text } }, {}, 'path id wider'],
      [
        'a parameter that need not be there',
        { query: { a: { ...text, required: true } } },
        { query: { a: text } },
        'query a required wider',
      ],
      [
        'a longer parameter',
        { query: { a: { schema: { maxLength: 1 } } } },
        { query: { a: { schema: { maxLength: 2 } } } },
        'query a schema wider',
      ],
      [
        'another style',
        { query: { a: text } },
        { query: { a: { ...text, explode: false } } },
        'query a changed',
      ],
      ['a body', {}, { body: json({}) }, 'body wider'],
      ['no body', { body: json({}) }, {}, 'body narrower'],
      [
        'one more media type',
        { body: json({}) },
        { body: { contents: { ...json({}).contents, 'text/plain': {} } } },
        'body text/plain wider',
      ],
      [
        'a body without a schema',
        { body: json({}) },
        { body: { contents: { 'application/json': {} } } },
        'body application/json wider',
      ],
      [
        'a body with a member less',
        { body: json({ required: ['a'] }) },
        { body: json({ required: ['a', 'b'] }) },
        'body application/json narrower',
      ],
      [
        'a shared definition that grows',
        { body: json({ $ref: '#/definitions/D' }) },
        { body: json({ $ref: '#/definitions/E' }) },
        'body application/json wider',
      ],
      [
        'a body whose members are stripped before they are judged',
        { body: json({}) },
        { body: { ...json({}), stripUnknown: true } },
        'body changes changed',
      ],
      [
        'a body whose texts are no longer made into values',
        { body: { ...json({}), coerce: true } },
        { body: json({}) },
        'body changes changed',
      ],
      ['other responses', {}, { responses: { '200': {} } }, 'responses changed'],
      ['an operation that nobody described', null, {}, 'operation wider'],
      ['an operation that is no longer described', {}, null, 'operation narrower'],
    ];
  const definitions = { D: { maxLength: 1 }, E: { maxLength: 2 } };
  const validating = (operation: Json | null, others: Json = {}) => ({
    check: {
      module: 'builtin:validate',
      config: { operations: operation === null ? {} : { 'GET-a': operation }, definitions, ...others },
      grants: { schemas: true },
    },
  });
  for (const [what, before, after, ...reasons] of operations) {
    it(`is told of ${what}`, () => {
      const found = lines(['GET /a | check'], ['GET /a | check'], validating(before), validating(after));
      const expected = reasons.map((reason) => `filter check ${reason}`);
      assert.deepEqual(
        found.flatMap((line) => line.split('; ').slice(1)),
        expected,
      );
    });
  }

  it('is told of modes and limits, and not of what another operation allows', () => {
    const judge = (before: Json, after: Json) =>
      lines(['GET /a | check'], ['GET /a | check'], validating({}, before), validating({}, after)).join();
    assert.match(judge({}, { mode: 'report' }), /^wider .* mode wider$/);
    assert.match(judge({ limits: { depth: 2 } }, { limits: { depth: 3 } }), /^wider .* limit depth wider$/);
    assert.match(judge({}, { limits: { depth: 3 } }), /^narrower/);
    assert.equal(judge({}, { operations: { 'GET-a': {}, other: { body: json({}) } } }), '');
    assert.equal(judge({}, { status: 400 }), '');
  });
});

describe('the report of a change', () => {
  const changes = diffReach(config(['GET /a', 'PUT /b']), config(['GET /a/:x', 'PUT /b']));

  it('has a line for each and one that counts them', () => {
    assert.equal(
      formatReach(changes),
      'unreachable GET * /a [GET-a]\nreachable GET * /a/:x [GET-a-x]\n1 reachable, 1 unreachable\n',
    );
    assert.equal(formatReach([]), 'no change in what is reachable\n');
  });

  it('knows what widens', () => {
    assert.deepEqual(changes.map(isWidening), [false, true]);
  });
});

describe('what certificates reach', () => {
  type Lists = Partial<ClientCertificateConfig>;
  const base = config(['GET /a']);
  const withRule = (lists: Lists | null): GatewayConfig => {
    const silent = { subjects: null, dnsNames: null, uris: null, fingerprints: null, forward: false };
    const clientCertificate = lists === null ? null : { ...silent, ...lists };
    return { ...base, routes: routesOf(base, (route) => ({ ...route, clientCertificate })) };
  };
  const cases: readonly [what: string, before: Lists | null, after: Lists | null, verdict: string | null][] =
    [
      ['a rule where there was none', null, {}, 'narrower'],
      ['no rule any more', { subjects: [] }, null, 'wider'],
      ['lists where any certificate would do', {}, { dnsNames: ['a.example'] }, 'narrower'],
      ['no lists any more', { dnsNames: ['a.example'] }, { forward: true }, 'wider'],
      [
        'the same with a list of nobody',
        { dnsNames: ['a.example'], uris: [] },
        { dnsNames: ['a.example'] },
        null,
      ],
      ['one more name', { dnsNames: ['a.example'] }, { dnsNames: ['a.example', 'b.example'] }, 'wider'],
      ['one more list', { dnsNames: ['a.example'] }, { dnsNames: ['a.example'], uris: ['urn:a'] }, 'wider'],
      ['a name less', { dnsNames: ['a.example', 'b.example'] }, { dnsNames: ['a.example'] }, 'narrower'],
      ['another name', { subjects: ['CN=a'] }, { subjects: ['CN=b'] }, 'changed'],
      ['all below a SPIFFE id', { uris: ['spiffe://a/b/c'] }, { uris: ['spiffe://a/b/*'] }, 'wider'],
      ['all below a higher one', { uris: ['spiffe://a/b/*'] }, { uris: ['spiffe://a/*'] }, 'wider'],
      ['one of those below', { uris: ['spiffe://a/b/*'] }, { uris: ['spiffe://a/b/c'] }, 'narrower'],
      ['a SPIFFE id beside', { uris: ['spiffe://a/b/*'] }, { uris: ['spiffe://a/bc/d'] }, 'changed'],
      [
        'a subject that looks like a SPIFFE id',
        { subjects: ['CN=a/*'] },
        { subjects: ['CN=a/b'] },
        'changed',
      ],
      ['forwarding', {}, { forward: true }, null],
    ];
  for (const [what, before, after, verdict] of cases) {
    it(`${verdict ?? 'the same'}: ${what}`, () => {
      const [change, ...more] = diffReach(withRule(before), withRule(after));
      assert.equal(change?.kind ?? null, verdict);
      assert.deepEqual(more, []);
      if (verdict !== null) assert.deepEqual(change!.reasons, [{ verdict, what: 'clientCertificate' }]);
    });
  }
});

describe('what listeners let in', () => {
  const base = config(['GET /a']);
  const [plain] = base.listeners;
  const asking = (mode: 'require' | 'request', ca = ['/ca.crt'], crl: string[] = []): ListenerConfig => ({
    ...plain!,
    tls: {
      certificates: [],
      clientAuth: { ca, mode, crl },
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      ciphers: [],
    },
  });
  const redirecting: ListenerConfig = { ...plain!, redirectToHttps: { port: 443 } };
  const rule = { subjects: null, dnsNames: null, uris: null, fingerprints: null, forward: false };
  const changesOf = (
    before: readonly ListenerConfig[],
    after: readonly ListenerConfig[],
    hasRule = false,
  ) => {
    const clientCertificate = hasRule ? rule : null;
    const routes = routesOf(base, (route) => ({ ...route, clientCertificate }));
    return diffReach({ ...base, routes, listeners: before }, { ...base, routes, listeners: after });
  };
  const other = { ...plain!, name: 'other' };
  const cases: readonly [
    what: string,
    before: ListenerConfig,
    after: ListenerConfig,
    open: string,
    ruled: string,
  ][] = [
    ['require to request', asking('require'), asking('request'), 'wider', 'wider'],
    ['request to require', asking('request'), asking('require'), 'narrower', 'narrower'],
    ['require to nothing', asking('require'), plain!, 'wider', 'changed'],
    ['nothing to require', plain!, asking('require'), 'narrower', 'changed'],
    ['request to nothing', asking('request'), plain!, 'same', 'narrower'],
    ['nothing to request', plain!, asking('request'), 'same', 'wider'],
    ['one more authority', asking('require'), asking('require', ['/ca.crt', '/b.crt']), 'wider', 'wider'],
    ['another authority', asking('require'), asking('require', ['/b.crt']), 'changed', 'changed'],
    [
      'a list of revoked ones',
      asking('require'),
      asking('require', ['/ca.crt'], ['/crl']),
      'narrower',
      'narrower',
    ],
    ['no such list any more', asking('require', ['/ca.crt'], ['/crl']), asking('require'), 'wider', 'wider'],
    ['no redirect any more', redirecting, plain!, 'wider', 'wider'],
    ['a redirect', plain!, redirecting, 'narrower', 'narrower'],
    ['a proxy that is trusted', plain!, { ...plain!, trustedProxies: ['10.0.0.1'] }, 'changed', 'changed'],
    ['the PROXY protocol', plain!, { ...plain!, proxyProtocol: true }, 'changed', 'changed'],
    ['another port', plain!, { ...plain!, port: 1 }, 'same', 'same'],
  ];
  for (const [what, before, after, open, ruled] of cases) {
    it(`${what}: ${open} for routes without a rule, ${ruled} where one has one`, () => {
      for (const [hasRule, kind] of [
        [false, open],
        [true, ruled],
      ] as const) {
        const [change, ...more] = changesOf([before], [after], hasRule);
        assert.equal(change?.kind ?? 'same', kind);
        assert.deepEqual(more, []);
      }
    });
  }

  it('is told of listeners that come and go, but for those that only redirect', () => {
    const [added] = changesOf([plain!], [plain!, other]);
    assert.deepEqual(added, {
      kind: 'wider',
      host: '*',
      method: '*',
      path: '/*',
      before: null,
      after: null,
      reasons: [{ verdict: 'wider', what: 'listener other added' }],
    });
    assert.equal(formatReach([added!]), 'wider * * /*: listener other added (wider)\n1 wider\n');
    assert.equal(isWidening(added!), true);
    assert.equal(changesOf([plain!, other], [plain!])[0]!.kind, 'narrower');
    assert.deepEqual(changesOf([plain!], [plain!, { ...redirecting, name: 'other' }]), []);
  });
});
