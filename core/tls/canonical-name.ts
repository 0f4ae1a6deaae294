// Distinguished names in one spelling, so that they can be compared as texts (RFC 4514).

/** A byte of a value, or a character that divides the text. */
type Token = number | ',' | '+' | '=';

const TYPE = /^(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)$/;
const ESCAPED_BYTE = /^[0-9A-Fa-f]{2}/;
const ESCAPED = '\\",+;<>=# ';
const UNESCAPED_NEVER = '";<>\0';

/**
 * Brings a name into its one form: types in upper case, no blanks around them, the parts of a multi-valued one sorted, no
 * needless escapes. Values differ by case, and the order of the parts counts.
 * @param text the most specific part first, such as `CN=billing,O=Example`
 * @returns null for what is no name with at least one part, or has a value in hex (`#…`)
 */
export function canonicalName(text: string): string | null {
  const tokens = tokensOf(text);
  if (tokens === null) return null;
  const parts: string[] = [];
  for (const part of split(tokens, ',')) {
    const attributes = split(part, '+').map(canonicalAttribute);
    if (attributes.includes(null)) return null;
    parts.push(attributes.sort().join('+'));
  }
  return parts.join(',');
}

/** Where they were not escaped: blanks may stand around a value and are no part of it, and `#` begins one in hex. */
const BLANK = -1;
const HASH = -2;

function tokensOf(text: string): Token[] | null {
  const tokens: Token[] = [];
  for (let i = 0; i < text.length; ) {
    const character = String.fromCodePoint(text.codePointAt(i)!);
    if (character === '\\') {
      const hex = ESCAPED_BYTE.exec(text.slice(i + 1, i + 3));
      const next = text[i + 1] ?? '';
      if (hex !== null) tokens.push(Number.parseInt(hex[0], 16));
      else if (next !== '' && ESCAPED.includes(next)) tokens.push(next.charCodeAt(0));
      else return null;
      i += hex === null ? 2 : 3;
      continue;
    }
    if (UNESCAPED_NEVER.includes(character)) return null;
    if (character === ',' || character === '+' || character === '=') tokens.push(character);
    else if (character === ' ') tokens.push(BLANK);
    else if (character === '#') tokens.push(HASH);
    else tokens.push(...Buffer.from(character, 'utf8'));
    i += character.length;
  }
  return tokens;
}

function split(tokens: readonly Token[], at: ',' | '+'): Token[][] {
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (token === at) parts.push([]);
    else parts.at(-1)!.push(token);
  }
  return parts;
}

function canonicalAttribute(tokens: readonly Token[]): string | null {
  const equals = tokens.indexOf('=');
  const type = textOf(trimmed(tokens.slice(0, Math.max(equals, 0))));
  const written = trimmed(tokens.slice(equals + 1));
  const value = textOf(written);
  if (equals < 0 || type === null || value === null || !TYPE.test(type) || written[0] === HASH) return null;
  return `${type.toUpperCase()}=${escapeValue(value)}`;
}

function trimmed(tokens: readonly Token[]): readonly Token[] {
  let start = 0;
  let end = tokens.length;
  while (start < end && tokens[start] === BLANK) start += 1;
  while (end > start && tokens[end - 1] === BLANK) end -= 1;
  return tokens.slice(start, end);
}

/** Null for bytes that are no UTF-8. */
function textOf(tokens: readonly Token[]): string | null {
  const bytes = tokens.map((token) => {
    if (token === BLANK) return 0x20;
    if (token === HASH) return 0x23;
    return typeof token === 'number' ? token : token.charCodeAt(0);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return null;
  }
}

/** The text of a value as it stands in a name, with no more escapes than it needs. */
export function escapeValue(value: string): string {
  return value
    .replace(/[,+"\\<>;]/g, '\\$&')
    .replace(/^[# ]|(?<=.) $/gs, '\\$&')
    .replace(
      /[\0-\x1f\x7f]/g,
      (control) => `\\${control.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`,
    );
}
