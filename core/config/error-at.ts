// The one form of a configuration error: where it stands, what was found, what was expected.
import { type ConfigPlace, type ErrorCode, GatewayError } from '../errors.js';

const MAX_SHOWN_CHARACTERS = 60;

/** Builds `FILE:LINE:COL /json/pointer: found X, expected Y`, without line and column where they are 0. */
export function errorAt(
  code: ErrorCode,
  place: ConfigPlace,
  found: string,
  expected: string,
  cause?: unknown,
): GatewayError {
  const { document, line, column, pointer } = place;
  const where = `${document}${line > 0 ? `:${line}:${column}` : ''}${pointer === '' ? '' : ` ${pointer}`}`;
  return new GatewayError(code, `${where}: found ${found}, expected ${expected}`, { place, cause });
}

/** Shows a value of the document in an error: short, in one line, without the password of a URL. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string') return String(value);
  return quote(value.replace(/\/\/[^/@]*@/g, '//***@'));
}

/** A text in double quotes, cut where it gets long. */
export function quote(text: string): string {
  const cut = text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
  return JSON.stringify(cut);
}

/** Appends a member to a JSON Pointer (RFC 6901). */
export function pointerTo(parent: string, key: string | number): string {
  return `${parent}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The keys and indices of a JSON Pointer, from the root down. */
export function pointerKeys(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}
