// Reads `filter.json` and makes of it what the compiler and the module need. What the manifest says about phases
// and capabilities is checked by the host when it loads the module; here only what the build itself uses.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { placeIn } from './diagnostic.js';

/** How a phase may come to see the body. */
export interface SourcePhase {
  /** With some config, in chunks. */
  readonly streams: boolean;
  /** With any config, in chunks. */
  readonly streamsOnly: boolean;
}

/** What the builder takes from `filter.json`. */
export interface FilterSource {
  readonly name: string;
  /** The phases it names. */
  readonly phases: { readonly request?: SourcePhase; readonly response?: SourcePhase };
  /** Those that it may do without included. */
  readonly capabilities: readonly string[];
  /** Most memory the filter may grow to, in MiB; a host may allow less. Default 64. */
  readonly maximumMb: number;
  /** The manifest as it travels inside the module: compact JSON, without `memory`. */
  readonly manifestText: string;
}

/** Of a filter. */
export const FILTER_NAME = /^[a-z][a-z0-9-]{0,62}$/;
/** FILTER_NAME in words. */
export const NAME_RULE = 'lower-case letters, digits and hyphens, a letter first, at most 63';

/** `filter.json` cannot be used. `message` begins with its path. */
export class FilterManifestError extends Error {
  override readonly name = 'FilterManifestError';
  readonly file: string;
  /** What stands after the path: `: /name: found 5, …`, or `:2:7: not JSON: …`. */
  readonly problem: string;

  constructor(file: string, problem: string) {
    super(file + problem);
    this.file = file;
    this.problem = problem;
  }
}

const PHASES = ['request', 'response'] as const;

/**
 * Reads `<sourceDir>/filter.json`.
 * @throws FilterManifestError when it cannot be used; the error of node:fs when it cannot be read
 */
export async function readFilterSource(sourceDir: string): Promise<FilterSource> {
  const file = join(sourceDir, 'filter.json');
  const refuse = (problem: string): never => {
    throw new FilterManifestError(file, `: ${problem}`);
  };
  // Editors on Windows may begin a file with a byte order mark.
  const manifest = parse((await readFile(file, 'utf8')).replace(/^\uFEFF/, ''), file);
  if (!isObject(manifest)) return refuse('expected an object');
  const { memory, ...embedded } = manifest;
  const name = manifest['name'];
  if (typeof name !== 'string' || !FILTER_NAME.test(name)) {
    return refuse(`/name: found ${JSON.stringify(name)}, expected ${NAME_RULE}`);
  }
  const phases = isObject(manifest['phases']) ? manifest['phases'] : {};
  if (!PHASES.some((phase) => isObject(phases[phase]))) {
    refuse(`/phases: expected an object with ${PHASES.join(' or ')}`);
  }
  const { capabilities = [], optional = [] } = manifest;
  if (!Array.isArray(capabilities)) return refuse('/capabilities: expected a list');
  if (!Array.isArray(optional)) return refuse('/optional: expected a list');
  return {
    name,
    phases: Object.fromEntries(PHASES.flatMap((phase) => sourcePhase(phase, phases[phase]))),
    capabilities: [...capabilities, ...optional].map(String),
    maximumMb: readMaximum(memory, refuse),
    manifestText: JSON.stringify(embedded),
  };
}

type Refuse = (problem: string) => never;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sourcePhase(phase: string, raw: unknown): [string, SourcePhase][] {
  if (!isObject(raw)) return [];
  const streamsOnly = raw['body'] === 'stream';
  return [[phase, { streams: streamsOnly || raw['streamWhen'] !== undefined, streamsOnly }]];
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    // V8 counts units; an editor wants lines. At an unexpected end it counts nothing.
    const [, position = text.length] = / at position (\d+)/.exec(message) ?? [];
    const { line, column } = placeIn(file, text, Number(position), Number(position));
    throw new FilterManifestError(file, `:${line}:${column}: not JSON: ${message}`);
  }
}

function readMaximum(memory: unknown, refuse: Refuse): number {
  if (memory === undefined) return 64;
  const maximum = isObject(memory) ? memory['maximumMb'] : undefined;
  const known = isObject(memory) && Object.keys(memory).every((key) => key === 'maximumMb');
  if (!known || !Number.isInteger(maximum) || (maximum as number) < 1 || (maximum as number) > 2048) {
    return refuse('/memory: expected { "maximumMb": whole number from 1 to 2048 }');
  }
  return maximum as number;
}
