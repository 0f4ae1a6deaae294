// The head of an HTTP/2 request (RFC 9113 §8) as one of HTTP/1.1 (RFC 9112), which the rest of the gateway knows.
import { GatewayError } from '../../errors.js';
import type { RequestHead } from './intake.js';

/** Of all fields, counted as SETTINGS_MAX_HEADER_LIST_SIZE does (RFC 9113 §6.5.2). */
export const MAX_HEAD_BYTES = 16 * 1024;
const FIELD_OVERHEAD_BYTES = 32;

/** Fields of one connection, which HTTP/2 has no use for (RFC 9113 §8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** What came with the headers of a stream. */
export interface Http2Head {
  readonly head: RequestHead;
  /** What is wrong with it; null when nothing is. */
  readonly problem: GatewayError | null;
}

/**
 * `:authority` becomes `host`, which must not say otherwise; crumbs of `cookie` become one field (RFC 9113 §8.2.3).
 * @param raw `[name, value, …]` as received, pseudo-fields included
 */
export function readHttp2Head(raw: readonly string[]): Http2Head {
  const pseudo = new Map<string, string>();
  const flat: string[] = [];
  let cookieAt = -1;
  let fault: string | null = null;
  let bytes = 0;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    bytes += name.length + value.length + FIELD_OVERHEAD_BYTES;
    if (name.startsWith(':')) {
      if (pseudo.has(name)) fault ??= `there is more than one ${name}`;
      pseudo.set(name, value);
    } else if (name === 'cookie' && cookieAt >= 0) {
      flat[cookieAt] += `; ${value}`;
    } else {
      fault ??= fieldFault(name, value);
      if (name === 'cookie') cookieAt = flat.length + 1;
      flat.push(name, value);
    }
  }
  // Node enforces the setting only once the client has acknowledged it.
  if (bytes > MAX_HEAD_BYTES) fault ??= `the head has more than ${MAX_HEAD_BYTES} bytes`;
  fault ??= joinAuthority(pseudo.get(':authority'), flat);
  const method = pseudo.get(':method') ?? '';
  const scheme = pseudo.get(':scheme');
  const target = pseudo.get(':path') ?? '';
  const question = target.indexOf('?');
  const head = {
    method,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
    flat,
  };
  if (method === 'CONNECT') {
    return { head, problem: new GatewayError('SLUICE_LISTEN_METHOD', 'CONNECT is not forwarded') };
  }
  if (scheme !== 'http' && scheme !== 'https') fault ??= ':scheme is neither http nor https';
  return { head, problem: fault === null ? null : new GatewayError('SLUICE_LISTEN_MALFORMED', fault) };
}

function fieldFault(name: string, value: string): string | null {
  if (CONNECTION_FIELDS.has(name)) return `${name} has no place in HTTP/2`;
  if (name === 'te' && value.toLowerCase() !== 'trailers') return 'te is not trailers';
  return null;
}

function joinAuthority(authority: string | undefined, flat: string[]): string | null {
  if (authority === undefined) return null;
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i] !== 'host') continue;
    return flat[i + 1]!.toLowerCase() === authority.toLowerCase() ? null : ':authority and host differ';
  }
  flat.unshift('host', authority);
  return null;
}
