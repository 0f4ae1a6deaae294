// What a filter can be granted, and which functions of the ABI belong to each grant.
import {
  IMPORT_ABORT,
  IMPORT_CALLOUT_UPSTREAM,
  IMPORT_CLOCK_MONOTONIC,
  IMPORT_CLOCK_WALL,
  IMPORT_COUNTER_ADD,
  IMPORT_LOG,
  IMPORT_METRIC_DEFINE,
  IMPORT_METRIC_RECORD,
  IMPORT_RANDOM,
  IMPORT_SCHEMA_CHECK,
  IMPORT_SCHEMA_COMPILE,
  IMPORT_SCHEMA_MESSAGE,
  IMPORT_SECRET_FIND,
  IMPORT_SECRET_READ,
} from '../../sdk/abi/abi.js';

export const CAPABILITIES = [
  'log',
  'metrics',
  'clock',
  'random',
  'counters',
  'secrets',
  'schemas',
  'callouts',
] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** Which capability an import needs; `null` for those every filter has. */
export const IMPORT_CAPABILITIES: ReadonlyMap<string, Capability | null> = new Map([
  [IMPORT_ABORT, null],
  [IMPORT_LOG, 'log'],
  [IMPORT_METRIC_DEFINE, 'metrics'],
  [IMPORT_METRIC_RECORD, 'metrics'],
  [IMPORT_CLOCK_WALL, 'clock'],
  [IMPORT_CLOCK_MONOTONIC, 'clock'],
  [IMPORT_RANDOM, 'random'],
  [IMPORT_COUNTER_ADD, 'counters'],
  [IMPORT_CALLOUT_UPSTREAM, 'callouts'],
  [IMPORT_SECRET_FIND, 'secrets'],
  [IMPORT_SECRET_READ, 'secrets'],
  [IMPORT_SCHEMA_COMPILE, 'schemas'],
  [IMPORT_SCHEMA_CHECK, 'schemas'],
  [IMPORT_SCHEMA_MESSAGE, 'schemas'],
]);

/** What a capability is to one instance: the functions it may import. */
export interface CapabilityHost {
  /** By the names of sdk/abi. */
  readonly functions: Readonly<Record<string, unknown>>;
  /** `configure` returned: what may be declared there only is refused from now on. */
  endConfigure?(): void;
}
