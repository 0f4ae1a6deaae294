// Request filters: those of the route, in its order.
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { GatewayError } from '../errors.js';
import { type Body, BufferedBody, type Exchange } from '../exchange.js';
import type { PhaseChain, Route } from '../route.js';
import { BodyVisits } from '../wasm/body-visits.js';
import type { PhaseMessage } from '../wasm/guest-abi.js';
import { collectBody, LimitedBody, trailersAfterEdit } from './collect-body.js';
import { takeAnswer } from './filter-answer.js';
import {
  bodyStage,
  buildMessage,
  ChainRun,
  type FilterObserver,
  type FilterSetting,
  filterError,
} from './filter-run.js';
import { FilteredBody } from './filtered-body.js';

const SMALL_BODY_BYTES = 16384;

/** What the request phase leaves to the response phase. It may change while the body is on its way upstream. */
export interface RequestPhaseOutcome {
  /** Filters of the route whose response phase has to run: those before the one that answered, or all. */
  readonly reached: number;
  /** By place in the route's list; null when no filter kept anything. */
  readonly contexts: readonly (Uint8Array | null)[] | null;
}

/** Who waits for the request filters. One of the two is called, once, maybe before `runRequestFilters` has returned. */
export interface RequestFiltersEnd {
  onRequestFiltered(outcome: RequestPhaseOutcome): void;
  /** @param cause GatewayError SLUICE_LISTEN_BODY_TOO_LARGE, SLUICE_FILTER_*, SLUICE_ABI_*, SLUICE_DISPATCH_* */
  onFilterFailure(cause: unknown): void;
}

/**
 * Runs the request filters. Afterwards the exchange is edited, or it has a response that a filter gave.
 * @returns the outcome itself where nothing had to be waited for; `later` where `end` is told
 * @throws GatewayError SLUICE_LISTEN_BODY_TOO_LARGE, SLUICE_FILTER_QUARANTINED; then `end` is told nothing
 */
export function runRequestFilters(
  exchange: Exchange,
  route: Route,
  dispatcher: Dispatcher,
  observer: FilterObserver,
  end: RequestFiltersEnd,
): RequestPhaseOutcome | 'later' {
  refuseHeldOut(exchange, route, dispatcher, observer);
  // Before any filter: what a client names in `connection` must not take along what a filter sets.
  exchange.requestHeaders = exchange.requestHeaders.withoutHopByHop();
  limitBody(exchange, route.config.limits.requestBodyBytes);
  const { requestBody: body } = exchange;
  const { requestChain: chain } = route;
  const holds = chain.body === 'buffer' || isSmall(body);
  const setting: FilterSetting = { exchange, route, dispatcher, observer };
  if (!holds || body === null || body instanceof BufferedBody) return runChain(setting, end);
  holdBody(exchange, body, route.config.limits.requestBodyBytes)
    .then(() => runChain(setting, end))
    .then(
      (outcome) => {
        if (outcome !== 'later') end.onRequestFiltered(outcome);
      },
      (cause) => end.onFilterFailure(cause),
    );
  return 'later';
}

/** By the number of filters of the route. */
const UNTOUCHED: RequestPhaseOutcome[] = [];

function untouched({ filters }: Route): RequestPhaseOutcome {
  UNTOUCHED[filters.length] ??= Object.freeze({ reached: filters.length, contexts: null });
  return UNTOUCHED[filters.length]!;
}

/** The body is held by now, where it has to be. */
function runChain(setting: FilterSetting, end: RequestFiltersEnd): RequestPhaseOutcome | 'later' {
  const { exchange, route } = setting;
  const { requestChain: chain } = route;
  if (chain.links.length === 0) return untouched(route);
  const { requestBody: body } = exchange;
  const stage = bodyStage(chain, body);
  const held = stage === 'whole' ? (body as BufferedBody).bytes : null;
  new RequestRun(setting, buildMessage(exchange, 'request', stage, held), end).start();
  return 'later';
}

/** The request filters of one exchange on their way. */
class RequestRun extends ChainRun {
  readonly #end: RequestFiltersEnd;
  /** The body is to follow in chunks. */
  readonly #follows: boolean;

  constructor(setting: FilterSetting, message: PhaseMessage, end: RequestFiltersEnd) {
    const { requestChain: chain } = setting.route;
    super(setting, chain, chain.links, message);
    this.#end = end;
    this.#follows = message.stage === 'follows';
  }

  failed(cause: unknown): void {
    this.#end.onFilterFailure(cause);
  }

  protected finish(): void {
    this.#apply();
    const streams = this.#follows && this.response === null && this.streaming.length > 0;
    this.#end.onRequestFiltered(streams ? this.#streamThrough() : this.#outcome());
  }

  /** Puts what the filters made of the request on the exchange; the headers are edited in place. */
  #apply(): void {
    const { message, body, response } = this;
    const { exchange } = this.setting;
    exchange.path = message.path;
    exchange.query = message.query;
    exchange.secretHeaders = message.secretHeaders ?? null;
    if (body !== undefined)
      exchange.requestBody = new BufferedBody(body, trailersAfterEdit(exchange.requestBody));
    if (response !== null) takeAnswer(exchange, this.chain.specs[this.respondedBy]!.name, response);
  }

  #outcome(): RequestPhaseOutcome {
    const { places } = this.chain;
    const everybody = this.setting.route.responseChains.length - 1;
    return {
      reached: this.response === null ? everybody : places[this.respondedBy]!,
      contexts: placeContexts(this.contexts, places, everybody),
    };
  }

  /** Has the filters that want it see the body on its way upstream. */
  #streamThrough(): RequestPhaseOutcome {
    const { setting, chain, links } = this;
    const { exchange, route } = setting;
    const visits = new BodyVisits(this.message, links, this.streaming, this.contexts);
    const filtered = new FilteredBody(exchange.requestBody!, setting, chain, visits);
    exchange.requestBody = filtered;
    return new StreamedRequest(filtered, chain, route.responseChains.length - 1);
  }
}

/** The outcome of a request whose body is on its way through filters. */
class StreamedRequest implements RequestPhaseOutcome {
  readonly #body: FilteredBody;
  readonly #chain: PhaseChain;
  readonly #everybody: number;

  constructor(body: FilteredBody, chain: PhaseChain, everybody: number) {
    this.#body = body;
    this.#chain = chain;
    this.#everybody = everybody;
  }

  get reached(): number {
    const { answeredBy } = this.#body;
    return answeredBy === -1 ? this.#everybody : this.#chain.places[answeredBy]!;
  }

  get contexts(): readonly (Uint8Array | null)[] | null {
    return placeContexts(this.#body.contexts, this.#chain.places, this.#everybody);
  }
}

/** A filter in quarantine would fail the exchange: now, before the upstream did any work, response filters as well. */
function refuseHeldOut(
  exchange: Exchange,
  route: Route,
  dispatcher: Dispatcher,
  observer: FilterObserver,
): void {
  const heldOut = dispatcher.heldOut(route.filters);
  if (heldOut === null) return;
  const { name } = heldOut.spec;
  const failure = {
    code: 'SLUICE_FILTER_QUARANTINED',
    message: `filter ${name} is in quarantine for ${Math.ceil(heldOut.retryInMs)} ms`,
    index: -1,
    skipped: false,
  } as const;
  observer.filterFailed(name, failure, exchange);
  throw filterError(name, failure, Math.ceil(heldOut.retryInMs / 1000));
}

/**
 * A body of a few kilobytes as a rule came with the head. Sent upstream as one piece it costs half of what a
 * stream does, and it can be sent again when a connection fails.
 */
function isSmall(body: Exchange['requestBody']): boolean {
  return body !== null && body.length !== null && body.length <= SMALL_BODY_BYTES;
}

function limitBody(exchange: Exchange, maxBytes: number): void {
  const { requestBody: body } = exchange;
  if (body === null) return;
  if (body.length === null) exchange.requestBody = new LimitedBody(body, maxBytes, () => tooLarge(maxBytes));
  else if (body.length > maxBytes) throw tooLarge(maxBytes);
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError('SLUICE_LISTEN_BODY_TOO_LARGE', `the body is larger than ${maxBytes} bytes`);
}

/** Reads the body whole; it stays on the exchange for the upstream. */
async function holdBody(exchange: Exchange, body: Body, maxBytes: number): Promise<void> {
  exchange.requestBody = await collectBody(body, maxBytes, () => tooLarge(maxBytes));
}

function placeContexts(
  contexts: readonly (Uint8Array | null)[],
  places: readonly number[],
  count: number,
): (Uint8Array | null)[] | null {
  if (contexts.every((context) => context === null)) return null;
  const placed = new Array<Uint8Array | null>(count).fill(null);
  for (let i = 0; i < contexts.length; i += 1) placed[places[i]!] = contexts[i]!;
  return placed;
}
