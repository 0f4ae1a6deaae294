// What a text that stands for a JSON value may be, told by the types that its schema names.
import { Bytes, isUtf8, Json, JsonWriter } from 'sluice';
import { Definitions } from './definitions';

export const NULL: i32 = 1;
export const BOOLEAN: i32 = 2;
export const INTEGER: i32 = 4;
export const NUMBER: i32 = 8;
export const STRING: i32 = 16;
export const ARRAY: i32 = 32;
export const OBJECT: i32 = 64;
export const ANY: i32 = 127;

/** What `typeOfText` answers for a text that is none of the types. */
export const NO_TYPE: i32 = 0;

// A reference that leads back to itself ends here.
const MOST_STEPS = 16;

/** Types that a schema allows, as a set of the bits above: `ANY` when it does not say. */
export function typesOf(schema: Json, definitions: Definitions, steps: i32 = 0): i32 {
  let types = ANY;
  if (steps == MOST_STEPS) return types;
  for (let member = schema.first(); member.exists; member = member.next()) {
    const keyword = member.name;
    if (keyword.equals('type')) types &= namedTypes(member);
    else if (keyword.equals('const')) types &= typeOfValue(member);
    else if (keyword.equals('enum')) {
      let values = 0;
      for (let item = member.first(); item.exists; item = item.next()) values |= typeOfValue(item);
      types &= values;
    } else if (keyword.equals('$ref')) {
      const target = definitions.resolve(member);
      if (target.exists) types &= typesOf(target, definitions, steps + 1);
    } else if (keyword.equals('allOf')) {
      for (let item = member.first(); item.exists; item = item.next())
        types &= typesOf(item, definitions, steps + 1);
    } else if (keyword.equals('anyOf') || keyword.equals('oneOf')) {
      let either = 0;
      for (let item = member.first(); item.exists; item = item.next())
        either |= typesOf(item, definitions, steps + 1);
      types &= either;
    }
  }
  return types;
}

/** Types of the items of an array that fits a schema. */
export function itemTypesOf(schema: Json, definitions: Definitions, steps: i32 = 0): i32 {
  let types = ANY;
  if (steps == MOST_STEPS) return types;
  for (let member = schema.first(); member.exists; member = member.next()) {
    const keyword = member.name;
    if (keyword.equals('items') && !member.isArray) types &= typesOf(member, definitions, steps + 1);
    else if (keyword.equals('$ref')) {
      const target = definitions.resolve(member);
      if (target.exists) types &= itemTypesOf(target, definitions, steps + 1);
    } else if (keyword.equals('allOf')) {
      for (let item = member.first(); item.exists; item = item.next())
        types &= itemTypesOf(item, definitions, steps + 1);
    } else if (keyword.equals('anyOf') || keyword.equals('oneOf')) {
      let either = 0;
      for (let item = member.first(); item.exists; item = item.next())
        either |= itemTypesOf(item, definitions, steps + 1);
      types &= either;
    }
  }
  return types;
}

/**
 * The one of `types` that a text stands for, or `NO_TYPE`. A text that could be several is the narrowest of them: what is no
 * number in its only spelling is a string, where strings are allowed. Nothing said means string.
 */
export function typeOfText(text: Bytes, types: i32): i32 {
  if (types == ANY) types = STRING;
  if (types & NULL && text.equals('null')) return NULL;
  if (types & BOOLEAN && (text.equals('true') || text.equals('false'))) return BOOLEAN;
  if (types & INTEGER && isInteger(text)) return INTEGER;
  if (types & NUMBER && isNumber(text)) return NUMBER;
  return types & STRING && isUtf8(text) ? STRING : NO_TYPE;
}

/** Writes a text as the value of a type that `typeOfText` answered. */
export function writeValue(writer: JsonWriter, text: Bytes, type: i32): void {
  if (type == STRING) writer.textBytes(text);
  else writer.raw(text);
}

/** Digits, and a minus before them: what every parser reads alike. `1e3` is an integer to JSON, and 1 to some servers. */
function isInteger(text: Bytes): bool {
  const from = text.length > 0 && text[0] == 0x2d ? 1 : 0;
  if (text.length == from || (text[from] == 0x30 && text.length > 1)) return false;
  for (let i = from; i < text.length; i++) if (<u32>text[i] - 0x30 > 9) return false;
  return true;
}

/** A number as JSON has it, nothing around it, and not so large that it is infinite to who reads it. */
function isNumber(text: Bytes): bool {
  if (text.isEmpty || (text[0] != 0x2d && <u32>text[0] - 0x30 > 9)) return false;
  const number = Json.parse(text);
  return number.raw.length == text.length && isFinite(number.number());
}

function namedTypes(type: Json): i32 {
  if (type.isString) return namedType(type.bytes);
  let types = 0;
  for (let item = type.first(); item.exists; item = item.next()) types |= namedType(item.bytes);
  return types;
}

function namedType(name: Bytes): i32 {
  if (name.equals('string')) return STRING;
  if (name.equals('integer')) return INTEGER;
  if (name.equals('number')) return INTEGER | NUMBER;
  if (name.equals('boolean')) return BOOLEAN;
  if (name.equals('null')) return NULL;
  if (name.equals('array')) return ARRAY;
  return name.equals('object') ? OBJECT : 0;
}

function typeOfValue(value: Json): i32 {
  if (value.isString) return STRING;
  if (value.isNumber) return INTEGER | NUMBER;
  if (value.isBool) return BOOLEAN;
  if (value.isArray) return ARRAY;
  return value.isObject ? OBJECT : NULL;
}
