// The gate of every configuration: document text in, frozen GatewayConfig out, or every error with its place.
import { ConfigErrors, type GatewayError } from '../errors.js';
import { isFieldValue } from '../headers.js';
import { compileJsonSchema } from '../json-schema.js';
import { crossCheck } from './cross-check.js';
import { type ConfigDocument, parseDocument } from './document.js';
import { unfitToken } from './edge-cross-check.js';
import { errorAt, pointerTo, quote } from './error-at.js';
import { TEXT_FORMATS } from './formats.js';
import type { GatewayConfig } from './model.js';
import { readTls } from './read-tls.js';
import { type CompleteDocument, resolveConfig } from './resolve.js';
import { CONFIG_SCHEMA } from './schema.js';
import { type SchemaViolation, schemaErrors } from './schema-errors.js';
import { type SecretMention, SecretValues } from './secret-values.js';
import { TlsMaterials } from './tls-materials.js';

export interface ValidateOptions {
  /** Folder that relative module paths start from. */
  readonly folder: string;
  /** Finds and resolves the secrets that one string mentions. */
  readonly findSecrets: (text: string) => readonly SecretMention[];
  /** Told of each file besides the document and modules whose content counts, also of one that is missing. */
  readonly usesFile?: (path: string) => void;
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

/**
 * Secrets that are for headers but cannot stand in one. A secret that its filter may read or sign with can be anything:
 * a key has several lines.
 */
function unfitSecrets(
  document: ConfigDocument,
  { upstreams, filters }: CompleteDocument,
  secrets: SecretValues,
): GatewayError[] {
  const errors: GatewayError[] = [];
  const look = (text: string, pointer: string): void => {
    if (isFieldValue(secrets.expandField(text))) return;
    const expected = 'one line of text, as a header takes it';
    errors.push(
      errorAt(
        'SLUICE_SECRET_UNRESOLVED',
        document.place(pointer),
        'a secret with a control character',
        expected,
      ),
    );
  };
  for (const [name, { headers }] of Object.entries(upstreams)) {
    const pointer = `${pointerTo('/upstreams', name)}/headers`;
    for (const [header, value] of Object.entries(headers)) look(value, pointerTo(pointer, header));
  }
  for (const [name, { grants }] of Object.entries(filters)) {
    const pointer = `${pointerTo('/filters', name)}/grants/secrets`;
    for (const [index, { from, read, sign }] of grants.secrets.entries())
      if (!read && !sign) look(from, `${pointer}/${index}/from`);
  }
  return errors;
}

function byPlace(a: GatewayError, b: GatewayError): number {
  return a.place!.line - b.place!.line || a.place!.column - b.place!.column;
}

/** Where secrets may stand; elsewhere one would end up in a log, in a metric or on the wire. */
const SECRET_PLACES = [
  /^\/upstreams\/[^/]+\/headers\/[^/]+$/,
  /^\/filters\/[^/]+\/config(?:\/|$)/,
  /^\/filters\/[^/]+\/grants\/secrets\/\d+\/from$/,
  /^\/admin\/token$/,
  /^\/(?:listeners\/\d+|admin)\/tls\/certificates\/\d+\/(?:cert|key|passphrase)$/,
  /^\/(?:listeners\/\d+|admin)\/tls\/clientAuth\/(?:ca|crl)(?:\/\d+)?$/,
  /^\/upstreams\/[^/]+\/tls\/(?:cert|key|passphrase|ca(?:\/\d+)?)$/,
];
const MISPLACED =
  'a literal: secrets may stand in headers of upstreams, in config and grants of filters, in `tls` and in `admin.token` only';

/** In every text that mentions a secret, well or badly. */
const MENTION = /secret(?:\+[a-z0-9]+)?:\/\//i;

/** The texts of a document, keys and values, that may mention a secret, each once. */
export function textsWithSecrets(value: unknown, texts: Set<string> = new Set()): ReadonlySet<string> {
  if (typeof value === 'string' && MENTION.test(value)) texts.add(value);
  if (typeof value !== 'object' || value === null) return texts;
  for (const [key, member] of Object.entries(value)) {
    textsWithSecrets(key, texts);
    textsWithSecrets(member, texts);
  }
  return texts;
}

/** Collects the values of all secrets; returns an error for each that cannot be used. */
function readSecrets(
  document: ConfigDocument,
  options: ValidateOptions,
  secrets: SecretValues,
): GatewayError[] {
  const errors: GatewayError[] = [];
  const look = (text: string, pointer: string, isKey: boolean): void => {
    const mentions = options.findSecrets(text);
    if (mentions.length === 0) return;
    for (const { file } of mentions) if (file !== undefined) options.usesFile?.(file);
    const isPlaced = !isKey && SECRET_PLACES.some((place) => place.test(pointer));
    for (const mention of mentions) {
      const expected = mention.problem ?? (isPlaced ? null : MISPLACED);
      if (expected === null) continue;
      const place = isKey ? document.placeOfKey(pointer) : document.place(pointer);
      const code = mention.code ?? 'SLUICE_SECRET_UNRESOLVED';
      errors.push(errorAt(code, place, quote(mention.text), expected));
    }
    if (mentions.every(({ value }) => value !== null)) secrets.add(text, mentions);
  };
  const walk = (value: unknown, pointer: string): void => {
    if (typeof value === 'string') look(value, pointer, false);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, member] of Object.entries(value)) {
      const child = pointerTo(pointer, key);
      if (!Array.isArray(value)) look(key, child, true);
      walk(member, child);
    }
  };
  walk(document.value, '');
  return errors;
}

let validateSchema: ReturnType<typeof compileConfigSchema> | undefined;

function compileConfigSchema() {
  const formats = Object.fromEntries(
    Object.entries(TEXT_FORMATS).map(([format, { check }]) => [
      format,
      (text: string) => check(text) === null,
    ]),
  );
  return compileJsonSchema(CONFIG_SCHEMA, {
    allErrors: true,
    verbose: true,
    useDefaults: true,
    strict: true,
    allowUnionTypes: true,
    formats,
  });
}

/** Checks a value against the schema of the document and fills in its defaults. */
function violations(value: unknown): SchemaViolation[] {
  // Compiled at the first use: a process that never reads a configuration does not pay for it.
  validateSchema ??= compileConfigSchema();
  return validateSchema(value) ? [] : (validateSchema.errors as SchemaViolation[]);
}
