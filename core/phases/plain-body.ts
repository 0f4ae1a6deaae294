// Who reads a body reads it plain: what filters and the egress scan have in common.
import { GatewayError } from '../errors.js';
import type { Exchange, ExchangeResponse } from '../exchange.js';
import { dropBodyFields } from '../wasm/edits.js';
import { decodeBody } from './decoded-body.js';

/**
 * Undoes the content coding of the body; where none comes, nobody knows how long it would have been.
 * @throws GatewayError SLUICE_FILTER_RESPONSE_ENCODED
 */
export function makePlain(exchange: Exchange, response: ExchangeResponse): void {
  const { headers, body } = response;
  if (exchange.method === 'HEAD') headers.remove('content-length');
  if (body === null || !headers.has('content-encoding')) return;
  const encoding = headers.getAll('content-encoding').join(',');
  const decoded = decodeBody(body, encoding);
  if (decoded === null)
    throw new GatewayError('SLUICE_FILTER_RESPONSE_ENCODED', `content-encoding is ${encoding}`);
  if (decoded === body) return;
  response.body = decoded;
  // The client gets it as they do.
  dropBodyFields(headers);
}
