// Counts of finished exchanges by route and status, kept in plain arrays. A hot path: prom-client's labels cost
// about 1 µs for each update, a lookup here 0.1 µs for all of them together; what is here becomes labels only
// when somebody scrapes.
import type { Exchange } from '../exchange.js';
import { outcomeStatus } from './exchange-outcome.js';
import { EXCHANGE_BOUNDS, Histogram, type Sample } from './histogram.js';

/** Label of exchanges that matched no route of the running configuration. */
const NO_ROUTE = '-';

// A client may send any token as its method: what is not here shares one label.
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'OTHER'] as const;
const METHOD_INDEX: ReadonlyMap<string, number> = new Map(METHODS.map((method, index) => [method, index]));
const OTHER_METHOD = METHODS.length - 1;

const FIRST_STATUS = 100;
const LAST_STATUS = 599;
/** Slot of what is no HTTP status: an upstream may send any three digits. */
const OTHER_STATUS = LAST_STATUS + 1 - FIRST_STATUS;

/** Durations, and beside them the requests by method. */
class StatusSeries extends Histogram {
  static readonly #requests = EXCHANGE_BOUNDS.length + 2;
  readonly slot: number;

  constructor(slot: number) {
    super(EXCHANGE_BOUNDS, METHODS.length);
    this.slot = slot;
  }

  /** @param method its index */
  count(method: number): void {
    this.cells[StatusSeries.#requests + method]! += 1;
  }

  requests(method: number): number {
    return this.cells[StatusSeries.#requests + method]!;
  }
}

class RouteSeries {
  readonly name: string;
  /** The declaration that knew its route. */
  declared: RouteNames;
  /** By slot. */
  readonly statuses = new Map<number, StatusSeries>();
  /** By code; null before the first. */
  errors: Map<string, number> | null = null;
  bytesIn = 0;
  bytesOut = 0;
  /** The one that was asked for last, which most exchanges of a route ask for again. */
  #last: StatusSeries | null = null;

  constructor(name: string, declared: RouteNames) {
    this.name = name;
    this.declared = declared;
  }

  statusOf(slot: number): StatusSeries {
    if (this.#last?.slot === slot) return this.#last;
    let series = this.statuses.get(slot);
    if (series === undefined) {
      series = new StatusSeries(slot);
      this.statuses.set(slot, series);
    }
    this.#last = series;
    return series;
  }

  failed(code: string): void {
    this.errors ??= new Map();
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }
}

/** Ids of the routes that there are. */
export interface RouteNames {
  has(id: string): boolean;
}

const NO_NAMES: RouteNames = new Set();

/**
 * Series of the routes that were declared last; an exchange of any other counts under `-`. There may be thousands of routes, so a series
 * begins with the first exchange of its route, and is held to a new declaration when it is next counted in or read.
 */
export class ExchangeSeries {
  readonly #noRoute = new RouteSeries(NO_ROUTE, NO_NAMES);
  readonly #routes = new Map<string, RouteSeries>();
  #declared = NO_NAMES;

  /** Keeps the series of these routes, and drops the rest. */
  declare(routes: RouteNames): void {
    this.#declared = routes;
  }

  add(exchange: Exchange, durationMs: number): void {
    const route = this.#routeOf(exchange.routeId);
    const status = outcomeStatus(exchange);
    const slot = status >= FIRST_STATUS && status <= LAST_STATUS ? status - FIRST_STATUS : OTHER_STATUS;
    const series = route.statusOf(slot);
    series.count(METHOD_INDEX.get(exchange.method) ?? OTHER_METHOD);
    series.observe(durationMs / 1000);
    route.bytesIn += exchange.bytesIn;
    route.bytesOut += exchange.bytesOut;
    if (exchange.error !== null) route.failed(exchange.error.code);
  }

  requests(name: string): Sample[] {
    const samples: Sample[] = [];
    for (const route of this.#all()) {
      forEachStatus(route, (status, series) => {
        METHODS.forEach((method, index) => {
          const value = series.requests(index);
          if (value > 0) {
            samples.push({
              metricName: name,
              labels: { route: route.name, method, status },
              sharedLabels: {},
              value,
            });
          }
        });
      });
    }
    return samples;
  }

  durations(name: string): Sample[] {
    const samples: Sample[] = [];
    for (const route of this.#all()) {
      forEachStatus(route, (status, series) => {
        series.collect(name, { route: route.name, status }, samples);
      });
    }
    return samples;
  }

  errors(name: string): Sample[] {
    const samples: Sample[] = [];
    for (const route of this.#all()) {
      for (const [code, value] of route.errors ?? []) {
        samples.push({ metricName: name, labels: { route: route.name, code }, sharedLabels: {}, value });
      }
    }
    return samples;
  }

  bytes(name: string, direction: 'bytesIn' | 'bytesOut'): Sample[] {
    return Array.from(this.#all(), ({ name: route, [direction]: value }) => {
      return { metricName: name, labels: { route }, sharedLabels: {}, value };
    });
  }

  #routeOf(id: string): RouteSeries {
    const known = this.#routes.get(id);
    if (known === undefined && this.#declared.has(id)) {
      const route = new RouteSeries(id, this.#declared);
      this.#routes.set(id, route);
      return route;
    }
    return known !== undefined && this.#isLive(known) ? known : this.#noRoute;
  }

  /** Forgets one that is not. */
  #isLive(route: RouteSeries): boolean {
    if (route.declared === this.#declared) return true;
    if (this.#declared.has(route.name)) {
      route.declared = this.#declared;
      return true;
    }
    this.#routes.delete(route.name);
    return false;
  }

  *#all(): Iterable<RouteSeries> {
    yield this.#noRoute;
    for (const route of this.#routes.values()) if (this.#isLive(route)) yield route;
  }
}

function forEachStatus(route: RouteSeries, visit: (status: string, series: StatusSeries) => void): void {
  for (const [slot, series] of route.statuses)
    visit(slot === OTHER_STATUS ? 'other' : String(slot + FIRST_STATUS), series);
}
