// What a specification says of a value, asked of ajv with the schemas as they stand in the document: a second opinion that
// knows nothing of the importer.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export type Json = Readonly<Record<string, unknown>>;

/** A value of the document and where it stands, as a JSON Pointer. */
export interface Spot {
  readonly value: unknown;
  readonly pointer: string;
}

/** `readOnly` members are for responses, `writeOnly` ones for requests. */
export type Direction = 'request' | 'response';

export class SpecOracle {
  readonly root: Json;
  readonly #ajv = new Ajv2020({ strict: false, validateSchema: false, logger: false, allErrors: false });
  readonly #compiled = new Map<string, ValidateFunction>();

  readonly #translation: Translation;
  readonly #schemas: unknown;

  constructor(root: Json, direction: Direction) {
    this.root = root;
    addFormats.default(this.#ajv);
    this.#translation = new Translation(root, direction);
    this.#schemas = this.#translation.read(root);
    this.#ajv.addSchema({ ...(this.#schemas as Json), $id: 'spec:document' });
  }

  /** True when the document allows the value where the schema stands. */
  allows(schema: Spot, value: unknown): boolean {
    let validate = this.#compiled.get(schema.pointer);
    if (validate === undefined) {
      const pointer = this.#translation.pointer(this.#schemas, schema.pointer);
      validate = this.#ajv.compile({ $ref: `spec:document#${encodeURI(pointer)}` });
      this.#compiled.set(schema.pointer, validate);
    }
    return validate(value) === true;
  }

  /** A member of a value, references followed on both ends; undefined when there is none. */
  at(spot: Spot, ...keys: readonly string[]): Spot | undefined {
    let here: Spot | undefined = this.#follow(spot);
    for (const key of keys) {
      const { value, pointer }: Spot = here;
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
      const escaped = key.replace(/~/g, '~0').replace(/\//g, '~1');
      here = this.#follow({ value: (value as Json)[key], pointer: `${pointer}/${escaped}` });
    }
    return here;
  }

  /** Members with their keys. */
  members(spot: Spot | undefined): [string, Spot][] {
    if (spot === undefined || typeof spot.value !== 'object' || spot.value === null) return [];
    return Object.keys(spot.value).map((key) => [key, this.at(spot, key)!]);
  }

  #follow(spot: Spot): Spot {
    let here = spot;
    for (let hops = 0; hops < 32; hops += 1) {
      const { value } = here;
      const reference = typeof value === 'object' && value !== null ? (value as Json)['$ref'] : undefined;
      if (typeof reference !== 'string') return here;
      here = { value: find(this.root, reference), pointer: decodeURIComponent(reference.slice(1)) };
    }
    throw new Error(`${spot.pointer}: references in a circle`);
  }
}

/** Schemas in the words of JSON Schema; an object that the other direction may leave out is not required in this one. */
class Translation {
  /** What a nullable schema became: a choice of null and the schema, at the second place. */
  readonly #wrapped = new WeakSet<object>();
  readonly #root: Json;
  readonly #isOld: boolean;
  readonly #other: 'readOnly' | 'writeOnly';

  constructor(root: Json, direction: Direction) {
    this.#root = root;
    this.#isOld = String(root['openapi']).startsWith('3.0');
    this.#other = direction === 'request' ? 'readOnly' : 'writeOnly';
  }

  read(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.read(item));
    if (typeof value !== 'object' || value === null) return value;
    const { $ref } = value as Json;
    // What stands beside a reference counts for nothing in 3.0.
    if (typeof $ref === 'string' && this.#isOld) return { $ref };
    const { nullable, ...others } = Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, this.read(member)]),
    );
    const { required } = others;
    if (Array.isArray(required)) others['required'] = required.filter((name) => !this.#isOthers(value, name));
    if (!this.#isOld) return nullable === undefined ? others : { ...others, nullable };
    for (const [flag, bound] of [
      ['exclusiveMinimum', 'minimum'],
      ['exclusiveMaximum', 'maximum'],
    ] as const) {
      const { [flag]: exclusive, [bound]: limit } = others;
      if (typeof exclusive !== 'boolean') continue;
      delete others[flag];
      if (exclusive && limit !== undefined) others[flag] = limit;
    }
    if (nullable !== true) return typeof nullable === 'object' ? { ...others, nullable } : others;
    const wrapped = { anyOf: [{ type: 'null' }, others] };
    this.#wrapped.add(wrapped);
    return wrapped;
  }

  /** Where what stood at a pointer of the document stands now. */
  pointer(translated: unknown, pointer: string): string {
    let here = translated;
    let path = '';
    for (const key of pointer.split('/').slice(1)) {
      if (this.#wrapped.has(here as object)) {
        here = (here as { anyOf: unknown[] }).anyOf[1];
        path += '/anyOf/1';
      }
      here = (here as Json)[unescaped(key)];
      path += `/${key}`;
    }
    return path;
  }

  #isOthers(schema: object, name: unknown): boolean {
    const properties = (schema as Json)['properties'] as Json | undefined;
    let property = properties?.[String(name)] as Json | undefined;
    if (typeof property?.['$ref'] === 'string' && this.#isOld)
      property = find(this.#root, property['$ref']) as Json;
    return typeof property === 'object' && property !== null && property[this.#other] === true;
  }
}

function find(root: Json, reference: string): unknown {
  const keys = decodeURIComponent(reference.slice(1)).split('/').slice(1);
  return keys.reduce<unknown>((inner, key) => (inner as Json)[unescaped(key)], root);
}

function unescaped(key: string): string {
  return key.replace(/~1/g, '/').replace(/~0/g, '~');
}
