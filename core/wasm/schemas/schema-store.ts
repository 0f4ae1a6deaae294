// The `schemas` capability: JSON Schema validation of bytes, for guests. One store serves all filters of a thread and
// compiles each schema text once.
import { getHeapStatistics } from 'node:v8';
import { type ErrorObject, SchemaCompiler, type ValidateFunction } from '../../json-schema.js';
import { fitsHeap, jsonDepth, MOST_DEPTH } from '../json-cost.js';
import { OwnedEntries } from '../owned-entries.js';
import { compilePlain, type PlainSchema } from './plain-schema.js';
import { walkPlain } from './plain-walk.js';
import { type PatternEngine, SchemaPatterns } from './schema-patterns.js';

/** Verdict on one document. */
export type SchemaVerdict =
  /** `unique`: no object in it has two members of one name. False says nothing. */
  | { readonly kind: 'valid'; readonly unique: boolean }
  | { readonly kind: 'not-json' }
  /** `findings` is JSON: `[{"pointer": "/name", "rule": "type", "message": "must be string"}, …]`, no values. */
  | { readonly kind: 'mismatch'; readonly findings: string };

/** A schema that is compiled. */
export interface CompiledSchema {
  check(document: DataView): SchemaVerdict;
}

const VALID: SchemaVerdict = Object.freeze({ kind: 'valid', unique: false });
const UNIQUE: SchemaVerdict = Object.freeze({ kind: 'valid', unique: true });
const MOST_FINDINGS = 20;
/** In larger documents only the first fault is looked for: all those of a megabyte would fill the heap. */
const MOST_BYTES_FOR_ALL = 16384;
/**
 * Heap that a character of a schema may take while it is compiled, and afterwards. Measured: up to 900 bytes for a list
 * of `false`, and 140.
 */
const HEAP_TO_COMPILE = 1024;
const HEAP_COMPILED = 128;
const TOO_DEEP = JSON.stringify([
  { pointer: '', rule: 'depth', message: 'is nested too deeply to be checked' },
]);
const TOO_COSTLY = JSON.stringify([
  { pointer: '', rule: 'cost', message: 'makes its schema refer to itself too often to be checked' },
]);
const TOO_LARGE = JSON.stringify([{ pointer: '', rule: 'size', message: 'is too large to be checked' }]);

/**
 * References that a document may have followed, for each of its bytes and besides. A schema with a choice of itself
 * (`oneOf`, `anyOf`) follows all branches on each level: a few hundred bytes have it follow billions.
 */
const STEPS_FOR_BYTE = 4;
const STEPS = 10_000;

class TooCostly extends Error {
  override readonly name = 'TooCostly';
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class SchemaStore {
  readonly #schemas = new OwnedEntries<CompiledSchema>();
  readonly #patterns = new SchemaPatterns();
  readonly #heapBytes: number;

  /**
   * @param heapBytes heap that one document may take when it is parsed, that a schema may take while it is compiled,
   *   and all schemas afterwards; half of this thread's by default
   */
  constructor(heapBytes = getHeapStatistics().heap_size_limit / 2) {
    this.#heapBytes = heapBytes;
  }

  /** Number of schemas that are kept. */
  get size(): number {
    return this.#schemas.size;
  }

  /**
   * @param text  JSON Schema, 2020-12 unless its `$schema` says draft-07
   * @param owner id of the filter that uses it, until it is released
   * @throws Error with a message for the operator when it is no schema, or too large
   */
  compile(text: string, owner: number): CompiledSchema {
    return this.#schemas.take(text, owner, () => this.#compile(text));
  }

  /** A filter is gone: what nobody else uses is forgotten. */
  release(owner: number): void {
    this.#schemas.release(owner);
  }

  #compile(text: string): CompiledSchema {
    let kept = 0;
    for (const { length } of this.#schemas.keys()) kept += length;
    const most = Math.floor(this.#heapBytes / HEAP_TO_COMPILE);
    const room = Math.floor(this.#heapBytes / HEAP_COMPILED) - kept;
    if (text.length > Math.min(most, room)) {
      throw new RangeError(
        `a schema of ${text.length} characters is too large: with the heap of this worker there is room for ` +
          `${most} in one and for ${room} beside the schemas of all filters`,
      );
    }
    if (jsonDepth(text) > MOST_DEPTH)
      throw new RangeError(`a schema is nested at most ${MOST_DEPTH} levels deep`);
    const schema: unknown = JSON.parse(text);
    return new StoredSchema(schema, this.#patterns.engine(schema), this.#heapBytes);
  }
}

/** ajv passes over members of this name, and would check nothing where a schema asks for much. */
function refuseProto(schema: unknown, pointer: string): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [name, member] of Object.entries(schema)) {
    if (name === '__proto__')
      throw new TypeError(`"${pointer}/__proto__" cannot be checked: a schema has no member of this name`);
    refuseProto(member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}

function schemaCompiler(
  schema: unknown,
  regExp: PatternEngine,
  allErrors: boolean,
  onReference: () => void,
): SchemaCompiler {
  const isObject = typeof schema === 'object' && schema !== null && !Array.isArray(schema);
  if (!isObject && typeof schema !== 'boolean')
    throw new TypeError('a JSON Schema is an object or a boolean');
  // It would make ajv answer promises, which nobody awaits here.
  if (isObject && '$async' in schema) throw new TypeError('$async is not a keyword of JSON Schema');
  refuseProto(schema, '');
  const options = {
    allErrors,
    strict: false,
    messages: true,
    validateFormats: true,
    logger: false as const,
    // Else each reference is replaced by what it refers to, and four kilobytes of schema become a heap full of code.
    inlineRefs: false,
    code: { regExp },
    // Else an object has the members of all objects, and `required: ["constructor"]` asks for nothing.
    ownProperties: true,
  };
  return new SchemaCompiler(schema, options, onReference);
}

class StoredSchema implements CompiledSchema {
  readonly #all: ValidateFunction;
  readonly #first: ValidateFunction;
  /** Says yes to most documents that fit, for a fraction of the time; null when the schema is too much for it. */
  readonly #plain: PlainSchema | null;
  readonly #documentHeapBytes: number;
  /** References that may be followed yet; no end to those of the schema of schemas, while this one is compiled. */
  #steps = Number.POSITIVE_INFINITY;

  constructor(schema: unknown, patterns: PatternEngine, documentHeapBytes: number) {
    this.#documentHeapBytes = documentHeapBytes;
    const onReference = (): void => {
      this.#steps -= 1;
      if (this.#steps < 0) throw new TooCostly();
    };
    this.#all = schemaCompiler(schema, patterns, true, onReference).compile(schema as object | boolean);
    const first = schemaCompiler(schema, patterns, false, onReference);
    this.#first = first.compile(schema as object | boolean);
    this.#plain = compilePlain(schema, (text) => first.compile(text));
  }

  check(document: DataView): SchemaVerdict {
    const { byteLength } = document;
    if (!fitsHeap(document, this.#documentHeapBytes)) return { kind: 'mismatch', findings: TOO_LARGE };
    if (this.#plain !== null) {
      const verdict = walkPlain(this.#plain, document);
      if (verdict !== 'unsure') return verdict === 'unique' ? UNIQUE : VALID;
    }
    let value: unknown;
    try {
      value = JSON.parse(utf8.decode(document));
    } catch {
      return { kind: 'not-json' };
    }
    const validate = byteLength > MOST_BYTES_FOR_ALL ? this.#first : this.#all;
    this.#steps = STEPS + STEPS_FOR_BYTE * byteLength;
    try {
      if (validate(value) === true) return VALID;
    } catch (cause) {
      if (cause instanceof TooCostly) return { kind: 'mismatch', findings: TOO_COSTLY };
      // A schema that refers to itself follows the document as deep as it goes, and so does the stack.
      if (cause instanceof RangeError) return { kind: 'mismatch', findings: TOO_DEEP };
      throw cause;
    }
    const errors = (validate.errors ?? []).slice(0, MOST_FINDINGS);
    return { kind: 'mismatch', findings: JSON.stringify(errors.map(toFinding)) };
  }
}

function toFinding(error: ErrorObject): { pointer: string; rule: string; message: string } {
  return { pointer: error.instancePath, rule: error.keyword, message: error.message ?? 'does not fit' };
}
