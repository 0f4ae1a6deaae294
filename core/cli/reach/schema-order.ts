// Whether a JSON Schema lets more through than another one, told keyword by keyword. What it calls the same or narrower
// is; where that would take more than a look, it says wider or changed.
import { pointerKeys } from '../../config/error-at.js';
import {
  both,
  CHANGED,
  canonicalJson,
  compareMost,
  compareSets,
  isSameJson,
  NARROWER,
  reversed,
  SAME,
  type Verdict,
  WIDER,
} from './verdict.js';

type Schema = unknown;
type Keywords = Readonly<Record<string, unknown>>;

/** Schemas on both sides, which their references lead into. */
export interface SchemaRoots {
  readonly before: unknown;
  readonly after: unknown;
}

const REMARKS: ReadonlySet<string> = new Set([
  '$schema',
  '$comment',
  'title',
  'description',
  'default',
  'example',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'definitions',
  '$defs',
]);
/** What members are that no other keyword names. */
const OTHERS = ['additionalProperties', 'unevaluatedProperties'];
/** Adding one of these takes nothing but requests away. */
const CONDITIONS: ReadonlySet<string> = new Set([
  '$ref',
  'type',
  'enum',
  'const',
  'format',
  'pattern',
  'multipleOf',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'uniqueItems',
  'required',
  'dependentRequired',
  'propertyNames',
  'items',
  'allOf',
  'anyOf',
  'oneOf',
  'not',
]);
/** Those among them that are parts of the schema they stand in. */
const PARTS: ReadonlySet<string> = new Set(['$ref', 'allOf', 'anyOf', 'oneOf']);
const MOST_STEPS = 512;
const MOST_ROUNDS = 64;

/** Verdicts on pairs of referred schemas. */
type Pairs = ReadonlyMap<string, Verdict>;

/** Compares schemas of JSON values. */
export function compareSchemas(before: Schema, after: Schema, roots: SchemaRoots): Verdict {
  return compareToTheEnd(before, after, roots).verdict;
}

/**
 * Compares schemas of texts, which are read by the types that their schemas name: with fewer types, a text may be
 * another value than it was, and fit.
 */
export function compareTextSchemas(before: Schema, after: Schema, roots: SchemaRoots): Verdict {
  const { verdict, typesDiffer } = compareToTheEnd(before, after, roots);
  return verdict === NARROWER && typesDiffer ? CHANGED : verdict;
}

function compareToTheEnd(
  before: Schema,
  after: Schema,
  roots: SchemaRoots,
): { readonly verdict: Verdict; readonly typesDiffer: boolean } {
  // A schema that refers to itself is what the rest of it makes it: assume that it is the same until it proves not to be.
  let assumed: Pairs = new Map();
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const comparison = new SchemaComparison(roots, assumed);
    const verdict = comparison.compare(before, after, true, true);
    const { pairs } = comparison;
    if ([...pairs].every(([key, found]) => (assumed.get(key) ?? SAME) === found))
      return { verdict, typesDiffer: comparison.typesDiffer };
    assumed = pairs;
  }
  return { verdict: CHANGED, typesDiffer: true };
}

class SchemaComparison {
  typesDiffer = false;
  readonly pairs = new Map<string, Verdict>();
  readonly #roots: SchemaRoots;
  readonly #assumed: Pairs;
  #steps = 0;

  constructor(roots: SchemaRoots, assumed: Pairs) {
    this.#roots = roots;
    this.#assumed = assumed;
  }

  /** @param openBefore what members are that nothing names, as the schema around a composition has it */
  compare(before: Schema, after: Schema, openBefore: Schema, openAfter: Schema): Verdict {
    if (typeof before === 'boolean' && before === after) return SAME;
    if (before === false || after === false) return before === false ? WIDER : NARROWER;
    if (this.#steps >= MOST_STEPS) return CHANGED;
    const a = keywordsOf(before);
    const b = keywordsOf(after);
    if (a === null || b === null) return isSameJson(before, after) ? SAME : CHANGED;
    this.#steps += 1;
    const verdict = this.#keywords(a, b, openBefore, openAfter);
    this.#steps -= 1;
    return verdict;
  }

  #keywords(a: Keywords, b: Keywords, openBefore: Schema, openAfter: Schema): Verdict {
    const othersBefore = othersOf(a, openBefore);
    const othersAfter = othersOf(b, openAfter);
    let verdict = this.#members(a, b, othersBefore, othersAfter);
    if (closesOtherwise(a, b, openBefore, openAfter)) verdict = CHANGED;
    for (const keyword of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (REMARKS.has(keyword) || OTHERS.includes(keyword) || keyword === 'properties') continue;
      const partsBefore = openToParts(a, openBefore);
      const partsAfter = openToParts(b, openAfter);
      verdict = both(verdict, this.#keyword(keyword, a[keyword], b[keyword], partsBefore, partsAfter));
    }
    return verdict;
  }

  /** Members by name, and those without one. */
  #members(a: Keywords, b: Keywords, othersBefore: Schema, othersAfter: Schema): Verdict {
    const before = (a['properties'] ?? {}) as Keywords;
    const after = (b['properties'] ?? {}) as Keywords;
    let verdict = this.compare(othersBefore, othersAfter, true, true);
    const hasPatterns = 'patternProperties' in a || 'patternProperties' in b;
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const isInBoth = Object.hasOwn(before, name) && Object.hasOwn(after, name);
      const was = Object.hasOwn(before, name) ? before[name] : othersBefore;
      const is = Object.hasOwn(after, name) ? after[name] : othersAfter;
      verdict = both(verdict, hasPatterns && !isInBoth ? CHANGED : this.compare(was, is, true, true));
    }
    return verdict;
  }

  #keyword(keyword: string, was: unknown, is: unknown, openBefore: Schema, openAfter: Schema): Verdict {
    if (keyword === 'type' && !isSameJson(was, is)) this.typesDiffer = true;
    if (was === undefined || is === undefined) {
      // A part that is added names members, which `unevaluatedProperties` around it then lets through.
      const isClosed = openBefore !== true || openAfter !== true;
      if (!CONDITIONS.has(keyword) || (isClosed && PARTS.has(keyword))) return CHANGED;
      return was === undefined ? NARROWER : WIDER;
    }
    switch (keyword) {
      case '$ref':
        return this.#references(was, is, openBefore, openAfter);
      case 'type':
        return compareSets(typesOf(was), typesOf(is));
      case 'enum':
        return compareSets(valuesOf(was), valuesOf(is));
      case 'required':
        return reversed(compareSets(valuesOf(was), valuesOf(is)));
      case 'maximum':
      case 'exclusiveMaximum':
      case 'maxLength':
      case 'maxItems':
      case 'maxProperties':
        return compareMost(was, is);
      case 'minimum':
      case 'exclusiveMinimum':
      case 'minLength':
      case 'minItems':
      case 'minProperties':
        return reversed(compareMost(was, is));
      case 'uniqueItems':
        return was === is ? SAME : was === true ? WIDER : NARROWER;
      case 'items':
      case 'propertyNames':
        return this.compare(was, is, true, true);
      case 'not':
        return reversed(this.compare(was, is, true, true));
      case 'allOf':
        return this.#lists(was, is, openBefore, openAfter, NARROWER);
      case 'anyOf':
        return this.#lists(was, is, openBefore, openAfter, WIDER);
      case 'oneOf':
      case 'prefixItems':
        return this.#lists(was, is, openBefore, openAfter, CHANGED) === SAME ? SAME : CHANGED;
      case 'patternProperties':
      case 'dependentSchemas':
        return this.#maps(was, is);
      case 'if':
      case 'then':
      case 'else':
      case 'contains':
      case 'unevaluatedItems':
        return this.compare(was, is, openBefore, openAfter) === SAME ? SAME : CHANGED;
      default:
        return isSameJson(was, is) ? SAME : CHANGED;
    }
  }

  #references(was: unknown, is: unknown, openBefore: Schema, openAfter: Schema): Verdict {
    const before = find(this.#roots.before, was);
    const after = find(this.#roots.after, is);
    if (before === undefined || after === undefined) return CHANGED;
    const key = `${was} ${is} ${canonicalJson(openBefore)} ${canonicalJson(openAfter)}`;
    const known = this.pairs.get(key);
    if (known !== undefined) return known;
    this.pairs.set(key, this.#assumed.get(key) ?? SAME);
    const verdict = this.compare(before, after, openBefore, openAfter);
    this.pairs.set(key, verdict);
    return verdict;
  }

  /** @param added what one more item does */
  #lists(was: unknown, is: unknown, openBefore: Schema, openAfter: Schema, added: Verdict): Verdict {
    if (!Array.isArray(was) || !Array.isArray(is)) return isSameJson(was, is) ? SAME : CHANGED;
    if (was.length !== is.length && (openBefore !== true || openAfter !== true)) return CHANGED;
    let verdict: Verdict = was.length === is.length ? SAME : is.length > was.length ? added : reversed(added);
    for (let i = 0; i < Math.min(was.length, is.length); i += 1)
      verdict = both(verdict, this.compare(was[i], is[i], openBefore, openAfter));
    return verdict;
  }

  #maps(was: unknown, is: unknown): Verdict {
    const before = keywordsOf(was) ?? {};
    const after = keywordsOf(is) ?? {};
    if (!isSameJson(Object.keys(before).sort(), Object.keys(after).sort())) return CHANGED;
    const isSame = Object.keys(before).every(
      (key) => this.compare(before[key], after[key], true, true) === SAME,
    );
    return isSame ? SAME : CHANGED;
  }
}

/** What members are that `properties` does not name. */
function othersOf(schema: Keywords, open: Schema): Schema {
  for (const keyword of OTHERS) if (Object.hasOwn(schema, keyword)) return schema[keyword];
  return open;
}

/**
 * `additionalProperties` holds for members that a part names, `unevaluatedProperties` does not: where one has taken the place
 * of the other, a member may have become free that was bound, though all others are bound more tightly.
 */
function closesOtherwise(a: Keywords, b: Keywords, openBefore: Schema, openAfter: Schema): boolean {
  const isOwn = Object.hasOwn(a, 'additionalProperties');
  if (isOwn === Object.hasOwn(b, 'additionalProperties')) return false;
  const [other, open] = isOwn ? [b, openAfter] : [a, openBefore];
  if (othersOf(other, open) === true) return false;
  const isPart = !Object.hasOwn(other, 'unevaluatedProperties');
  return isPart || Object.keys(other).some((keyword) => PARTS.has(keyword));
}

/** What members are, for the parts of a composition, that no part names: a part alone does not decide. */
function openToParts(schema: Keywords, open: Schema): Schema {
  if (Object.hasOwn(schema, 'additionalProperties')) return true;
  return Object.hasOwn(schema, 'unevaluatedProperties') ? schema['unevaluatedProperties'] : open;
}

function keywordsOf(schema: Schema): Keywords | null {
  if (schema === true) return {};
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema)
    ? (schema as Keywords)
    : null;
}

/** Types with `number` as what it is: integers and others. */
function typesOf(type: unknown): ReadonlySet<unknown> {
  const types = Array.isArray(type) ? type : [type];
  return new Set(types.flatMap((one) => (one === 'number' ? ['integer', 'fraction'] : [one])));
}

function valuesOf(list: unknown): ReadonlySet<unknown> {
  return new Set(Array.isArray(list) ? list.map(canonicalJson) : [canonicalJson(list)]);
}

function find(root: unknown, reference: unknown): unknown {
  if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference)) return undefined;
  let keys: string[];
  try {
    keys = pointerKeys(decodeURIComponent(reference.slice(1)));
  } catch {
    return undefined;
  }
  let value = root;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
