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
  /** True when a choice, or a rule over several members, says more than the shape does. */
  readonly hasChoice: boolean;
}

const NOTHING: Placed = { value: undefined, place: '#' };
/** References and compositions that are followed. */
const MOST_LAYERS = 32;
const CHOICES = ['anyOf', 'oneOf', 'not', 'if', 'patternProperties', 'dependentRequired', 'dependentSchemas'];

/** Types that a schema allows, without `null`, which no text is; empty when it does not say. */
export function typesOf(spec: SpecDocument, schema: Placed): string[] {
  return [...allowedTypes(spec, schema, 0)].filter((type) => type !== 'null').sort(byText);
}

function allowedTypes(spec: SpecDocument, schema: Placed, depth: number): ReadonlySet<string> {
  const target = spec.follow(schema);
  if (target === undefined || !isObject(target.value) || depth > MOST_LAYERS) return new Set();
  const { type, enum: values } = target.value;
  if (type !== undefined) return new Set((Array.isArray(type) ? type : [type]) as string[]);
  for (const part of itemsOf(memberOf(target, 'allOf') ?? NOTHING)) {
    const types = allowedTypes(spec, part, depth + 1);
    if (types.size > 0) return types;
  }
  for (const keyword of ['anyOf', 'oneOf']) {
    const choices = itemsOf(memberOf(target, keyword) ?? NOTHING).map((choice) =>
      allowedTypes(spec, choice, depth + 1),
    );
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
  let hasChoice = false;
  const open: Placed[] = [schema];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const target = spec.follow(next);
    if (target === undefined || !isObject(target.value) || seen.has(target.place)) continue;
    seen.add(target.place);
    const value: JsonObject = target.value;
    for (const [name, member] of membersOf(memberOf(target, 'properties') ?? NOTHING))
      members.set(name, member);
    for (const item of itemsOf(memberOf(target, 'required') ?? NOTHING))
      if (typeof item.value === 'string') required.add(item.value);
    const others = value['additionalProperties'];
    hasOthers ||= others !== undefined && others !== false;
    hasChoice ||= CHOICES.some((keyword) => keyword in value);
    open.push(...itemsOf(memberOf(target, 'allOf') ?? NOTHING));
  }
  return { members, required, hasOthers, hasChoice };
}
