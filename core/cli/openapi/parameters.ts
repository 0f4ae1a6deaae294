// Parameters of an operation, in the path, the query, headers and cookies, as the `validate` filter takes them.
import type { Findings } from './findings.js';
import type { PathParameter } from './path-template.js';
import type { SchemaConverter } from './schema-converter.js';
import type { ConvertedSchema } from './schema-definitions.js';
import {
  isObject,
  type Json,
  type JsonObject,
  memberOf,
  membersOf,
  type Placed,
  type SpecDocument,
  sortedMembers,
} from './spec-document.js';
import { isReadable, shapeOf, typesOf } from './text-shape.js';

/** A parameter of the specification. */
export interface SpecParameter {
  readonly in: 'path' | 'query' | 'header' | 'cookie';
  readonly name: string;
  readonly placed: Placed;
}

/** Parameters by where they are and by name; what is empty is left out when it is written. */
export interface OperationParameters {
  readonly path: JsonObject;
  readonly query: JsonObject;
  readonly headers: JsonObject;
  readonly cookies: JsonObject;
}

type Written = Record<string, Json>;

const LOCATIONS: ReadonlySet<unknown> = new Set(['path', 'query', 'header', 'cookie']);
/** OpenAPI describes these three elsewhere and has parameters of their names ignored. */
const IGNORED_HEADERS: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization']);
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const JSON_TYPE = /^application\/(?:[^;]*\+)?json\s*(?:;|$)/i;
const TEXT: JsonObject = { type: 'string' };

export class ParameterReader {
  readonly #spec: SpecDocument;
  readonly #findings: Findings;
  readonly #converter: SchemaConverter;

  constructor(spec: SpecDocument, findings: Findings, converter: SchemaConverter) {
    this.#spec = spec;
    this.#findings = findings;
    this.#converter = converter;
  }

  /** Parameters of a list, references followed; by location and name, so that an operation's go before its path's. */
  list(items: readonly Placed[]): Map<string, SpecParameter> {
    const parameters = new Map<string, SpecParameter>();
    for (const item of items) {
      const placed = this.#spec.follow(item);
      const { in: location, name } = placed !== undefined && isObject(placed.value) ? placed.value : {};
      if (placed === undefined || !LOCATIONS.has(location) || typeof name !== 'string') {
        this.#findings.add('narrower', item.place, 'is no parameter in path, query, header or cookie');
        continue;
      }
      const where = location as SpecParameter['in'];
      parameters.set(`${where} ${where === 'header' ? name.toLowerCase() : name}`, {
        in: where,
        name,
        placed,
      });
    }
    return parameters;
  }

  /** @param inPath parameters of the pattern of the route */
  read(
    parameters: ReadonlyMap<string, SpecParameter>,
    inPath: readonly PathParameter[],
    operation: string,
  ): OperationParameters {
    const written: { [location in keyof OperationParameters]: Written } = {
      path: {},
      query: {},
      headers: {},
      cookies: {},
    };
    for (const parameter of inPath)
      define(written.path, parameter.name, this.#pathEntry(parameter, parameters, operation));
    for (const key of [...parameters.keys()].sort()) {
      const parameter = parameters.get(key)!;
      if (parameter.in === 'query') this.#query(parameter, written.query);
      else if (parameter.in === 'header') this.#header(parameter, written.headers);
      else if (parameter.in === 'cookie') this.#cookie(parameter, written.cookies);
    }
    const { path, query, headers, cookies } = written;
    return {
      path: sortedMembers(path),
      query: sortedMembers(query),
      headers: sortedMembers(headers),
      cookies: sortedMembers(cookies),
    };
  }

  #pathEntry(
    inPath: PathParameter,
    parameters: ReadonlyMap<string, SpecParameter>,
    operation: string,
  ): JsonObject {
    const described = inPath.fills.map((name) => parameters.get(`path ${name}`));
    if (inPath.rule !== null) {
      for (const parameter of described) {
        const message = 'is a part of a segment: the segment is checked, its parts are not';
        if (parameter !== undefined) this.#findings.add('wider', parameter.placed.place, message);
      }
      return { schema: { type: 'string', pattern: inPath.rule } };
    }
    const parameter = described[0];
    if (parameter === undefined) {
      const shown = JSON.stringify(inPath.fills[0]);
      this.#findings.add('wider', operation, `the path parameter ${shown} is not described: any text fits`);
      return { schema: TEXT };
    }
    return this.#simple(parameter);
  }

  #header(parameter: SpecParameter, written: Written): void {
    const name = parameter.name.toLowerCase();
    if (IGNORED_HEADERS.has(name)) return;
    if (this.#isToken(parameter))
      define(written, name, { ...required(parameter), ...this.#simple(parameter) });
  }

  #cookie(parameter: SpecParameter, written: Written): void {
    if (!this.#isToken(parameter)) return;
    const content = this.#content(parameter);
    const entry = content ?? { schema: this.#text(parameter, 'array') };
    define(written, parameter.name, { ...required(parameter), ...entry });
  }

  #isToken({ name, placed }: SpecParameter): boolean {
    if (TOKEN.test(name)) return true;
    this.#findings.add(
      'wider',
      placed.place,
      `${JSON.stringify(name)} cannot be a name there and is not checked`,
    );
    return false;
  }

  /** Style `simple`: an array is a list of texts between commas. */
  #simple(parameter: SpecParameter): JsonObject {
    const content = this.#content(parameter);
    if (content !== null) return content;
    const { style = 'simple' } = parameter.placed.value as JsonObject;
    if (style === 'simple') return { schema: this.#text(parameter) };
    this.#findings.add(
      'wider',
      parameter.placed.place,
      `the style ${JSON.stringify(style)} is not supported: any text fits`,
    );
    return { schema: TEXT };
  }

  #query(parameter: SpecParameter, written: Written): void {
    const { name, placed } = parameter;
    const content = this.#content(parameter);
    if (content !== null) {
      define(written, name, { ...required(parameter), ...content });
      return;
    }
    const value = placed.value as JsonObject;
    const style = value['style'] ?? 'form';
    const explode = value['explode'] ?? style === 'form';
    const schema = memberOf(placed, 'schema');
    const types = schema === undefined ? [] : typesOf(this.#spec, schema);
    if (value['allowEmptyValue'] === true && types.length > 0 && !types.includes('string'))
      this.#findings.add('narrower', placed.place, 'allowEmptyValue: an empty value does not fit its schema');
    if (value['allowReserved'] === true)
      this.#findings.add('narrower', placed.place, 'allowReserved: a bare ";" is refused');
    // One that may be null as well: null has no spelling in these styles.
    const isObjectOnly =
      types.includes('object') && types.every((type) => type === 'object' || type === 'null');
    if (style === 'deepObject' && !isObjectOnly) {
      this.#findings.add('left-out', placed.place, 'the style "deepObject" is for objects only');
      return;
    }
    if (schema !== undefined && isObjectOnly) {
      if (style === 'deepObject' || (style === 'form' && explode === true)) {
        this.#spread(parameter, schema, style === 'deepObject', written);
        return;
      }
    }
    const hasItems = types.includes('array') && (style === 'form' || explode === true);
    const entry = hasItems
      ? { schema: oneOrMany(this.#text(parameter), types), ...(explode !== true && { explode: false }) }
      : { schema: this.#text(parameter, 'array') };
    define(written, name, { ...required(parameter), ...entry });
  }

  /** An object in the query is as many parameters as it has members. */
  #spread(parameter: SpecParameter, schema: Placed, isDeep: boolean, written: Written): void {
    const { name, placed } = parameter;
    const shape = shapeOf(this.#spec, schema);
    const isRequired = (placed.value as JsonObject)['required'] === true;
    for (const [member, inner] of shape.members) {
      const types = typesOf(this.#spec, inner);
      if (!isReadable(this.#spec, inner) || (isDeep && types.includes('array'))) {
        this.#findings.add('left-out', inner.place, 'is an object or a list within an object of the query');
        continue;
      }
      define(written, isDeep ? `${name}[${member}]` : member, {
        ...(isRequired && shape.required.has(member) && { required: true }),
        schema: this.#readable(inner),
      });
    }
    if (shape.hasOthers || shape.members.size === 0)
      this.#findings.add('narrower', placed.place, 'members that its schema does not name are refused');
    if (shape.hasChoice || (!isRequired && shape.required.size > 0))
      this.#findings.add('wider', placed.place, 'its members are checked one by one, not together');
  }

  /** The schema of a text; what cannot be read here is not checked. @param unreadable a type that cannot in this style */
  #text({ placed }: SpecParameter, unreadable?: string): ConvertedSchema {
    const schema = memberOf(placed, 'schema');
    if (schema === undefined) return TEXT;
    const types = typesOf(this.#spec, schema);
    const found =
      types.find((type) => type === unreadable) ?? (isReadable(this.#spec, schema) ? undefined : types[0]);
    if (found === undefined) return this.#readable(schema);
    this.#findings.add('wider', placed.place, `an ${found} in this style is not supported: any text fits`);
    return TEXT;
  }

  /** The type must stand in the schema: the filter reads a text by it. */
  #readable(schema: Placed): ConvertedSchema {
    const converted = this.#converter.convert(schema);
    if (typeof converted === 'boolean' || TYPED.some((keyword) => keyword in converted)) return converted;
    const types = typesOf(this.#spec, schema);
    return types.length === 0 ? converted : { type: types.length === 1 ? types[0]! : types, ...converted };
  }

  /** A parameter whose text is JSON; null when it is described by a schema. */
  #content({ placed }: SpecParameter): JsonObject | null {
    const content = memberOf(placed, 'content');
    if (content === undefined) return null;
    const json = membersOf(content).find(([type]) => JSON_TYPE.test(type));
    const schema = memberOf(json?.[1], 'schema');
    if (schema !== undefined)
      return { content: { 'application/json': { schema: this.#converter.convert(schema) } } };
    this.#findings.add('wider', content.place, 'is not JSON with a schema: any text fits');
    return { schema: TEXT };
  }
}

/** Keywords that tell the filter of a type. */
const TYPED = ['type', '$ref', 'allOf', 'anyOf', 'oneOf', 'enum', 'const'];

/** A query cannot tell a text from a list of one: where both fit, the filter reads a list. */
function oneOrMany(schema: ConvertedSchema, types: readonly string[]): ConvertedSchema {
  if (schema === TEXT || types.every((type) => type === 'array' || type === 'null')) return schema;
  return { anyOf: [schema, { type: 'array', minItems: 1, maxItems: 1, items: schema }] };
}

function required({ placed }: SpecParameter): JsonObject {
  return (placed.value as JsonObject)['required'] === true ? { required: true } : {};
}

/** The first description of a name counts; assignment would take `__proto__` for the prototype. */
function define(written: Written, name: string, entry: JsonObject): void {
  if (Object.hasOwn(written, name)) return;
  Object.defineProperty(written, name, {
    value: entry,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}
