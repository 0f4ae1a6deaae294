// Requests to the operations of a specification, each with what the specification says of it.
import type { SpecRequest } from '../core/cli/openapi/spec-generator.js';
import { type Json, SpecOracle, type Spot } from './spec-oracle.js';
import { examplesOf, sampleOf } from './spec-samples.js';

export type CaseKind = 'request' | 'example' | 'mutation';

export interface SpecCase {
  readonly name: string;
  readonly kind: CaseKind;
  readonly request: SpecRequest;
  /** What the specification says of it. */
  readonly fits: boolean;
}

/** An example of a response, with a request that may be answered with it. */
export interface ResponseCase {
  readonly name: string;
  readonly request: SpecRequest;
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly fits: boolean;
}

export interface SpecCases {
  readonly operations: number;
  readonly cases: readonly SpecCase[];
  readonly responses: readonly ResponseCase[];
  /** Operations for which no request could be made, with what is missing. */
  readonly unasked: readonly string[];
}

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly spot: Spot;
  readonly schema: Spot | undefined;
  readonly required: boolean;
}

interface Draft {
  readonly method: string;
  readonly path: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'patch', 'head'];
const MUTANT_METHODS = ['DELETE', 'PATCH', 'PUT', 'POST', 'GET'];
const JSON_TYPE = /^application\/(?:.*\+)?json$/;
/** Described elsewhere, says OpenAPI of these. */
const IGNORED = new Set(['accept', 'content-type', 'authorization']);

/** @param root the document */
export function casesOf(root: Json): SpecCases {
  const oracle = new SpecOracle(root, 'request');
  const templates = oracle.members(oracle.at({ value: oracle.root, pointer: '' }, 'paths'));
  const shapes = templates.map(([template, item]) => ({
    pattern: new RegExp(`^${template.replace(/[.*+?^$()[\]\\|]/g, '\\$&').replace(/\{[^}]*\}/g, '[^/]+')}$`),
    methods: METHODS.filter((method) => oracle.at(item, method) !== undefined),
  }));
  const writer = new CaseWriter(oracle, new SpecOracle(root, 'response'), (path) =>
    shapes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods),
  );
  for (const [template, item] of templates)
    for (const method of METHODS) {
      const operation = oracle.at(item, method);
      if (operation !== undefined) writer.operation(template, method, item, operation);
    }
  return writer;
}

class CaseWriter implements SpecCases {
  operations = 0;
  readonly cases: SpecCase[] = [];
  readonly responses: ResponseCase[] = [];
  readonly unasked: string[] = [];
  readonly #oracle: SpecOracle;
  readonly #answers: SpecOracle;
  readonly #methodsAt: (path: string) => readonly string[];

  /** @param methodsAt methods that the document has for a path, in all templates that it fits */
  constructor(oracle: SpecOracle, answers: SpecOracle, methodsAt: (path: string) => readonly string[]) {
    this.#oracle = oracle;
    this.#answers = answers;
    this.#methodsAt = methodsAt;
  }

  operation(template: string, method: string, item: Spot, operation: Spot): void {
    this.operations += 1;
    const name = `${method.toUpperCase()} ${template}`;
    const parameters = this.#parameters(item, operation);
    const base = this.#base(method, parameters, operation, template);
    if (typeof base === 'string') {
      this.unasked.push(`${name}: ${base}`);
      return;
    }
    const add = (kind: CaseKind, what: string, draft: Draft, fits: boolean): void => {
      this.cases.push({ name: `${name}: ${what}`, kind, request: requestOf(template, draft), fits });
    };
    add('request', 'what is required', base, true);
    this.#parameterCases(parameters, base, add);
    this.#bodyCases(operation, base, add);
    add('mutation', 'an unknown parameter', with_(base, 'zz_unknown', '1'), false);
    const { target } = requestOf(template, base);
    const path = target.replace(/\?.*/, '');
    const known = this.#methodsAt(path);
    const other = MUTANT_METHODS.find((one) => !known.includes(one.toLowerCase()));
    if (other !== undefined) {
      // GET answers HEAD, and a HEAD that is documented is none of GET.
      add('mutation', `${other} in its place`, { ...base, method: other, body: undefined }, false);
    }
    const deeper = `${path}/zz-unknown`;
    if (this.#methodsAt(deeper).length === 0) {
      const request = { ...requestOf(template, base), target: target.replace(path, deeper) };
      this.cases.push({ name: `${name}: an unknown path`, kind: 'mutation', request, fits: false });
    }
    this.#responseCases(name, operation, requestOf(template, base));
  }

  #parameters(item: Spot, operation: Spot): Parameter[] {
    const found = new Map<string, Parameter>();
    for (const owner of [item, operation])
      for (const [, spot] of this.#oracle.members(this.#oracle.at(owner, 'parameters'))) {
        const { in: location, name, required } = spot.value as Json;
        found.set(`${location} ${name}`, {
          in: String(location),
          name: String(name),
          spot,
          schema: this.#oracle.at(spot, 'schema'),
          required: required === true,
        });
      }
    return [...found.values()].filter(
      ({ in: location, name }) => location !== 'header' || !IGNORED.has(name.toLowerCase()),
    );
  }

  /** A request with all that is required, or what is missing for one. */
  #base(method: string, parameters: readonly Parameter[], operation: Spot, template: string): Draft | string {
    const path: Record<string, string> = {};
    const query: [string, string][] = [];
    const headers: Record<string, string> = {};
    for (const [, name] of template.matchAll(/\{([^}]*)\}/g)) path[name!] = 'x1';
    for (const parameter of parameters.filter(({ required }) => required)) {
      const texts = this.#texts(parameter);
      if (texts === null) return `no value for ${parameter.name}`;
      if (parameter.in === 'path') path[parameter.name] = texts.join(',');
      else if (parameter.in === 'query') query.push(...serialised(parameter, texts));
      else if (parameter.in === 'header') headers[parameter.name] = texts.join(',');
      else headers['cookie'] = `${parameter.name}=${texts.join(',')}`;
    }
    const draft = { method: method.toUpperCase(), path, query, headers };
    const concrete = requestOf(template, draft).target.replace(/\?.*/, '');
    if (/%2f|%5c|%25/i.test(concrete)) return 'a slash in a segment';
    const body = this.#oracle.at(operation, 'requestBody');
    if (body === undefined || (body.value as Json)['required'] !== true) return draft;
    for (const [type, media] of this.#contents(operation)) {
      const value = this.#fitting(media);
      if (value !== undefined) return withBody(draft, type, value);
    }
    return 'no body';
  }

  #parameterCases(
    parameters: readonly Parameter[],
    base: Draft,
    add: (kind: CaseKind, what: string, draft: Draft, fits: boolean) => void,
  ): void {
    for (const parameter of parameters) {
      const { in: location, name, schema, required } = parameter;
      if (location !== 'query' || schema === undefined) continue;
      const texts = this.#texts(parameter);
      if (texts === null) continue;
      const rest = { ...base, query: base.query.filter(([other]) => other !== name) };
      if (!required) {
        add(
          'example',
          `with ${name}`,
          { ...rest, query: [...rest.query, ...serialised(parameter, texts)] },
          true,
        );
      } else add('mutation', `without ${name}`, rest, false);
      if (this.#refusesText(schema))
        add('mutation', `${name} of another type`, with_(rest, name, 'zz-no'), false);
      if (!isList(schema)) {
        const twice = with_(with_(rest, name, texts.join(',')), name, texts.join(','));
        add('mutation', `${name} twice`, twice, false);
      }
    }
    for (const { in: location, name, schema } of parameters) {
      if (location !== 'path' || schema === undefined || !this.#refusesText(schema)) continue;
      add('mutation', `${name} of another type`, { ...base, path: { ...base.path, [name]: 'zz-no' } }, false);
    }
  }

  #bodyCases(
    operation: Spot,
    base: Draft,
    add: (kind: CaseKind, what: string, draft: Draft, fits: boolean) => void,
  ): void {
    const body = this.#oracle.at(operation, 'requestBody');
    if (body === undefined) {
      if (base.method !== 'GET' && base.method !== 'HEAD')
        add('mutation', 'a body', withBody(base, 'application/json', { zz: 1 }), false);
      return;
    }
    if (base.body !== undefined) {
      add(
        'mutation',
        'no body',
        { ...base, body: undefined, headers: without(base.headers, 'content-type') },
        false,
      );
    }
    const types = this.#oracle.members(this.#oracle.at(body, 'content')).map(([type]) => type);
    if (!types.some((type) => type.includes('*')))
      add('mutation', 'another media type', withBody(base, 'application/zz', {}), false);
    for (const [type, media] of this.#contents(operation)) {
      const schema = this.#oracle.at(media, 'schema')!;
      const examples = examplesOf(this.#oracle, media);
      for (const [index, value] of examples.entries())
        add(
          'example',
          `example ${index} of ${type}`,
          withBody(base, type, value),
          this.#oracle.allows(schema, value),
        );
      const good = this.#fitting(media);
      for (const [what, wrong] of mutants(good))
        if (!this.#oracle.allows(schema, wrong)) add('mutation', what, withBody(base, type, wrong), false);
    }
  }

  #responseCases(name: string, operation: Spot, request: SpecRequest): void {
    if (request.method === 'HEAD') return;
    for (const [key, response] of this.#oracle.members(this.#oracle.at(operation, 'responses'))) {
      const status = Number(key.replace('XX', '00'));
      if (!(status >= 200) || status === 204 || status === 205 || status === 304) continue;
      for (const [type, media] of this.#oracle.members(this.#oracle.at(response, 'content'))) {
        const schema = this.#oracle.at(media, 'schema');
        if (!JSON_TYPE.test(type) || schema === undefined) continue;
        for (const [index, value] of examplesOf(this.#oracle, media).entries())
          this.responses.push({
            name: `${name}: example ${index} of ${key} ${type}`,
            request,
            status,
            type,
            body: JSON.stringify(value),
            fits: this.#answers.allows(schema, value),
          });
      }
    }
  }

  /** JSON contents of the body of a request that have a schema. */
  #contents(operation: Spot): [string, Spot][] {
    return this.#oracle
      .members(this.#oracle.at(operation, 'requestBody', 'content'))
      .filter(([type, media]) => JSON_TYPE.test(type) && this.#oracle.at(media, 'schema') !== undefined);
  }

  #fitting(media: Spot): unknown {
    const schema = this.#oracle.at(media, 'schema')!;
    return (
      examplesOf(this.#oracle, media).find((value) => this.#oracle.allows(schema, value)) ??
      sampleOf(this.#oracle, schema)
    );
  }

  /** Texts of a value that fits, several for a list; null when there is none. */
  #texts({ in: location, spot, schema }: Parameter): string[] | null {
    if (schema === undefined) return null;
    const values = [
      ...examplesOf(this.#oracle, spot).filter((value) => this.#oracle.allows(schema, value)),
      sampleOf(this.#oracle, schema),
    ];
    for (const value of values) {
      const texts = (Array.isArray(value) ? value : [value]).map((item) =>
        typeof item === 'object' || item === undefined ? null : String(item),
      );
      const legal = (text: string | null): boolean =>
        text !== null && text !== '' && !(location === 'path' && /[/\\%]|^\.+$/.test(text));
      if (texts.length > 0 && texts.every(legal)) return texts as string[];
    }
    return null;
  }

  /** True when no text of letters fits, however it is read. */
  #refusesText(schema: Spot): boolean {
    const { type, enum: choices } = schema.value as Json;
    if (type === 'integer' || type === 'number' || type === 'boolean') return true;
    return Array.isArray(choices) && type === 'string' && !choices.includes('zz-no');
  }
}

function isList({ value }: Spot): boolean {
  const { type } = value as Json;
  return type !== 'string' && type !== 'integer' && type !== 'number' && type !== 'boolean';
}

function serialised({ name, spot }: Parameter, texts: readonly string[]): [string, string][] {
  const explode = (spot.value as Json)['explode'] !== false;
  return explode ? texts.map((text) => [name, text]) : [[name, texts.join(',')]];
}

/** One fault each: another type for the whole, for each member, and a member left out. */
function mutants(good: unknown): [string, unknown][] {
  const wholes: [string, unknown][] = [
    ['a text for a body', 'zz'],
    ['a list for a body', [[]]],
  ];
  if (typeof good !== 'object' || good === null || Array.isArray(good)) return wholes;
  return [
    ...wholes,
    ...Object.keys(good).flatMap((name): [string, unknown][] => [
      [`${name} of another type`, { ...good, [name]: { zz: [] } }],
      [`without ${name}`, without(good as Record<string, unknown>, name)],
    ]),
  ];
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}

function with_(draft: Draft, name: string, value: string): Draft {
  return { ...draft, query: [...draft.query, [name, value]] };
}

function withBody(draft: Draft, type: string, value: unknown): Draft {
  return { ...draft, headers: { ...draft.headers, 'content-type': type }, body: JSON.stringify(value) };
}

function requestOf(template: string, { method, path, query, headers, body }: Draft): SpecRequest {
  const filled = template.replace(/\{([^}]*)\}/g, (_, name: string) => encodeURIComponent(path[name]!));
  const search = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  const target = search.length === 0 ? filled : `${filled}?${search.join('&')}`;
  return { method, target, headers, ...(body !== undefined && { body }) };
}
