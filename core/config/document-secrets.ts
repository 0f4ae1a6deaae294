// Where the secrets of a document stand: found and resolved before its schema is asked, and held to what takes them.
import type { GatewayError } from '../errors.js';
import { isFieldValue } from '../headers.js';
import type { ConfigDocument } from './document.js';
import { errorAt, pointerTo, quote } from './error-at.js';
import type { CompleteDocument } from './resolve.js';
import type { SecretMention, SecretValues } from './secret-values.js';

/** What looks for secrets in a document. */
export interface SecretSearch {
  /** Finds and resolves the secrets that one string mentions. */
  readonly findSecrets: (text: string) => readonly SecretMention[];
  /** Told of each file besides the document and modules whose content counts, also of one that is missing. */
  readonly usesFile?: (path: string) => void;
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
  'secrets may stand in headers of upstreams, in config and grants of filters, in `tls` and in `admin.token` only';

/** In every text that mentions a secret, well or badly, or that reads as if it did. */
const MENTION = /secret(?:\+[a-z0-9]+)?:\/\/|\$\{[a-z_]/i;

/** What `MENTION` takes has one of these; to look for them costs a tenth, and a large document has 100,000 texts. */
function mayMention(text: string): boolean {
  return text.includes('://') || text.includes('${');
}

/** The texts of a document, keys and values, that may mention a secret, each once. */
export function textsWithSecrets(value: unknown, texts: Set<string> = new Set()): ReadonlySet<string> {
  if (typeof value === 'string' && mayMention(value) && MENTION.test(value)) texts.add(value);
  if (typeof value !== 'object' || value === null) return texts;
  for (const [key, member] of Object.entries(value)) {
    textsWithSecrets(key, texts);
    textsWithSecrets(member, texts);
  }
  return texts;
}

/** Null for a mention that is as it should be. */
function expectedOf({ problem, variable }: SecretMention, isPlaced: boolean): string | null {
  if (isPlaced) return problem;
  return variable ? `no variable: ${MISPLACED}` : (problem ?? `a literal: ${MISPLACED}`);
}

/** Collects the values of all secrets; returns an error for each that cannot be used. */
export function readSecrets(
  document: ConfigDocument,
  { findSecrets, usesFile }: SecretSearch,
  secrets: SecretValues,
): GatewayError[] {
  const errors: GatewayError[] = [];
  // Put together only where something is found.
  const keys: string[] = [];
  const look = (text: string, isKey: boolean): void => {
    const mentions = findSecrets(text);
    if (mentions.length === 0) return;
    const pointer = keys.reduce(pointerTo, '');
    for (const { file } of mentions) if (file !== undefined) usesFile?.(file);
    const isPlaced = !isKey && SECRET_PLACES.some((place) => place.test(pointer));
    for (const mention of mentions) {
      const expected = expectedOf(mention, isPlaced);
      if (expected === null) continue;
      const place = isKey ? document.placeOfKey(pointer) : document.place(pointer);
      const code = mention.code ?? 'SLUICE_SECRET_UNRESOLVED';
      errors.push(errorAt(code, place, quote(mention.text), expected));
    }
    if (mentions.every(({ value }) => value !== null)) secrets.add(text, mentions);
  };
  const walk = (value: unknown): void => {
    if (typeof value === 'string') look(value, false);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, member] of Object.entries(value)) {
      keys.push(key);
      if (!Array.isArray(value)) look(key, true);
      walk(member);
      keys.pop();
    }
  };
  walk(document.value);
  return errors;
}

/**
 * Secrets that are for headers but cannot stand in one. A secret that its filter may read or sign with can be anything:
 * a key has several lines.
 */
export function unfitSecrets(
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
