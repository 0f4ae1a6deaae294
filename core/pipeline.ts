// The trip of a request, in order. Each phase is a file in phases/; nothing here knows how.
//
//   match route → admit client → request filters → forward → response filters → egress → reply → finish
import type { Dispatcher } from './dispatch/dispatcher.js';
import { GatewayError } from './errors.js';
import type { Exchange } from './exchange.js';
import type { ExchangeHandler, Reply } from './listener/listener.js';
import { admitClient } from './phases/admit-client.js';
import { type EgressObserver, guardEgress } from './phases/egress.js';
import { buildErrorResponse } from './phases/error-response.js';
import type { FilterObserver } from './phases/filter-run.js';
import { forward, takeResponse } from './phases/forward.js';
import { matchRoute } from './phases/match-route.js';
import { sendReply } from './phases/reply.js';
import {
  type RequestFiltersEnd,
  type RequestPhaseOutcome,
  runRequestFilters,
} from './phases/request-filters.js';
import { type ResponseFiltersEnd, runResponseFilters } from './phases/response-filters.js';
import { redirectToHttps, tellStrictTransport } from './phases/secure-transport.js';
import type { Route } from './route.js';
import type { Snapshot } from './snapshot.js';
import type { SnapshotStore } from './store.js';
import type { Transport } from './transport.js';
import type { ResponseReceiver, UpstreamResponse } from './upstream/upstream.js';

/** Told what happens, for metrics and log. */
export interface PipelineObserver extends FilterObserver, EgressObserver {
  exchangeFinished(exchange: Exchange): void;
}

/** What all trips share. */
interface Gear {
  readonly store: SnapshotStore;
  readonly dispatcher: Dispatcher;
  readonly observer: PipelineObserver;
  /** Trips that have not finished. */
  running: number;
}

export class Pipeline {
  readonly #gear: Gear;

  constructor(store: SnapshotStore, dispatcher: Dispatcher, observer: PipelineObserver) {
    this.#gear = { store, dispatcher, observer, running: 0 };
  }

  /** Exchanges that are on their way. */
  get running(): number {
    return this.#gear.running;
  }

  /** The one verb: takes an exchange from a listener and answers it, whatever happens. */
  readonly handle: ExchangeHandler = (exchange, reply, refusal) => {
    new Trip(this.#gear, exchange, reply, refusal !== null).begin(refusal);
  };
}

/**
 * One exchange on its way: each method is a part of it between two waits, and ends with the next one or with `#fail`. An async
 * function would say the same, and keep 700 bytes more of a request that waits: where thousands do, the collector copies them
 * again and again.
 */
class Trip implements RequestFiltersEnd, ResponseReceiver, ResponseFiltersEnd {
  readonly #gear: Gear;
  readonly #exchange: Exchange;
  readonly #reply: Reply;
  readonly #isMalformed: boolean;
  readonly #snapshot: Snapshot;
  readonly #transport: Transport | undefined;
  /** Set once a route matched. */
  #route: Route | null = null;
  /** Set once the request filters ran. */
  #request: RequestPhaseOutcome | null = null;

  constructor(gear: Gear, exchange: Exchange, reply: Reply, isMalformed: boolean) {
    this.#gear = gear;
    this.#exchange = exchange;
    this.#reply = reply;
    this.#isMalformed = isMalformed;
    this.#snapshot = gear.store.acquire();
    this.#transport = this.#snapshot.transports?.get(exchange.listener);
    exchange.revision = this.#snapshot.revision;
    gear.running += 1;
  }

  /** Match route, admit client, request filters. */
  begin(refusal: GatewayError | null): void {
    const exchange = this.#exchange;
    const { dispatcher, observer } = this.#gear;
    let asked: RequestPhaseOutcome | 'later' | null = null;
    try {
      if (refusal !== null) throw refusal;
      const route = matchRoute(exchange, this.#snapshot.router);
      this.#route = route;
      if (this.#transport !== undefined) redirectToHttps(exchange, this.#transport);
      if (exchange.response === null) {
        admitClient(exchange, route);
        asked = runRequestFilters(exchange, route, dispatcher, observer, this);
      }
    } catch (cause) {
      this.#fail(cause);
      return;
    }
    if (asked === null) this.#answer();
    else if (asked !== 'later') this.onRequestFiltered(asked);
  }

  /** Forward. */
  onRequestFiltered(request: RequestPhaseOutcome): void {
    this.#request = request;
    if (this.#exchange.response !== null) {
      this.#filterResponse();
      return;
    }
    const route = this.#route!;
    try {
      forward(this.#exchange, route, readsWhole(route, request), this);
    } catch (cause) {
      this.#fail(cause);
    }
  }

  onResponse(response: UpstreamResponse): void {
    try {
      takeResponse(this.#exchange, response);
    } catch (cause) {
      this.#fail(cause);
      return;
    }
    this.#filterResponse();
  }

  onFailure(error: GatewayError): void {
    // A filter has answered while the body was on its way: then what fails after it does not count.
    if (this.#exchange.response !== null) this.#filterResponse();
    else this.#fail(error);
  }

  /** Response filters. */
  #filterResponse(): void {
    const exchange = this.#exchange;
    const response = exchange.response!;
    const { dispatcher, observer } = this.#gear;
    let filtered: 'done' | 'later';
    try {
      filtered = runResponseFilters(
        exchange,
        response,
        this.#route!,
        this.#request!,
        dispatcher,
        observer,
        this,
      );
    } catch (cause) {
      this.#fail(cause);
      return;
    }
    if (filtered === 'done') this.onResponseFiltered();
  }

  /** Egress. */
  onResponseFiltered(): void {
    const exchange = this.#exchange;
    const { egress } = this.#route!;
    if (egress === null) this.#answer();
    else {
      guardEgress(exchange, exchange.response!, egress, this.#gear.observer).then(
        () => this.#answer(),
        (cause) => this.#fail(cause),
      );
    }
  }

  onFilterFailure(cause: unknown): void {
    this.#fail(cause);
  }

  #fail(cause: unknown): void {
    const exchange = this.#exchange;
    exchange.error = GatewayError.from(cause);
    exchange.response?.body?.cancel(exchange.error);
    exchange.response = buildErrorResponse(exchange, exchange.error);
    this.#answer();
  }

  /** Reply. */
  #answer(): void {
    let sending: Promise<void> | undefined;
    try {
      if (this.#transport !== undefined) tellStrictTransport(this.#exchange, this.#transport);
      sending = sendReply(this.#exchange, this.#reply, this.#isMalformed);
    } catch (bug) {
      // Whoever is last to see a bug logs it; a drain must not wait for this exchange, nor its client.
      this.#reply.abort();
      this.#finish();
      throw bug;
    }
    if (sending === undefined) this.#finish();
    else void sending.then(() => this.#finish());
  }

  #finish(): void {
    this.#gear.running -= 1;
    this.#snapshot.release();
    this.#gear.observer.exchangeFinished(this.#exchange);
  }
}

/** Somebody reads the body of the response: no part of it and no compressed one will do. */
function readsWhole({ responseChains, egress }: Route, { reached }: RequestPhaseOutcome): boolean {
  return responseChains[reached]!.body !== 'none' || egress?.bodies === true;
}
