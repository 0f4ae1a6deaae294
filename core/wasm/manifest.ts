// The manifest that travels inside a filter module: what the filter is, which phases it wants, what it asks for.

import { GatewayError } from '../errors.js';
import { abiProblem } from './abi-range.js';
import { CAPABILITIES, type Capability } from './capabilities/capabilities.js';
import type { PhaseName } from './guest-abi.js';
import { jsonDepth, MOST_DEPTH } from './json-cost.js';
import { shortened } from './shortened.js';

/** What a phase needs of the message body. */
export type BodyMode = 'none' | 'buffer' | 'stream';

/** JSON Pointers, `*` for any member or item: it holds with a config that has a value at one of them. */
export type Condition = readonly string[];

/** A phase that a filter wants to see. */
export interface ManifestPhase {
  readonly body: BodyMode;
  /** Else the filter has no such phase. */
  readonly when?: Condition;
  /** Else it has the phase without the body. */
  readonly bodyWhen?: Condition;
  /** Then the body, which else comes whole, comes in chunks. */
  readonly streamWhen?: Condition;
}

export interface FilterManifest {
  readonly name: string;
  /** Version of the filter itself, for people. */
  readonly version: string;
  readonly abi: number;
  readonly phases: { readonly [phase in PhaseName]?: ManifestPhase };
  /** What it cannot do without. */
  readonly capabilities: readonly Capability[];
  /** What it uses only with some configs: the operator may leave it out. None of `capabilities`. */
  readonly optional: readonly Capability[];
  /** JSON Schema of the filter's config; `true` accepts anything. */
  readonly config: unknown;
}

const PHASES: readonly PhaseName[] = ['request', 'response'];
const BODY_MODES: readonly string[] = ['none', 'buffer', 'stream'];
const CONDITIONS = ['when', 'bodyWhen', 'streamWhen'] as const;
const PHASE_KEYS: readonly string[] = ['body', ...CONDITIONS];
const KEYS: readonly string[] = [
  'name',
  'version',
  'abi',
  'phases',
  'capabilities',
  'optional',
  'config',
  'description',
];

/**
 * Reads a manifest.
 * @param label how the operator names the module, for messages
 * @throws GatewayError SLUICE_FILTER_MANIFEST, SLUICE_ABI_VERSION
 */
export function parseManifest(text: string, label: string): FilterManifest {
  const refuse = (pointer: string, problem: string): never => {
    throw new GatewayError(
      'SLUICE_FILTER_MANIFEST',
      `${label}: manifest${shortened(pointer)}: ${shortened(problem)}`,
    );
  };
  const raw = parseObject(text, refuse);
  for (const key of Object.keys(raw)) {
    if (!KEYS.includes(key)) refuse(`/${key}`, `unknown key, expected one of ${KEYS.join(', ')}`);
  }
  const name = readText(raw, 'name', refuse);
  const version = readText(raw, 'version', refuse);
  const mismatch = abiProblem(raw['abi']);
  if (mismatch !== null) {
    throw new GatewayError('SLUICE_ABI_VERSION', `${label}: manifest/abi: ${mismatch}`);
  }
  if (raw['description'] !== undefined && typeof raw['description'] !== 'string') {
    refuse('/description', `found ${JSON.stringify(raw['description'])}, expected a string`);
  }
  const { config = true } = raw;
  if (typeof config !== 'boolean' && !isObject(config)) refuse('/config', 'expected a JSON Schema');
  const capabilities = readCapabilities(raw, 'capabilities', refuse);
  const optional = readCapabilities(raw, 'optional', refuse);
  const twice = optional.findIndex((capability) => capabilities.includes(capability));
  if (twice !== -1) refuse(`/optional/${twice}`, `${optional[twice]} is in capabilities as well`);
  return Object.freeze({
    name,
    version,
    abi: raw['abi'] as number,
    phases: readPhases(raw['phases'], refuse),
    capabilities,
    optional,
    config,
  });
}

type Refuse = (pointer: string, problem: string) => never;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseObject(text: string, refuse: Refuse): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return refuse('', `not JSON: ${(cause as Error).message}`);
  }
  if (jsonDepth(text) > MOST_DEPTH) return refuse('', `nested more than ${MOST_DEPTH} levels deep`);
  return isObject(value) ? value : refuse('', 'expected an object');
}

function readText(raw: Record<string, unknown>, key: string, refuse: Refuse): string {
  const value = raw[key];
  return typeof value === 'string' && value.length > 0
    ? value
    : refuse(`/${key}`, `found ${JSON.stringify(value)}, expected a non-empty string`);
}

function readPhases(raw: unknown, refuse: Refuse): FilterManifest['phases'] {
  if (!isObject(raw) || Object.keys(raw).length === 0) {
    return refuse('/phases', `expected an object with ${PHASES.join(' or ')}`);
  }
  const phases: { [phase in PhaseName]?: ManifestPhase } = {};
  for (const [key, value] of Object.entries(raw)) {
    const phase = PHASES.find((known) => known === key);
    if (phase === undefined)
      return refuse(`/phases/${key}`, `unknown phase, expected ${PHASES.join(' or ')}`);
    phases[phase] = readPhase(value, `/phases/${key}`, refuse);
  }
  return Object.freeze(phases);
}

function readPhase(raw: unknown, at: string, refuse: Refuse): ManifestPhase {
  if (!isObject(raw)) return refuse(at, `found ${JSON.stringify(raw)}, expected an object`);
  const unknown = Object.keys(raw).find((name) => !PHASE_KEYS.includes(name));
  if (unknown !== undefined)
    return refuse(`${at}/${unknown}`, `unknown key, expected one of ${PHASE_KEYS.join(', ')}`);
  const { body = 'none' } = raw;
  if (typeof body !== 'string' || !BODY_MODES.includes(body)) {
    return refuse(
      `${at}/body`,
      `found ${JSON.stringify(body)}, this gateway offers ${BODY_MODES.join(', ')}`,
    );
  }
  const conditions = CONDITIONS.filter((name) => raw[name] !== undefined).map(
    (name) => [name, readCondition(raw[name], `${at}/${name}`, refuse)] as const,
  );
  if (body === 'none' && raw['bodyWhen'] !== undefined)
    refuse(`${at}/bodyWhen`, 'is about a body, and body is none');
  if (body !== 'buffer' && raw['streamWhen'] !== undefined)
    refuse(`${at}/streamWhen`, `is for a body that else comes whole, and body is ${body}`);
  return { body: body as BodyMode, ...Object.fromEntries(conditions) };
}

function readCondition(raw: unknown, at: string, refuse: Refuse): Condition {
  const pointers: unknown[] = Array.isArray(raw) ? raw : [raw];
  const isPointer = (one: unknown): one is string => typeof one === 'string' && one.startsWith('/');
  if (pointers.length > 0 && pointers.every(isPointer)) return pointers;
  return refuse(at, `found ${JSON.stringify(raw)}, expected a JSON Pointer or a list of them`);
}

function readCapabilities(
  raw: Record<string, unknown>,
  key: 'capabilities' | 'optional',
  refuse: Refuse,
): readonly Capability[] {
  const { [key]: list = [] } = raw;
  if (!Array.isArray(list)) return refuse(`/${key}`, 'expected a list');
  return list.map((entry: unknown, index) => {
    const known = CAPABILITIES.find((capability) => capability === entry);
    return (
      known ??
      refuse(
        `/${key}/${index}`,
        `found ${JSON.stringify(entry)}, this gateway offers ${CAPABILITIES.join(', ')}`,
      )
    );
  });
}

/** Whether a filter may see a body in chunks, with one config or another. */
export function mayStream({ body, streamWhen }: ManifestPhase): boolean {
  return body === 'stream' || streamWhen !== undefined;
}

/** The phases that a filter has with a config, and what they need of the body with it: without conditions. */
export function phasesWith(config: unknown, phases: FilterManifest['phases']): FilterManifest['phases'] {
  const holds = (condition: Condition): boolean =>
    condition.some((pointer) => hasValue(config, pointer.slice(1).split('/')));
  const wanted = Object.entries(phases).filter(([_, { when }]) => when === undefined || holds(when));
  return Object.fromEntries(
    wanted.map(([phase, { body, bodyWhen, streamWhen }]) => {
      if (bodyWhen !== undefined && !holds(bodyWhen)) return [phase, { body: 'none' }];
      return [phase, { body: streamWhen !== undefined && holds(streamWhen) ? 'stream' : body }];
    }),
  );
}

function hasValue(value: unknown, path: readonly string[]): boolean {
  const [token, ...rest] = path;
  if (token === undefined) return value !== undefined;
  if (typeof value !== 'object' || value === null) return false;
  if (token === '*') return Object.values(value).some((inner) => hasValue(inner, rest));
  const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
  return Object.hasOwn(value, name) && hasValue((value as Record<string, unknown>)[name], rest);
}
