// The one class of errors that leaves this gateway, several of them at once, and what a client is told of one.
// What the codes mean stands in error-table.ts.
import { ERROR_TABLE, type ErrorCode, type ErrorKind, type ErrorSource } from './error-table.js';

export { ERROR_TABLE, type ErrorCode, type ErrorKind, type ErrorSource };

/** Where in a configuration document an error stands. */
export interface ConfigPlace {
  /** Name of the document: a file path or an etcd key. */
  readonly document: string;
  /** 1-based; 0 when unknown. */
  readonly line: number;
  /** 1-based; 0 when unknown. */
  readonly column: number;
  /** JSON Pointer (RFC 6901) of the value, `''` for the whole document. */
  readonly pointer: string;
}

/** What else is known about an error. `message` and `cause` go to the log, never to a client. */
export interface ErrorFacts {
  readonly cause?: unknown;
  /** Place in the configuration, for errors of a load. */
  readonly place?: ConfigPlace;
  /** Name of the filter instance that failed. */
  readonly filter?: string;
  /** Headers that the error response must carry, flat `[name, value, …]` (e.g. `allow`, `retry-after`). */
  readonly headers?: readonly string[];
}

/** An error of the world outside (DESIGN §8). Our own bugs are `assert`ed instead. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly source: ErrorSource;
  readonly retryable: boolean;
  readonly place: ConfigPlace | undefined;
  readonly filter: string | undefined;
  readonly headers: readonly string[];

  /**
   * @param code    row of `ERROR_TABLE`
   * @param message what exactly went wrong, for operators: the place, what was found, what was expected
   */
  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    const row: ErrorKind = ERROR_TABLE[code];
    this.code = code;
    this.status = row.status;
    this.source = row.source;
    this.retryable = row.retryable;
    this.place = facts.place;
    this.filter = facts.filter;
    this.headers = facts.headers ?? [];
  }

  /** Returns `cause` as it is when it already is a GatewayError, else wraps it as a bug of ours. */
  static from(cause: unknown): GatewayError {
    if (cause instanceof GatewayError) return cause;
    const message = cause instanceof Error ? cause.message : textOf(cause);
    return new GatewayError('SLUICE_INTERNAL', message, { cause });
  }
}

/** Anything can be thrown, also what has no text. */
function textOf(cause: unknown): string {
  try {
    return String(cause);
  } catch {
    return 'something was thrown that cannot be written as text';
  }
}

const MOST_SHOWN = 20;

/** Several errors of one load, so that an operator sees all of them at once. */
export class ConfigErrors extends Error {
  override readonly name = 'ConfigErrors';
  /** All of them. */
  readonly errors: readonly GatewayError[];
  /** The first twenty: nobody reads ten thousand lines to find that one thing is wrong everywhere. */
  readonly shown: readonly GatewayError[];
  /** How many more there are, in words; null when all are shown. */
  readonly more: string | null;

  constructor(errors: readonly GatewayError[]) {
    const shown = errors.slice(0, MOST_SHOWN);
    const left = errors.length - shown.length;
    const more = left === 0 ? null : `and ${left} more ${left === 1 ? 'error' : 'errors'}`;
    super([...shown.map((error) => error.message), ...(more === null ? [] : [more])].join('\n'));
    this.errors = errors;
    this.shown = shown;
    this.more = more;
  }
}

/** RFC 9457 problem document. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly requestId: string;
  readonly revision: string;
}

/** Builds the body that a client gets: code, status, a safe sentence and the request id, nothing else. */
export function toProblem(error: GatewayError, requestId: string, revision: string): Problem {
  return {
    type: `urn:sluice:error:${error.code}`,
    title: error.code,
    status: error.status,
    detail: ERROR_TABLE[error.code].detail,
    code: error.code,
    requestId,
    revision,
  };
}
