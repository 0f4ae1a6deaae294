// From an OpenAPI document to a whole configuration in which what it documents is reachable, and nothing else.

import { pointerTo } from '../../config/error-at.js';
import { parsePlainDocument } from '../../config/yaml/plain-document.js';
import { escapeVariables, findSecretReferences } from '../../secrets/reference.js';
import { type Finding, Findings } from './findings.js';
import { type ImportedOperation, OperationReader } from './operations.js';
import { SchemaConverter } from './schema-converter.js';
import { type Json, type JsonObject, SpecDocument } from './spec-document.js';

export interface ImportOptions {
  /** Origin that requests are forwarded to. */
  readonly upstream: string;
  /** Address to listen on. */
  readonly listen: string;
  /** Address of the admin listener, or null for none. */
  readonly admin: string | null;
  /** Host that the routes are for, or null for every host. */
  readonly host: string | null;
  /** Path before those of the operations, `''` for none; null takes that of the first server. */
  readonly basePath: string | null;
  /** Objects have no members but those that are named, and requests none that are `readOnly`. */
  readonly strict: boolean;
  /** Responses are checked as well. */
  readonly responses: boolean;
}

export interface OpenApiImport {
  /** A configuration document, members in the order in which they are to be written. */
  readonly config: JsonObject;
  readonly operations: number;
  /** What could not be carried over, by effect and place. */
  readonly findings: readonly Finding[];
}

const DEFAULT_HEAP_MB = 128;
const DEFAULT_MEMORY_MB = 16;
/** A worker compiles so many characters of schemas for each MiB of its heap in one piece (sdk/ABI.md). */
const CHARACTERS_FOR_EACH_MB = 512;
const DEFAULT_START_MS = 10_000;
/** A worker reads so many characters of rules in the default time to start, on a machine with much else to do. */
const CHARACTERS_FOR_EACH_START = 128 * 1024;
/** Memory of a filter for each byte of its config: the text, what it reads into, what it hands to the compiler. */
const MEMORY_FOR_EACH_BYTE = 12;
const MIB = 1024 * 1024;

/**
 * Imports the text of a specification. The same text, or one whose members are in another order, gives the same result.
 * @throws Error when it is no OpenAPI 3.0 or 3.1, or documents no operation that can be reached
 */
export function importOpenApi(text: string, options: ImportOptions): OpenApiImport {
  const spec = new SpecDocument(parsePlainDocument(text));
  const findings = new Findings();
  const requests = new SchemaConverter(spec, findings, { direction: 'request', strict: options.strict });
  const responses = options.responses
    ? new SchemaConverter(spec, findings, { direction: 'response', strict: options.strict })
    : null;
  const operations = new OperationReader(spec, findings, {
    basePath: options.basePath,
    requests,
    responses,
  }).read();
  if (operations.length === 0) throw new Error('documents no operation that a route can be made of');
  const definitions = { ...requests.definitions(), ...responses?.definitions() };
  const config = configOf(operations, definitions, options);
  refuseSecrets(config, '');
  return { config, operations: operations.length, findings: findings.sorted() };
}

function configOf(
  operations: readonly ImportedOperation[],
  definitions: JsonObject,
  options: ImportOptions,
): JsonObject {
  const { upstream, listen, admin, host } = options;
  const rules: JsonObject = {
    operations: Object.fromEntries(operations.map(({ id, rules: entry }) => [id, entry])),
    ...(Object.keys(definitions).length > 0 && { definitions }),
  };
  const text = JSON.stringify(rules);
  const memoryMb = sizeMb(Buffer.byteLength(text) * MEMORY_FOR_EACH_BYTE, MIB, DEFAULT_MEMORY_MB);
  const heapMb = sizeMb(text.length, CHARACTERS_FOR_EACH_MB, DEFAULT_HEAP_MB);
  const startMs = Math.max(1, Math.ceil(text.length / CHARACTERS_FOR_EACH_START)) * DEFAULT_START_MS;
  const workers: JsonObject = {
    ...(heapMb > DEFAULT_HEAP_MB && { heapMb }),
    ...(startMs > DEFAULT_START_MS && { startMs }),
  };
  return {
    listeners: [{ name: 'public', address: listen }],
    ...(admin !== null && { admin: { address: admin } }),
    upstreams: { api: { targets: [{ url: upstream }] } },
    filters: {
      validate: {
        module: 'builtin:validate',
        grants: { schemas: true },
        ...(memoryMb > DEFAULT_MEMORY_MB && { limits: { memoryMb } }),
        config: withoutVariables(rules),
      },
    },
    routes: operations.map(({ id, path, method }) => ({
      id,
      match: { ...(host !== null && { hosts: [host] }), path, methods: [method] },
      filters: ['validate'],
      upstream: 'api',
    })),
    ...(Object.keys(workers).length > 0 && { workers }),
  };
}

/** Room for so many units, in steps of the default: a small change of the specification does not change it. */
function sizeMb(units: number, unitsInMb: number, byDefault: number): number {
  return Math.max(1, Math.ceil(units / unitsInMb / byDefault)) * byDefault;
}

/** The same rules as a configuration has to say them: `${name}` is a text of the specification and nothing else. */
function withoutVariables(value: Json): Json {
  if (typeof value === 'string') return escapeVariables(value);
  if (Array.isArray(value)) return value.map(withoutVariables);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutVariables(member)]));
}

/** A configuration would put the value in place of a text that reads like a reference to a secret. */
function refuseSecrets(value: unknown, pointer: string): void {
  if (
    typeof value === 'string' &&
    findSecretReferences(value).some(({ problem, variable }) => !variable || problem !== null)
  )
    throw new Error(
      `${JSON.stringify(value)} would be a reference to a secret at ${pointer} of the configuration`,
    );
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (!Array.isArray(value)) refuseSecrets(key, pointer);
    refuseSecrets(member, pointerTo(pointer, key));
  }
}
