// The `schemas` capability: JSON Schema validation of bytes, for guests. One store serves all filters of a thread and
// compiles each schema text once.
import { getHeapStatistics } from 'node:v8';
import { type ErrorObject, knowsFormat, type ValidateFunction } from '../../json-schema.js';
import { fitsHeap, jsonDepth, MOST_DEPTH } from '../json-cost.js';
import { OwnedEntries } from '../owned-entries.js';
import { compilePlain, type TextSchema } from './plain-schema.js';
import { PlainWalk } from './plain-walk.js';
import { type Aside, compileFormat, refuseForm, SchemaJudges, TooCostly } from './schema-judges.js';
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
  check(document: Uint8Array): SchemaVerdict;
}

const VALID: SchemaVerdict = Object.freeze({ kind: 'valid', unique: false });
const UNIQUE: SchemaVerdict = Object.freeze({ kind: 'valid', unique: true });
/** Most schemas of one filter. */
export const MOST_SCHEMAS = 1024;
const MOST_FINDINGS = 20;
/** In larger documents only the first fault is looked for: all those of a megabyte would fill the heap. */
const MOST_BYTES_FOR_ALL = 16384;
/**
 * Heap that a character of a schema may take while it is compiled, and afterwards. Measured: up to 900 bytes for a list
 * of `false`, and 140.
 */
const HEAP_TO_COMPILE = 1024;
const HEAP_COMPILED = 128;
/** And what each schema takes besides, however short: once ajv has compiled it, and while only a walk follows it. */
const HEAP_OF_COMPILED = 32_768;
const HEAP_OF_PLAIN = 4096;
/** Most bytes of the automata of all patterns in the schemas of one filter: they lie outside of the heap, which bounds the rest. */
const MOST_PATTERN_BYTES = 64 * 1024 * 1024;
/**
 * Most characters of a schema that ajv compiles when it is first asked, and not before: most never are, as a walk says yes
 * to what fits. It takes ajv some milliseconds then, for which one request waits.
 */
const MOST_CHARACTERS_FOR_LATER = 4096;
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

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class SchemaStore {
  readonly #schemas = new OwnedEntries<StoredSchema>('schemas', MOST_SCHEMAS);
  readonly #patterns = new SchemaPatterns();
  readonly #formats = new Map<string, ValidateFunction>();
  readonly #heapBytes: number;
  readonly #aside: Aside;
  readonly #patternBytes: number;

  /**
   * @param heapBytes heap that one document may take when it is parsed, that a schema may take while it is compiled,
   *   and all schemas afterwards; half of this thread's by default
   * @param aside runs what is compiled in the midst of a check; at once by default
   * @param patternBytes what the patterns of one filter may take; 64 MiB by default
   */
  constructor(
    heapBytes = getHeapStatistics().heap_size_limit / 2,
    aside: Aside = (work) => work(),
    patternBytes = MOST_PATTERN_BYTES,
  ) {
    this.#heapBytes = heapBytes;
    this.#aside = aside;
    this.#patternBytes = patternBytes;
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
    return this.#schemas.take(text, owner, () => this.#compile(text, owner));
  }

  /** A filter is gone: what nobody else uses is forgotten. */
  release(owner: number): void {
    this.#schemas.release(owner);
  }

  #compile(text: string, owner: number): StoredSchema {
    let kept = 0;
    for (const { heapBytes } of this.#schemas.values()) kept += heapBytes;
    const most = Math.floor(this.#heapBytes / HEAP_TO_COMPILE);
    const room = Math.max(0, Math.floor((this.#heapBytes - kept) / HEAP_COMPILED));
    if (text.length > Math.min(most, room)) {
      throw new RangeError(
        `a schema of ${text.length} characters is too large: with the heap of this worker there is room for ` +
          `${most} in one and for ${room} beside the schemas of all filters`,
      );
    }
    if (jsonDepth(text) > MOST_DEPTH)
      throw new RangeError(`a schema is nested at most ${MOST_DEPTH} levels deep`);
    const schema: unknown = JSON.parse(text);
    refuseForm(schema);
    let patternRoom = this.#patternBytes;
    for (const { patterns } of this.#schemas.of(owner)) patternRoom -= patterns.bytes();
    const patterns = this.#patterns.engine(schema, patternRoom);
    const judges = new SchemaJudges(schema, patterns, this.#aside);
    const plain = compilePlain(schema, (asked) => this.#compileText(asked, judges));
    const isForLater =
      plain !== null && text.length <= MOST_CHARACTERS_FOR_LATER && !JSON.stringify(schema).includes(NAMED);
    if (!isForLater) judges.compileAll();
    const walk = plain === null ? null : new PlainWalk(plain);
    return new StoredSchema(text.length, judges, walk, patterns, this.#heapBytes);
  }

  #compileText(asked: TextSchema, judges: SchemaJudges): ValidateFunction {
    const { format, pattern, sluiceUrl } = asked;
    if (format === undefined || pattern !== undefined || sluiceUrl !== undefined || !knowsFormat(format))
      return judges.compileText(asked);
    let compiled = this.#formats.get(format);
    if (compiled === undefined) {
      compiled = compileFormat(format);
      this.#formats.set(format, compiled);
    }
    return compiled;
  }
}

/** Where it names itself, two parts of it may have one name, which shows when it is compiled. */
const NAMED = '"$id"';

class StoredSchema implements CompiledSchema {
  /** Those that it asks for. */
  readonly patterns: PatternEngine;
  readonly #length: number;
  readonly #judges: SchemaJudges;
  /** Says yes to most documents that fit, for a fraction of the time; null when the schema is too much for it. */
  readonly #plain: PlainWalk | null;
  readonly #documentHeapBytes: number;

  constructor(
    length: number,
    judges: SchemaJudges,
    plain: PlainWalk | null,
    patterns: PatternEngine,
    documentHeapBytes: number,
  ) {
    this.#length = length;
    this.patterns = patterns;
    this.#judges = judges;
    this.#plain = plain;
    this.#documentHeapBytes = documentHeapBytes;
  }

  /** What it may take by now. */
  get heapBytes(): number {
    return this.#length * HEAP_COMPILED + (this.#judges.isCompiled ? HEAP_OF_COMPILED : HEAP_OF_PLAIN);
  }

  check(document: Uint8Array): SchemaVerdict {
    const { byteLength } = document;
    if (!fitsHeap(document, this.#documentHeapBytes)) return { kind: 'mismatch', findings: TOO_LARGE };
    if (this.#plain !== null) {
      const verdict = this.#plain.judge(document);
      if (verdict !== 'unsure') return verdict === 'unique' ? UNIQUE : VALID;
    }
    let value: unknown;
    try {
      value = JSON.parse(utf8.decode(document));
    } catch {
      return { kind: 'not-json' };
    }
    const steps = STEPS + STEPS_FOR_BYTE * byteLength;
    try {
      const faults = this.#judges.faults(value, byteLength > MOST_BYTES_FOR_ALL, steps);
      if (faults === null) return VALID;
      return { kind: 'mismatch', findings: JSON.stringify(faults.slice(0, MOST_FINDINGS).map(toFinding)) };
    } catch (cause) {
      if (cause instanceof TooCostly) return { kind: 'mismatch', findings: TOO_COSTLY };
      // A schema that refers to itself follows the document as deep as it goes, and so does the stack.
      if (cause instanceof RangeError) return { kind: 'mismatch', findings: TOO_DEEP };
      throw cause;
    }
  }
}

function toFinding(error: ErrorObject): { pointer: string; rule: string; message: string } {
  return { pointer: error.instancePath, rule: error.keyword, message: error.message ?? 'does not fit' };
}
