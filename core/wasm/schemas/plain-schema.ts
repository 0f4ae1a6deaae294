// Schemas that ask for types, properties, items, lengths, bounds and texts alone, as a tree that a walk over the bytes
// of a document can follow (plain-table.ts, plain-walk.ts). A schema with any other keyword is none of these.
import type { ValidateFunction } from '../../json-schema.js';
import { ARRAY, BOOLEAN, FRACTION, NULL, OBJECT, STRING, WHOLE } from './plain-layout.js';

const EVERY_TYPE = 127;

const TYPES: ReadonlyMap<unknown, number> = new Map([
  ['object', OBJECT],
  ['array', ARRAY],
  ['string', STRING],
  ['integer', WHOLE],
  ['number', WHOLE | FRACTION],
  ['boolean', BOOLEAN],
  ['null', NULL],
]);

/** No document writes it in two ways, but for escapes that stand for what needs none. */
const PLAIN_NAME = /^[ !#-[\]-~]*$/;
const encoder = new TextEncoder();

/** Properties that one schema may name: each has a bit, and they are looked up one by one. */
const MOST_KEYS = 31;

/** What a schema asks of a text beyond its length. */
export interface TextSchema {
  readonly type: 'string';
  readonly format?: string;
  readonly pattern?: string;
  readonly sluiceUrl?: unknown;
}

/** Compiles a schema for texts. */
export type CompileText = (schema: TextSchema) => ValidateFunction;

/** A property that a schema names. */
export interface PlainKey {
  /** Its name in quotes and the colon behind it, as nearly all documents have them. */
  readonly name: Uint8Array;
  readonly schema: PlainSchema;
}

/** What one value must be. What is asked of another type than its own does not matter to it. */
export class PlainSchema {
  /** Bits of the types that it may have. */
  types = EVERY_TYPE;

  keys: readonly PlainKey[] = [];
  /** Bits of the keys that must be there; the first key is bit 0. */
  required = 0;
  /** Of properties that are not among the keys. */
  others: PlainSchema;
  mostProperties = Number.POSITIVE_INFINITY;

  items: PlainSchema;
  fewestItems = 0;
  mostItems = Number.POSITIVE_INFINITY;

  /** False: any text will do. */
  asksText = false;
  shortest = 0;
  longest = Number.POSITIVE_INFINITY;
  /** Null: any. */
  texts: readonly Uint8Array[] | null = null;
  /** Judges format, sluiceUrl and pattern; null: there is none. */
  matches: ValidateFunction | null = null;

  /** False: any number will do. */
  asksNumber = false;
  least = Number.NEGATIVE_INFINITY;
  most = Number.POSITIVE_INFINITY;
  above = Number.NEGATIVE_INFINITY;
  below = Number.POSITIVE_INFINITY;

  /** @param any what a property or item is that nothing is asked of; null: this one */
  constructor(any: PlainSchema | null) {
    this.others = any ?? this;
    this.items = any ?? this;
  }
}

const ANY = new PlainSchema(null);
const NOTHING = new PlainSchema(ANY);
NOTHING.types = 0;

/**
 * The tree of a schema; null when the schema says more than a tree does.
 * @param schema one that fits its dialect, so that each keyword has a value of the kind it wants
 */
export function compilePlain(schema: unknown, compileText: CompileText): PlainSchema | null {
  if (schema === true) return ANY;
  if (schema === false) return NOTHING;
  // A list in place of a schema makes a tuple in draft-07.
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return null;
  const keywords = schema as Keywords;
  const plain = new PlainSchema(ANY);
  if (keywords.type !== undefined) plain.types = typesOf(keywords.type);
  for (const keyword of Object.keys(keywords)) {
    if (!writeKeyword(plain, keyword, keywords, compileText)) return null;
  }
  return plain;
}

/** As the meta-schema has them. */
interface Keywords {
  readonly [keyword: string]: unknown;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
}

/** False when the keyword, or what it says, is beyond a tree. */
function writeKeyword(
  plain: PlainSchema,
  keyword: string,
  keywords: Keywords,
  compileText: CompileText,
): boolean {
  const value = keywords[keyword];
  const number = value as number;
  switch (keyword) {
    case '$schema':
    case '$id':
    case '$comment':
    case 'title':
    case 'description':
    case 'default':
    case 'examples':
    case 'type':
      return true;
    case 'properties':
      return writeKeys(plain, keywords, compileText);
    case 'required':
      return keywords.required!.every((name) => Object.hasOwn(keywords.properties ?? {}, name));
    case 'additionalProperties': {
      const others = compilePlain(value, compileText);
      plain.others = others ?? NOTHING;
      return others !== null;
    }
    case 'maxProperties':
      plain.mostProperties = number;
      return true;
    case 'items': {
      const items = compilePlain(value, compileText);
      plain.items = items ?? NOTHING;
      return items !== null;
    }
    case 'minItems':
      plain.fewestItems = number;
      return true;
    case 'maxItems':
      plain.mostItems = number;
      return true;
    default:
      return writeText(plain, keyword, keywords, compileText) || writeBound(plain, keyword, number);
  }
}

function writeKeys(
  plain: PlainSchema,
  { properties, required = [] }: Keywords,
  compileText: CompileText,
): boolean {
  const entries = Object.entries(properties!);
  if (entries.length > MOST_KEYS) return false;
  const keys: PlainKey[] = [];
  for (const [name, value] of entries) {
    // What every object has by birth, ajv finds in one that does not name it.
    if (name in Object.prototype || !PLAIN_NAME.test(name)) return false;
    const schema = compilePlain(value, compileText);
    if (schema === null) return false;
    if (required.includes(name)) plain.required |= 1 << keys.length;
    keys.push({ name: encoder.encode(`"${name}":`), schema });
  }
  plain.keys = keys;
  return true;
}

function writeText(
  plain: PlainSchema,
  keyword: string,
  keywords: Keywords,
  compileText: CompileText,
): boolean {
  const value = keywords[keyword];
  if (keyword === 'minLength') plain.shortest = value as number;
  else if (keyword === 'maxLength') plain.longest = value as number;
  else if (keyword === 'const' || keyword === 'enum') {
    const texts = keyword === 'const' ? [value] : (value as readonly unknown[]);
    if (plain.texts !== null || !texts.every(isWellFormed)) return false;
    plain.texts = texts.map((text) => encoder.encode(text as string));
    plain.types &= STRING;
  } else if (keyword === 'format' || keyword === 'pattern' || keyword === 'sluiceUrl') {
    // There are formats of numbers.
    if (keywords.type !== 'string') return false;
    const { format, pattern, sluiceUrl } = keywords;
    const asked: TextSchema = {
      type: 'string',
      ...(format && { format }),
      ...(pattern && { pattern }),
      ...(sluiceUrl !== undefined && { sluiceUrl }),
    };
    plain.matches ??= compileText(asked);
  } else return false;
  plain.asksText = true;
  return true;
}

function writeBound(plain: PlainSchema, keyword: string, value: number): boolean {
  if (keyword === 'minimum') plain.least = value;
  else if (keyword === 'maximum') plain.most = value;
  else if (keyword === 'exclusiveMinimum') plain.above = value;
  else if (keyword === 'exclusiveMaximum') plain.below = value;
  else return false;
  plain.asksNumber = true;
  return true;
}

function typesOf(type: string | readonly string[]): number {
  if (typeof type === 'string') return TYPES.get(type) ?? 0;
  let types = 0;
  for (const name of type) types |= TYPES.get(name) ?? 0;
  return types;
}

/** True for text that UTF-8 can hold. */
function isWellFormed(text: unknown): boolean {
  return typeof text === 'string' && Buffer.from(text).toString() === text;
}
