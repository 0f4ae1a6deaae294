// What the pipeline reports, as metrics and log lines.
import { performance } from 'node:perf_hooks';
import type { EgressGuard } from './egress.js';
import type { Exchange } from './exchange.js';
import type { CalloutReport } from './phases/filter-run.js';
import type { PipelineObserver } from './pipeline.js';
import type { RolloutWatch } from './rollout-watch.js';
import type { BuildObserver } from './snapshot-builder.js';
import type { AccessLog } from './telemetry/access-log.js';
import { outcomeStatus } from './telemetry/exchange-outcome.js';
import type { Log } from './telemetry/log.js';
import type { Metrics } from './telemetry/metrics.js';
import type { TargetChange } from './upstream/upstream.js';
import type { FilterCall, FilterFailure, FilterLogLine, PhaseName } from './wasm/guest-abi.js';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export class TelemetryObserver implements PipelineObserver, BuildObserver {
  readonly #metrics: Metrics;
  readonly #log: Log;
  readonly #accessLog: AccessLog | null;
  readonly #watch: RolloutWatch;

  /** @param accessLog null writes no line per exchange */
  constructor(metrics: Metrics, log: Log, accessLog: AccessLog | null, watch: RolloutWatch) {
    this.#metrics = metrics;
    this.#log = log;
    this.#accessLog = accessLog;
    this.#watch = watch;
  }

  exchangeFinished(exchange: Exchange): void {
    const nowMs = performance.now();
    const durationMs = nowMs - exchange.startedAtMs;
    this.#metrics.exchangeFinished(exchange, durationMs);
    this.#accessLog?.exchangeFinished(exchange, durationMs);
    this.#watch.exchangeEnded(exchange.revision, outcomeStatus(exchange), nowMs);
    if (exchange.error?.source === 'internal') {
      this.#log.error({ error: exchange.error, requestId: exchange.id }, 'the gateway failed on a request');
    }
  }

  filterCalled(filter: string, phase: PhaseName, call: FilterCall, waitMs: number): void {
    this.#metrics.filterCalled(filter, phase, call.durationNs, call.edits, waitMs);
  }

  calloutEnded(filter: string, callout: CalloutReport, exchange: Exchange): void {
    const { upstream, end: outcome, durationMs, error } = callout;
    this.#metrics.calloutEnded(filter, upstream, outcome, durationMs);
    const fields = { filter, upstream, outcome, durationMs, requestId: exchange.id, route: exchange.routeId };
    this.#log.debug(error === null ? fields : { ...fields, error }, 'callout ended');
  }

  filterFailed(filter: string, failure: FilterFailure, exchange: Exchange): void {
    this.#metrics.filterFailed(filter, failure.code);
    this.#watch.filterFailed(exchange.revision);
    const { code, message, skipped } = failure;
    // It was logged once, when the quarantine began.
    if (code === 'SLUICE_FILTER_QUARANTINED') return;
    this.#log.warn({ filter, code, skipped, requestId: exchange.id, route: exchange.routeId }, message);
  }

  filterLogged(line: FilterLogLine, exchange: Exchange): void {
    this.#write(line, { filter: line.filter, requestId: exchange.id, route: exchange.routeId });
  }

  filterConfigured(line: FilterLogLine): void {
    this.#write(line, { filter: line.filter });
  }

  // By a field of its own, which no line of a filter has: who looks for these lines finds no forged one.
  secretReadable(filter: string, secret: string): void {
    this.#log.info({ filter, secret }, 'a filter may read a secret');
  }

  secretTooShort(secret: string): void {
    this.#log.warn({ secret }, 'a secret of less than 8 bytes is not looked for in what leaves the gateway');
  }

  targetChanged({ upstream, target, state, reason }: TargetChange): void {
    const fields = { upstream, target, state };
    if (state === 'healthy') this.#log.info(fields, 'target healthy again');
    else this.#log.warn({ ...fields, reason }, `target ${state}`);
  }

  secretCaught(
    secret: string,
    place: 'header' | 'body',
    mode: EgressGuard['mode'],
    exchange: Exchange,
  ): void {
    const action = mode === 'block' ? 'blocked' : 'redacted';
    this.#metrics.secretCaught(secret, place, action);
    const fields = { secret, place, action, requestId: exchange.id, route: exchange.routeId };
    this.#log.error(fields, 'a response had a secret in it');
  }

  #write(line: FilterLogLine, fields: Readonly<Record<string, string>>): void {
    this.#log[LEVELS[line.level] ?? 'info'](fields, line.text);
  }
}
