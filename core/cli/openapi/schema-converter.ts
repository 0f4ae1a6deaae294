// From the schemas of a specification to JSON Schema 2020-12 with shared definitions: the dialect of OpenAPI 3.0 is
// translated, what does not decide anything is left out, and what cannot be carried over is a finding.
import { byText, type Effect, type Findings } from './findings.js';
import { isPattern, PATTERN_EXPECTED } from './pattern-repair.js';
import { breakCycles } from './schema-cycles.js';
import { type ConvertedSchema, SchemaDefinitions } from './schema-definitions.js';
import { isOneWay, namesMembers, type OneWay, oneWayMembers } from './schema-facts.js';
import { PLAIN_KEYWORDS, readKeyword, SUBSCHEMAS } from './schema-keywords.js';
import {
  isObject,
  itemsOf,
  type Json,
  type JsonObject,
  memberOf,
  membersOf,
  type Placed,
  type SpecDocument,
} from './spec-document.js';

/** Schemas nested deeper than this become definitions: a configuration, and the code of a schema, nest only so deep. */
const MOST_INLINE = 10;

/** Keywords of JSON Schema that change what a schema says, but that a configuration has no way to say. */
const INEXPRESSIBLE = ['$dynamicRef', '$recursiveRef', '$id', '$anchor', '$dynamicAnchor', 'dependencies'];

export interface ConverterOptions {
  /** Requests leave out what is `readOnly`, responses what is `writeOnly`. */
  readonly direction: 'request' | 'response';
  /** Objects have no members but those that are named, and none that go the other way. */
  readonly strict: boolean;
}

/** Where a schema stands among others. */
interface Position {
  /** It describes a value by itself; false for a part of a composition, which another part may add to. */
  readonly isWhole: boolean;
  readonly depth: number;
  /** Members that go the other way by the composition around it. */
  readonly hidden: ReadonlySet<string>;
}

const ROOT: Position = { isWhole: true, depth: 0, hidden: new Set() };

export class SchemaConverter {
  readonly #spec: SpecDocument;
  readonly #findings: Findings;
  readonly #options: ConverterOptions;
  readonly #definitions: SchemaDefinitions;
  readonly #otherWay: OneWay;

  constructor(spec: SpecDocument, findings: Findings, options: ConverterOptions) {
    this.#spec = spec;
    this.#findings = findings;
    this.#options = options;
    this.#otherWay = options.direction === 'request' ? 'readOnly' : 'writeOnly';
    this.#definitions = new SchemaDefinitions(spec, options.direction === 'response' ? '.response' : '');
  }

  /** Converts a schema; `definitions` has what it refers to. */
  convert(schema: Placed): ConvertedSchema {
    return this.#convert(schema, ROOT);
  }

  /** Everything that converted schemas refer to, in the order of names. Call it last. */
  definitions(): Record<string, ConvertedSchema> {
    this.#definitions.drain((placed) => this.#convert(placed, { ...ROOT, isWhole: false }));
    const entries = breakCycles(this.#definitions.entries(), this.#findings);
    return Object.fromEntries(entries);
  }

  #convert(schema: Placed, position: Position): ConvertedSchema {
    const { value, place } = schema;
    if (typeof value === 'boolean') return value;
    if (!isObject(value)) {
      this.#fault('narrower', place, 'is no schema: nothing fits it');
      return false;
    }
    if (position.depth > MOST_INLINE) return { $ref: this.#definitions.refer(schema) };
    const reference = memberOf(schema, '$ref');
    const converted =
      reference === undefined ? this.#keywords(schema, position) : this.#reference(schema, position);
    return this.#options.strict && position.isWhole ? this.#close(schema, converted) : converted;
  }

  #reference(schema: Placed, position: Position): ConvertedSchema {
    const reference = (schema.value as JsonObject)['$ref'];
    const target = typeof reference === 'string' ? this.#spec.find(reference) : undefined;
    if (target === undefined) {
      const shown = JSON.stringify(reference);
      this.#fault('narrower', schema.place, `${shown} leads nowhere in this document: nothing fits it`);
      return false;
    }
    const $ref = this.#definitions.refer(target);
    // What stands beside a reference counts from 3.1 on.
    const beside =
      this.#spec.dialect === '3.0' ? {} : this.#keywords(schema, { ...position, isWhole: false });
    return { $ref, ...(beside as JsonObject) };
  }

  #keywords(schema: Placed, position: Position): JsonObject {
    const { place } = schema;
    const value =
      this.#spec.dialect === '3.0'
        ? withNumericBounds(schema.value as JsonObject)
        : (schema.value as JsonObject);
    const written: Record<string, Json> = {};
    for (const keyword of PLAIN_KEYWORDS) {
      if (!Object.hasOwn(value, keyword)) continue;
      const outcome = readKeyword(keyword, value[keyword]);
      if (outcome.kind === 'value') written[keyword] = outcome.value;
      else this.#fault(outcome.effect, `${place}/${keyword}`, outcome.message);
    }
    for (const keyword of INEXPRESSIBLE)
      if (Object.hasOwn(value, keyword))
        this.#fault('wider', `${place}/${keyword}`, `${keyword} is not supported`);
    this.#hideOtherWay(schema, position, written);
    for (const keyword of Object.keys(SUBSCHEMAS)) this.#subschemas(schema, keyword, position, written);
    this.#checkDiscriminator(value, place);
    return this.#spec.dialect === '3.0' && value['nullable'] === true ? orNull(written) : written;
  }

  #subschemas(schema: Placed, keyword: string, position: Position, written: Record<string, Json>): void {
    const member = memberOf(schema, keyword);
    if (member === undefined) return;
    const isComposition = COMPOSITIONS.has(keyword);
    const depth = position.depth + 1;
    const inner: Position = isComposition
      ? { isWhole: false, depth, hidden: this.#hiddenIn(schema, position) }
      : { isWhole: true, depth, hidden: ROOT.hidden };
    if (SUBSCHEMAS[keyword] === 'one') {
      written[keyword] = this.#convert(member, inner);
    } else if (SUBSCHEMAS[keyword] === 'list') {
      const items = itemsOf(member).map((item) => this.#convert(item, inner));
      if (items.length > 0) written[keyword] = items;
      else this.#fault('wider', member.place, 'is not checked: expected a list of schemas');
    } else {
      const known = membersOf(member).filter(([name]) =>
        this.#isPropertyPattern(keyword, name, member.place),
      );
      const entries = known.map(([name, inside]) => [name, this.#property(keyword, inside, inner)]);
      if (isObject(member.value)) written[keyword] = Object.fromEntries(entries) as JsonObject;
      else this.#fault('wider', member.place, 'is not checked: expected an object of schemas');
    }
  }

  #property(keyword: string, member: Placed, position: Position): ConvertedSchema {
    const isRefused =
      keyword === 'properties' && this.#options.strict && isOneWay(this.#spec, member, this.#otherWay);
    return isRefused ? false : this.#convert(member, position);
  }

  #isPropertyPattern(keyword: string, name: string, place: string): boolean {
    if (keyword !== 'patternProperties') return true;
    if (isPattern(name)) return true;
    this.#fault('wider', place, `${JSON.stringify(name)} is not checked: expected ${PATTERN_EXPECTED}`);
    return false;
  }

  /** What only responses have cannot be required of requests, and the other way round. */
  #hideOtherWay(schema: Placed, position: Position, written: Record<string, Json>): void {
    const required = written['required'];
    if (!Array.isArray(required)) return;
    const hidden = this.#hiddenIn(schema, position);
    const left = required.filter((name) => !hidden.has(name as string));
    if (left.length > 0) written['required'] = left;
    else delete written['required'];
  }

  #hiddenIn(schema: Placed, position: Position): ReadonlySet<string> {
    return new Set([...position.hidden, ...oneWayMembers(this.#spec, schema, this.#otherWay)]);
  }

  #close(schema: Placed, converted: ConvertedSchema): ConvertedSchema {
    if (
      typeof converted === 'boolean' ||
      'additionalProperties' in converted ||
      'unevaluatedProperties' in converted
    )
      return converted;
    if (!namesMembers(this.#spec, schema)) return converted;
    const isComposed =
      '$ref' in converted || Object.keys(converted).some((keyword) => COMPOSITIONS.has(keyword));
    return { ...converted, [isComposed ? 'unevaluatedProperties' : 'additionalProperties']: false };
  }

  #checkDiscriminator(value: JsonObject, place: string): void {
    if (!isObject(value['discriminator']) || 'oneOf' in value || 'anyOf' in value) return;
    const message = 'chooses no schema without oneOf or anyOf: what it would choose is not checked';
    this.#fault('wider', `${place}/discriminator`, message);
  }

  #fault(effect: Effect, place: string, message: string): void {
    this.#findings.add(effect, place, message);
  }
}

const COMPOSITIONS: ReadonlySet<string> = new Set([
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentSchemas',
]);

/** In 3.0 a bound is a number, and a flag beside it says that it is no longer within. */
function withNumericBounds(schema: JsonObject): JsonObject {
  const changed: Record<string, Json> = { ...schema };
  for (const [flag, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof schema[flag] !== 'boolean') continue;
    delete changed[flag];
    if (schema[flag] !== true || schema[bound] === undefined) continue;
    changed[flag] = schema[bound];
    delete changed[bound];
  }
  return changed;
}

/** `nullable: true` means null as well, also where the schema has a list of values or is composed of others. */
function orNull(schema: JsonObject): JsonObject {
  const { type, enum: values, ...others } = schema;
  if (type === undefined && Object.keys(schema).length === 0) return schema;
  const isPlain =
    type !== undefined &&
    !Object.keys(others).some((keyword) => COMPOSITIONS.has(keyword) || keyword === 'const');
  if (!isPlain) return { anyOf: [schema, { type: 'null' }] };
  const types = [...new Set([...(Array.isArray(type) ? (type as string[]) : [type as string]), 'null'])].sort(
    byText,
  );
  if (values === undefined) return { type: types, ...others };
  const list = values as readonly Json[];
  return { type: types, enum: list.includes(null) ? list : [...list, null], ...others };
}
