// The keys of the configuration as a person looks them up: each with what it takes, its default and what it is for, read
// from the schema.
import { CONFIG_SCHEMA } from './schema.js';
import type { JsonSchema } from './schema-words.js';
import { suggestion } from './suggestion.js';

export interface KeyFacts {
  /** From the top, with `NAME` for any name and `[]` for any entry: `upstreams.NAME.targets[].url`. */
  readonly path: string;
  /** `integer 1..100`, `"uws" or "node"`, `list of string`. */
  readonly type: string;
  /** In JSON; null for a key that has none, and for an object of keys that have theirs. */
  readonly default: string | null;
  /** Whether a document without it is refused, where the object that it belongs to is there. */
  readonly required: boolean;
  readonly description: string;
  readonly examples: readonly string[];
}

/** There is no such key: the message says what there is instead. */
export class UnknownKeyError extends Error {
  override readonly name = 'UnknownKeyError';
}

/** A key with the part of the schema behind it. */
interface Place {
  readonly facts: KeyFacts;
  readonly schema: JsonSchema;
}

const TOP: Place = { facts: factsOf('', CONFIG_SCHEMA, true), schema: CONFIG_SCHEMA };
/** An entry of a list, and whatever stands under a free name. */
const ENTRY = '[]';
const NAMED = '.NAME';

/**
 * The key that is meant by a path. Names and `[]` may be left out: `upstreams.healthCheck` is `upstreams.NAME.healthCheck`.
 * @throws UnknownKeyError
 */
export function explainKey(path: string): KeyFacts {
  return find(path).facts;
}

/** The keys that an object, a named entry or an entry of a list has, in the order of the schema. @throws as explainKey */
export function keysOf(path: string): readonly KeyFacts[] {
  return childrenOf(enter(find(path))).map(({ facts }) => facts);
}

/** All keys below one, each before those that it has itself. @throws as explainKey */
export function keysBelow(path: string): readonly KeyFacts[] {
  const below = (place: Place): KeyFacts[] =>
    childrenOf(enter(place)).flatMap((child) => [child.facts, ...below(child)]);
  return below(find(path));
}

function find(path: string): Place {
  let place = TOP;
  for (const step of path.split('.').filter((part) => part !== '')) place = descend(place, step, path);
  return place;
}

function descend(place: Place, step: string, path: string): Place {
  const name = step.replaceAll(ENTRY, '');
  const entered = enter(place);
  const children = childrenOf(entered);
  const child = children.find(({ facts }) => lastStep(facts) === name);
  if (child !== undefined) return child;
  // Any other word is a name, where there may be names.
  if (entered !== place && entered.facts.path.endsWith(NAMED)) return entered;
  const known = children.map(({ facts }) => lastStep(facts));
  throw new UnknownKeyError(
    `${path}: ${entered.facts.path || 'the document'} has no key ${JSON.stringify(name)}; expected ` +
      `${known.length === 0 ? 'none below it' : `one of ${known.join(', ')}`}${suggestion(name, known)}`,
  );
}

/** Down to where keys are: through lists and free names. */
function enter({ facts, schema }: Place): Place {
  if (schema.items !== undefined) return enter(placeOf(`${facts.path}${ENTRY}`, schema.items, false));
  if (typeof schema.additionalProperties === 'object')
    return enter(placeOf(`${facts.path}${NAMED}`, schema.additionalProperties, false));
  return { facts, schema };
}

function childrenOf({ facts, schema }: Place): Place[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).map(([name, child]) =>
    placeOf(facts.path === '' ? name : `${facts.path}.${name}`, child, required.has(name)),
  );
}

function placeOf(path: string, schema: JsonSchema, required: boolean): Place {
  return { facts: factsOf(path, schema, required), schema };
}

function factsOf(path: string, schema: JsonSchema, required: boolean): KeyFacts {
  return {
    path,
    type: typeOf(schema),
    default: defaultOf(schema),
    required,
    description: schema.description,
    examples: (schema.examples ?? []).map(String),
  };
}

function defaultOf({ default: value, properties }: JsonSchema): string | null {
  return value === undefined || properties !== undefined ? null : JSON.stringify(value);
}

function typeOf({ type, enum: values, minimum, maximum, items, additionalProperties }: JsonSchema): string {
  if (values !== undefined) return typeOfChoice(values.map((value) => JSON.stringify(value)));
  if (type === undefined) return 'any';
  if (typeof type !== 'string') return 'string, or a list of them';
  if (items !== undefined) return `list of ${typeOf(items)}`;
  if (typeof additionalProperties === 'object') return `${typeOf(additionalProperties)} by name`;
  if (minimum === undefined || maximum === undefined) return type;
  return maximum === Number.MAX_SAFE_INTEGER ? `${type} from ${minimum}` : `${type} ${minimum}..${maximum}`;
}

function typeOfChoice(values: readonly string[]): string {
  return values.length < 4 ? values.join(' or ') : `one of ${values.join(', ')}`;
}

function lastStep({ path }: KeyFacts): string {
  return path.slice(path.lastIndexOf('.') + 1);
}
