// Response filters: those of the route, in reverse.
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { GatewayError } from '../errors.js';
import { type Body, BufferedBody, type Exchange, type ExchangeResponse } from '../exchange.js';
import { isBodiless } from '../listener/response-head.js';
import type { PhaseChain, Route } from '../route.js';
import { BodyVisits } from '../wasm/body-visits.js';
import type { ChainLink } from '../wasm/chain-input.js';
import { bodyFields, dropStaleFields } from '../wasm/edits.js';
import type { PhaseMessage } from '../wasm/guest-abi.js';
import { collectBody, trailersAfterEdit } from './collect-body.js';
import { bodyStage, buildMessage, ChainRun, type FilterObserver, type FilterSetting } from './filter-run.js';
import { FilteredBody } from './filtered-body.js';
import { makePlain } from './plain-body.js';
import type { RequestPhaseOutcome } from './request-filters.js';

/**
 * Runs the response filters of the filters that the request got through, over the response on the exchange.
 * @returns undefined where there are none, since an await of nothing costs as well
 * @throws GatewayError SLUICE_FILTER_*, SLUICE_ABI_*, SLUICE_DISPATCH_*, SLUICE_UPSTREAM_CUT
 */
export function runResponseFilters(
  exchange: Exchange,
  response: ExchangeResponse,
  route: Route,
  request: RequestPhaseOutcome,
  dispatcher: Dispatcher,
  observer: FilterObserver,
): Promise<void> | undefined {
  const chain = route.responseChains[request.reached]!;
  if (chain.links.length === 0) return undefined;
  const setting: FilterSetting = { exchange, route, dispatcher, observer };
  if (chain.body !== 'none') makePlain(exchange, response);
  const { body } = response;
  if (chain.body === 'buffer' && body !== null) {
    const maxBytes = route.config.limits.responseBufferBytes;
    refuseTooLarge(body, maxBytes);
    // As a rule it came with the head and is held already: then there is nothing to wait for.
    if (!(body instanceof BufferedBody))
      return holdBody(response, body, maxBytes).then(() => runChain(chain, response, request, setting));
  }
  return runChain(chain, response, request, setting);
}

/** The body is held by now, where it has to be. */
function runChain(
  chain: PhaseChain,
  response: ExchangeResponse,
  request: RequestPhaseOutcome,
  setting: FilterSetting,
): Promise<void> {
  const { body } = response;
  const stage = bodyStage(chain, body);
  const held = stage === 'whole' ? (body as BufferedBody).bytes : null;
  const message = buildMessage(setting.exchange, 'response', stage, held);
  const fields = stage === 'follows' ? bodyFields(response.headers) : null;
  const links = withContexts(chain, request.contexts);
  return new ChainRun<void>(setting, chain, links, message).run((run) => {
    response.status = message.status;
    const { body: replaced } = run;
    if (replaced !== undefined) {
      // One that was held is in memory already and has nobody to tell.
      if (held === null) body?.cancel(new GatewayError('SLUICE_UPSTREAM_CUT', 'a filter replaced the body'));
      response.body = new BufferedBody(replaced, trailersAfterEdit(body));
      return undefined;
    }
    return fields === null ? undefined : showBody(chain, response, setting, run, message, links, fields);
  });
}

/** Lets the filters that see the body in chunks have it. */
function showBody(
  chain: PhaseChain,
  response: ExchangeResponse,
  setting: FilterSetting,
  { streaming, contexts }: ChainRun<void>,
  message: PhaseMessage,
  links: readonly ChainLink[],
  fields: ReadonlyMap<string, string>,
): Promise<void> | undefined {
  if (streaming.length === 0) return undefined;
  const body = response.body!;
  dropStaleFields(response.headers, fields);
  if (isBodiless(response.status)) {
    body.cancel(
      new GatewayError('SLUICE_UPSTREAM_CUT', 'a filter gave the response a status without a body'),
    );
    response.body = null;
    return undefined;
  }
  const visits = new BodyVisits(message, links, streaming, contexts);
  const filtered = new FilteredBody(body, setting, chain, visits);
  response.body = filtered;
  return filtered.first();
}

function refuseTooLarge({ length }: Body, maxBytes: number): void {
  if (length === null || length <= maxBytes) return;
  throw new GatewayError(
    'SLUICE_FILTER_RESPONSE_TOO_LARGE',
    `content-length is ${length}, limit ${maxBytes}`,
  );
}

/** Reads the body whole; it stays on the response for the client. */
async function holdBody(response: ExchangeResponse, body: Body, maxBytes: number): Promise<void> {
  const tooLarge = (): GatewayError =>
    new GatewayError('SLUICE_FILTER_RESPONSE_TOO_LARGE', `the body is larger than ${maxBytes} bytes`);
  response.body = await collectBody(body, maxBytes, tooLarge);
}

function withContexts(chain: PhaseChain, contexts: RequestPhaseOutcome['contexts']): readonly ChainLink[] {
  if (contexts === null) return chain.links;
  return chain.links.map((link, index) => ({ ...link, context: contexts[chain.places[index]!] ?? null }));
}
