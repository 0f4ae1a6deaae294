// biome-ignore-all lint/suspicious/noTemplateCurlyInString: braces are the syntax of a secret reference
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { validateDocument } from '../../../core/config/validate.js';
import { errorsOf, summaryOf, validate } from './validating.js';

const NO_GRANTS = {
  log: false,
  metrics: false,
  clock: false,
  random: false,
  crypto: false,
  counters: false,
  schemas: false,
  idna: false,
  patterns: false,
  graphql: false,
  callouts: [],
  secrets: [],
};

const DOCUMENT = `
listeners:
  - name: public
    address: "[0:0::1]:8080"
admin: { address: LocalHost:9901 }
upstreams:
  users:
    targets: [{ url: "HTTP://Users.Internal:80" }, { url: "https://[::0:1]:9443", weight: 3 }]
    healthCheck: { path: "/healthz?deep=1" }
    headers: { X-From: sluice, Authorization: "Basic abc" }
filters:
  guard: { module: builtin:policy }
  mine: { module: ../filters/mine.wasm, config: { rules: [{ allow: true }] } }
  there: { module: /opt/there.wasm }
routes:
  - id: get-user
    match: { hosts: [API.example.com, "*.Example.org"], path: /users/:id, methods: [GET, M-SEARCH] }
    filters: [guard, mine, guard]
    upstream: users
  - { id: none, match: { hosts: [], path: /, methods: [] }, upstream: users }
  - { id: any, match: { path: /, methods: [GET] }, upstream: users }
`;

test('a document may say where its schema is', () => {
  const text = '{ "$schema": "./sluice.schema.json", "listeners": [], "routes": [] }';
  assert.deepEqual(errorsOf(text), []);
  assert.equal('$schema' in validate(text), false);
});

test('shares the processors among as many processes as there are, unless the document says how many workers', () => {
  const parsed = (text: string, processes: number) =>
    validateDocument(text, 'sluice.yaml', { folder: '/', findSecrets: () => [], processes }).config.workers
      .count;
  const processors = availableParallelism();
  assert.equal(parsed(DOCUMENT, 2), Math.max(1, Math.floor(processors / 2)));
  assert.equal(parsed(DOCUMENT, 2 * processors), 1);
  assert.equal(parsed(`${DOCUMENT}workers: { count: 7 }\n`, 2), 7);
});

test('fills in every default and brings every value into its one form', () => {
  const { routes, ...rest } = validate(DOCUMENT, '/etc/sluice');
  assert.deepEqual(rest, {
    listeners: [{ ...PLAIN, name: 'public', host: '::1', port: 8080, engine: 'auto', idleMs: 30_000 }],
    admin: { host: 'localhost', port: 9901, tls: null, token: null },
    upstreams: [
      {
        name: 'users',
        targets: [
          { url: 'http://users.internal', weight: 1 },
          { url: 'https://[::1]:9443', weight: 3 },
        ],
        allowPrivate: false,
        balance: 'round-robin',
        healthCheck: {
          path: '/healthz?deep=1',
          intervalMs: 10_000,
          timeoutMs: 2_000,
          healthyAfter: 2,
          unhealthyAfter: 3,
        },
        ejection: { failures: 5, durationMs: 10_000 },
        connections: 256,
        keepAliveMs: 4_000,
        protocol: 'http1',
        tls: PLATFORM_TLS,
        retries: 1,
        redirects: null,
        headers: ['x-from', 'sluice', 'authorization', 'Basic abc'],
      },
    ],
    filters: [
      {
        name: 'guard',
        module: 'builtin:policy',
        config: {},
        grants: NO_GRANTS,
        limits: { deadlineMs: 50, memoryMb: 16 },
        isolation: 'shared',
        onFailure: 'closed',
        quarantine: { failures: 5, windowMs: 10_000, share: 0.5, backoffMs: 1000, maxBackoffMs: 60_000 },
      },
      {
        name: 'mine',
        module: '/etc/filters/mine.wasm',
        config: { rules: [{ allow: true }] },
        grants: NO_GRANTS,
        limits: { deadlineMs: 50, memoryMb: 16 },
        isolation: 'shared',
        onFailure: 'closed',
        quarantine: { failures: 5, windowMs: 10_000, share: 0.5, backoffMs: 1000, maxBackoffMs: 60_000 },
      },
      {
        name: 'there',
        module: '/opt/there.wasm',
        config: {},
        grants: NO_GRANTS,
        limits: { deadlineMs: 50, memoryMb: 16 },
        isolation: 'shared',
        onFailure: 'closed',
        quarantine: { failures: 5, windowMs: 10_000, share: 0.5, backoffMs: 1000, maxBackoffMs: 60_000 },
      },
    ],
    workers: {
      count: Math.max(1, availableParallelism() - 1),
      spare: 1,
      ringBytes: 8_388_608,
      queue: 4096,
      startMs: 10_000,
      heapMb: 128,
    },
    shutdown: { delayMs: 0, drainMs: 10_000 },
    log: { level: 'info', access: true },
    secrets: { egress: { mode: 'off', headers: true, bodies: true, logs: true } },
    certificates: { warnDays: 30 },
    rollout: null,
  });
  assert.deepEqual(routes.at(0), {
    id: 'get-user',
    match: { hosts: ['api.example.com', '*.example.org'], path: '/users/:id', methods: ['GET', 'M-SEARCH'] },
    clientCertificate: null,
    filters: ['guard', 'mine', 'guard'],
    upstream: 'users',
    timeouts: { connectMs: 1_000, responseMs: 15_000, idleMs: 60_000 },
    limits: { requestBodyBytes: 1_048_576, responseBufferBytes: 8_388_608 },
    preserveHost: false,
    secretEgress: 'off',
  });
  assert.deepEqual(
    [...routes].slice(1).map((route) => [route.match.hosts, route.match.methods, route.filters]),
    [
      [[], [], []],
      [null, ['GET'], []],
    ],
  );
});

test('takes link-local targets with allowPrivate, and all other addresses without', () => {
  const text = `
listeners: [{ name: a, address: "0.0.0.0:0" }]
upstreams:
  inside: { targets: [{ url: "http://169.254.169.254" }, { url: "http://[fe80::1]:80" }], allowPrivate: true }
  any: { targets: [{ url: "http://10.0.0.5" }, { url: "http://127.0.0.1" }, { url: "http://[fd00::1]" }, { url: "http://localhost" }] }
routes: []
`;
  assert.deepEqual(
    validate(text, '/x').upstreams.map(({ name, targets }) => [name, targets.length]),
    [
      ['inside', 2],
      ['any', 4],
    ],
  );
});

test('follows redirects to the targets alone where nothing more is said, and none where it is not told to', () => {
  const text = `
listeners: []
upstreams:
  follows: { targets: [], redirects: { mode: follow } }
  passes: { targets: [], redirects: { mode: pass, hosts: [a.example] } }
`;
  assert.deepEqual(
    validate(text, '/x').upstreams.map(({ redirects }) => redirects),
    [{ most: 5, hosts: [], ports: null, paths: null, allowPrivate: false }, null],
  );
});

test('takes every value that a document gives over its default', () => {
  const text = `
listeners: [{ name: a, address: "0.0.0.0:0", engine: uws, idleMs: 1, trustedProxies: [10.0.0.0/8] }]
upstreams:
  u:
    targets: []
    allowPrivate: true
    balance: least-requests
    ejection: { failures: 0, durationMs: 2 }
    connections: 3
    keepAliveMs: 4
    retries: 0
    redirects: { mode: follow, most: 20, hosts: ["*.example.com", 10.0.0.0/8], ports: [8080], paths: [/a/*], allowPrivate: true }
filters:
  f:
    module: ./f.wasm
    config: [1]
    grants: { log: true, metrics: true, clock: true, random: true, crypto: true, counters: true, schemas: true, idna: true, patterns: true, graphql: true, callouts: [u] }
    limits: { deadlineMs: 5, memoryMb: 6 }
    isolation: exchange
    onFailure: open
    quarantine: { failures: 0, windowMs: 100, backoffMs: 10, maxBackoffMs: 11 }
routes:
  - id: r
    match: { path: /, methods: [BREW] }
    upstream: u
    timeouts: { connectMs: 7, responseMs: 8, idleMs: 0 }
    limits: { requestBodyBytes: 0, responseBufferBytes: 9 }
    preserveHost: true
    secretEgress: block
workers: { count: 10, spare: 0, ringBytes: 65536, queue: 11, startMs: 12, heapMb: 16 }
shutdown: { drainMs: 0 }
log: { level: silent, access: false }
secrets: { egress: { mode: redact, headers: false, bodies: false, logs: false } }
rollout: { watchSeconds: 1, most5xxShare: 0.25, mostFilterFailureShare: 0, leastRequests: 2 }
certificates: { warnDays: 0 }
`;
  const { routes, ...config } = validate(text, '/x');
  assert.deepEqual(
    { ...config, routes: [...routes] },
    {
      listeners: [
        {
          ...PLAIN,
          name: 'a',
          host: '0.0.0.0',
          port: 0,
          engine: 'uws',
          idleMs: 1,
          trustedProxies: ['10.0.0.0/8'],
          proxyProtocol: false,
        },
      ],
      admin: null,
      upstreams: [
        {
          name: 'u',
          targets: [],
          allowPrivate: true,
          balance: 'least-requests',
          healthCheck: null,
          ejection: { failures: 0, durationMs: 2 },
          connections: 3,
          keepAliveMs: 4,
          protocol: 'http1',
          tls: PLATFORM_TLS,
          retries: 0,
          redirects: {
            most: 20,
            hosts: ['*.example.com', '10.0.0.0/8'],
            ports: [8080],
            paths: ['/a/*'],
            allowPrivate: true,
          },
          headers: [],
        },
      ],
      filters: [
        {
          name: 'f',
          module: '/x/f.wasm',
          config: [1],
          grants: {
            log: true,
            metrics: true,
            clock: true,
            random: true,
            crypto: true,
            counters: true,
            schemas: true,
            idna: true,
            patterns: true,
            graphql: true,
            callouts: ['u'],
            secrets: [],
          },
          limits: { deadlineMs: 5, memoryMb: 6 },
          isolation: 'exchange',
          onFailure: 'open',
          quarantine: { failures: 0, windowMs: 100, share: 0.5, backoffMs: 10, maxBackoffMs: 11 },
        },
      ],
      routes: [
        {
          id: 'r',
          match: { hosts: null, path: '/', methods: ['BREW'] },
          clientCertificate: null,
          filters: [],
          upstream: 'u',
          timeouts: { connectMs: 7, responseMs: 8, idleMs: 0 },
          limits: { requestBodyBytes: 0, responseBufferBytes: 9 },
          preserveHost: true,
          secretEgress: 'block',
        },
      ],
      workers: { count: 10, spare: 0, ringBytes: 65_536, queue: 11, startMs: 12, heapMb: 16 },
      shutdown: { delayMs: 0, drainMs: 0 },
      log: { level: 'silent', access: false },
      secrets: { egress: { mode: 'redact', headers: false, bodies: false, logs: false } },
      rollout: { watchSeconds: 1, most5xxShare: 0.25, mostFilterFailureShare: 0, leastRequests: 2 },
      certificates: { warnDays: 0 },
    },
  );
});

test('freezes a configuration through and through', () => {
  const walk = (value: unknown, at: string): void => {
    if (typeof value !== 'object' || value === null) return;
    assert.ok(Object.isFrozen(value), at);
    for (const [key, member] of Object.entries(value)) walk(member, `${at}/${key}`);
  };
  walk(validate(DOCUMENT), '');
  const shared = validate(
    'listeners: []\nfilters: { a: { module: &m ./a.wasm, config: &c { x: [1] } }, b: { module: *m, config: *c } }',
  );
  walk(shared, '');
  assert.notEqual(shared.filters[0]!.config, shared.filters[1]!.config);
});

test('gives two documents nothing in common, defaults included', () => {
  const text = 'listeners: []\nfilters: { a: { module: ./a.wasm } }';
  assert.notEqual(validate(text).filters[0]!.config, validate(text).filters[0]!.config);
});

test('lets listeners share a port on different addresses, and any number take a free one', () => {
  const listeners = (...addresses: string[]) =>
    errorsOf(`listeners: ${JSON.stringify(addresses.map((address, i) => ({ name: `l${i}`, address })))}`).map(
      summaryOf,
    );
  assert.deepEqual(listeners('127.0.0.1:1', '127.0.0.2:1', '[::1]:1', '127.0.0.1:2'), []);
  assert.deepEqual(listeners('0.0.0.0:0', '0.0.0.0:0'), []);
  assert.deepEqual(listeners('0.0.0.0:1', '[::1]:1'), []);
  for (const pair of [
    ['[::]:1', '0.0.0.0:1'],
    ['[::]:1', '10.0.0.1:1'],
    ['[::1]:1', '[0:0::1]:1'],
    ['A.b:1', 'a.B:1'],
  ]) {
    assert.equal(listeners(...pair).length, 1, pair.join());
  }
});

test('lets routes share a path when host or method differ', () => {
  const routes = [
    { id: 'a', match: { path: '/a/:x', methods: ['GET'] }, upstream: 'u' },
    { id: 'b', match: { path: '/a/:x', methods: ['POST', 'HEAD'] }, upstream: 'u' },
    { id: 'c', match: { hosts: ['a.b'], path: '/a/:y', methods: ['GET'] }, upstream: 'u' },
    { id: 'd', match: { hosts: ['*.b'], path: '/a/:y', methods: ['GET'] }, upstream: 'u' },
    { id: 'e', match: { hosts: [], path: '/a/:y', methods: ['GET'] }, upstream: 'u' },
    { id: 'f', match: { path: '/a/*', methods: ['GET'] }, upstream: 'u' },
  ];
  assert.deepEqual(
    errorsOf(JSON.stringify({ listeners: [], upstreams: { u: { targets: [] } }, routes })),
    [],
  );
});

/** What a listener has that says nothing of TLS and HTTP/2. */
const PLAIN = {
  http2: false,
  tls: null,
  hsts: null,
  redirectToHttps: null,
  trustedProxies: [],
  proxyProtocol: false,
};
const PLATFORM_TLS = {
  ca: null,
  serverName: null,
  certificate: null,
  minVersion: 'TLSv1.2',
  pins: [],
  insecureSkipVerify: false,
};
