// The trip of a request, in order, on one screen. Each phase is a file in phases/; nothing here knows how.
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
import { type RequestPhaseOutcome, runRequestFilters } from './phases/request-filters.js';
import { runResponseFilters } from './phases/response-filters.js';
import { redirectToHttps, tellStrictTransport } from './phases/secure-transport.js';
import type { Route } from './route.js';
import type { SnapshotStore } from './store.js';

/** Told what happens, for metrics and log. */
export interface PipelineObserver extends FilterObserver, EgressObserver {
  exchangeFinished(exchange: Exchange): void;
}

export class Pipeline {
  readonly #store: SnapshotStore;
  readonly #dispatcher: Dispatcher;
  readonly #observer: PipelineObserver;
  #running = 0;

  constructor(store: SnapshotStore, dispatcher: Dispatcher, observer: PipelineObserver) {
    this.#store = store;
    this.#dispatcher = dispatcher;
    this.#observer = observer;
  }

  /** Exchanges that are on their way. */
  get running(): number {
    return this.#running;
  }

  /** The one verb: takes an exchange from a listener and answers it, whatever happens. */
  readonly handle: ExchangeHandler = (exchange, reply, refusal) => {
    void this.#run(exchange, reply, refusal);
  };

  /** Waits only where there is something to wait for: of a request without filters, that is the upstream alone. */
  async #run(exchange: Exchange, reply: Reply, refusal: GatewayError | null): Promise<void> {
    const snapshot = this.#store.acquire();
    const transport = snapshot.transports?.get(exchange.listener);
    exchange.revision = snapshot.revision;
    this.#running += 1;
    try {
      if (refusal !== null) throw refusal;
      const route = matchRoute(exchange, snapshot.router);
      if (transport !== undefined) redirectToHttps(exchange, transport);
      if (exchange.response === null) {
        admitClient(exchange, route);
        const asked = runRequestFilters(exchange, route, this.#dispatcher, this.#observer);
        const request = asked instanceof Promise ? await asked : asked;
        if (exchange.response === null) {
          takeResponse(exchange, await forward(exchange, route, readsWhole(route, request)));
        }
        const response = exchange.response!;
        const filtering = runResponseFilters(
          exchange,
          response,
          route,
          request,
          this.#dispatcher,
          this.#observer,
        );
        if (filtering !== undefined) await filtering;
        if (route.egress !== null) await guardEgress(exchange, response, route.egress, this.#observer);
      }
    } catch (cause) {
      exchange.error = GatewayError.from(cause);
      exchange.response?.body?.cancel(exchange.error);
      exchange.response = buildErrorResponse(exchange, exchange.error);
    }
    if (transport !== undefined) tellStrictTransport(exchange, transport);
    const sending = sendReply(exchange, reply, refusal !== null);
    if (sending !== undefined) await sending;
    this.#running -= 1;
    snapshot.release();
    this.#observer.exchangeFinished(exchange);
  }
}

/** Somebody reads the body of the response: no part of it and no compressed one will do. */
function readsWhole({ responseChains, egress }: Route, { reached }: RequestPhaseOutcome): boolean {
  return responseChains[reached]!.body !== 'none' || egress?.bodies === true;
}
