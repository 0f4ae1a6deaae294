// The `schemas` capability: JSON Schema validation of bytes by ajv, for guests. One store serves all filters of a
// thread and compiles each schema text once. The only file of this room that knows ajv.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** Verdict on one document. */
export type SchemaVerdict =
  | { readonly kind: 'valid' }
  | { readonly kind: 'not-json' }
  /** `findings` is JSON: `[{"pointer": "/name", "rule": "type", "message": "must be string"}, …]`, no values. */
  | { readonly kind: 'mismatch'; readonly findings: string };

/** A schema that is compiled. */
export interface CompiledSchema {
  check(bytes: Uint8Array): SchemaVerdict;
}

const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;
const MOST_FINDINGS = 20;

export class SchemaStore {
  readonly #compiled = new Map<string, CompiledSchema>();

  /**
   * @param text JSON Schema, 2020-12 unless its `$schema` says draft-07
   * @throws Error with a message for the operator when it is no schema
   */
  compile(text: string): CompiledSchema {
    const known = this.#compiled.get(text);
    if (known !== undefined) return known;
    const compiled = new AjvSchema(compileSchema(JSON.parse(text)));
    this.#compiled.set(text, compiled);
    return compiled;
  }
}

function compileSchema(schema: unknown): ValidateFunction {
  if (typeof schema !== 'boolean' && (typeof schema !== 'object' || schema === null)) {
    throw new TypeError('a JSON Schema is an object or a boolean');
  }
  const dialect = typeof schema === 'object' ? (schema as { $schema?: unknown }).$schema : undefined;
  const options = { allErrors: true, strict: false, messages: true, validateFormats: true };
  // One Ajv per schema: two filters may use the same $id for different schemas.
  const ajv = typeof dialect === 'string' && DRAFT_07.test(dialect) ? new Ajv(options) : new Ajv2020(options);
  addFormats.default(ajv);
  return ajv.compile(schema);
}

class AjvSchema implements CompiledSchema {
  readonly #validate: ValidateFunction;

  constructor(validate: ValidateFunction) {
    this.#validate = validate;
  }

  check(bytes: Uint8Array): SchemaVerdict {
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
    } catch {
      return { kind: 'not-json' };
    }
    if (this.#validate(value) === true) return { kind: 'valid' };
    const errors = (this.#validate.errors ?? []).slice(0, MOST_FINDINGS);
    return { kind: 'mismatch', findings: JSON.stringify(errors.map(toFinding)) };
  }
}

function toFinding(error: ErrorObject): { pointer: string; rule: string; message: string } {
  return { pointer: error.instancePath, rule: error.keyword, message: error.message ?? 'does not fit' };
}
