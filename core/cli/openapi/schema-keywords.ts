// The keywords of JSON Schema that say what fits, in the order in which they are written, each with what it takes.
// Everything else of a schema (titles, examples, defaults, extensions) stays in the specification.
import { knowsFormat } from '../../json-schema.js';
import { byText, type Effect } from './findings.js';
import { PATTERN_EXPECTED, repairPattern } from './pattern-repair.js';
import { isObject, type Json } from './spec-document.js';

/** What became of a keyword: a value to write, or something to tell. */
export type KeywordOutcome =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'fault'; readonly effect: Effect; readonly message: string };

export type Subschemas = 'one' | 'list' | 'map';

/** Keywords that hold schemas, and how. */
export const SUBSCHEMAS: Readonly<Record<string, Subschemas>> = {
  properties: 'map',
  patternProperties: 'map',
  additionalProperties: 'one',
  unevaluatedProperties: 'one',
  propertyNames: 'one',
  dependentSchemas: 'map',
  items: 'one',
  prefixItems: 'list',
  contains: 'one',
  unevaluatedItems: 'one',
  allOf: 'list',
  anyOf: 'list',
  oneOf: 'list',
  not: 'one',
  if: 'one',
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, never awaited
  then: 'one',
  else: 'one',
};

const TYPES: ReadonlySet<unknown> = new Set([
  'array',
  'boolean',
  'integer',
  'null',
  'number',
  'object',
  'string',
]);

const KEYWORDS: Readonly<Record<string, (value: unknown) => KeywordOutcome>> = {
  type: readType,
  enum: readEnum,
  const: (value) => kept(value as Json),
  format: readFormat,
  pattern: readPattern,
  minLength: readCount,
  maxLength: readCount,
  minimum: readNumber,
  maximum: readNumber,
  exclusiveMinimum: readNumber,
  exclusiveMaximum: readNumber,
  multipleOf: (value) =>
    typeof value === 'number' && value > 0 && Number.isFinite(value) ? kept(value) : unusable('above 0'),
  minItems: readCount,
  maxItems: readCount,
  uniqueItems: (value) => (typeof value === 'boolean' ? kept(value) : unusable('true or false')),
  minContains: readCount,
  maxContains: readCount,
  minProperties: readCount,
  maxProperties: readCount,
  required: readNames,
  dependentRequired: readDependencies,
};

/** The plain keywords in the order in which they are written. */
export const PLAIN_KEYWORDS: readonly string[] = Object.keys(KEYWORDS);

/** Reads a plain keyword. */
export function readKeyword(keyword: string, value: unknown): KeywordOutcome {
  return KEYWORDS[keyword]!(value);
}

function kept(value: Json): KeywordOutcome {
  return { kind: 'value', value };
}

function unusable(expected: string): KeywordOutcome {
  return { kind: 'fault', effect: 'wider', message: `is not checked: expected ${expected}` };
}

function readType(value: unknown): KeywordOutcome {
  const types = [...new Set(Array.isArray(value) ? value : [value])];
  const unknown = types.filter((type) => !TYPES.has(type));
  if (types.length === 0 || unknown.length > 0)
    return unusable(`a type of JSON Schema, found ${JSON.stringify(unknown[0] ?? value)}`);
  return kept(types.length === 1 ? (types[0] as string) : (types as string[]).sort(byText));
}

function readEnum(value: unknown): KeywordOutcome {
  if (!Array.isArray(value) || value.length === 0) return unusable('a list with at least one value');
  const seen = new Set<string>();
  const values = (value as Json[]).filter((item) => {
    const text = JSON.stringify(item);
    return seen.has(text) ? false : seen.add(text);
  });
  return kept(values);
}

function readFormat(value: unknown): KeywordOutcome {
  if (typeof value !== 'string') return unusable('the name of a format');
  if (knowsFormat(value)) return kept(value);
  return { kind: 'fault', effect: 'wider', message: `the format ${JSON.stringify(value)} is not checked` };
}

function readPattern(value: unknown): KeywordOutcome {
  if (typeof value !== 'string') return unusable('a regular expression');
  const pattern = repairPattern(value);
  return pattern === null ? unusable(PATTERN_EXPECTED) : kept(pattern);
}

function readCount(value: unknown): KeywordOutcome {
  return Number.isInteger(value) && (value as number) >= 0
    ? kept(value as number)
    : unusable('a whole number');
}

function readNumber(value: unknown): KeywordOutcome {
  return typeof value === 'number' && Number.isFinite(value) ? kept(value) : unusable('a number');
}

function readNames(value: unknown): KeywordOutcome {
  const names = namesOf(value);
  return names === null ? unusable('a list of names') : kept(names);
}

function readDependencies(value: unknown): KeywordOutcome {
  if (!isObject(value)) return unusable('an object');
  const entries = Object.keys(value)
    .sort(byText)
    .map((name) => [name, namesOf(value[name])] as const);
  if (entries.some(([, names]) => names === null)) return unusable('lists of names');
  return kept(Object.fromEntries(entries) as Json);
}

/** Sorted, each once; null for anything that is no list of texts. */
function namesOf(value: unknown): string[] | null {
  if (!Array.isArray(value) || !value.every((name): name is string => typeof name === 'string')) return null;
  return [...new Set(value)].sort(byText);
}
