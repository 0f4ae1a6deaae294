// The operator's log: JSON lines through pino, which no other file imports.
import { pino } from 'pino';
import { describeError } from './error-fields.js';
import { type LineWriter, LogDestination } from './log-destination.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** What is known about an event. The key `error` takes any thrown value and is described in full. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The log as every room may be handed it. Fields come first: they are what a search finds. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Default: stdout. */
  readonly destination?: LineWriter;
  /** Of every line. Default: nothing. */
  readonly base?: LogFields;
}

/** Lines carry `level` as a word, `time` in ISO 8601, the fields and `msg`. */
export function createLog(options: LogOptions): Log {
  return pino(
    {
      level: options.level,
      base: options.base ?? null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError },
    },
    options.destination ?? new LogDestination(),
  );
}
