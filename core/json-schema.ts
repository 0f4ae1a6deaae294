// JSON Schema for everyone who judges by it, and the only file that knows ajv: which dialect a schema is written in is
// decided here, so that the judges of configs and of documents agree.
import {
  _,
  Ajv,
  type CodeKeywordDefinition,
  type ErrorObject,
  type FuncKeywordDefinition,
  type Options,
  type SchemaValidateFunction,
  type ValidateFunction,
} from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats, { type FormatName } from 'ajv-formats';
import { type AllowedUrls, UrlAllowList } from './url-allow-list.js';

export type { ErrorObject, ValidateFunction };

const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;

const URL_FORMAT = 'sluice-url';
const URL_KEYWORD = 'sluiceUrl';

const ALLOWED_URLS_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['hosts'],
  properties: {
    schemes: { type: 'array', items: { enum: ['https', 'http', 'wss', 'ws', 'ftp'] } },
    hosts: { type: 'array', items: { type: 'string', minLength: 1 } },
    ports: { type: 'array', items: { type: 'integer', minimum: 1, maximum: 65535 } },
    paths: { type: 'array', items: { type: 'string', pattern: '^/' } },
  },
};

/** `{"format": "sluice-url", "sluiceUrl": {"hosts": ["hooks.example.com"]}}`: what a string may be a URL of. */
const ALLOWED_URLS: FuncKeywordDefinition = {
  keyword: URL_KEYWORD,
  type: 'string',
  schemaType: 'object',
  // Without a `metaSchema`, which each ajv that knows the keyword would compile, used or not.
  compile: (allowed: AllowedUrls, { format }, { errSchemaPath }) => {
    const judge = judgeOf(false, {});
    if (!judge.validate(ALLOWED_URLS_SCHEMA, allowed))
      throw new Error(
        `keyword "${URL_KEYWORD}" value is invalid at path "${errSchemaPath}": ${judge.errorsText()}`,
      );
    if (format !== URL_FORMAT) throw new Error(`${URL_KEYWORD} needs "format": "${URL_FORMAT}" beside it`);
    const list = new UrlAllowList(allowed);
    return (text: string) => list.judge(text) === 'allowed';
  },
  error: { message: 'must be the URL of an allowed place' },
};

/** In time linear to the array: ajv compares each item with each. */
const UNIQUE_ITEMS: FuncKeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  compile: (isAsked: boolean) => {
    const judge: SchemaValidateFunction = (items: readonly unknown[]) => {
      if (!isAsked) return true;
      const seen = new Map<string, number>();
      for (const [i, item] of items.entries()) {
        const text = canonicalJson(item);
        const j = seen.get(text);
        if (j !== undefined) {
          judge.errors = [
            { keyword: 'uniqueItems', params: { i, j }, message: 'must NOT have duplicate items' },
          ];
          return false;
        }
        seen.set(text, i);
      }
      return true;
    };
    return judge;
  },
};

/** A text that two values of JSON have in common when they are equal: members in any order. */
function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson((value as Record<string, unknown>)[name])}`);
  return `{${members.join()}}`;
}

/**
 * Who hold schemas themselves to their dialect, by what their verdict depends on. Of all that it takes to compile a small
 * schema, compiling that of schemas is nine tenths, so a thread does it once.
 */
const JUDGES = new Map<string, Ajv>();

function judgeOf(draft07: boolean, { allErrors = false, ownProperties = false }: Options): Ajv {
  const key = `${draft07} ${allErrors} ${ownProperties}`;
  let judge = JUDGES.get(key);
  if (judge === undefined) {
    judge = newAjv(draft07, { allErrors, ownProperties, logger: false });
    addFormats.default(judge);
    JUDGES.set(key, judge);
  }
  return judge;
}

function newAjv(draft07: boolean, options: Options): Ajv {
  const ajv = draft07 ? new Ajv(options) : new Ajv2020(options);
  return ajv.removeKeyword('uniqueItems').addKeyword(UNIQUE_ITEMS);
}

/**
 * Holds a schema to its dialect, without compiling it.
 * @param options that ajv would compile it with
 * @throws Error with ajv's reason when it is no schema
 */
export function refuseNoSchema(schema: object | boolean, options: Options): void {
  judgeOf(isDraft07(schema), options).validateSchema(schema, true);
}

/** Compiles schemas of one dialect with one ajv, which keeps what it compiled. */
export class SchemaCompiler {
  readonly #ajv: Ajv;
  readonly #options: Options;

  /**
   * @param schema  its dialect is that of all: 2020-12, or draft-07 where its `$schema` says so
   * @param options of ajv; without `formats` those of ajv-formats are known, and `sluice-url`
   * @param onReference called before each reference is followed; what it throws ends the validation
   */
  constructor(schema: object | boolean, options: Options, onReference?: () => void) {
    const draft07 = isDraft07(schema);
    this.#options = options;
    this.#ajv = newAjv(draft07, { ...options, validateSchema: false });
    if (onReference !== undefined) watchReferences(this.#ajv, onReference);
    if (options.formats !== undefined) return;
    addFormats.default(this.#ajv);
    boundUrl(this.#ajv);
    addUrls(this.#ajv);
  }

  /** @throws Error with ajv's reason when it is no schema */
  compile(schema: object | boolean): ValidateFunction {
    refuseNoSchema(schema, this.#options);
    return this.compileJudged(schema);
  }

  /** @param schema held to its dialect before. @throws Error with ajv's reason for what a dialect does not say */
  compileJudged(schema: object | boolean): ValidateFunction {
    return this.#ajv.compile(schema);
  }
}

/**
 * Compiles a schema with an ajv of its own: two filters, and two revisions, may use one `$id` for different schemas.
 * @param options of ajv; without `formats` those of ajv-formats are known, and `sluice-url`
 * @throws Error with ajv's reason when it is no schema
 */
export function compileJsonSchema(schema: object | boolean, options: Options): ValidateFunction {
  return new SchemaCompiler(schema, options).compile(schema);
}

/**
 * Compiles one that was held to its dialect before. What a thread compiles to hold schemas to theirs takes longer than most
 * schemas do.
 * @throws Error with ajv's reason for what a dialect does not say
 */
export function compileJudgedSchema(schema: object | boolean, options: Options): ValidateFunction {
  return new SchemaCompiler(schema, options).compileJudged(schema);
}

function watchReferences(ajv: Ajv, onReference: () => void): void {
  for (const name of ['$ref', '$dynamicRef']) {
    const keyword = ajv.getKeyword(name);
    if (typeof keyword !== 'object') continue;
    const watched: CodeKeywordDefinition = {
      ...(keyword as CodeKeywordDefinition),
      code(context, ruleType) {
        context.gen.code(_`${context.gen.scopeValue('func', { ref: onReference })}()`);
        (keyword as CodeKeywordDefinition).code(context, ruleType);
      },
    };
    ajv.removeKeyword(name).addKeyword(watched);
  }
}

/** Its expression takes time by the square of the length. */
const MOST_URL = 2048;

function boundUrl(ajv: Ajv): void {
  const url = addFormats.default.get('url' as FormatName) as RegExp;
  ajv.addFormat('url', { type: 'string', validate: (text) => text.length <= MOST_URL && url.test(text) });
}

/** The format and the keyword are good together only: alone, the format would let every string through. */
function addUrls(ajv: Ajv): void {
  const format = ajv.getKeyword('format') as CodeKeywordDefinition;
  const checkingFormat: CodeKeywordDefinition = {
    ...format,
    code(context, ruleType) {
      if (context.schema === URL_FORMAT && context.parentSchema[URL_KEYWORD] === undefined)
        throw new Error(
          `"format": "${URL_FORMAT}" needs ${URL_KEYWORD} beside it, which says what is allowed`,
        );
      format.code(context, ruleType);
    },
  };
  ajv.addFormat(URL_FORMAT, true).addKeyword(ALLOWED_URLS).removeKeyword('format').addKeyword(checkingFormat);
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
