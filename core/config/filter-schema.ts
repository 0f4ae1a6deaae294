// The judge of filter configs: a JSON Schema from the manifest of a filter, made into a check.
import { GatewayError } from '../errors.js';
import { compileJsonSchema, compileJudgedSchema, type ErrorObject } from '../json-schema.js';
import { pointerTo } from './error-at.js';

/** One way in which a value breaks a schema. */
export interface SchemaFault {
  /** JSON Pointer of the value, relative to the value that was checked. */
  readonly pointer: string;
  /** What was expected, e.g. `must be string`. */
  readonly message: string;
}

/**
 * Compiles the schema of a filter's config (2020-12, or draft-07 where `$schema` says so) into a check that
 * returns every fault of a value, none when it fits. The value is not changed.
 * @param isJudged it was compiled before, if on another thread
 * @throws GatewayError SLUICE_FILTER_MANIFEST when `schema` is no schema: unknown keywords and formats,
 *   references that do not resolve
 */
export function compileSchema(schema: unknown, isJudged = false): (value: unknown) => readonly SchemaFault[] {
  const isSchema =
    typeof schema === 'boolean' || (typeof schema === 'object' && schema !== null && !Array.isArray(schema));
  if (!isSchema) throw noSchema('expected an object or a boolean');
  const options = {
    allErrors: true,
    strict: true,
    strictTypes: false,
    strictTuples: false,
    logger: false,
    // Else each reference is replaced by what it refers to, and four kilobytes of schema become a heap full of code.
    inlineRefs: false,
    // To make the check faster takes longer than the one config that it is for.
    code: { optimize: false },
  } as const;
  try {
    const compile = isJudged ? compileJudgedSchema : compileJsonSchema;
    const check = compile(schema as object | boolean, options);
    return (value) => (check(value) ? [] : check.errors!.map(toFault));
  } catch (cause) {
    throw noSchema(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function noSchema(reason: string, cause?: unknown): GatewayError {
  return new GatewayError('SLUICE_FILTER_MANIFEST', `the config schema cannot be used: ${reason}`, { cause });
}

function toFault(error: ErrorObject): SchemaFault {
  const { additionalProperty, unevaluatedProperty } = error.params as Record<string, string | undefined>;
  const key = additionalProperty ?? unevaluatedProperty;
  const detail = error.keyword === 'enum' ? `: ${JSON.stringify(error.params['allowedValues'])}` : '';
  return key === undefined
    ? { pointer: error.instancePath, message: `${error.message}${detail}` }
    : {
        pointer: pointerTo(error.instancePath, key),
        message: 'must not be there: the schema does not know this key',
      };
}
