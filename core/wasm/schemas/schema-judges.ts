// What ajv makes of the schema of a guest. It compiles at the latest when it is asked for: where a walk over the bytes says
// yes to what fits, that is when a document first does not.
import {
  type ErrorObject,
  refuseNoSchema,
  SchemaCompiler,
  type ValidateFunction,
} from '../../json-schema.js';
import type { TextSchema } from './plain-schema.js';
import type { PatternEngine } from './schema-patterns.js';

const OPTIONS = {
  allErrors: true,
  strict: false,
  messages: true,
  validateFormats: true,
  logger: false as const,
  // Else each reference is replaced by what it refers to, and four kilobytes of schema become a heap full of code.
  inlineRefs: false,
  // Else an object has the members of all objects, and `required: ["constructor"]` asks for nothing.
  ownProperties: true,
};

/** Runs work that the filter which asked for it is not to be blamed for. */
export type Aside = <Result>(work: () => Result) => Result;

/** A document had a schema refer to itself too often. */
export class TooCostly extends Error {
  override readonly name = 'TooCostly';
}

/** @throws TypeError for what ajv takes as a schema, and we do not */
export function refuseForm(schema: unknown): asserts schema is object | boolean {
  const isObject = typeof schema === 'object' && schema !== null && !Array.isArray(schema);
  if (!isObject && typeof schema !== 'boolean')
    throw new TypeError('a JSON Schema is an object or a boolean');
  // It would make ajv answer promises, which nobody awaits here.
  if (isObject && '$async' in schema) throw new TypeError('$async is not a keyword of JSON Schema');
  refuseProto(schema, '');
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

/** A judge of texts by a format, which is the same in all schemas. */
export function compileFormat(format: string): ValidateFunction {
  return new SchemaCompiler(true, OPTIONS).compileJudged({ type: 'string', format });
}

/** What ajv makes of one schema, at the latest when it is asked for. */
export class SchemaJudges {
  readonly #schema: object | boolean;
  readonly #patterns: PatternEngine;
  readonly #aside: Aside;
  #all: ValidateFunction | undefined;
  #first: ValidateFunction | undefined;
  #firstCompiler: SchemaCompiler | undefined;
  /** References that may be followed yet; no end to those of the schema of schemas, while this one is compiled. */
  #steps = Number.POSITIVE_INFINITY;

  /** @throws Error with ajv's reason when it is no schema */
  constructor(schema: object | boolean, patterns: PatternEngine, aside: Aside) {
    this.#schema = schema;
    this.#patterns = patterns;
    this.#aside = aside;
    refuseNoSchema(schema, OPTIONS);
  }

  /** Whether ajv has made code of it. */
  get isCompiled(): boolean {
    return this.#all !== undefined;
  }

  /** @throws Error with ajv's reason where it refers to what is not there, among others */
  compileAll(): void {
    this.#all ??= this.#compiler(true).compileJudged(this.#schema);
    this.#first ??= this.#forFirst().compileJudged(this.#schema);
  }

  /** What the schema says of texts at one place. @throws Error with ajv's reason, as for a pattern that is refused */
  compileText(asked: TextSchema): ValidateFunction {
    return this.#forFirst().compileJudged(asked);
  }

  /**
   * Judges a value. Says what is wrong with it, at least the first fault, null when it fits.
   * @param isLarge only the first fault is looked for
   * @throws TooCostly, RangeError
   */
  faults(value: unknown, isLarge: boolean, steps: number): readonly ErrorObject[] | null {
    let validate = isLarge ? this.#first : this.#all;
    if (validate === undefined) {
      this.#aside(() => this.compileAll());
      validate = isLarge ? this.#first! : this.#all!;
    }
    this.#steps = steps;
    return validate(value) === true ? null : (validate.errors ?? []);
  }

  #forFirst(): SchemaCompiler {
    this.#firstCompiler ??= this.#compiler(false);
    return this.#firstCompiler;
  }

  #compiler(allErrors: boolean): SchemaCompiler {
    const options = { ...OPTIONS, allErrors, code: { regExp: this.#patterns } };
    return new SchemaCompiler(this.#schema, options, () => {
      this.#steps -= 1;
      if (this.#steps < 0) throw new TooCostly();
    });
  }
}
