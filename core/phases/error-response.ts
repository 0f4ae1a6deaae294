// What a client gets to see of an error: an RFC 9457 problem document, and nothing of its cause.
import { type GatewayError, toProblem } from '../errors.js';
import { BufferedBody, type Exchange, type ExchangeResponse } from '../exchange.js';
import { HeaderList } from '../headers.js';

export function buildErrorResponse(exchange: Exchange, error: GatewayError): ExchangeResponse {
  const problem = toProblem(error, exchange.id, exchange.revision);
  return {
    status: error.status,
    headers: new HeaderList([
      'content-type',
      'application/problem+json',
      'cache-control',
      'no-store',
      ...error.headers,
    ]),
    body: new BufferedBody(Buffer.from(JSON.stringify(problem), 'utf8')),
  };
}
