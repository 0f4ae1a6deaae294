// JSON Schema for everyone who judges by it, and the only file that knows ajv: which dialect a schema is written in is
// decided here, so that the judges of configs and of documents agree.
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats, { type FormatName } from 'ajv-formats';

export type { ErrorObject, ValidateFunction };

const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;

/** Compiles schemas of one dialect with one ajv, which keeps what it compiled. */
export class SchemaCompiler {
  readonly #ajv: Ajv;

  /**
   * @param schema  its dialect is that of all: 2020-12, or draft-07 where its `$schema` says so
   * @param options of ajv; without `formats` those of ajv-formats are known
   */
  constructor(schema: object | boolean, options: Options) {
    this.#ajv = isDraft07(schema) ? new Ajv(options) : new Ajv2020(options);
    if (options.formats === undefined) addFormats.default(this.#ajv);
  }

  /** @throws Error with ajv's reason when it is no schema */
  compile(schema: object | boolean): ValidateFunction {
    return this.#ajv.compile(schema);
  }
}

/**
 * Compiles a schema with an ajv of its own: two filters, and two revisions, may use one `$id` for different schemas.
 * @param options of ajv; without `formats` those of ajv-formats are known
 * @throws Error with ajv's reason when it is no schema
 */
export function compileJsonSchema(schema: object | boolean, options: Options): ValidateFunction {
  return new SchemaCompiler(schema, options).compile(schema);
}

/** True when a schema says that it is draft-07; everything else is taken as 2020-12. */
export function isDraft07(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const { $schema } = schema as { $schema?: unknown };
  return typeof $schema === 'string' && DRAFT_07.test($schema);
}

/** True for a `format` that is checked; any other is taken as a remark. */
export function knowsFormat(name: string): boolean {
  if (name in Object.prototype) return false;
  try {
    addFormats.default.get(name as FormatName);
    return true;
  } catch {
    return false;
  }
}
