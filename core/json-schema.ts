// JSON Schema for everyone who judges by it, and the only file that knows ajv: which dialect a schema is written in is
// decided here, so that the judges of configs and of documents agree.
import {
  Ajv,
  type CodeKeywordDefinition,
  type ErrorObject,
  type FuncKeywordDefinition,
  type Options,
  type ValidateFunction,
} from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats, { type FormatName } from 'ajv-formats';
import { type AllowedUrls, UrlAllowList } from './url-allow-list.js';

export type { ErrorObject, ValidateFunction };

const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;

const URL_FORMAT = 'sluice-url';
const URL_KEYWORD = 'sluiceUrl';

/** `{"format": "sluice-url", "sluiceUrl": {"hosts": ["hooks.example.com"]}}`: what a string may be a URL of. */
const ALLOWED_URLS: FuncKeywordDefinition = {
  keyword: URL_KEYWORD,
  type: 'string',
  schemaType: 'object',
  metaSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['hosts'],
    properties: {
      schemes: { type: 'array', items: { enum: ['https', 'http', 'wss', 'ws', 'ftp'] } },
      hosts: { type: 'array', items: { type: 'string', minLength: 1 } },
      ports: { type: 'array', items: { type: 'integer', minimum: 1, maximum: 65535 } },
      paths: { type: 'array', items: { type: 'string', pattern: '^/' } },
    },
  },
  compile: (allowed: AllowedUrls, { format }) => {
    if (format !== URL_FORMAT) throw new Error(`${URL_KEYWORD} needs "format": "${URL_FORMAT}" beside it`);
    const list = new UrlAllowList(allowed);
    return (text: string) => list.judge(text) === 'allowed';
  },
  error: { message: 'must be the URL of an allowed place' },
};

/** Compiles schemas of one dialect with one ajv, which keeps what it compiled. */
export class SchemaCompiler {
  readonly #ajv: Ajv;

  /**
   * @param schema  its dialect is that of all: 2020-12, or draft-07 where its `$schema` says so
   * @param options of ajv; without `formats` those of ajv-formats are known, and `sluice-url`
   */
  constructor(schema: object | boolean, options: Options) {
    this.#ajv = isDraft07(schema) ? new Ajv(options) : new Ajv2020(options);
    if (options.formats !== undefined) return;
    addFormats.default(this.#ajv);
    addUrls(this.#ajv);
  }

  /** @throws Error with ajv's reason when it is no schema */
  compile(schema: object | boolean): ValidateFunction {
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
