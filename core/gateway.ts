// Start, reload, drain, stop. Wires every room to the others and owns the life of each.

import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { type AdminDesk, AdminListener } from './admin-listener.js';
import { CertificateMonitor } from './certificate-monitor.js';
import type { ConfigRevision, ConfigSource } from './config/source.js';
import { Dispatcher, type DispatcherEvents } from './dispatch/dispatcher.js';
import { drain } from './drain.js';
import { ConfigErrors, GatewayError } from './errors.js';
import { type Condition, GatewayReport } from './gateway-report.js';
import { ListenerSet } from './listener-set.js';
import { TelemetryObserver } from './observer.js';
import { Pipeline } from './pipeline.js';
import { Revisions } from './revisions.js';
import { type Breach, RolloutWatch } from './rollout-watch.js';
import type { GatewaySources, Seat } from './seat.js';
import { SnapshotBuilder } from './snapshot-builder.js';
import { SnapshotStore } from './store.js';
import { AccessLog } from './telemetry/access-log.js';
import { AdminServer } from './telemetry/admin-server.js';
import { createLog, type Log, type LogLevel } from './telemetry/log.js';
import { LogDestination } from './telemetry/log-destination.js';
import type { MetricSources } from './telemetry/metric-sources.js';
import { Metrics } from './telemetry/metrics.js';
import { RedactingWriter } from './telemetry/redacting-writer.js';
import { VERSION } from './version.js';

/** What a gateway is made of, besides its configuration. */
export interface GatewayOptions {
  readonly source: ConfigSource;
  /** Where log lines go. Default: stdout. */
  readonly logDestination?: LogDestination;
  /** Its place among processes that share ports and admin listener. Default null: it is alone. */
  readonly seat?: Seat | null;
}

/** How a gateway is left. */
export interface StopOptions {
  /**
   * So long, and `shutdown.drainMs` at most, connections stay open that may have a request under way: each is asked to close
   * with its next response. For a process that others take over from. Default 0.
   */
  readonly lingerMs?: number;
  /** Called when no exchange runs any more, and everything can still be asked. */
  readonly drained?: () => Promise<void>;
}

export class Gateway {
  readonly log: Log;
  readonly #source: ConfigSource;
  readonly #destination: LogDestination;
  readonly #lines: RedactingWriter;
  readonly #accessLog: AccessLog | null;
  readonly #dispatcher: Dispatcher;
  readonly #store = new SnapshotStore();
  readonly #certificates: CertificateMonitor;
  readonly #metrics: Metrics;
  readonly #builder: SnapshotBuilder;
  readonly #pipeline: Pipeline;
  readonly #listeners: ListenerSet;
  readonly #seat: Seat | null;
  readonly #desk: AdminDesk;
  readonly #condition: Condition = {
    isOpening: true,
    isDraining: false,
    appliedAt: new Date(),
    lastError: null,
    rolledBack: null,
    outage: null,
  };
  readonly #report: GatewayReport;
  readonly #revisions: Revisions;

  /**
   * Starts a gateway: reads and builds the configuration, starts the workers, opens the listeners. Where the source has
   * none that can be run, the one that ran last is started, if the source kept it.
   * @throws ConfigErrors, GatewayError SLUICE_DISPATCH_START; then nothing is left running
   */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const { source } = options;
    try {
      return await Gateway.#startWith(await source.load(), options, null);
    } catch (cause) {
      try {
        if (!(cause instanceof ConfigErrors)) throw cause;
        const lastGood = await source.lastGood();
        if (lastGood === null) throw cause;
        return await Gateway.#startWith(lastGood, options, cause);
      } catch (further) {
        await source.close();
        throw further === cause ? cause : withFurther(cause as ConfigErrors, further);
      }
    }
  }

  /** @param refused why `revision` is started in place of what the source has */
  static async #startWith(
    revision: ConfigRevision,
    options: GatewayOptions,
    refused: ConfigErrors | null,
  ): Promise<Gateway> {
    const gateway = new Gateway(revision, options);
    try {
      await gateway.#start(revision, refused);
      return gateway;
    } catch (cause) {
      await gateway.#teardown();
      throw cause;
    }
  }

  private constructor(revision: ConfigRevision, options: GatewayOptions) {
    const { log, workers } = revision.config;
    const { source, seat = null } = options;
    this.#source = source;
    this.#seat = seat;
    this.#destination = options.logDestination ?? new LogDestination({ isShared: seat !== null });
    this.#lines = new RedactingWriter(this.#destination, (secret) =>
      this.#metrics.secretCaught(secret, 'log', 'redacted'),
    );
    this.log = createLog({
      level: log.level,
      destination: this.#lines,
      base: seat === null ? {} : { process: seat.index },
    });
    this.#accessLog = log.access
      ? new AccessLog({ destination: this.#lines, process: seat?.index ?? null })
      : null;
    this.#dispatcher = new Dispatcher(workers, this.#dispatcherEvents());
    this.#certificates = new CertificateMonitor(this.log);
    this.#report = new GatewayReport(
      this.#source,
      this.#store,
      this.#dispatcher,
      this.#condition,
      () => this.ports,
    );
    this.#metrics = new Metrics({ version: VERSION, sources: this.#metricSources() });
    const watch = new RolloutWatch(
      (breach) => this.#revisions.rollBack(breach, () => seat?.rolledBack(breach)),
      () => performance.now(),
    );
    const observer = new TelemetryObserver(this.#metrics, this.log, this.#accessLog, watch);
    this.#builder = new SnapshotBuilder(this.#dispatcher, observer);
    this.#pipeline = new Pipeline(this.#store, this.#dispatcher, observer);
    this.#listeners = new ListenerSet(
      this.#pipeline.handle,
      (listener, engine, reason) =>
        this.log.info({ listener, engine }, `listens by the engine ${engine}: ${reason}`),
      seat?.ports ?? null,
    );
    const sources = this.#adminSources();
    this.#desk = seat?.openDesk(sources) ?? new AdminListener(new AdminServer(sources));
    this.#revisions = new Revisions({
      source,
      store: this.#store,
      builder: this.#builder,
      listeners: this.#listeners,
      desk: this.#desk,
      certificates: this.#certificates,
      watch,
      metrics: this.#metrics,
      log: this.log,
      lines: this.#lines,
      condition: this.#condition,
      isReplaced: seat !== null,
    });
  }

  /** Ports that are bound, by name of the listener. */
  get ports(): Map<string, number> {
    return this.#listeners.ports();
  }

  /** Port of the admin listener; 0 when there is none. */
  get adminPort(): number {
    return this.#desk.port;
  }

  /** Revision that new exchanges get. */
  get revision(): string {
    return this.#store.current.revision;
  }

  /** How long it may take from the signal to stop until exchanges that run are cut, in milliseconds. */
  get drainMs(): number {
    const { delayMs, drainMs } = this.#store.current.source.config.shutdown;
    return delayMs + drainMs;
  }

  /** Of the revision that runs. */
  get logLevel(): LogLevel {
    return this.#store.current.source.config.log.level;
  }

  /** Reads the configuration again now, whatever the watch has seen. */
  async reload(): Promise<void> {
    await this.#source.reload();
    await this.#revisions.settled;
  }

  /**
   * Has the process outlive what nobody catches, an exception or a rejection: a bug of ours, which the log tells with its stack. For
   * whoever has the process to himself. What it broke off may stay as it is; all else goes on, since whoever could end the process
   * with one request would end the next one with another.
   */
  outliveBugs(): void {
    process.on('uncaughtException', (bug) => {
      this.log.error({ error: GatewayError.from(bug) }, 'nobody caught a bug of the gateway, which goes on');
    });
  }

  /** Leaves a revision that another process of the set has found to do worse than it may. Any other goes on. */
  rollBack(breach: Breach): void {
    this.#revisions.rollBack(breach);
  }

  /**
   * Is not ready any more, and after `shutdown.delayMs` takes no new connection, lets running exchanges end for
   * `shutdown.drainMs`, then cuts the rest and stops. Where `lingerMs` says that another process takes its place, at once.
   */
  async stop({ lingerMs = 0, drained }: StopOptions = {}): Promise<void> {
    if (this.#condition.isDraining) return;
    this.#condition.isDraining = true;
    const closed = this.#source.close();
    await this.#revisions.settled;
    const { delayMs, drainMs } = this.#store.current.source.config.shutdown;
    if (delayMs > 0 && lingerMs === 0) {
      this.log.info({ delayMs }, 'not ready any more');
      await delay(delayMs);
    }
    this.log.info({ running: this.#pipeline.running, drainMs }, 'draining');
    await drain({
      begin: () => this.#listeners.drain(),
      running: () => this.#pipeline.running,
      drainMs,
      lingerMs,
    });
    if (this.#pipeline.running > 0)
      this.log.warn({ running: this.#pipeline.running }, 'cutting what did not end');
    await drained?.();
    await closed;
    await this.#teardown();
  }

  async #start(revision: ConfigRevision, refused: ConfigErrors | null): Promise<void> {
    await this.#dispatcher.start();
    await this.#revisions.begin(revision);
    if (refused !== null) this.#revisions.standsIn(refused);
    this.#source.watch(this.#revisions);
    const ports = Object.fromEntries(this.ports);
    if (this.#seat !== null) this.log.info({ revision: revision.id, pid: process.pid }, 'process serving');
    else this.log.info({ revision: revision.id, listeners: ports, admin: this.adminPort }, 'serving');
  }

  /** What the log says of workers and filters. */
  #dispatcherEvents(): DispatcherEvents {
    return {
      workerReplaced: (reason) => this.log.warn({ reason }, 'a filter worker ended and was replaced'),
      filterQuarantined: (filter, { code, message }, backoffMs) =>
        this.log.error({ filter, code, backoffMs }, `filter quarantined: ${this.#report.redact(message)}`),
      filterRestored: (filter) => this.log.info({ filter }, 'filter back from quarantine'),
    };
  }

  /** What is read at each scrape. */
  #metricSources(): MetricSources {
    return {
      inFlight: () => this.#pipeline.running,
      upstreams: () =>
        this.#builder.upstreams().map((upstream) => ({
          name: upstream.name,
          targets: upstream.states(),
          redirects: upstream.redirects,
          waits: upstream.tally.waits,
        })),
      dispatch: () => this.#dispatcher.stats,
      filters: () => this.#report.health(),
      filterMetrics: () => this.#report.filterMetrics(),
      certificates: () => this.#certificates.samples(),
      droppedLogBytes: () => this.#destination.droppedBytes,
      configStaleness: () => this.#source.stalenessSeconds,
      configKept: () => this.#source.isKept,
    };
  }

  /** What operators may ask. */
  #adminSources(): GatewaySources {
    return {
      readiness: () => this.#report.readiness(),
      metrics: async () => ({ contentType: this.#metrics.contentType, text: await this.#metrics.text() }),
      metricValues: () => this.#metrics.values(),
      counted: () => this.#metrics.counted(),
      declares: (route) => this.#store.current.source.config.routes.has(route),
      config: () => this.#report.describe(),
      filters: () => this.#report.health(),
      failed: (error) => this.log.error({ error }, 'the admin listener failed'),
    };
  }

  async #teardown(): Promise<void> {
    this.#certificates.close();
    this.#listeners.close();
    await this.#desk.close();
    this.#store.clear();
    await this.#dispatcher.close();
    this.#accessLog?.close();
    this.log.info({}, 'stopped');
    await this.#destination.close();
  }
}

/** Why what the source has does not start, and why what ran last does not either, where that is for another reason. */
function withFurther({ errors }: ConfigErrors, further: unknown): ConfigErrors {
  const others = further instanceof ConfigErrors ? further.errors : [GatewayError.from(further)];
  const news = others.filter(({ message }) => !errors.some((error) => error.message === message));
  return new ConfigErrors([
    ...errors,
    ...news.map((cause) => {
      const { code, message } = cause;
      return new GatewayError(code, `what ran last cannot be started either: ${message}`, { cause });
    }),
  ]);
}
