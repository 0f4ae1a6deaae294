// The spellings under which a secret may leave: as it is, and as what software commonly makes of a text.

/** The characters that an encoder leaves as they are, and what it makes of a space. */
interface PercentStyle {
  readonly kept: RegExp;
  readonly plus: boolean;
}

const PERCENT_STYLES: readonly PercentStyle[] = [
  // RFC 3986 §2.3; Python keeps the slash besides, Go writes a space as "+".
  { kept: /[A-Za-z0-9._~-]/, plus: false },
  { kept: /[A-Za-z0-9._~/-]/, plus: false },
  { kept: /[A-Za-z0-9._~-]/, plus: true },
  // encodeURIComponent and encodeURI of ECMA-262.
  { kept: /[A-Za-z0-9._~!'()*-]/, plus: false },
  { kept: /[A-Za-z0-9._~!'()*;,/?:@&=+$#-]/, plus: false },
  // application/x-www-form-urlencoded of the URL standard, and that of PHP.
  { kept: /[A-Za-z0-9._*-]/, plus: true },
  { kept: /[A-Za-z0-9._-]/, plus: true },
  // Everything.
  { kept: /(?!)/, plus: false },
];

/** What an encoder of JSON escapes beyond what RFC 8259 §7 asks for. */
interface JsonStyle {
  readonly escaped: RegExp;
  /** What gets an escape of two characters; the rest gets `\u` and four digits. */
  readonly short: string;
  readonly slash: boolean;
}

const CONTROL = String.raw`\x00-\x1f"\\`;
const NOT_ASCII = String.raw`\x7f-\uffff`;
const SHORT = '"\\\b\f\n\r\t';
const JSON_STYLES: readonly JsonStyle[] = [
  jsonStyle(CONTROL),
  // Python and PHP write ASCII only, PHP and others escape the slash.
  jsonStyle(CONTROL, SHORT, true),
  jsonStyle(CONTROL + NOT_ASCII),
  jsonStyle(CONTROL + NOT_ASCII, SHORT, true),
  // Go, Java and .NET keep out of the way of HTML, each in its own way.
  jsonStyle(`${CONTROL}<>&\\u2028\\u2029`),
  jsonStyle(`${CONTROL}<>&'=\\u2028\\u2029`),
  jsonStyle(`${CONTROL}<>&'+\`${NOT_ASCII}`, '\\\b\f\n\r\t'),
  // Everything.
  jsonStyle(String.raw`\x00-\uffff`, ''),
];

function jsonStyle(escaped: string, short = SHORT, slash = false): JsonStyle {
  return { escaped: new RegExp(`[${escaped}]`), short, slash };
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/**
 * Every spelling of a value, each once: UTF-8; hex in both cases; base64 in both alphabets, wherever in a longer text it
 * begins (RFC 4648 §4, §5); percent-encoded (RFC 3986 §2.1) and as a form has it; in a string of JSON (RFC 8259 §7).
 */
export function spellingsOf(value: string): Uint8Array[] {
  const bytes = Buffer.from(value, 'utf8');
  const spellings = new Set([bytes.toString('latin1')]);
  const hex = bytes.toString('hex');
  spellings.add(hex).add(hex.toUpperCase());
  for (const before of [0, 1, 2]) {
    const base64 = base64Within(bytes, before);
    spellings.add(base64).add(base64.replaceAll('+', '-').replaceAll('/', '_'));
  }
  for (const style of PERCENT_STYLES)
    for (const upper of [true, false]) spellings.add(percentEncoded(bytes, style, upper));
  for (const style of JSON_STYLES)
    for (const upper of [true, false]) spellings.add(jsonEscaped(value, style, upper));
  return Array.from(spellings, (spelling) => Buffer.from(spelling, 'latin1'));
}

/** Those characters that depend on the value alone when it stands behind so many bytes of a group of three. */
function base64Within(bytes: Uint8Array, before: number): string {
  const text = Buffer.concat([new Uint8Array(before), bytes]).toString('base64');
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.byteLength) * 8) / 6));
}

function percentEncoded(bytes: Uint8Array, { kept, plus }: PercentStyle, upper: boolean): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (kept.test(character)) text += character;
    else if (plus && character === ' ') text += '+';
    else text += `%${hexOf(byte, 2, upper)}`;
  }
  return text;
}

/** One character for each byte of its UTF-8. */
function jsonEscaped(value: string, { escaped, short, slash }: JsonStyle, upper: boolean): string {
  let text = '';
  for (let i = 0; i < value.length; i += 1) {
    const unit = value[i]!;
    if (slash && unit === '/') text += '\\/';
    else if (!escaped.test(unit)) text += unit;
    else if (short.includes(unit)) text += SHORT_ESCAPES[unit];
    else text += `\\u${hexOf(value.charCodeAt(i), 4, upper)}`;
  }
  return Buffer.from(text, 'utf8').toString('latin1');
}

function hexOf(code: number, digits: number, upper: boolean): string {
  const hex = code.toString(16).padStart(digits, '0');
  return upper ? hex.toUpperCase() : hex;
}
