// JSON Schema for everyone who judges by it, and the only file that knows ajv: which dialect a schema is written in is
// decided here, so that the judges of configs and of documents agree.
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export type { ErrorObject, ValidateFunction };

const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;

/**
 * Compiles a schema: 2020-12, or draft-07 where its `$schema` says so. Each has an ajv of its own, which keeps what it
 * compiled: two filters, and two revisions, may use one `$id` for different schemas.
 * @param options of ajv; without `formats` those of ajv-formats are known
 * @throws Error with ajv's reason when it is no schema
 */
export function compileJsonSchema(schema: object | boolean, options: Options): ValidateFunction {
  const ajv = isDraft07(schema) ? new Ajv(options) : new Ajv2020(options);
  if (options.formats === undefined) addFormats.default(ajv);
  return ajv.compile(schema);
}

/** True when a schema says that it is draft-07; everything else is taken as 2020-12. */
export function isDraft07(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const { $schema } = schema as { $schema?: unknown };
  return typeof $schema === 'string' && DRAFT_07.test($schema);
}
