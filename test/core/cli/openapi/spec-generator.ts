// Specifications from a seed, as large as a test wants them, with an example and faults of each operation.

/** Numbers from 0 up to 1 that a seed decides (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The same value with the members of every object in another order. */
export function shuffled(value: unknown, seed: number): unknown {
  const random = randomFrom(seed);
  const shuffle = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(shuffle);
    if (typeof inner !== 'object' || inner === null) return inner;
    const keyed = Object.entries(inner).map(([key, member]) => ({
      key,
      member: shuffle(member),
      at: random(),
    }));
    keyed.sort((a, b) => a.at - b.at);
    return Object.fromEntries(keyed.map(({ key, member }) => [key, member]));
  };
  return shuffle(value);
}

type Json = Record<string, unknown>;

/** A request to a documented operation. */
export interface SpecRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An operation of a generated specification with requests to it. */
export interface GeneratedOperation {
  readonly name: string;
  /** Fits what is documented. */
  readonly good: SpecRequest;
  /** Does not, each with what is wrong and the status that says so. */
  readonly bad: readonly (SpecRequest & { readonly wrong: string; readonly status: number })[];
}

export interface GeneratedSpec {
  readonly spec: Json;
  readonly operations: readonly GeneratedOperation[];
}

/** A schema, values that fit it, and values that do not. */
interface GeneratedSchema {
  readonly schema: Json;
  readonly sample: (depth: number) => unknown;
  readonly wrong: unknown;
}

/** Parents nest children no deeper than this in examples. */
const MOST_SAMPLE_DEPTH = 3;

/**
 * A specification with `resources` times five operations and as many recursive schemas, which differ from each other as
 * the seed has it.
 */
export function generateSpec(seed: number, resources: number, version: '3.0.3' | '3.1.0'): GeneratedSpec {
  return new SpecGenerator(seed, resources, version).generate();
}

class SpecGenerator {
  readonly #random: () => number;
  readonly #resources: number;
  readonly #version: '3.0.3' | '3.1.0';
  readonly #samples: ((depth: number) => unknown)[] = [];

  constructor(seed: number, resources: number, version: '3.0.3' | '3.1.0') {
    this.#random = randomFrom(seed);
    this.#resources = resources;
    this.#version = version;
  }

  generate(): GeneratedSpec {
    const schemas: Json = {};
    for (let index = 0; index < this.#resources; index += 1)
      schemas[`Thing${index}`] = this.#component(index);
    const paths: Record<string, Json> = {};
    const operations: GeneratedOperation[] = [];
    for (let index = 0; index < this.#resources; index += 1) this.#resource(index, paths, operations);
    const spec = {
      openapi: this.#version,
      info: { title: 'Generated', version: '1' },
      paths,
      components: { schemas },
    };
    return { spec, operations };
  }

  #below(most: number): number {
    return Math.floor(this.#random() * most);
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)]!;
  }

  #nullable(schema: Json): Json {
    return this.#version === '3.0.3'
      ? { ...schema, nullable: true }
      : { ...schema, type: [schema['type'], 'null'] };
  }

  /** A value without members. */
  #scalar(): GeneratedSchema {
    const least = this.#below(100);
    const exclusive =
      this.#version === '3.0.3' ? { minimum: least, exclusiveMinimum: true } : { exclusiveMinimum: least };
    return this.#pick<GeneratedSchema>([
      {
        schema: { type: 'integer', minimum: least, maximum: least + 50 },
        sample: () => least + this.#below(50),
        wrong: least - 1,
      },
      { schema: { type: 'number', ...exclusive }, sample: () => least + 0.5, wrong: least },
      { schema: { type: 'string', minLength: 2, maxLength: 8 + least }, sample: () => 'ab-cd', wrong: 'a' },
      {
        schema: { type: 'string', enum: ['red', 'green', `v${least}`] },
        sample: () => this.#pick(['red', 'green']),
        wrong: 'blue',
      },
      {
        schema: { type: 'string', pattern: `^[a-z\\-]{1,9}_${least}$` },
        sample: () => `x-y_${least}`,
        wrong: 'X',
      },
      { schema: { type: 'string', format: 'date' }, sample: () => '2026-01-02', wrong: '2026-13-02' },
      {
        schema: { type: 'string', format: 'uuid' },
        sample: () => 'ab0e7a2c-7b0c-4d59-9c0e-0f6a8b7f3d11',
        wrong: 'ab0e',
      },
      { schema: { type: 'boolean' }, sample: () => this.#random() < 0.5, wrong: 'yes' },
    ]);
  }

  /** An object of scalars, lists, nested objects, and references: to itself, and to any other. */
  #component(index: number): Json {
    const own: Json = {};
    const required: string[] = ['name'];
    const samples: [name: string, sample: (depth: number) => unknown][] = [['name', () => 'named']];
    own['name'] = { type: 'string', minLength: 1 };
    for (let field = 0; field < 4 + this.#below(6); field += 1) {
      const { schema, sample } = this.#scalar();
      const name = `f${field}`;
      own[name] = this.#random() < 0.2 ? this.#nullable(schema) : schema;
      if (this.#random() < 0.4) required.push(name);
      samples.push([name, sample]);
    }
    let nested: Json = { type: 'object', required: ['leaf'], properties: { leaf: { type: 'integer' } } };
    const levels = 1 + this.#below(14);
    for (let level = 0; level < levels; level += 1)
      nested = { type: 'object', properties: { inner: nested } };
    own['nested'] = nested;
    samples.push([
      'nested',
      () => Array.from({ length: levels }).reduce<unknown>((inner) => ({ inner }), { leaf: 1 }),
    ]);
    const other = this.#below(this.#resources);
    own['parent'] = { $ref: `#/components/schemas/Thing${index}` };
    own['others'] = { type: 'array', maxItems: 3, items: { $ref: `#/components/schemas/Thing${other}` } };
    samples.push(['parent', (depth) => this.#sampleOf(index, depth + 1)]);
    samples.push([
      'others',
      (depth) => [this.#sampleOf(other, depth + 1)].filter((value) => value !== undefined),
    ]);
    this.#samples[index] = (depth) =>
      Object.fromEntries(
        samples.map(([name, sample]) => [name, sample(depth)]).filter(([, value]) => value !== undefined),
      );
    const whole = { type: 'object', required, properties: own, additionalProperties: false };
    if (this.#random() < 0.7) return whole;
    const { additionalProperties: _, ...open } = whole;
    return { allOf: [open, { type: 'object', properties: { f0: {} } }] };
  }

  #sampleOf(index: number, depth: number): unknown {
    return depth > MOST_SAMPLE_DEPTH ? undefined : this.#samples[index]!(depth);
  }

  /** List, create, read, replace and remove. */
  #resource(index: number, paths: Record<string, Json>, operations: GeneratedOperation[]): void {
    const list = `/things${index}`;
    const one = `${list}/{thing-id}`;
    const limit = this.#scalar();
    const at = this.#below(1000);
    const id = { name: 'thing-id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } };
    const schema = { $ref: `#/components/schemas/Thing${index}` };
    const body = { required: true, content: { 'application/json': { schema } } };
    const responses = { 200: { description: 'done' } };
    paths[list] = {
      get: {
        operationId: `list things ${index}`,
        parameters: [
          { name: 'limit', in: 'query', required: true, schema: limit.schema },
          { name: 'tags', in: 'query', schema: { type: 'array', items: { type: 'string', maxLength: 5 } } },
          {
            name: 'X-Tenant',
            in: 'header',
            required: true,
            schema: { type: 'string', pattern: '^t[0-9]+$' },
          },
        ],
        responses,
      },
      post: { requestBody: body, responses },
    };
    paths[one] = {
      parameters: [id],
      get: { operationId: `thing${index}`, responses },
      put: {
        requestBody: body,
        parameters: [{ name: 'dry', in: 'query', schema: { type: 'boolean' } }],
        responses,
      },
      delete: {
        parameters: [{ name: 'sid', in: 'cookie', required: true, schema: { type: 'string', minLength: 4 } }],
        responses,
      },
    };
    const query = `limit=${encodeURIComponent(String(limit.sample(0)))}&tags=a&tags=b`;
    const tenant = { 'x-tenant': `t${at}` };
    const json = { 'content-type': 'application/json' };
    const text = JSON.stringify(this.#sampleOf(index, 0));
    const good = (
      method: string,
      target: string,
      headers: SpecRequest['headers'] = {},
      sent?: string,
    ): SpecRequest =>
      sent === undefined ? { method, target, headers } : { method, target, headers, body: sent };

    const listing = good('GET', `${list}?${query}`, tenant);
    const wrongLimit = encodeURIComponent(String(limit.wrong));
    operations.push({
      name: `GET ${list}`,
      good: listing,
      bad: [
        ...strangers(listing),
        {
          ...listing,
          target: `${list}?limit=${wrongLimit}`,
          wrong: 'a value that does not fit',
          status: 422,
        },
        { ...listing, target: list, wrong: 'a query parameter that is missing', status: 422 },
        {
          ...listing,
          target: `${list}?${query}&tags=abcdef`,
          wrong: 'an item that does not fit',
          status: 422,
        },
        { ...listing, headers: {}, wrong: 'a header that is missing', status: 422 },
        { ...listing, headers: { 'x-tenant': 'x' }, wrong: 'a header that does not fit', status: 422 },
      ],
    });
    operations.push(this.#withBody(good('POST', list, json, text), `POST ${list}`));
    const target = `${list}/${at + 1}`;
    operations.push(this.#withBody(good('PUT', `${target}?dry=true`, json, text), `PUT ${one}`));
    const reading = good('GET', target);
    const bads = (request: SpecRequest) => [
      ...strangers(request),
      { ...request, target: `${list}/0`, wrong: 'a path parameter that does not fit', status: 422 },
      { ...request, target: `${list}/x`, wrong: 'a path parameter of another type', status: 422 },
    ];
    operations.push({ name: `GET ${one}`, good: reading, bad: bads(reading) });
    const removing = good('DELETE', target, { cookie: 'a=b; sid=abcd' });
    const without = { ...removing, headers: {}, wrong: 'a cookie that is missing', status: 422 };
    operations.push({ name: `DELETE ${one}`, good: removing, bad: [...bads(removing), without] });
  }

  #withBody(good: SpecRequest, name: string): GeneratedOperation {
    const value = JSON.parse(good.body!) as Json;
    const { name: _, ...unnamed } = value;
    const sent = (body: unknown): SpecRequest => ({ ...good, body: JSON.stringify(body) });
    const { body: _body, ...empty } = good;
    const bad = [
      ...strangers(good),
      { ...sent(unnamed), wrong: 'a required member that is missing', status: 422 },
      { ...sent({ ...value, name: 5 }), wrong: 'a member of another type', status: 422 },
      {
        ...sent({ ...value, parent: { ...value, name: '' } }),
        wrong: 'a member deep inside that does not fit',
        status: 422,
      },
      { ...sent([value]), wrong: 'a list in place of an object', status: 422 },
      { ...good, body: `${good.body}x`, wrong: 'text that is not JSON', status: 400 },
      { ...good, headers: { 'content-type': 'text/plain' }, wrong: 'another content type', status: 415 },
      { ...empty, wrong: 'no body', status: 400 },
    ];
    return { name, good, bad };
  }
}

/** What no operation documents: another method, another path, one more parameter. */
function strangers(request: SpecRequest): (SpecRequest & { wrong: string; status: number })[] {
  const [path, query] = request.target.split('?');
  const and = query === undefined ? '?' : `?${query}&`;
  return [
    { ...request, method: 'PATCH', wrong: 'another method', status: 405 },
    {
      ...request,
      target: `${path}/more/still${query === undefined ? '' : `?${query}`}`,
      wrong: 'another path',
      status: 404,
    },
    { ...request, target: `${path}${and}zz=1`, wrong: 'a query parameter more', status: 422 },
  ];
}
