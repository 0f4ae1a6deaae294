// Phase 4: response filters, in reverse order of the route.
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { GatewayError } from '../errors.js';
import { BufferedBody, type Exchange, type ExchangeResponse } from '../exchange.js';
import type { PhaseChain, Route } from '../route.js';
import type { ChainLink } from '../wasm/chain.js';
import { collectBody } from './collect-body.js';
import { buildMessage, type FilterObserver, runChain } from './filter-run.js';
import type { RequestPhaseOutcome } from './request-filters.js';

/**
 * Runs the response filters of the filters that the request got through, over the response on the exchange.
 * @throws GatewayError SLUICE_FILTER_*, SLUICE_ABI_*, SLUICE_DISPATCH_*, SLUICE_UPSTREAM_CUT
 */
export async function runResponseFilters(
  exchange: Exchange,
  response: ExchangeResponse,
  route: Route,
  request: RequestPhaseOutcome,
  dispatcher: Dispatcher,
  observer: FilterObserver,
): Promise<void> {
  const chain = route.responseChains[request.reached]!;
  if (chain.links.length === 0) return;
  const body = chain.wantsBody ? await holdBody(response, route.config.limits.responseBufferBytes) : null;
  const message = buildMessage(exchange, 'response', body);
  const links = withContexts(chain, request.contexts);
  const { body: replaced } = await runChain({ exchange, route, dispatcher, observer }, chain, links, message);
  if (replaced !== undefined) {
    // One that was held is in memory already and has nobody to tell.
    if (body === null)
      response.body?.cancel(new GatewayError('SLUICE_UPSTREAM_CUT', 'a filter replaced the body'));
    response.body = new BufferedBody(replaced);
  }
  response.status = message.status;
}

/** Reads the body whole; it stays on the response for the client. */
async function holdBody(response: ExchangeResponse, maxBytes: number): Promise<Uint8Array | null> {
  const { body } = response;
  if (body === null) return null;
  const encoding = response.headers.get('content-encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw refuse(response, 'SLUICE_FILTER_RESPONSE_ENCODED', `content-encoding is ${encoding}`);
  }
  const tooLarge = (): GatewayError =>
    new GatewayError('SLUICE_FILTER_RESPONSE_TOO_LARGE', `the body is larger than ${maxBytes} bytes`);
  if (body.length !== null && body.length > maxBytes) {
    throw refuse(
      response,
      'SLUICE_FILTER_RESPONSE_TOO_LARGE',
      `content-length is ${body.length}, limit ${maxBytes}`,
    );
  }
  const bytes = await collectBody(body, maxBytes, tooLarge);
  response.body = new BufferedBody(bytes);
  return bytes;
}

function refuse(
  response: ExchangeResponse,
  code: 'SLUICE_FILTER_RESPONSE_ENCODED' | 'SLUICE_FILTER_RESPONSE_TOO_LARGE',
  message: string,
): GatewayError {
  const error = new GatewayError(code, message);
  response.body?.cancel(error);
  return error;
}

function withContexts(chain: PhaseChain, contexts: RequestPhaseOutcome['contexts']): readonly ChainLink[] {
  if (contexts === null) return chain.links;
  return chain.links.map((link, index) => ({ ...link, context: contexts[chain.places[index]!] ?? null }));
}
