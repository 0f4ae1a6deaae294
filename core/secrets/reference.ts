// How a configuration refers to a secret: `secret://name#field` as a whole string, or `${secret://name#field}`
// inside one; `secret+file://path#field` and `secret+env://NAME#field` likewise. What a reference resolves to is the
// business of a provider.

/** Who keeps a secret: the store of the gateway, a file, or the environment of the process. */
export type SecretScheme = 'secret' | 'secret+file' | 'secret+env';

/** Where a secret is kept. */
export interface SecretReference {
  readonly scheme: SecretScheme;
  /**
   * Of the store: segments of letters, digits, `.`, `_` and `-`, joined by `/`, such as `tls/api-key`, 255 characters at
   * most. Of a file: its path, absolute or relative to the configuration. Of the environment: a variable.
   */
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
  /** No reference to a secret: `${NAME}`, which has a problem, or `$${NAME}`, which stands for the text `${NAME}`. */
  readonly variable?: true;
}

// Not part of a longer scheme (`mysecret://`). Any case, because nothing that reads like a reference may pass
// for a literal.
const SCHEME = /(?<![A-Za-z0-9+.-])secret(?:\+[a-z0-9]+)?:\/\//gi;
const URI = /^(secret(?:\+[a-z0-9]+)?):\/\/([^#]*)(?:#(.*))?$/is;
const NAME = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;
/** Stands in one byte of a sealed entry. */
const MOST_NAME_CHARACTERS = 255;
const PATH = /^[A-Za-z0-9._/@~-]+$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const FIELD = /^[A-Za-z0-9._-]+$/;
/** What other programs put a variable in for. A "{" inside is none of it: `^a${` and `x${2}` are ends of patterns. */
const INTERPOLATION = /(\$?)\$\{([A-Za-z_][^{}]*)\}/g;

/**
 * Finds every mention of a secret in a string, in order, malformed ones and variables among them: a caller that resolves
 * all mentions or refuses the string never leaves one as a literal. Empty for a string without any.
 */
export function findSecretReferences(text: string): readonly SecretMention[] {
  const mentions: SecretMention[] = [];
  let from = 0;
  for (const { index } of text.matchAll(SCHEME)) {
    if (index < from) continue;
    const mention = readMention(text, from, index);
    mentions.push(...findVariables(text, from, mention.start), mention);
    from = mention.end;
  }
  mentions.push(...findVariables(text, from, text.length));
  return mentions;
}

/** The text that a configuration has to say for this one to be taken as it is, as long as it mentions no secret. */
export function escapeVariables(text: string): string {
  return text.replace(INTERPOLATION, '$$$&');
}

/** True for what a secret of the store may be called. */
export function isSecretName(name: string): boolean {
  return checkName('secret', name) === null;
}

/** The name of an entry of the store, which anybody may have written, for people. */
export function shownName(name: string): string {
  return isSecretName(name) ? name : JSON.stringify(name).replace(/[^\x20-\x7e]/g, '?');
}

/** Those of a part of the text. */
function findVariables(text: string, from: number, to: number): SecretMention[] {
  return [...text.slice(from, to).matchAll(INTERPOLATION)].map(({ 0: whole, 1: dollar, 2: name, index }) => {
    const start = from + index;
    const example = VARIABLE.test(name!) ? name : 'NAME';
    return {
      start,
      end: start + whole.length,
      text: whole,
      reference: null,
      problem:
        dollar === ''
          ? `a reference to a secret, such as \${secret+env://${example}}, or "$\${" for the text "\${"`
          : null,
      variable: true,
    };
  });
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
  const [, scheme, name, field] = URI.exec(uri)!;
  return {
    start,
    end,
    text: text.slice(start, end),
    reference: { scheme: scheme as SecretScheme, name: name!, field: field ?? null },
    problem: null,
  };
}

function checkUri(uri: string): string | null {
  if (/\s/.test(uri)) return 'a reference without white space';
  const [, scheme = '', name = '', field] = URI.exec(uri) ?? [];
  if (scheme !== scheme.toLowerCase()) return `"${scheme.toLowerCase()}://" in lower case`;
  if (name === '') return `a name after "${scheme}://"`;
  const problem = checkName(scheme, name);
  if (problem !== null) return problem;
  if (field !== undefined && !FIELD.test(field)) {
    return 'a field of letters, digits, ".", "_" and "-" after "#"';
  }
  return null;
}

function checkName(scheme: string, name: string): string | null {
  switch (scheme) {
    case 'secret':
      if (!NAME.test(name)) return 'a name of letters, digits, ".", "_" and "-" in segments joined by "/"';
      return name.split('/').some((segment) => segment === '.' || segment === '..')
        ? 'a name without "." and ".." segments'
        : name.length > MOST_NAME_CHARACTERS
          ? `a name of at most ${MOST_NAME_CHARACTERS} characters`
          : null;
    case 'secret+file':
      return PATH.test(name) ? null : 'a path of letters, digits, "/", ".", "_", "~", "@" and "-"';
    case 'secret+env':
      return VARIABLE.test(name) ? null : 'the name of an environment variable';
    default:
      return '"secret://", "secret+file://" or "secret+env://"';
  }
}

function malformed(text: string, start: number, end: number, problem: string): SecretMention {
  return { start, end, text: text.slice(start, end), reference: null, problem };
}

function endOfWord(text: string, from: number): number {
  const length = text.slice(from).search(/[\s"'$}]/);
  return length === -1 ? text.length : from + length;
}
