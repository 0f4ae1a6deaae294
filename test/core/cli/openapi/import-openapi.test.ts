import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatFinding } from '../../../../core/cli/openapi/findings.js';
import { type ImportOptions, importOpenApi } from '../../../../core/cli/openapi/import-openapi.js';
import { writeYaml } from '../../../../core/config/yaml/plain-document.js';
import { shuffled } from './spec-generator.js';

const OPTIONS: ImportOptions = {
  upstream: 'http://127.0.0.1:9001',
  listen: '127.0.0.1:8080',
  admin: null,
  host: null,
  basePath: null,
  strict: false,
  responses: false,
};

type Json = Record<string, unknown>;

interface Imported {
  readonly routes: readonly { id: string; match: { path: string; methods: string[]; hosts?: string[] } }[];
  readonly rules: { readonly operations: Record<string, Json>; readonly definitions?: Json };
  readonly config: Json;
  readonly said: readonly string[];
}

function imported(spec: Json, options: Partial<ImportOptions> = {}): Imported {
  const text = JSON.stringify({ openapi: '3.0.3', info: { title: 'T', version: '1' }, ...spec });
  const { config, findings } = importOpenApi(text, { ...OPTIONS, ...options });
  const { filters, routes } = config as unknown as {
    filters: { validate: { config: Imported['rules'] } };
    routes: Imported['routes'];
  };
  return { routes, rules: filters.validate.config, config, said: findings.map(formatFinding) };
}

/** One operation `GET /x/{id}` with these members, and its rules. */
function operation(members: Json, root: Json = {}, options: Partial<ImportOptions> = {}) {
  const found = imported({ ...root, paths: { '/x': { get: { operationId: 'it', ...members } } } }, options);
  return { rules: found.rules.operations['it']!, said: found.said };
}

const query = (name: string, others: Json) => ({ name, in: 'query', ...others });
const LIST = { type: 'array', items: { type: 'integer' } };
const OBJECT = {
  type: 'object',
  required: ['a'],
  properties: { a: { type: 'string' }, b: { type: 'integer' } },
};

describe('routes of an import', () => {
  const ids = (paths: Json, spec: Json = {}, options: Partial<ImportOptions> = {}) => {
    const { routes, said } = imported({ ...spec, paths }, options);
    return { routes: routes.map(({ id, match }) => `${id} ${match.methods.join()} ${match.path}`), said };
  };

  it('are one for each operation, in the order of paths and methods', () => {
    const paths = {
      '/b': { post: { operationId: 'makeB' }, get: { operationId: 'listB' } },
      '/a/{id}': { put: { operationId: 'putA' } },
      'x-internal': { get: {} },
    };
    assert.deepEqual(ids(paths).routes, ['putA PUT /a/:id', 'listB GET /b', 'makeB POST /b']);
  });

  it('have legal and unique ids', () => {
    const paths = {
      '/a': {
        get: { operationId: 'get it!' },
        put: { operationId: 'get_it' },
        post: { operationId: 'get/it' },
      },
      '/b/{x}': { get: {}, patch: { operationId: '***' } },
    };
    assert.deepEqual(ids(paths).routes, [
      'get-it GET /a',
      'get-it-2 POST /a',
      'get_it PUT /a',
      'get-b-x GET /b/:x',
      'patch-b-x PATCH /b/:x',
    ]);
  });

  it('begin with the path of the first server, or with the one that was asked for', () => {
    const servers = [{ url: 'https://a.example/v1/' }, { url: 'https://b.example/v2' }];
    const paths = { '/a': { get: { operationId: 'a' } } };
    const { routes, said } = ids(paths, { servers });
    assert.deepEqual(routes, ['a GET /v1/a']);
    assert.deepEqual(said, ['left-out: #/servers/0: servers have different paths: /v1 is taken, /v2 is not']);
    assert.deepEqual(ids(paths, { servers }, { basePath: '/api' }).routes, ['a GET /api/a']);
    assert.deepEqual(ids(paths, { servers }, { basePath: '' }).routes, ['a GET /a']);
    const own = { '/a': { servers: [{ url: '/own' }], get: { operationId: 'a' } } };
    assert.deepEqual(ids(own, { servers }).routes, ['a GET /own/a']);
  });

  it('begin with one value of each variable in the path of the server, and that is said', () => {
    const paths = { '/a': { get: { operationId: 'a' } } };
    const version = { default: 'v2', enum: ['v1', 'v2'] };
    const server = (url: string, variables: Json) => ids(paths, { servers: [{ url, variables }] });
    const said = (name: string) =>
      `left-out: #/servers/0: the variable "${name}" is taken as its default: paths with other values are not reachable`;
    assert.deepEqual(server('https://a.example/{v}', { v: version }), {
      routes: ['a GET /v2/a'],
      said: [said('v')],
    });
    assert.deepEqual(server('/api/{v}/', { v: { default: 'x' } }).said, [said('v')]);
    assert.deepEqual(server('/{v}', { v: { default: 'v1', enum: ['v1'] } }).said, []);
    const elsewhere = server('{scheme}://{host}:{port}/b', {
      scheme: { default: 'https', enum: ['http', 'https'] },
      host: { default: 'a.example' },
      port: { default: '443' },
    });
    assert.deepEqual(elsewhere, { routes: ['a GET /b/a'], said: [] });
  });

  it('are for one host when that was asked for', () => {
    const { routes } = imported({ paths: { '/a': { get: {} } } }, { host: 'api.example.com' });
    assert.deepEqual(routes[0]!.match.hosts, ['api.example.com']);
  });

  it('leave out, and say so, what no route can be', () => {
    const paths = {
      '/a/{x}': { get: {}, post: {} },
      '/a/{y}': { get: {}, put: { operationId: 'other' } },
      '/q?x=1': { get: {} },
      '/t': { trace: {} },
      '/gone': { $ref: '#/components/pathItems/none' },
    };
    const { routes, said } = ids(paths);
    assert.deepEqual(routes, ['get-a-x GET /a/:x', 'post-a-x POST /a/:x', 'other PUT /a/:y']);
    assert.deepEqual(
      said.filter((line) => line.startsWith('left-out')),
      [
        'left-out: #/paths/~1a~1{y}/get: has the same paths as GET /a/{x}',
        'left-out: #/paths/~1gone: leads nowhere in this document',
        'left-out: #/paths/~1q?x=1/get: its path has a query or a fragment, and routes know paths only',
        'left-out: #/paths/~1t/trace: TRACE is never forwarded',
      ],
    );
  });

  it('follow references to path items', () => {
    const spec = { openapi: '3.1.0', components: { pathItems: { p: { get: { operationId: 'a' } } } } };
    assert.deepEqual(ids({ '/a': { $ref: '#/components/pathItems/p' } }, spec).routes, ['a GET /a']);
  });
});

describe('parameters of an import', () => {
  const cases: readonly [what: string, parameters: unknown[], rules: Json, ...said: string[]][] = [
    [
      'a value',
      [query('a', { schema: { type: 'integer' } })],
      { query: { a: { schema: { type: 'integer' } } } },
    ],
    [
      'a required one',
      [query('a', { required: true, schema: {} })],
      { query: { a: { required: true, schema: {} } } },
    ],
    ['a list that repeats the name', [query('a', { schema: LIST })], { query: { a: { schema: LIST } } }],
    [
      'a list between commas',
      [query('a', { explode: false, schema: LIST })],
      { query: { a: { schema: LIST, explode: false } } },
    ],
    [
      'a text or a list, of which one text in the query may be either',
      [query('a', { schema: { oneOf: [{ type: 'string' }, LIST] } })],
      {
        query: {
          a: {
            schema: {
              anyOf: [
                { oneOf: [{ type: 'string' }, LIST] },
                {
                  ...{ type: 'array', minItems: 1, maxItems: 1 },
                  items: { oneOf: [{ type: 'string' }, LIST] },
                },
              ],
            },
          },
        },
      },
    ],
    [
      'a list between spaces',
      [query('a', { style: 'spaceDelimited', schema: LIST })],
      { query: { a: { schema: { type: 'string' } } } },
      'wider: #/paths/~1x/get/parameters/0: an array in this style is not supported: any text fits',
    ],
    [
      'an object as parameters of their own',
      [query('o', { required: true, schema: OBJECT })],
      { query: { a: { required: true, schema: { type: 'string' } }, b: { schema: { type: 'integer' } } } },
    ],
    [
      'a deep object',
      [query('o', { style: 'deepObject', schema: OBJECT })],
      { query: { 'o[a]': { schema: { type: 'string' } }, 'o[b]': { schema: { type: 'integer' } } } },
      'wider: #/paths/~1x/get/parameters/0: its members are checked one by one, not together',
    ],
    [
      'a deep object that may be null',
      [
        query('o', {
          style: 'deepObject',
          schema: { type: ['object', 'null'], properties: { a: { type: 'string' } } },
        }),
      ],
      { query: { 'o[a]': { schema: { type: 'string' } } } },
    ],
    [
      'a deep object that is none',
      [query('o', { style: 'deepObject', schema: { type: 'string' } })],
      {},
      'left-out: #/paths/~1x/get/parameters/0: the style "deepObject" is for objects only',
    ],
    [
      'reserved characters',
      [query('a', { allowReserved: true, schema: { type: 'string' } })],
      { query: { a: { schema: { type: 'string' } } } },
      'narrower: #/paths/~1x/get/parameters/0: allowReserved: a bare ";" is refused',
    ],
    [
      'an object between commas',
      [query('o', { explode: false, schema: OBJECT })],
      { query: { o: { schema: { type: 'string' } } } },
      'wider: #/paths/~1x/get/parameters/0: an object in this style is not supported: any text fits',
    ],
    [
      'an object of any members',
      [query('o', { schema: { type: 'object' } })],
      {},
      'narrower: #/paths/~1x/get/parameters/0: members that its schema does not name are refused',
    ],
    [
      'JSON',
      [query('a', { content: { 'application/json': { schema: OBJECT } } })],
      { query: { a: { content: { 'application/json': { schema: OBJECT } } } } },
    ],
    [
      'a header in any case',
      [{ name: 'X-Tenant', in: 'header', required: true, schema: { type: 'string' } }],
      { headers: { 'x-tenant': { required: true, schema: { type: 'string' } } } },
    ],
    [
      'headers that OpenAPI ignores',
      [
        { name: 'Authorization', in: 'header', schema: {} },
        { name: 'Accept', in: 'header', schema: {} },
      ],
      {},
    ],
    [
      'a cookie',
      [{ name: 'sid', in: 'cookie', schema: { type: 'string', minLength: 2 } }],
      { cookies: { sid: { schema: { type: 'string', minLength: 2 } } } },
    ],
    [
      'a cookie with a list',
      [{ name: 'sid', in: 'cookie', schema: LIST }],
      { cookies: { sid: { schema: { type: 'string' } } } },
      'wider: #/paths/~1x/get/parameters/0: an array in this style is not supported: any text fits',
    ],
    [
      'an empty value',
      [query('a', { allowEmptyValue: true, schema: { type: 'boolean' } })],
      { query: { a: { schema: { type: 'boolean' } } } },
      'narrower: #/paths/~1x/get/parameters/0: allowEmptyValue: an empty value does not fit its schema',
    ],
    [
      'a reference that leads nowhere',
      [{ $ref: '#/components/parameters/none' }],
      {},
      'narrower: #/paths/~1x/get/parameters/0: is no parameter in path, query, header or cookie',
    ],
    [
      'a type that only members of a schema tell',
      [query('a', { schema: { items: { type: 'integer' } } })],
      { query: { a: { schema: { type: 'array', items: { type: 'integer' } } } } },
    ],
    [
      'a name that means something to JavaScript',
      [query('__proto__', { schema: {} })],
      JSON.parse('{"query":{"__proto__":{"schema":{}}}}') as Json,
    ],
  ];
  for (const [what, parameters, rules, ...said] of cases) {
    it(`take ${what}`, () => assert.deepEqual(operation({ parameters }), { rules, said }));
  }

  it('of an operation go before those of its path', () => {
    const { rules } = imported({
      paths: {
        '/a/{id}/{other}': {
          parameters: [
            { name: 'id', in: 'path', required: true, schema: { type: 'integer' } },
            query('q', { schema: { type: 'integer' } }),
          ],
          get: { operationId: 'it', parameters: [query('q', { schema: { type: 'string' } })] },
        },
      },
    });
    assert.deepEqual(rules.operations['it'], {
      path: { id: { schema: { type: 'integer' } }, other: { schema: { type: 'string' } } },
      query: { q: { schema: { type: 'string' } } },
    });
  });

  it('include a key in the query that a security scheme asks for', () => {
    const root = {
      security: [{ key: [] }],
      components: { securitySchemes: { key: { type: 'apiKey', in: 'query', name: 'api_key' } } },
    };
    assert.deepEqual(operation({}, root), {
      rules: { query: { api_key: { schema: { type: 'string' } } } },
      said: ['note: #/components/securitySchemes/key: credentials are not checked by the gateway'],
    });
    assert.deepEqual(operation({ security: [] }, root), { rules: {}, said: [] });
  });
});

describe('bodies of an import', () => {
  const json = (schema: unknown) => ({ 'application/json': { schema } });
  const place = '#/paths/~1x/get/requestBody';
  const cases: readonly [what: string, body: unknown, rules: Json, ...said: string[]][] = [
    [
      'JSON',
      { required: true, content: json({ type: 'object' }) },
      { body: { required: true, contents: json({ type: 'object' }) } },
    ],
    [
      'JSON by any name',
      { content: { 'application/vnd.a+json; v=1': { schema: LIST } } },
      { body: { contents: { 'application/vnd.a+json': { schema: LIST } } } },
    ],
    [
      'one type with two parameters',
      { content: { 'application/json; v=1': { schema: LIST }, 'application/json; v=2': { schema: OBJECT } } },
      { body: { contents: json({ anyOf: [LIST, OBJECT] }) } },
    ],
    [
      'forms',
      { content: { 'application/x-www-form-urlencoded': { schema: OBJECT } } },
      { body: { contents: { 'application/x-www-form-urlencoded': { schema: OBJECT } } } },
    ],
    [
      'bytes',
      { content: { 'image/*': { schema: { type: 'string', format: 'binary' } } } },
      { body: { contents: { 'image/*': {} } } },
    ],
    [
      'what is not checked',
      { content: { 'multipart/form-data': { schema: OBJECT } } },
      { body: { contents: { 'multipart/form-data': {} } } },
      `wider: ${place}/content/multipart~1form-data/schema: bodies of multipart/form-data are not checked`,
    ],
    [
      'any type, and JSON among them',
      { content: { '*/*': { schema: LIST } } },
      { body: { contents: { '*/*': {}, ...json(LIST) } } },
      `wider: ${place}/content/*~1*/schema: bodies of */* are not checked`,
    ],
    [
      'JSON without a schema',
      { content: { 'application/json': {} } },
      { body: { contents: { 'application/json': {} } } },
    ],
    [
      'no body where there is no content',
      { required: true },
      {},
      `narrower: ${place}: describes no content: no body fits`,
    ],
    [
      'no type that is none',
      { content: { json: {} } },
      {},
      `left-out: ${place}/content/json: "json" is no media type`,
    ],
  ];
  for (const [what, requestBody, rules, ...said] of cases) {
    it(`take ${what}`, () => assert.deepEqual(operation({ requestBody }), { rules, said }));
  }

  it('of responses are written when that was asked for', () => {
    const responses = {
      200: { content: json({ properties: { id: { readOnly: true } }, required: ['id'] }) },
      '4xx': { $ref: '#/components/responses/Fault' },
      default: { description: 'none' },
      'x-more': {},
    };
    const root = {
      components: {
        responses: { Fault: { content: json({ $ref: '#/components/schemas/F' }) } },
        schemas: { F: { type: 'object' } },
      },
    };
    assert.deepEqual(operation({ responses }, root).rules, {});
    const { rules } = operation({ responses }, root, { responses: true });
    assert.deepEqual(rules, {
      responses: {
        '200': { contents: json({ required: ['id'], properties: { id: {} } }) },
        '4XX': { contents: json({ $ref: '#/definitions/F.response' }) },
        default: {},
      },
    });
  });
});

describe('an import', () => {
  it('refuses what is no OpenAPI 3.0 or 3.1', () => {
    const cases: readonly [text: string, reason: RegExp][] = [
      ['[]', /no object/],
      ['{"swagger": "2.0"}', /Swagger 2\.0/],
      ['{"openapi": "4.0.0"}', /4\.0\.0, expected OpenAPI 3\.0 or 3\.1/],
      ['{"openapi": "3.0.0", "paths": {}}', /no operation/],
      ['openapi: [', /line 1/],
    ];
    for (const [text, reason] of cases) assert.throws(() => importOpenApi(text, OPTIONS), reason, text);
  });

  it('refuses a text that the gateway would take for a reference to a secret', () => {
    const schema = { enum: ['secret+env://HOME'] };
    assert.throws(
      () => operation({ parameters: [query('a', { schema })] }),
      /"secret\+env:\/\/HOME" would be a reference to a secret at \/filters\/validate\/config\/operations\/it\/query\/a/,
    );
  });

  it('keeps a text that a gateway would take for a variable what it is', () => {
    const variable = '$' + '{HOME}';
    const { rules } = operation({ parameters: [query('a', { schema: { enum: [variable] } })] });
    assert.ok(JSON.stringify(rules).includes(`"$${variable}"`));
  });

  it('is the same for the same specification, in whatever order its members stand', () => {
    const S = (name: string) => ({ $ref: `#/components/schemas/${name}` });
    const spec = {
      openapi: '3.1.0',
      paths: {
        '/a': {
          get: { parameters: [query('o', { schema: S('O') })] },
          post: { requestBody: { content: { 'application/json': { schema: S('T') } } } },
        },
        '/b/{x}': { get: { operationId: 'same' }, put: { operationId: 'same' } },
        '/b/{y}': { get: { operationId: 'same' } },
      },
      components: {
        schemas: {
          O: OBJECT,
          T: { properties: { left: S('T'), right: { $ref: '#/components/schemas/U/properties/u' } } },
          U: { properties: { u: { type: 'string', format: 'odd' } }, oneOf: [S('V')] },
          V: { allOf: [S('U'), { required: ['z', 'y'], properties: { y: { format: 'odd' }, z: {} } }] },
          W: S('V'),
        },
      },
    };
    const write = (value: unknown) => {
      const { config, findings } = importOpenApi(JSON.stringify(value), OPTIONS);
      return writeYaml(config, '') + findings.map(formatFinding).join('\n');
    };
    const first = write(spec);
    for (let seed = 1; seed <= 20; seed += 1)
      assert.equal(write(shuffled(spec, seed)), first, `seed ${seed}`);
  });

  it('asks for more memory, heap and time to start as the schemas grow', () => {
    const paths = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [
        `/p${index}`,
        { post: { requestBody: { content: { 'application/json': { schema: OBJECT } } } } },
      ]),
    );
    const { config } = imported({ paths }) as unknown as {
      config: {
        workers: { heapMb: number; startMs: number };
        filters: { validate: { limits: { memoryMb: number } } };
      };
    };
    assert.ok(config.workers.heapMb > 128);
    assert.equal(config.workers.heapMb % 128, 0);
    assert.ok(config.workers.startMs > 10_000);
    assert.equal(config.workers.startMs % 10_000, 0);
  });
});
