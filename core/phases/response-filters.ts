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
import { tellReplaced } from './filter-answer.js';
import { bodyStage, buildMessage, ChainRun, type FilterObserver, type FilterSetting } from './filter-run.js';
import { FilteredBody } from './filtered-body.js';
import { makePlain } from './plain-body.js';
import type { RequestPhaseOutcome } from './request-filters.js';

/** Who waits for the response filters. One of the two is called, once, maybe before `runResponseFilters` has returned. */
export interface ResponseFiltersEnd {
  onResponseFiltered(): void;
  /** @param cause GatewayError SLUICE_FILTER_*, SLUICE_ABI_*, SLUICE_DISPATCH_*, SLUICE_UPSTREAM_CUT */
  onFilterFailure(cause: unknown): void;
}

/**
 * Runs the response filters of the filters that the request got through, over the response on the exchange.
 * @returns `done` where there are none; `later` where `end` is told
 * @throws GatewayError SLUICE_FILTER_*; then `end` is told nothing
 */
export function runResponseFilters(
  exchange: Exchange,
  response: ExchangeResponse,
  route: Route,
  request: RequestPhaseOutcome,
  dispatcher: Dispatcher,
  observer: FilterObserver,
  end: ResponseFiltersEnd,
): 'done' | 'later' {
  const chain = route.responseChains[request.reached]!;
  if (chain.links.length === 0) return 'done';
  const setting: FilterSetting = { exchange, route, dispatcher, observer };
  if (chain.body !== 'none') makePlain(exchange, response);
  const { body } = response;
  if (chain.body === 'buffer' && body !== null) {
    const maxBytes = route.config.limits.responseBufferBytes;
    refuseTooLarge(body, maxBytes);
    // As a rule it came with the head and is held already: then there is nothing to wait for.
    if (!(body instanceof BufferedBody)) {
      holdBody(response, body, maxBytes)
        .then(() => runChain(chain, response, request, setting, end))
        .catch((cause) => end.onFilterFailure(cause));
      return 'later';
    }
  }
  runChain(chain, response, request, setting, end);
  return 'later';
}

/** The body is held by now, where it has to be. */
function runChain(
  chain: PhaseChain,
  response: ExchangeResponse,
  request: RequestPhaseOutcome,
  setting: FilterSetting,
  end: ResponseFiltersEnd,
): void {
  const { body } = response;
  const stage = bodyStage(chain, body);
  const held = stage === 'whole' ? (body as BufferedBody).bytes : null;
  const message = buildMessage(setting.exchange, 'response', stage, held);
  new ResponseRun(setting, chain, withContexts(chain, request.contexts), message, response, end).start();
}

/** The response filters of one exchange on their way. */
class ResponseRun extends ChainRun {
  readonly #response: ExchangeResponse;
  readonly #end: ResponseFiltersEnd;
  /** Where the body is to follow in chunks: the fields that describe it. */
  readonly #fields: ReadonlyMap<string, string> | null;

  constructor(
    setting: FilterSetting,
    chain: PhaseChain,
    links: readonly ChainLink[],
    message: PhaseMessage,
    response: ExchangeResponse,
    end: ResponseFiltersEnd,
  ) {
    super(setting, chain, links, message);
    this.#response = response;
    this.#end = end;
    this.#fields = message.stage === 'follows' ? bodyFields(response.headers) : null;
  }

  failed(cause: unknown): void {
    this.#end.onFilterFailure(cause);
  }

  protected finish(): void {
    const response = this.#response;
    const replaced = this.body;
    const { status } = response;
    response.status = this.message.status;
    if (this.respondedBy !== -1 && (replaced !== undefined || response.status !== status)) {
      const filter = this.chain.specs[this.respondedBy]!.name;
      tellReplaced(this.setting.exchange, filter, status, replaced);
    }
    if (replaced !== undefined) {
      const { body } = response;
      // One that was held is in memory already and has nobody to tell.
      if (!(body instanceof BufferedBody))
        body?.cancel(new GatewayError('SLUICE_UPSTREAM_CUT', 'a filter replaced the body'));
      response.body = new BufferedBody(replaced, trailersAfterEdit(body));
    } else if (this.#fields !== null && this.streaming.length > 0) {
      this.#showBody(this.#fields);
      return;
    }
    this.#end.onResponseFiltered();
  }

  /** Lets the filters that see the body in chunks have it. */
  #showBody(fields: ReadonlyMap<string, string>): void {
    const response = this.#response;
    const end = this.#end;
    const body = response.body!;
    dropStaleFields(response.headers, fields);
    if (isBodiless(response.status)) {
      body.cancel(
        new GatewayError('SLUICE_UPSTREAM_CUT', 'a filter gave the response a status without a body'),
      );
      response.body = null;
      end.onResponseFiltered();
      return;
    }
    const visits = new BodyVisits(this.message, this.links, this.streaming, this.contexts);
    const filtered = new FilteredBody(body, this.setting, this.chain, visits);
    response.body = filtered;
    filtered.first().then(
      () => end.onResponseFiltered(),
      (cause) => end.onFilterFailure(cause),
    );
  }
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
