// What the supervisor and its processes ask each other: by the name of a question, what it comes with and what is answered.
import type { AdminSetup } from '../admin-listener.js';
import type { ErrorCode } from '../errors.js';
import type { Breach } from '../rollout-watch.js';
import type { SharedAddress } from '../seat.js';
import type { Readiness } from '../telemetry/admin-server.js';
import type { LogLevel } from '../telemetry/log.js';
import type { MetricValues } from '../telemetry/metric-registry.js';
import type { FilterReport } from './filter-health.js';

/** Asked by a process. */
export interface ProcessQuestions {
  /** May this address be opened? */
  readonly claim: Question<SharedAddress, null>;
  readonly release: Question<SharedAddress, null>;
  /** Answered with the port. */
  readonly openAdmin: Question<AdminSetup | null, number>;
  readonly updateAdmin: Question<AdminSetup | null, null>;
  readonly serving: Question<ServingReport, null>;
  /** It lives; and what it has counted, where that was due. */
  readonly pulse: Question<readonly MetricValues[] | null, null>;
  /** It has left a revision by itself. */
  readonly rolledBack: Question<Breach, null>;
  /** It cannot start, and ends now. */
  readonly failed: Question<StartFailure, null>;
  /** All is drained: what it has counted. */
  readonly farewell: Question<readonly MetricValues[], null>;
}

/** Asked by the supervisor. */
export interface SupervisorQuestions {
  readonly readiness: Question<null, Readiness>;
  readonly metrics: Question<null, readonly MetricValues[]>;
  readonly config: Question<null, unknown>;
  readonly filters: Question<null, readonly FilterReport[]>;
  /** Which of these routes does its configuration declare? */
  readonly declared: Question<readonly string[], readonly string[]>;
  /** Leave a revision, as another process has. */
  readonly rollBack: Question<Breach, null>;
  /** Drain and end. Answered at once, with the time that this may take in milliseconds. */
  readonly stop: Question<StopOrder, number>;
}

export interface Question<Value, Answer> {
  readonly value: Value;
  readonly answer: Answer;
}

/** What a process says of itself once it serves. */
export interface ServingReport {
  readonly revision: string;
  /** By name of the listener. */
  readonly ports: Readonly<Record<string, number>>;
  readonly logLevel: LogLevel;
  readonly drainMs: number;
}

export interface StopOrder {
  /** See StopOptions of the gateway. */
  readonly lingerMs: number;
}

export interface StartFailure {
  /** Null for an error of no table. */
  readonly code: ErrorCode | null;
  readonly message: string;
}
