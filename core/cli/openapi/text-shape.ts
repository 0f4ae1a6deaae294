// What a request carries as text (parameters, fields of forms): which types of JSON its schema allows, and the members of
// an object that is spread over several texts.
import { byText } from './findings.js';
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

/** Members of an object as the compositions of its schema name them. */
export interface ObjectShape {
  readonly members: ReadonlyMap<string, Placed>;
  readonly required: ReadonlySet<string>;
  /** True when members beside these are described: `additionalProperties` that is no `false`. */
  readonly hasOthers: boolean;
  /** True when there are none: `additionalProperties: false`. */
  readonly isClosed: boolean;
  /** True when a choice, or a rule over several members, says more than the shape does. */
  readonly hasChoice: boolean;
}

/** References and compositions that are followed. */
const MOST_LAYERS = 32;
const CHOICES = ['anyOf', 'oneOf', 'not', 'if', 'patternProperties', 'dependentRequired', 'dependentSchemas'];

/** Types that a schema allows, without `null`, which no text is; empty when it does not say. */
export function typesOf(spec: SpecDocument, schema: Placed): string[] {
  return [...allowedTypes(spec, schema, 0)].filter((type) => type !== 'null').sort(byText);
}

/** True for a schema that a text can fit: no object, and no list of lists or objects. */
export function isReadable(spec: SpecDocument, schema: Placed): boolean {
  const types = typesOf(spec, schema);
  if (types.includes('array')) {
    const items = itemsSchema(spec, schema, 0);
    return items === undefined || isScalar(typesOf(spec, items));
  }
  return isScalar(types);
}

function isScalar(types: readonly string[]): boolean {
  return types.length === 0 || types.some((type) => type !== 'array' && type !== 'object');
}

/** The schema of the items of a list. */
function itemsSchema(spec: SpecDocument, schema: Placed, depth: number): Placed | undefined {
  const target = spec.follow(schema);
  if (target === undefined || depth > MOST_LAYERS) return undefined;
  const items = memberOf(target, 'items');
  if (items !== undefined) return items;
  for (const keyword of ['allOf', 'anyOf', 'oneOf'])
    for (const part of itemsOf(memberOf(target, keyword))) {
      const found = itemsSchema(spec, part, depth + 1);
      if (found !== undefined) return found;
    }
  return undefined;
}

function allowedTypes(spec: SpecDocument, schema: Placed, depth: number): ReadonlySet<string> {
  const target = spec.follow(schema);
  if (target === undefined || !isObject(target.value) || depth > MOST_LAYERS) return new Set();
  const { type, enum: values } = target.value;
  if (type !== undefined) return new Set((Array.isArray(type) ? type : [type]) as string[]);
  for (const part of itemsOf(memberOf(target, 'allOf'))) {
    const types = allowedTypes(spec, part, depth + 1);
    if (types.size > 0) return types;
  }
  for (const keyword of ['anyOf', 'oneOf']) {
    const choices = itemsOf(memberOf(target, keyword)).map((choice) => allowedTypes(spec, choice, depth + 1));
    if (choices.length > 0 && choices.every((types) => types.size > 0))
      return new Set(choices.flatMap((types) => [...types]));
  }
  if ('properties' in target.value) return new Set(['object']);
  if ('items' in target.value) return new Set(['array']);
  return new Set(Array.isArray(values) ? (values as Json[]).map(typeOfValue) : []);
}

function typeOfValue(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' ? (Number.isInteger(value) ? 'integer' : 'number') : typeof value;
}

/** The members of an object, with what `allOf` adds. */
export function shapeOf(spec: SpecDocument, schema: Placed): ObjectShape {
  const members = new Map<string, Placed>();
  const required = new Set<string>();
  const seen = new Set<string>();
  let hasOthers = false;
  let isClosed = false;
  let hasChoice = false;
  const open: Placed[] = [schema];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const target = spec.follow(next);
    if (target === undefined || !isObject(target.value) || seen.has(target.place)) continue;
    seen.add(target.place);
    const value: JsonObject = target.value;
    for (const [name, member] of membersOf(memberOf(target, 'properties'))) members.set(name, member);
    for (const item of itemsOf(memberOf(target, 'required')))
      if (typeof item.value === 'string') required.add(item.value);
    const others = value['additionalProperties'];
    hasOthers ||= others !== undefined && others !== false;
    isClosed ||= others === false;
    hasChoice ||= CHOICES.some((keyword) => keyword in value);
    open.push(...itemsOf(memberOf(target, 'allOf')));
  }
  return { members, required, hasOthers, isClosed, hasChoice };
}
