// What log and metrics are told of a filter that answered a request in place of the upstream, or gave a response another status.
import { BufferedBody, type Exchange } from '../exchange.js';
import type { FilterResponse } from '../wasm/guest-abi.js';

/** A longer document is not read for its code. */
const MOST_READ_BYTES = 16 * 1024;
const PROBLEM = /^application\/problem\+json\s*(?:;|$)/i;
/** As the SDK asks for codes; nothing that a client sent is one by chance. */
const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;

/** Puts the answer of a filter on the exchange, and whose it is. */
export function takeAnswer(exchange: Exchange, filter: string, response: FilterResponse): void {
  const { status, headers, body } = response;
  exchange.answer = { filter, status, code: codeOf(response), replaced: null };
  exchange.response = { status, headers, body: new BufferedBody(body) };
}

/**
 * Tells that a response filter gave the response on the exchange the status that it has now.
 * @param replaced status that it had before
 * @param body     that the filters gave it; undefined when it has the one of before
 */
export function tellReplaced(
  exchange: Exchange,
  filter: string,
  replaced: number,
  body: Uint8Array | undefined,
): void {
  const { status, headers } = exchange.response!;
  const code = body === undefined ? null : codeOf({ headers, body });
  exchange.answer = { filter, status, code, replaced };
}

/** The `code` of a problem document (RFC 9457); null where there is none. */
function codeOf({ headers, body }: Pick<FilterResponse, 'headers' | 'body'>): string | null {
  if (body.byteLength > MOST_READ_BYTES || !PROBLEM.test(headers.get('content-type') ?? '')) return null;
  try {
    const { code } = JSON.parse(Buffer.from(body).toString()) as { code?: unknown };
    return typeof code === 'string' && CODE.test(code) ? code : null;
  } catch {
    return null;
  }
}
