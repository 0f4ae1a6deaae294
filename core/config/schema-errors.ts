// What the schema says of a document, in words and places for an operator.
import assert from 'node:assert/strict';
import type { GatewayError } from '../errors.js';
import type { ConfigDocument } from './document.js';
import { describe, errorAt, pointerTo, quote } from './error-at.js';
import { TEXT_FORMATS, type TextFormat } from './formats.js';
import type { JsonSchema, JsonType } from './schema-words.js';
import { suggestion } from './suggestion.js';

/** One violation, in the shape that ajv reports it in when it is verbose. */
export interface SchemaViolation {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The value that breaks the keyword. */
  readonly data?: unknown;
  readonly parentSchema?: unknown;
  /** Set when it is a key, not a value, that breaks the keyword. */
  readonly propertyName?: string;
}

/**
 * @param withSecrets pointers of texts that hold secret references: what such a text will be is not known, so
 *   its form is not judged
 */
export function schemaErrors(
  document: ConfigDocument,
  violations: readonly SchemaViolation[],
  withSecrets: ReadonlySet<string>,
): GatewayError[] {
  return violations.flatMap((violation) => {
    const judgesText = violation.keyword === 'format' || violation.keyword === 'enum';
    if (judgesText && withSecrets.has(violation.instancePath)) return [];
    // It only repeats the violation of the key that comes with it.
    return violation.keyword === 'propertyNames' ? [] : [toError(document, violation)];
  });
}

function toError(document: ConfigDocument, violation: SchemaViolation): GatewayError {
  const { keyword, instancePath, params, data } = violation;
  const schema = violation.parentSchema as JsonSchema;
  const fail = (expected: string, found = describe(data)): GatewayError =>
    errorAt('SLUICE_CONFIG_INVALID', document.place(instancePath), found, expected);
  switch (keyword) {
    case 'type':
      return fail(
        wordsOfFormat(schema, data) ??
          [schema.type!]
            .flat()
            .map((type) => TYPE_NAMES[type as JsonType])
            .join(' or '),
        // An empty document, to which nobody wrote a null.
        instancePath === '' && data === null ? 'nothing' : undefined,
      );
    case 'enum':
      return fail(oneOf(schema.enum!, data));
    case 'minimum':
      return fail(`at least ${schema.minimum}`);
    case 'maximum':
      return fail(`at most ${schema.maximum}`);
    case 'required': {
      const key = String(params['missingProperty']);
      return fail(`the key ${quote(key)}: ${schema.properties![key]!.description}`, `no ${quote(key)}`);
    }
    case 'additionalProperties':
      return unknownKey(
        document,
        pointerTo(instancePath, String(params['additionalProperty'])),
        String(params['additionalProperty']),
        schema,
      );
    case 'uniqueItems':
      return repeatedItem(document, violation);
    case 'format':
      return formatError(document, violation, schema.format!);
    default:
      return assert.fail(`the schema uses "${keyword}", which has no words for an operator`);
  }
}

/** A number, such as a port alone, where a text of some form is expected: the form says more than that it is a text. */
function wordsOfFormat({ type, format }: JsonSchema, data: unknown): string | null {
  if (type !== 'string' || format === undefined || typeof data !== 'number') return null;
  const { check }: TextFormat = TEXT_FORMATS[format];
  return check(String(data));
}

const TYPE_NAMES = {
  object: 'an object',
  array: 'a list',
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
} as const;

function oneOf(values: readonly (string | number)[], found: unknown): string {
  const names = values.filter((value) => typeof value === 'string');
  const hint = typeof found === 'string' ? suggestion(found, names) : '';
  return `one of ${values.map((value) => JSON.stringify(value)).join(', ')}${hint}`;
}

function unknownKey(
  document: ConfigDocument,
  pointer: string,
  key: string,
  schema: JsonSchema,
): GatewayError {
  const known = Object.keys(schema.properties ?? {});
  const expected = `one of ${known.map((name) => quote(name)).join(', ')}${suggestion(key, known)}`;
  return errorAt(
    'SLUICE_CONFIG_INVALID',
    document.placeOfKey(pointer),
    `the unknown key ${quote(key)}`,
    expected,
  );
}

function repeatedItem(document: ConfigDocument, violation: SchemaViolation): GatewayError {
  const { i, j } = violation.params as { i: number; j: number };
  const later = Math.max(i, j);
  const found = `${describe((violation.data as unknown[])[later])} again`;
  const place = document.place(pointerTo(violation.instancePath, later));
  return errorAt('SLUICE_CONFIG_DUPLICATE', place, found, 'each entry once');
}

function formatError(
  document: ConfigDocument,
  violation: SchemaViolation,
  name: keyof typeof TEXT_FORMATS,
): GatewayError {
  const format: TextFormat = TEXT_FORMATS[name];
  const text = violation.propertyName ?? String(violation.data);
  const expected = format.check(text);
  assert(expected !== null, `format ${name} was violated`);
  if (violation.propertyName !== undefined) {
    const place = document.placeOfKey(pointerTo(violation.instancePath, text));
    return errorAt(format.code, place, `the key ${quote(text)}`, expected);
  }
  const found = format.confidential ? `a text of ${text.length} characters` : describe(text);
  return errorAt(format.code, document.place(violation.instancePath), found, expected);
}
