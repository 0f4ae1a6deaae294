// A parameter of a path, a query, a header or a cookie: how its text becomes the JSON value that its schema judges.
import { ABSENT, Bytes, hasUniqueNames, Json, JsonWriter, refuse } from 'sluice';
import { BodyLimits } from './body-limits';
import { Definitions } from './definitions';
import { Findings } from './findings';
import { ANY, ARRAY, itemTypesOf, NO_TYPE, OBJECT, typeOfText, typesOf, writeValue } from './value-types';

const COMMA: u8 = 0x2c;

/** Built in `configure`. */
@final
export class Parameter {
  /** Text of its schema. */
  schema: Bytes = ABSENT;
  isRequired: bool = false;
  isArray: bool = false;
  /** An array as one text with commas, and not as a text for each item. */
  isJoined: bool = false;
  private isJson: bool = false;
  private types: i32 = ANY;

  constructor(readonly name: string) {}

  /** Reads a parameter. @param isJoined what an array is without `explode` */
  static read(json: Json, isJoined: bool, definitions: Definitions): Parameter {
    const parameter = new Parameter(json.name.toString());
    parameter.isJoined = isJoined;
    for (let member = json.first(); member.exists; member = member.next()) {
      const name = member.name;
      if (name.equals('required')) parameter.isRequired = member.bool();
      else if (name.equals('explode') && !isJoined) parameter.isJoined = !member.bool(true);
      else if (name.equals('schema')) parameter.take(member, definitions);
      else if (name.equals('content')) {
        const schema = member.get('application/json').get('schema');
        parameter.isJson = true;
        parameter.schema = schema.raw;
      }
    }
    if (json.get('schema').exists == parameter.isJson || !parameter.schema.exists) {
      refuse(json.pointer, 'expected a schema, or content with one');
    }
    return parameter;
  }

  /** Reads its schema. */
  take(schema: Json, definitions: Definitions): void {
    this.schema = schema.raw;
    let types = typesOf(schema, definitions);
    // Who does not say array, means none.
    this.isArray = types != ANY && (types & ARRAY) != 0;
    if (this.isArray) types = itemTypesOf(schema, definitions);
    if (types != ANY && (types & ~(ARRAY | OBJECT)) == 0)
      refuse(schema.pointer, 'objects, and arrays in arrays, have no text: give them as content');
    this.types = types;
  }

  /** Takes the name and value of one text into the document, or adds a finding. @param text decoded */
  write(text: Bytes, document: JsonWriter, limits: BodyLimits, place: string, findings: Findings): void {
    if (this.isJson) return this.writeJson(text, document, limits, place, findings);
    const type = typeOfText(text, this.types);
    if (type == NO_TYPE) return this.mismatch(place, findings);
    writeValue(document.name(this.name), text, type);
  }

  /** Takes an array into the document. @param items decoded */
  writeItems(items: Bytes[], document: JsonWriter, place: string, findings: Findings): void {
    const types = new StaticArray<i32>(items.length);
    for (let i = 0; i < items.length; i++) {
      types[i] = typeOfText(items[i], this.types);
      if (types[i] == NO_TYPE) return this.mismatch(place, findings);
    }
    document.name(this.name).beginArray();
    for (let i = 0; i < items.length; i++) writeValue(document, items[i], types[i]);
    document.endArray();
  }

  private writeJson(
    text: Bytes,
    document: JsonWriter,
    limits: BodyLimits,
    place: string,
    findings: Findings,
  ): void {
    const limit = limits.brokenBy(text);
    if (limit != '') findings.add(place, this.name, limit, 'is larger than it may be');
    else if (!hasUniqueNames(text)) findings.add(place, this.name, 'json', 'must be JSON');
    else document.name(this.name).raw(text);
  }

  private mismatch(place: string, findings: Findings): void {
    findings.add(place, this.name, 'type', 'has a type that its schema does not allow');
  }
}

/** The parts of a text between commas. */
export function splitAtCommas(text: Bytes): Bytes[] {
  const parts: Bytes[] = [];
  for (let start = 0; start <= text.length; ) {
    let end = text.indexOfByte(COMMA, start);
    if (end < 0) end = text.length;
    parts.push(text.slice(start, end));
    start = end + 1;
  }
  return parts;
}
