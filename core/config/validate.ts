// The gate of every configuration: document text in, frozen GatewayConfig out, or every error with its place.
import { ConfigErrors, type GatewayError } from '../errors.js';
import { compileJudgedSchema } from '../json-schema.js';
import { crossCheck } from './cross-check.js';
import { type ConfigDocument, parseDocument } from './document.js';
import { readSecrets, type SecretSearch, unfitSecrets } from './document-secrets.js';
import { unfitToken } from './edge-cross-check.js';
import { TEXT_FORMATS } from './formats.js';
import type { GatewayConfig } from './model.js';
import { readTls } from './read-tls.js';
import { type CompleteDocument, resolveConfig } from './resolve.js';
import { CONFIG_SCHEMA } from './schema.js';
import { type SchemaViolation, schemaErrors } from './schema-errors.js';
import { SecretValues } from './secret-values.js';
import { TlsMaterials } from './tls-materials.js';

export interface ValidateOptions extends SecretSearch {
  /** Folder that relative module paths start from. */
  readonly folder: string;
  /** False leaves out what stands in other files: the document is compared, not run. Default true. */
  readonly readsTls?: boolean;
  /** Gateway processes that share this machine, for the default of `workers.count`. Default 1. */
  readonly processes?: number;
}

/** A document that can be run. */
export interface ValidDocument {
  readonly config: GatewayConfig;
  readonly secrets: SecretValues;
  readonly tls: TlsMaterials;
}

/**
 * Parses and checks a whole document.
 * @param name of the document, for errors
 * @throws ConfigErrors with every error of the document, in the order of their places
 */
export function validateDocument(text: string, name: string, options: ValidateOptions): ValidDocument {
  return validateParsed(parseDocument(text, name), options);
}

/**
 * Checks a document that is parsed already, and fills its defaults into its value.
 * @throws ConfigErrors, as `validateDocument` does
 */
export function validateParsed(document: ConfigDocument, options: ValidateOptions): ValidDocument {
  const secrets = new SecretValues();
  const unresolved = readSecrets(document, options, secrets);
  const withSecrets = new Set(unresolved.map((error) => error.place!.pointer));
  const errors = [
    ...unresolved,
    // Before the schema, which fills its defaults into the same value.
    ...crossCheck(document),
    ...schemaErrors(document, violations(document.value), withSecrets),
  ];
  if (errors.length > 0) throw new ConfigErrors(errors.sort(byPlace));
  const complete = document.value as CompleteDocument;
  const unfit = unfitSecrets(document, complete, secrets);
  const token = unfitToken(document, complete, secrets);
  if (token !== null) unfit.push(token);
  if (unfit.length > 0) throw new ConfigErrors(unfit.sort(byPlace));
  const config = resolveConfig(complete, options.folder, options.processes ?? 1);
  return {
    config,
    secrets,
    tls: options.readsTls === false ? TlsMaterials.NONE : tlsOf(config, document, secrets, options),
  };
}

function tlsOf(
  config: GatewayConfig,
  document: ConfigDocument,
  secrets: SecretValues,
  { usesFile = () => undefined }: ValidateOptions,
): TlsMaterials {
  const { tls, errors } = readTls(config, { document, secrets, usesFile, nowMs: Date.now() });
  if (errors.length > 0) throw new ConfigErrors([...errors].sort(byPlace));
  return tls;
}

function byPlace(a: GatewayError, b: GatewayError): number {
  return a.place!.line - b.place!.line || a.place!.column - b.place!.column;
}

let validateSchema: ReturnType<typeof compileConfigSchema> | undefined;

function compileConfigSchema() {
  const formats = Object.fromEntries(
    Object.entries(TEXT_FORMATS).map(([format, { check }]) => [
      format,
      (text: string) => check(text) === null,
    ]),
  );
  return compileJudgedSchema(CONFIG_SCHEMA, {
    allErrors: true,
    verbose: true,
    useDefaults: true,
    strict: true,
    allowUnionTypes: true,
    formats,
    // To make the check faster takes longer than the few configurations that it is for.
    code: { optimize: false },
  });
}

/** Checks a value against the schema of the document and fills in its defaults. */
function violations(value: unknown): SchemaViolation[] {
  // Compiled at the first use: a process that never reads a configuration does not pay for it.
  validateSchema ??= compileConfigSchema();
  return validateSchema(value) ? [] : (validateSchema.errors as SchemaViolation[]);
}
