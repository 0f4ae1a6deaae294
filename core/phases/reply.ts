// Reply: the response goes to the client, with framing left to the listener.
import { GatewayError } from '../errors.js';
import type { Exchange } from '../exchange.js';
import { parseLength } from '../headers.js';
import type { Reply, ReplyOutcome } from '../listener/listener.js';

/** Codes after which the rest of the request is still on its way, so the connection cannot be used again. */
const CLOSING: ReadonlySet<string> = new Set(['SLUICE_LISTEN_BODY_TOO_LARGE', 'SLUICE_LISTEN_TIMEOUT']);

/**
 * Sends the response of the exchange and notes how that went. Never throws and never rejects.
 * @returns a promise when the response is still on its way
 */
export function sendReply(exchange: Exchange, reply: Reply, malformed: boolean): Promise<void> | undefined {
  const { response, error, method } = exchange;
  if (response === null || exchange.cancellation.reason !== undefined) {
    exchange.error ??= exchange.cancellation.reason ?? null;
    response?.body?.cancel(exchange.error ?? aborted());
    reply.abort();
    return undefined;
  }
  const { headers, body } = response;
  const length = headers.get('content-length');
  const headLength = method === 'HEAD' && length !== undefined ? parseLength(length) : null;
  headers.remove('content-length');
  headers.set('x-request-id', exchange.id);
  const close = malformed || (error !== null && CLOSING.has(error.code));
  const outcome = reply.send(response.status, headers, body, { close, headLength });
  if (typeof outcome !== 'string') return outcome.then((later) => noteOutcome(exchange, later));
  noteOutcome(exchange, outcome);
  return undefined;
}

function noteOutcome(exchange: Exchange, outcome: ReplyOutcome): void {
  if (outcome === 'aborted') exchange.error ??= exchange.cancellation.reason ?? aborted();
  else if (outcome === 'cut') {
    exchange.error ??= new GatewayError('SLUICE_UPSTREAM_CUT', 'the response body failed midway');
  }
}

function aborted(): GatewayError {
  return new GatewayError('SLUICE_LISTEN_ABORTED', 'the client left before the response was complete');
}
