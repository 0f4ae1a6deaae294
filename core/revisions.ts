// Which revision a gateway runs: each is built beside the one that runs and swapped in, one that cannot run changes
// nothing, and one that does harm is left for the one before it.
import { type AdminDesk, adminSetupOf } from './admin-listener.js';
import type { CertificateMonitor } from './certificate-monitor.js';
import type { ConfigListener, ConfigRevision, ConfigSource } from './config/source.js';
import { ConfigErrors, GatewayError } from './errors.js';
import { refuseFixedParts } from './fixed-parts.js';
import type { Condition } from './gateway-report.js';
import type { ListenerSet } from './listener-set.js';
import type { Breach, RolloutWatch } from './rollout-watch.js';
import type { SnapshotBuilder } from './snapshot-builder.js';
import type { SnapshotStore } from './store.js';
import type { Log } from './telemetry/log.js';
import type { Metrics } from './telemetry/metrics.js';
import type { RedactingWriter } from './telemetry/redacting-writer.js';
import { certificatesInUse } from './tls/certificates-in-use.js';

/** What a revision is built with, and what follows it. */
export interface RevisionParts {
  readonly source: ConfigSource;
  readonly store: SnapshotStore;
  readonly builder: SnapshotBuilder;
  readonly listeners: ListenerSet;
  readonly desk: AdminDesk;
  readonly certificates: CertificateMonitor;
  readonly watch: RolloutWatch;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Keeps the secrets of the revision that runs out of the log. */
  readonly lines: RedactingWriter;
  readonly condition: Condition;
  /** A fresh process can take over from this one, with other parts that are fixed. */
  readonly isReplaced: boolean;
}

export class Revisions implements ConfigListener {
  readonly #parts: RevisionParts;
  /** Revisions are applied one after another, in the order in which they came. */
  #turn: Promise<void> = Promise.resolve();
  /** Stood its time: what to go back to. */
  #lastGood: ConfigRevision | null = null;

  constructor(parts: RevisionParts) {
    this.#parts = parts;
  }

  /** Resolves when what came so far runs, or was refused. */
  get settled(): Promise<void> {
    return this.#turn;
  }

  /**
   * Runs the first one, and opens what it declares.
   * @throws ConfigErrors, GatewayError SLUICE_LISTEN_*
   */
  async begin(revision: ConfigRevision): Promise<void> {
    const { store, builder, desk, listeners, condition } = this.#parts;
    store.swap(await builder.build(revision));
    this.#applied(revision);
    await desk.open(adminSetupOf(revision));
    await listeners.open(revision);
    condition.isOpening = false;
  }

  /** The first one ran last, and stands in for what the source holds. An outage is told of by the source, and is no fault of that. */
  standsIn({ errors }: ConfigErrors): void {
    const { log, store } = this.#parts;
    log.warn(
      { revision: store.current.revision },
      'started with the configuration that ran last: what the source holds cannot be had or run',
    );
    const faults = errors.filter(({ code }) => code !== 'SLUICE_CONFIG_STORE_UNREACHABLE');
    if (faults.length > 0) this.failed(new ConfigErrors(faults));
  }

  // What the source says.

  changed(revision: ConfigRevision): void {
    this.#turn = this.#turn.then(() => this.#apply(revision));
  }

  failed(errors: ConfigErrors): void {
    this.#refused(errors, null);
  }

  unreachable({ code, message }: GatewayError): void {
    const { condition, log, store } = this.#parts;
    condition.outage = message;
    log.error(
      { code, revision: store.current.revision },
      `the configuration store cannot be followed, what runs goes on: ${message}`,
    );
  }

  reachable(): void {
    const { condition, log, source } = this.#parts;
    condition.outage = null;
    log.info({ source: source.description }, 'the configuration store is followed again');
  }

  warned(message: string): void {
    const { log, source } = this.#parts;
    log.warn({ source: source.description }, message);
  }

  /**
   * A revision does harm; when another one runs, there is nothing to do. Not now: an exchange may be in the midst of its end.
   * @param done called once it is left
   */
  rollBack({ revision, reason }: Breach, done: () => void = () => undefined): void {
    this.#turn = this.#turn.then(async () => {
      const { store, condition, metrics, log, source } = this.#parts;
      const from = store.current.source;
      const to = this.#lastGood;
      // Somebody was faster.
      if (from.id !== revision || to === null || condition.isDraining) return;
      condition.rolledBack = { to: to.id, text: `${revision} was rolled back: ${reason}` };
      await this.#apply(to);
      if (store.current.source !== to) {
        condition.rolledBack = null;
        return;
      }
      metrics.rolledBack();
      log.error({ from: revision, to: to.id }, `configuration rolled back: ${reason}`);
      source.rejected(from, to, reason);
      done();
    });
  }

  /** Builds beside, swaps once, releases after. A revision that cannot be built changes nothing. */
  async #apply(revision: ConfigRevision): Promise<void> {
    const { store, builder, desk, listeners, watch, metrics, log, condition, isReplaced } = this.#parts;
    if (condition.isDraining) return;
    const running = store.current.source;
    const { config } = revision;
    try {
      await refuseFixedParts(running.config, revision, isReplaced);
      const snapshot = await builder.build(revision);
      try {
        desk.update(adminSetupOf(revision));
        await listeners.open(revision);
      } catch (cause) {
        desk.update(adminSetupOf(running));
        snapshot.retire();
        throw cause;
      }
      if (!watch.isWatching) this.#lastGood = running;
      store.swap(snapshot);
      listeners.retain(config.listeners, config.shutdown.drainMs);
      this.#applied(revision);
      metrics.reloadEnded('applied');
      log.info({ revision: revision.id, tookMs: snapshot.tookMs }, 'configuration applied');
    } catch (cause) {
      const errors = cause instanceof ConfigErrors ? cause : new ConfigErrors([GatewayError.from(cause)]);
      this.#refused(errors, revision);
    }
  }

  /** Everything that follows the revision that runs. */
  #applied(revision: ConfigRevision): void {
    const { source, certificates, watch, metrics, condition } = this.#parts;
    const { id, config, tls } = revision;
    const isBack = id === condition.rolledBack?.to;
    if (!isBack) condition.rolledBack = null;
    const isKnown = isBack || this.#lastGood === null || id === this.#lastGood.id;
    watch.begin(id, isKnown ? null : config.rollout);
    this.#guardLog(revision);
    this.#warnOfTrust(revision);
    source.applied(revision);
    const inUse = { ...tls.parts, store: source.tls };
    certificates.watch(certificatesInUse(inUse, config.certificates.warnDays));
    condition.appliedAt = new Date();
    condition.lastError = null;
    metrics.revisionRuns(id);
    metrics.prune({ routes: config.routes, filters: config.filters.map(({ name }) => name) });
  }

  #guardLog({ config }: ConfigRevision): void {
    const { store, lines } = this.#parts;
    const { mode, logs } = config.secrets.egress;
    lines.guard = mode !== 'off' && logs ? store.current.scanner : null;
  }

  #warnOfTrust({ config }: ConfigRevision): void {
    for (const { name, tls } of config.upstreams) {
      if (!tls.insecureSkipVerify) continue;
      this.#parts.log.warn(
        { upstream: name },
        'certificates of this upstream are not verified (insecureSkipVerify): whoever is in the way can read and change everything',
      );
    }
  }

  /** @param revision null for what was not valid to begin with */
  #refused(errors: ConfigErrors, revision: ConfigRevision | null): void {
    const { source, metrics, condition, store, log } = this.#parts;
    source.refused(errors, revision);
    metrics.reloadEnded('failed');
    condition.lastError = errors.message;
    const stays = store.current.revision;
    for (const error of errors.shown) {
      log.error(
        { code: error.code, place: error.place, revision: stays },
        `configuration refused: ${error.message}`,
      );
    }
    if (errors.more !== null) log.error({ revision: stays }, `configuration refused: ${errors.more}`);
  }
}
