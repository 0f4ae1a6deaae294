// What a filter can be granted, and which functions of the ABI belong to each grant. The one table of imports.
import {
  IMPORT_ABORT,
  IMPORT_CALLOUT_UPSTREAM,
  IMPORT_CLOCK_MONOTONIC,
  IMPORT_CLOCK_WALL,
  IMPORT_COUNTER_ADD,
  IMPORT_DOMAIN_TO_ASCII,
  IMPORT_GRAPHQL_CHECK,
  IMPORT_GRAPHQL_COMPILE,
  IMPORT_GRAPHQL_FIELDS,
  IMPORT_GRAPHQL_MESSAGE,
  IMPORT_HMAC_SHA256,
  IMPORT_HMAC_SHA256_SECRET,
  IMPORT_LOG,
  IMPORT_METRIC_DEFINE,
  IMPORT_METRIC_RECORD,
  IMPORT_PATTERN_COMPILE,
  IMPORT_PATTERN_TAKE,
  IMPORT_PUBLIC_KEY_IMPORT,
  IMPORT_RANDOM,
  IMPORT_SCHEMA_CHECK,
  IMPORT_SCHEMA_CHECK_UNIQUE,
  IMPORT_SCHEMA_COMPILE,
  IMPORT_SCHEMA_MESSAGE,
  IMPORT_SECRET_FIND,
  IMPORT_SECRET_READ,
  IMPORT_SHA256,
  IMPORT_SIGNATURE_VERIFY,
} from '../../../sdk/abi/names.js';

export const CAPABILITIES = [
  'log',
  'metrics',
  'clock',
  'random',
  'crypto',
  'counters',
  'secrets',
  'schemas',
  'callouts',
  'idna',
  'patterns',
  'graphql',
] as const;
/** Something that a filter has to be granted before it can do it. */
export type Capability = (typeof CAPABILITIES)[number];

const CALL = '(i32, i32) -> i32';

/** Every function that a filter may import: its name, the capability it needs (`null`: none), its type. */
const ABI_IMPORTS: readonly (readonly [name: string, capability: Capability | null, signature: string])[] = [
  [IMPORT_ABORT, null, '(i32, i32, i32, i32, i32, i32) -> ()'],
  [IMPORT_LOG, 'log', '(i32, i32, i32) -> ()'],
  [IMPORT_METRIC_DEFINE, 'metrics', '(i32, i32, i32) -> i32'],
  [IMPORT_METRIC_RECORD, 'metrics', '(i32, f64) -> ()'],
  [IMPORT_CLOCK_WALL, 'clock', '() -> f64'],
  [IMPORT_CLOCK_MONOTONIC, 'clock', '() -> f64'],
  [IMPORT_RANDOM, 'random', '(i32, i32) -> ()'],
  [IMPORT_SHA256, 'crypto', '(i32, i32, i32) -> ()'],
  [IMPORT_HMAC_SHA256, 'crypto', '(i32, i32, i32, i32, i32) -> ()'],
  [IMPORT_HMAC_SHA256_SECRET, 'crypto', '(i32, i32, i32, i32) -> ()'],
  [IMPORT_PUBLIC_KEY_IMPORT, 'crypto', '(i32, i32, i32, i32, i32) -> i32'],
  [IMPORT_SIGNATURE_VERIFY, 'crypto', '(i32, i32, i32, i32, i32) -> i32'],
  [IMPORT_COUNTER_ADD, 'counters', '(i32, i32, i32, i32, i32) -> i32'],
  [IMPORT_CALLOUT_UPSTREAM, 'callouts', CALL],
  [IMPORT_SECRET_FIND, 'secrets', CALL],
  [IMPORT_SECRET_READ, 'secrets', '(i32, i32, i32) -> i32'],
  [IMPORT_SCHEMA_COMPILE, 'schemas', CALL],
  [IMPORT_SCHEMA_CHECK, 'schemas', '(i32, i32, i32) -> i32'],
  [IMPORT_SCHEMA_CHECK_UNIQUE, 'schemas', '(i32, i32, i32) -> i32'],
  [IMPORT_SCHEMA_MESSAGE, 'schemas', CALL],
  [IMPORT_DOMAIN_TO_ASCII, 'idna', '(i32, i32, i32, i32) -> i32'],
  [IMPORT_PATTERN_COMPILE, 'patterns', CALL],
  [IMPORT_PATTERN_TAKE, 'patterns', CALL],
  [IMPORT_GRAPHQL_COMPILE, 'graphql', CALL],
  [IMPORT_GRAPHQL_CHECK, 'graphql', '(i32, i32, i32, i32, i32) -> i32'],
  [IMPORT_GRAPHQL_FIELDS, 'graphql', '(i32, i32, i32) -> i32'],
  [IMPORT_GRAPHQL_MESSAGE, 'graphql', CALL],
];

/** Which capability an import needs; `null` for those every filter has. */
export const IMPORT_CAPABILITIES: ReadonlyMap<string, Capability | null> = new Map(
  ABI_IMPORTS.map(([name, capability]) => [name, capability]),
);

/** The types of the imports, as `BoundaryFunction` writes them. */
export const IMPORT_SIGNATURES: ReadonlyMap<string, string> = new Map(
  ABI_IMPORTS.map(([name, _, signature]) => [name, signature]),
);

/** What a capability is to one instance: the functions it may import. */
export interface CapabilityHost {
  /** By the names of sdk/abi. */
  readonly functions: Readonly<Record<string, unknown>>;
  /** `configure` returned: what may be declared there only is refused from now on. */
  endConfigure?(): void;
}
