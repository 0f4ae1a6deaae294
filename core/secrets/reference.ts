// How a configuration refers to a secret: `secret://name#field` as a whole string, or `${secret://name#field}`
// inside one. What a reference resolves to is the business of a store.

/** Where a secret is kept. */
export interface SecretReference {
  /** Segments of letters, digits, `.`, `_` and `-`, joined by `/`: `tls/api-key`. */
  readonly name: string;
  /** Member of a secret that is an object, or null for the secret itself. */
  readonly field: string | null;
}

/** A place in a string that refers to a secret, or that can only have been meant to. */
export interface SecretMention {
  /** Offsets in the string: what a resolved value replaces, `${` and `}` included. */
  readonly start: number;
  readonly end: number;
  /** The mention as written. */
  readonly text: string;
  /** Null when the mention is malformed. */
  readonly reference: SecretReference | null;
  /** What was expected of a malformed mention, as the end of a sentence that begins with "expected". */
  readonly problem: string | null;
}

// Not part of a longer scheme (`mysecret://`). Any case, because nothing that reads like a reference may pass
// for a literal.
const SCHEME = /(?<![A-Za-z0-9+.-])secret:\/\//gi;
const NAME = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;
const FIELD = /^[A-Za-z0-9._-]+$/;

/**
 * Finds every mention of a secret in a string, in order, malformed ones among them: a caller that resolves
 * all mentions or refuses the string never leaves one as a literal. Empty for a string without any.
 */
export function findSecretReferences(text: string): readonly SecretMention[] {
  const mentions: SecretMention[] = [];
  let from = 0;
  for (const { index } of text.matchAll(SCHEME)) {
    if (index < from) continue;
    const mention = readMention(text, from, index);
    mentions.push(mention);
    from = mention.end;
  }
  return mentions;
}

function readMention(text: string, from: number, schemeAt: number): SecretMention {
  const inside = text.slice(from, schemeAt).trimEnd();
  if (inside.endsWith('${')) return readBraced(text, from + inside.length - 2, schemeAt);
  if (schemeAt === 0) return check(text, 0, text.length, text);
  const end = endOfWord(text, schemeAt);
  return malformed(text, schemeAt, end, 'a reference as the whole string, or in braces after a "$"');
}

function readBraced(text: string, start: number, schemeAt: number): SecretMention {
  const close = text.indexOf('}', schemeAt);
  if (close === -1) return malformed(text, start, text.length, 'a "}" that ends the reference');
  return check(text, start, close + 1, text.slice(start + 2, close));
}

function check(text: string, start: number, end: number, uri: string): SecretMention {
  const problem = checkUri(uri);
  if (problem !== null) return malformed(text, start, end, problem);
  const [name, field] = uri.slice('secret://'.length).split('#') as [string, string | undefined];
  return {
    start,
    end,
    text: text.slice(start, end),
    reference: { name, field: field ?? null },
    problem: null,
  };
}

function checkUri(uri: string): string | null {
  if (/\s/.test(uri)) return 'a reference without white space';
  if (!uri.startsWith('secret://')) return '"secret://" in lower case';
  const rest = uri.slice('secret://'.length);
  const hash = rest.indexOf('#');
  const name = hash === -1 ? rest : rest.slice(0, hash);
  if (name === '') return 'a name after "secret://"';
  if (!NAME.test(name)) return 'a name of letters, digits, ".", "_" and "-" in segments joined by "/"';
  if (name.split('/').some((segment) => segment === '.' || segment === '..')) {
    return 'a name without "." and ".." segments';
  }
  if (hash !== -1 && !FIELD.test(rest.slice(hash + 1))) {
    return 'a field of letters, digits, ".", "_" and "-" after "#"';
  }
  return null;
}

function malformed(text: string, start: number, end: number, problem: string): SecretMention {
  return { start, end, text: text.slice(start, end), reference: null, problem };
}

function endOfWord(text: string, from: number): number {
  const length = text.slice(from).search(/[\s"'$}]/);
  return length === -1 ? text.length : from + length;
}
