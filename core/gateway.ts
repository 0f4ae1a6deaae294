// Start, reload, drain, stop. Wires every room to the others and owns the life of each.
import { performance } from 'node:perf_hooks';
import { type AdminDesk, AdminListener, adminSetupOf } from './admin-listener.js';
import { CertificateMonitor } from './certificate-monitor.js';
import type { ConfigRevision, ConfigSource } from './config/source.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import { drain } from './drain.js';
import { ConfigErrors, GatewayError } from './errors.js';
import { refuseFixedParts } from './fixed-parts.js';
import { type Condition, GatewayReport } from './gateway-report.js';
import { ListenerSet } from './listener-set.js';
import { TelemetryObserver } from './observer.js';
import { Pipeline } from './pipeline.js';
import { type Breach, RolloutWatch } from './rollout-watch.js';
import type { GatewaySources, Seat } from './seat.js';
import { SnapshotBuilder } from './snapshot-builder.js';
import { SnapshotStore } from './store.js';
import { AccessLog } from './telemetry/access-log.js';
import { AdminServer } from './telemetry/admin-server.js';
import { createLog, type Log, type LogLevel } from './telemetry/log.js';
import { LogDestination } from './telemetry/log-destination.js';
import { Metrics } from './telemetry/metrics.js';
import { RedactingWriter } from './telemetry/redacting-writer.js';
import { certificatesInUse } from './tls/certificates-in-use.js';
import { VERSION } from './version.js';

export interface GatewayOptions {
  readonly source: ConfigSource;
  /** Where log lines go. Default: stdout. */
  readonly logDestination?: LogDestination;
  /** Its place among processes that share ports and admin listener. Default null: it is alone. */
  readonly seat?: Seat | null;
}

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
  readonly #observer: TelemetryObserver;
  readonly #builder: SnapshotBuilder;
  readonly #pipeline: Pipeline;
  readonly #listeners: ListenerSet;
  readonly #seat: Seat | null;
  readonly #desk: AdminDesk;
  /** Reloads run one after another, in the order of their revisions. */
  #turn: Promise<void> = Promise.resolve();
  readonly #condition: Condition = {
    isDraining: false,
    appliedAt: new Date(),
    lastError: null,
    rolledBack: null,
    outage: null,
  };
  readonly #report: GatewayReport;
  readonly #watch: RolloutWatch;
  /** Stood its time: what to go back to. */
  #lastGood: ConfigRevision | null = null;

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
      const isConfig = cause instanceof ConfigErrors;
      const lastGood = isConfig ? await source.lastGood().catch(() => null) : null;
      if (!isConfig || lastGood === null) {
        await source.close();
        throw cause;
      }
      try {
        return await Gateway.#startWith(lastGood, options, cause);
      } catch {
        await source.close();
        throw cause;
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
    this.#dispatcher = new Dispatcher(workers, {
      workerReplaced: (reason) => this.log.warn({ reason }, 'a filter worker ended and was replaced'),
      filterQuarantined: (filter, { code, message }, backoffMs) =>
        this.log.error({ filter, code, backoffMs }, `filter quarantined: ${this.#report.redact(message)}`),
      filterRestored: (filter) => this.log.info({ filter }, 'filter back from quarantine'),
    });
    this.#certificates = new CertificateMonitor(this.log);
    this.#report = new GatewayReport(
      this.#source,
      this.#store,
      this.#dispatcher,
      this.#condition,
      () => this.ports,
    );
    this.#metrics = new Metrics({
      version: VERSION,
      sources: {
        inFlight: () => this.#pipeline.running,
        upstreams: () =>
          this.#builder.upstreams().map((upstream) => ({
            name: upstream.name,
            targets: upstream.states(),
            redirects: upstream.redirects,
          })),
        dispatch: () => this.#dispatcher.stats,
        filters: () => this.#report.health(),
        filterMetrics: () => this.#report.filterMetrics(),
        certificates: () => this.#certificates.samples(),
        droppedLogBytes: () => this.#destination.droppedBytes,
        configStaleness: () => this.#source.stalenessSeconds,
      },
    });
    this.#watch = new RolloutWatch(
      (breach) => this.#rollBack(breach),
      () => performance.now(),
    );
    this.#observer = new TelemetryObserver(this.#metrics, this.log, this.#accessLog, this.#watch);
    this.#builder = new SnapshotBuilder(this.#dispatcher, this.#observer);
    this.#pipeline = new Pipeline(this.#store, this.#dispatcher, this.#observer);
    this.#listeners = new ListenerSet(
      this.#pipeline.handle,
      (listener, engine, reason) =>
        this.log.info({ listener, engine }, `listens by the engine ${engine}: ${reason}`),
      seat?.ports ?? null,
    );
    const sources: GatewaySources = {
      readiness: () => this.#report.readiness(),
      metrics: async () => ({ contentType: this.#metrics.contentType, text: await this.#metrics.text() }),
      metricValues: () => this.#metrics.values(),
      config: () => this.#report.describe(),
      filters: () => this.#report.health(),
      failed: (error) => this.log.error({ error }, 'the admin listener failed'),
    };
    this.#desk = seat?.openDesk(sources) ?? new AdminListener(new AdminServer(sources));
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

  /** How long exchanges may take that run when it stops, in milliseconds. */
  get drainMs(): number {
    return this.#store.current.source.config.shutdown.drainMs;
  }

  get logLevel(): LogLevel {
    return this.#store.current.source.config.log.level;
  }

  /** Reads the configuration again now, whatever the watch has seen. */
  async reload(): Promise<void> {
    await this.#source.reload();
    await this.#turn;
  }

  /** Takes no new connection, lets running exchanges end for `shutdown.drainMs`, then cuts the rest and stops. */
  async stop({ lingerMs = 0, drained }: StopOptions = {}): Promise<void> {
    if (this.#condition.isDraining) return;
    this.#condition.isDraining = true;
    const closed = this.#source.close();
    await this.#turn;
    const { drainMs } = this;
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
    this.#store.swap(await this.#builder.build(revision));
    this.#applied(revision);
    await this.#desk.open(adminSetupOf(revision));
    await this.#listeners.open(revision);
    if (refused !== null) this.#startedWithLastGood(refused);
    this.#source.watch({
      changed: (next) => this.#enqueue(next),
      failed: (errors) => this.#refused(errors, null),
      unreachable: (error) => this.#lost(error),
      reachable: () => this.#found(),
      warned: (message) => this.log.warn({ source: this.#source.description }, message),
    });
    const ports = Object.fromEntries(this.ports);
    if (this.#seat !== null) this.log.info({ revision: revision.id, pid: process.pid }, 'process serving');
    else this.log.info({ revision: revision.id, listeners: ports, admin: this.adminPort }, 'serving');
  }

  #enqueue(revision: ConfigRevision): void {
    this.#turn = this.#turn.then(() => this.#apply(revision));
  }

  /** Builds beside, swaps once, releases after. A revision that cannot be built changes nothing. */
  async #apply(revision: ConfigRevision): Promise<void> {
    if (this.#condition.isDraining) return;
    const { config } = revision;
    try {
      refuseFixedParts(this.#store.current.source.config, config, this.#seat !== null);
      const snapshot = await this.#builder.build(revision);
      try {
        this.#desk.update(adminSetupOf(revision));
        await this.#listeners.open(revision);
      } catch (cause) {
        this.#desk.update(adminSetupOf(this.#store.current.source));
        snapshot.retire();
        throw cause;
      }
      if (!this.#watch.isWatching) this.#lastGood = this.#store.current.source;
      this.#store.swap(snapshot);
      this.#listeners.retain(config.listeners, config.shutdown.drainMs);
      this.#applied(revision);
      this.#metrics.reloadEnded('applied');
      this.log.info({ revision: revision.id, tookMs: snapshot.tookMs }, 'configuration applied');
    } catch (cause) {
      const errors = cause instanceof ConfigErrors ? cause : new ConfigErrors([GatewayError.from(cause)]);
      this.#refused(errors, revision);
    }
  }

  /** An outage is told of by the watch, and is no fault of what the source holds. */
  #startedWithLastGood(errors: ConfigErrors): void {
    this.log.warn(
      { revision: this.#store.current.revision },
      'started with the configuration that ran last: what the source holds cannot be had or run',
    );
    const faults = errors.errors.filter(({ code }) => code !== 'SLUICE_CONFIG_STORE_UNREACHABLE');
    if (faults.length > 0) this.#refused(new ConfigErrors(faults), null);
  }

  #lost({ code, message }: GatewayError): void {
    this.#condition.outage = message;
    this.log.error(
      { code, revision: this.#store.current.revision },
      `the configuration store cannot be followed, what runs goes on: ${message}`,
    );
  }

  #found(): void {
    this.#condition.outage = null;
    this.log.info({ source: this.#source.description }, 'the configuration store is followed again');
  }

  /** Not now: an exchange is in the midst of its end. */
  #rollBack({ revision, reason }: Breach): void {
    this.#turn = this.#turn.then(async () => {
      const from = this.#store.current.source;
      const to = this.#lastGood;
      // Somebody was faster.
      if (from.id !== revision || to === null || this.#condition.isDraining) return;
      this.#condition.rolledBack = { to: to.id, text: `${revision} was rolled back: ${reason}` };
      await this.#apply(to);
      if (this.#store.current.source !== to) {
        this.#condition.rolledBack = null;
        return;
      }
      this.#metrics.rolledBack();
      this.log.error({ from: revision, to: to.id }, `configuration rolled back: ${reason}`);
      this.#source.rejected(from, to, reason);
    });
  }

  #applied(revision: ConfigRevision): void {
    const isBack = revision.id === this.#condition.rolledBack?.to;
    if (!isBack) this.#condition.rolledBack = null;
    const isKnown = isBack || this.#lastGood === null || revision.id === this.#lastGood.id;
    this.#watch.begin(revision.id, isKnown ? null : revision.config.rollout);
    this.#guardLog(revision);
    this.#warnOfTrust(revision);
    this.#source.applied(revision);
    const tls = { ...revision.tls.parts, store: this.#source.tls };
    this.#certificates.watch(certificatesInUse(tls, revision.config.certificates.warnDays));
    this.#condition.appliedAt = new Date();
    this.#condition.lastError = null;
    this.#metrics.revisionRuns(revision.id);
    this.#metrics.prune({
      routes: revision.config.routes.map(({ id }) => id),
      filters: revision.config.filters.map(({ name }) => name),
    });
  }

  #guardLog({ config }: ConfigRevision): void {
    const { scanner } = this.#store.current;
    const { mode, logs } = config.secrets.egress;
    this.#lines.guard = mode !== 'off' && logs ? scanner : null;
  }

  #warnOfTrust({ config }: ConfigRevision): void {
    for (const { name, tls } of config.upstreams) {
      if (!tls.insecureSkipVerify) continue;
      this.log.warn(
        { upstream: name },
        'certificates of this upstream are not verified (insecureSkipVerify): whoever is in the way can read and change everything',
      );
    }
  }

  #refused(errors: ConfigErrors, revision: ConfigRevision | null): void {
    this.#source.refused(errors, revision);
    this.#metrics.reloadEnded('failed');
    this.#condition.lastError = errors.message;
    const stays = this.#store.current.revision;
    for (const error of errors.shown) {
      this.log.error(
        { code: error.code, place: error.place, revision: stays },
        `configuration refused: ${error.message}`,
      );
    }
    if (errors.more !== null) this.log.error({ revision: stays }, `configuration refused: ${errors.more}`);
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
