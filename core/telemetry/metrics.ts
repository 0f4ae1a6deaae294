// Everything that /metrics shows of one gateway. The gateway's own numbers are kept as plain sums and read at a scrape.
import type { ErrorCode } from '../errors.js';
import type { Exchange } from '../exchange.js';
import { EgressSeries } from './egress-series.js';
import { elapsedMs } from './exchange-outcome.js';
import { ExchangeSeries, type RouteNames } from './exchange-series.js';
import { type FilterPhase, FilterSeries } from './filter-series.js';
import { BATCH_BOUNDS, collectBuckets, type Sample, sampleOf } from './histogram.js';
import { type MetricKind, MetricRegistry, type MetricValues } from './metric-registry.js';
import type { DispatchSample, FilterSample, MetricSources } from './metric-sources.js';
import { groupOwnMetrics } from './own-metrics.js';
import { registerUpstreams } from './upstream-metrics.js';

type Labels = Readonly<Record<string, string>>;

export interface MetricsOptions {
  readonly sources: MetricSources;
  /** Of the product, for `sluice_build_info`. */
  readonly version: string;
}

/** Names that the running configuration declares. */
export interface LiveNames {
  readonly routes: RouteNames;
  readonly filters: Iterable<string>;
}

export type ReloadOutcome = 'applied' | 'failed';

const NO_LABELS: Labels = Object.freeze({});

/** The metrics of one gateway. Everything but `text` is cheap and may be called for every exchange. */
export class Metrics {
  readonly #registry = new MetricRegistry();
  readonly #sources: MetricSources;
  readonly #exchanges = new ExchangeSeries();
  readonly #filters = new FilterSeries();
  readonly #egress = new EgressSeries();
  readonly #reloads = { applied: 0, failed: 0 };
  #rollbacks = 0;
  #revision = '';
  /** Who runs has loaded once. */
  #lastReloadSucceeded = true;
  #lastReloadMs = 0;
  #lastSuccessMs = 0;

  constructor(options: MetricsOptions) {
    this.#sources = options.sources;
    this.#register('sluice_build_info', 'Always 1; the version is a label.', 'gauge-max', (name) => [
      sampleOf(name, 1, { version: options.version }),
    ]);
    this.#registerExchanges();
    this.#registerFilters();
    registerUpstreams(this.#registry, () => this.#sources.upstreams());
    this.#registerDispatch();
    this.#registerConfig();
    this.#register(
      'sluice_secret_egress_total',
      'Secrets caught on their way out, by secret, place and what was done.',
      'counter',
      (name) => this.#egress.samples(name),
    );
    this.#register(
      'sluice_certificate_not_after_timestamp_seconds',
      'When certificates in use run out, and lists of revoked ones.',
      'gauge-min',
      (name) =>
        Array.from(this.#sources.certificates(), ({ labels, notAfterMs }) =>
          sampleOf(name, notAfterMs / 1000, labels),
        ),
    );
    this.#single('sluice_log_dropped_bytes_total', 'Log lines lost to a slow reader.', 'counter', () =>
      this.#sources.droppedLogBytes(),
    );
    this.#registry.measureProcess();
  }

  /** Value of `content-type` for `text`. */
  get contentType(): string {
    return MetricRegistry.contentType;
  }

  /** Everything in the Prometheus text format. */
  async text(): Promise<string> {
    return `${await this.#registry.text()}\n${await this.#ownMetrics().text()}`;
  }

  /** Likewise as values, for who adds up several processes. */
  async values(): Promise<MetricValues[]> {
    return [...(await this.#registry.values()), ...(await this.#ownMetrics().values())];
  }

  /** Those of `values` that are counted, but for those of the process as such: cheap enough for every second. */
  counted(): MetricValues[] {
    return [...this.#registry.counted(), ...this.#ownMetrics().counted()];
  }

  /** Which metrics filters define changes with the revision, so they get a registry for each scrape. */
  #ownMetrics(): MetricRegistry {
    const registry = new MetricRegistry();
    for (const { name, help, kind, samples } of groupOwnMetrics(this.#sources.filterMetrics())) {
      registry.register(name, help, kind, () => [...samples]);
    }
    return registry;
  }

  /** Counts an exchange that is over; `durationMs` saves a look at the clock when the caller knows it. */
  exchangeFinished(exchange: Exchange, durationMs: number = elapsedMs(exchange)): void {
    this.#exchanges.add(exchange, durationMs);
    const { answer } = exchange;
    if (answer !== null) this.#filters.answered(answer.filter, answer.status);
  }

  /** A chain with this filter came back; for `waitMs` of its way no filter ran. */
  filterCalled(filter: string, phase: FilterPhase, durationNs: number, edits: number, waitMs: number): void {
    this.#filters.called(filter, phase, durationNs, edits, waitMs);
  }

  /** A callout of a filter came to an end. */
  calloutEnded(filter: string, upstream: string, outcome: string, durationMs: number): void {
    this.#filters.calledOut(filter, upstream, outcome, durationMs);
  }

  /** A call that did not come to an end; `filterCalled` is not called for it. */
  filterFailed(filter: string, code: ErrorCode): void {
    this.#filters.failed(filter, code);
  }

  /** A secret was caught on its way out. */
  secretCaught(secret: string, place: 'header' | 'body' | 'log', action: 'redacted' | 'blocked'): void {
    this.#egress.caught(secret, place, action);
  }

  /** The revision that new exchanges get from now on. Call `prune` with the names it declares. */
  revisionRuns(revision: string): void {
    this.#revision = revision;
    // The first one was loaded as well.
    if (this.#lastSuccessMs === 0) this.#lastReloadMs = this.#lastSuccessMs = Date.now();
  }

  /** A revision was left again by the gateway itself. */
  rolledBack(): void {
    this.#rollbacks += 1;
  }

  reloadEnded(outcome: ReloadOutcome): void {
    const nowMs = Date.now();
    this.#reloads[outcome] += 1;
    this.#lastReloadMs = nowMs;
    this.#lastReloadSucceeded = outcome !== 'failed';
    if (this.#lastReloadSucceeded) this.#lastSuccessMs = nowMs;
  }

  /**
   * Tells which routes and filters exist; call it for every revision, the first one too. Series of others are gone with the next
   * scrape, and what still ends on an older revision cannot bring them back.
   */
  prune(live: LiveNames): void {
    this.#filters.declare(live.filters);
    this.#exchanges.declare(live.routes);
  }

  #registerExchanges(): void {
    const series = this.#exchanges;
    this.#register(
      'sluice_requests_total',
      'Exchanges that ended, by route, method and status.',
      'counter',
      (name) => series.requests(name),
    );
    this.#register(
      'sluice_request_duration_seconds',
      'From the head of the request to the end of the response.',
      'histogram',
      (name) => series.durations(name),
    );
    this.#register(
      'sluice_request_errors_total',
      'Exchanges that ended in an error, by route and code.',
      'counter',
      (name) => series.errors(name),
    );
    this.#register('sluice_request_body_bytes_total', 'Body bytes from clients.', 'counter', (name) =>
      series.bytes(name, 'bytesIn'),
    );
    this.#register('sluice_response_body_bytes_total', 'Body bytes to clients.', 'counter', (name) =>
      series.bytes(name, 'bytesOut'),
    );
    this.#single('sluice_requests_in_flight', 'Exchanges that run now.', 'gauge', () =>
      this.#sources.inFlight(),
    );
  }

  #registerFilters(): void {
    const series = this.#filters;
    this.#register('sluice_filter_calls_total', 'Calls that came to an end.', 'counter', (name) =>
      series.counts(name, 'calls'),
    );
    this.#register('sluice_filter_edits_total', 'Edits that filters asked for.', 'counter', (name) =>
      series.counts(name, 'edits'),
    );
    this.#register('sluice_filter_duration_seconds', 'Time of one call.', 'histogram', (name) =>
      series.durations(name),
    );
    this.#register('sluice_filter_failures_total', 'Calls that failed, by code.', 'counter', (name) =>
      series.failures(name),
    );
    this.#register(
      'sluice_filter_answers_total',
      'Requests that a filter answered in place of the upstream, or gave the status of their response, by status.',
      'counter',
      (name) => series.answers(name),
    );
    this.#register(
      'sluice_filter_queue_seconds_total',
      'Time that chains waited for a worker.',
      'counter',
      (name) => series.queueSeconds(name),
    );
    this.#filter('sluice_filter_quarantined', '1 while quarantined or on trial.', 'gauge-max', ({ state }) =>
      Number(state !== 'active'),
    );
    this.#register('sluice_filter_callouts_total', 'Callouts, by upstream and outcome.', 'counter', (name) =>
      series.callouts(name),
    );
    this.#register('sluice_filter_callout_duration_seconds', 'Time of one callout.', 'histogram', (name) =>
      series.calloutDurations(name),
    );
    this.#filter(
      'sluice_filter_quarantines_total',
      'How often it was quarantined since it was loaded.',
      'counter',
      ({ quarantines }) => quarantines,
    );
    this.#filter(
      'sluice_filter_peak_memory_bytes',
      'Most linear memory of one instance.',
      'gauge-max',
      ({ peakMemoryBytes }) => peakMemoryBytes,
    );
  }

  #registerDispatch(): void {
    const dispatch = (): DispatchSample => this.#sources.dispatch();
    this.#single('sluice_dispatch_workers', 'Workers that run filters.', 'gauge', () => dispatch().workers);
    this.#single('sluice_dispatch_spare_workers', 'Workers kept warm.', 'gauge', () => dispatch().spares);
    this.#single(
      'sluice_filter_memory_bytes',
      'Linear memory of all filters in all workers.',
      'gauge',
      () => dispatch().memoryBytes,
    );
    this.#single('sluice_dispatch_queue_depth', 'Exchanges that wait.', 'gauge', () => dispatch().queued);
    this.#single(
      'sluice_dispatch_outstanding',
      'Exchanges that are with workers.',
      'gauge',
      () => dispatch().outstanding,
    );
    this.#single(
      'sluice_dispatch_worker_restarts_total',
      'Workers that were ended and replaced.',
      'counter',
      () => dispatch().restarts,
    );
    this.#register(
      'sluice_dispatch_batch_size',
      'Exchanges that one visit to a worker carried.',
      'histogram',
      (name) => {
        const samples: Sample[] = [];
        const { batchSizes, records } = dispatch();
        collectBuckets(name, NO_LABELS, { bounds: BATCH_BOUNDS, counts: batchSizes, sum: records }, samples);
        return samples;
      },
    );
  }

  #registerConfig(): void {
    this.#register(
      'sluice_config_revision_info',
      'Always 1; the revision that runs is a label.',
      'gauge-max',
      (name) => (this.#revision === '' ? [] : [sampleOf(name, 1, { revision: this.#revision })]),
    );
    this.#register('sluice_config_reloads_total', 'Attempts to load, by outcome.', 'counter', (name) =>
      Object.entries(this.#reloads).map(([outcome, value]) => sampleOf(name, value, { outcome })),
    );
    this.#single(
      'sluice_config_rollbacks_total',
      'Releases that were left again because they did worse than their budget allows.',
      'counter',
      () => this.#rollbacks,
    );
    this.#single('sluice_config_last_reload_success', '1 when the last attempt was good.', 'gauge-min', () =>
      Number(this.#lastReloadSucceeded),
    );
    this.#single(
      'sluice_config_last_reload_timestamp_seconds',
      'When the last attempt ended.',
      'gauge-max',
      () => this.#lastReloadMs / 1000,
    );
    this.#single(
      'sluice_config_last_reload_success_timestamp_seconds',
      'When the last good attempt ended.',
      'gauge-max',
      () => this.#lastSuccessMs / 1000,
    );
    this.#single(
      'sluice_config_staleness_seconds',
      'Since the configuration was known to be what its source holds; grows while etcd cannot be followed.',
      'gauge-max',
      () => this.#sources.configStaleness(),
    );
    this.#single(
      'sluice_config_last_good_kept',
      '0 while the release that runs cannot be written to the cache, which a start without etcd needs.',
      'gauge-min',
      () => Number(this.#sources.configKept()),
    );
  }

  #filter(name: string, help: string, kind: MetricKind, value: (filter: FilterSample) => number): void {
    this.#register(name, help, kind, () =>
      Array.from(this.#sources.filters(), (filter) => sampleOf(name, value(filter), { filter: filter.name })),
    );
  }

  #single(name: string, help: string, kind: MetricKind, value: () => number): void {
    this.#register(name, help, kind, () => [sampleOf(name, value(), NO_LABELS)]);
  }

  #register(name: string, help: string, kind: MetricKind, collect: (name: string) => Sample[]): void {
    this.#registry.register(name, help, kind, collect);
  }
}
