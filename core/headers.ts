// A list of HTTP fields, kept flat because every hop of a request copies it. Imports nothing.

/** Fields that belong to one connection and are never forwarded (RFC 9110 §7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Fields that frame a message; the gateway writes them itself and no filter may. */
const FRAMING: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'content-length', 'host']);

/**
 * Fields that have their meaning before the content or not at all (RFC 9110 §6.5.1): routing, framing, conditions, credentials, what
 * the content is, and how to treat it.
 */
const NEVER_TRAILING: ReadonlySet<string> = new Set([
  ...FRAMING,
  ...['age', 'authorization', 'cache-control', 'content-encoding', 'content-language', 'content-location'],
  ...['content-range', 'content-type', 'cookie', 'date', 'expect', 'expires', 'forwarded', 'location'],
  ...['max-forwards', 'pragma', 'range', 'retry-after', 'set-cookie', 'strict-transport-security', 'vary'],
  ...[
    'http2-settings',
    'via',
    'warning',
    'www-authenticate',
    'x-real-ip',
    'x-request-id',
    'x-original-url',
    'x-rewrite-url',
    'x-http-method',
    'x-http-method-override',
    'x-method-override',
  ],
]);
const NEVER_TRAILING_PREFIXES = ['if-', 'x-forwarded-', 'access-control-', 'sec-', 'client-cert'];
/** More than any use of them needs. */
const MAX_TRAILER_BYTES = 16 * 1024;

/** Values of `connection` that name no further field; by far the most frequent ones. */
const PLAIN_CONNECTION: ReadonlySet<string> = new Set(['keep-alive', 'close', 'Keep-Alive']);

/**
 * Names of most fields of most messages, with what stands before a value of theirs. They frame nothing, may pass any hop, tell
 * of no certificate and have no underscore: one look-up says all of that at once.
 */
const COMMON: ReadonlyMap<string, string> = lineStarts([
  ...['accept', 'accept-encoding', 'accept-language', 'accept-ranges', 'access-control-allow-credentials'],
  ...['access-control-allow-headers', 'access-control-allow-methods', 'access-control-allow-origin'],
  ...['access-control-expose-headers', 'access-control-max-age', 'age', 'allow', 'authorization'],
  ...['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-location'],
  ...['content-range', 'content-security-policy', 'content-type', 'cookie', 'date', 'etag', 'expect'],
  ...['expires', 'forwarded', 'idempotency-key', 'if-match', 'if-modified-since', 'if-none-match'],
  ...['last-modified', 'link', 'location', 'origin', 'pragma', 'priority', 'range', 'referer'],
  ...['referrer-policy', 'retry-after', 'sec-fetch-dest', 'sec-fetch-mode', 'sec-fetch-site', 'server'],
  ...['set-cookie', 'strict-transport-security', 'traceparent', 'tracestate', 'user-agent', 'vary', 'via'],
  ...['www-authenticate', 'x-content-type-options', 'x-forwarded-for', 'x-forwarded-host'],
  ...['x-forwarded-proto', 'x-frame-options', 'x-powered-by', 'x-real-ip', 'x-request-id'],
]);

/** For who has a test of names to make as well: its answers for these can be known beforehand. */
export const COMMON_NAMES: readonly string[] = [...COMMON.keys()];

const INTERNED: ReadonlyMap<string, string> = new Map(
  [...COMMON_NAMES, 'host', 'content-length', 'connection'].map((name) => [name, name]),
);

const TRAILERS = /(?:^|,)[\t ]*trailers[\t ]*(?:,|$)/i;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// obs-text (%x80-FF) is allowed, anything that does not fit into one byte is not.
const ASCII_VALUE = /^[\t\x20-\x7e]*$/;
const SHORT = 32;
const DIGIT_0 = 0x30;
const MOST_LENGTH_DIGITS = 15;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** True for a `token` of RFC 9110 §5.6.2, which field names and methods are. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** True for a field value of RFC 9110 §5.5: no CR, LF, NUL or other control character but HTAB. */
export function isFieldValue(text: string): boolean {
  return isShortAscii(text) || FIELD_VALUE.test(text);
}

/** Likewise, and nothing in it is beyond ASCII. */
export function isAsciiValue(text: string): boolean {
  return isShortAscii(text) || ASCII_VALUE.test(text);
}

/** A pattern that is tried costs as much as to look at some thirty characters, since the engine keeps what was matched last. */
function isShortAscii(text: string): boolean {
  if (text.length > SHORT) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

/** Bytes that `content-length` says (RFC 9110 §8.6), null for what is no number. 15 digits stay exact in a double. */
export function parseLength(text: string): number | null {
  if (text.length === 0 || text.length > MOST_LENGTH_DIGITS) return null;
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - DIGIT_0;
    if (digit < 0 || digit > 9) return null;
    length = length * 10 + digit;
  }
  return length;
}

/** True for the name of a field that may be written to a message as it is: a token that does not frame it. */
export function isUnframedName(lowerCaseName: string): boolean {
  return COMMON.has(lowerCaseName) || (!FRAMING.has(lowerCaseName) && TOKEN.test(lowerCaseName));
}

/**
 * What stands on a line of its own before the value of a field, with the CR LF that ends the line above: of common names
 * a string that is there already.
 * @returns null for a name that may not be written as it is (see `isUnframedName`)
 */
export function lineStart(lowerCaseName: string): string | null {
  const start = COMMON.get(lowerCaseName);
  if (start !== undefined) return start;
  return isUnframedName(lowerCaseName) ? `\r\n${lowerCaseName}: ` : null;
}

/** The string of a common name that is there already, so that a message keeps none of its own; any other name as it is. */
export function internName(lowerCaseName: string): string {
  return INTERNED.get(lowerCaseName) ?? lowerCaseName;
}

/** True for fields that end at this hop whatever `connection` says (RFC 9110 §7.6.1). */
export function isHopByHop(lowerCaseName: string): boolean {
  return HOP_BY_HOP.has(lowerCaseName);
}

/**
 * True for fields by which a proxy tells a server of the certificate of its client (`client-cert` of RFC 9440, and what nginx
 * and its heirs call it), `_` for `-` or not. A client that sends one makes it up.
 */
export function tellsOfCertificate(lowerCaseName: string): boolean {
  const first = lowerCaseName.charCodeAt(0);
  if (first !== 0x63 && first !== 0x73 && first !== 0x78) return false;
  const name = lowerCaseName.includes('_') ? lowerCaseName.replaceAll('_', '-') : lowerCaseName;
  return name.startsWith('client-cert') || name.startsWith('x-ssl-client-') || name.startsWith('ssl-client-');
}

/** True for fields that no filter and no upstream may set on a message of ours. */
export function isFramingField(lowerCaseName: string): boolean {
  return FRAMING.has(lowerCaseName);
}

/** First value of `name` (lower case) among `[name, value, …]`, or undefined. */
export function firstValue(flat: readonly string[], name: string): string | undefined {
  for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) return flat[i + 1];
  return undefined;
}

/**
 * Ordered list of fields. Names are lower case. Repeated names stay separate entries, in order.
 * `flat` is `[name, value, name, value, …]`; hot paths read it directly, writers use the methods.
 */
export class HeaderList {
  /** `[name, value, name, value, …]`, for reading. */
  flat: string[];

  /** Takes `flat` over; the caller must not keep it. Names must already be lower case. */
  constructor(flat: string[] = []) {
    this.flat = flat;
  }

  /** Number of fields. */
  get size(): number {
    return this.flat.length / 2;
  }

  /** First value of `name` (lower case), or undefined. */
  get(name: string): string | undefined {
    return firstValue(this.flat, name);
  }

  /** All values of `name` (lower case), in order. */
  getAll(name: string): string[] {
    const { flat } = this;
    const values: string[] = [];
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) values.push(flat[i + 1]!);
    return values;
  }

  /** Every name, in order, with repetitions. */
  names(): string[] {
    return this.flat.filter((_, index) => index % 2 === 0);
  }

  /** True when there is a field called `name` (lower case). */
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Appends a field and keeps those of the same name. */
  add(name: string, value: string): void {
    this.flat.push(name, value);
  }

  /** Replaces the first field of this name in its place and removes the others; appends if there is none. */
  set(name: string, value: string): void {
    const { flat } = this;
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i] !== name) continue;
      flat[i + 1] = value;
      this.#removeFrom(name, i + 2);
      return;
    }
    flat.push(name, value);
  }

  /** Removes every field of this name. */
  remove(name: string): void {
    this.#removeFrom(name, 0);
  }

  /** Removes every field whose name is one of these. */
  removeAll(names: ReadonlySet<string>): void {
    const { flat } = this;
    let write = 0;
    for (let read = 0; read < flat.length; read += 2) {
      if (names.has(flat[read]!)) continue;
      flat[write] = flat[read]!;
      flat[write + 1] = flat[read + 1]!;
      write += 2;
    }
    truncate(flat, write);
  }

  /** A copy that shares nothing with this list. */
  clone(): HeaderList {
    return new HeaderList(this.flat.slice());
  }

  /**
   * What a client may say to those behind us: without the hop-by-hop fields, without those that `connection` names
   * (RFC 9110 §7.6.1), and without those that tell of a certificate. The list itself where that is all of it, else a new one.
   */
  withoutHopByHop(): HeaderList {
    const { flat } = this;
    const named = optionsOf(this);
    let passing = 0;
    while (passing < flat.length && passesHop(flat[passing]!, named)) passing += 2;
    if (passing === flat.length) return this;
    const kept = flat.slice(0, passing);
    for (let i = passing + 2; i < flat.length; i += 2) {
      const name = flat[i]!;
      if (passesHop(name, named)) kept.push(name, flat[i + 1]!);
    }
    return new HeaderList(kept);
  }

  #removeFrom(name: string, start: number): void {
    const { flat } = this;
    let write = start;
    for (let read = start; read < flat.length; read += 2) {
      if (flat[read] === name) continue;
      flat[write] = flat[read]!;
      flat[write + 1] = flat[read + 1]!;
      write += 2;
    }
    truncate(flat, write);
  }
}

/** To set the length would call the runtime of the engine, even where it is the same; and most often few go. */
function truncate(flat: string[], length: number): void {
  while (flat.length > length) flat.pop();
}

/** True when `te` says that fields after the body of the response are of use (RFC 9110 §10.1.4). */
export function acceptsTrailers({ flat }: HeaderList): boolean {
  for (let i = 0; i < flat.length; i += 2) if (flat[i] === 'te' && TRAILERS.test(flat[i + 1]!)) return true;
  return false;
}

/**
 * What is passed on of the fields after a body; null when that is nothing. An underscore counts as a hyphen, which some servers
 * take for the same.
 * @param flat  `[name, value, …]`, names lower case
 * @param isOurs names that are the gateway's to write
 */
export function forwardableTrailers(
  flat: readonly string[],
  isOurs: (lowerCaseName: string) => boolean = () => false,
): HeaderList | null {
  const kept: string[] = [];
  let bytes = 0;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    const value = flat[i + 1]!;
    const folded = name.replaceAll('_', '-');
    if (NEVER_TRAILING.has(folded) || NEVER_TRAILING_PREFIXES.some((prefix) => folded.startsWith(prefix)))
      continue;
    if (!isToken(name) || !isFieldValue(value) || isOurs(folded)) continue;
    bytes += name.length + value.length;
    if (bytes > MAX_TRAILER_BYTES) return null;
    kept.push(name, value);
  }
  return kept.length === 0 ? null : new HeaderList(kept);
}

/** Answers for the names of one message whether they stop at this hop: the known ones, and what `connection` names. */
export function hopByHopTest(headers: HeaderList): (lowerCaseName: string) => boolean {
  const named = optionsOf(headers);
  return named === null ? isHopByHop : (name) => HOP_BY_HOP.has(name) || named.has(name);
}

function passesHop(name: string, named: ReadonlySet<string> | null): boolean {
  if (named?.has(name)) return false;
  return COMMON.has(name) || !(HOP_BY_HOP.has(name) || tellsOfCertificate(name));
}

/** What `connection` names; null when that is nothing but itself. */
function optionsOf(headers: HeaderList): ReadonlySet<string> | null {
  if (namesNothing(headers)) return null;
  const named = new Set<string>();
  for (const value of headers.getAll('connection')) {
    for (const option of value.split(',')) named.add(option.trim().toLowerCase());
  }
  return named;
}

function namesNothing({ flat }: HeaderList): boolean {
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i] === 'connection' && !PLAIN_CONNECTION.has(flat[i + 1]!)) return false;
  }
  return true;
}

function lineStarts(names: readonly string[]): Map<string, string> {
  return new Map(names.map((name) => [name, `\r\n${name}: `]));
}
