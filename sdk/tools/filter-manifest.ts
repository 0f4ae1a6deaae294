// Reads `filter.json` and makes of it what the compiler and the module need. What the manifest says about phases
// and capabilities is checked by the host when it loads the module; here only what the build itself uses.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the builder takes from `filter.json`. */
export interface FilterSource {
  readonly name: string;
  readonly phases: { readonly request: boolean; readonly response: boolean };
  readonly capabilities: readonly string[];
  /** Most memory the filter may grow to, in MiB; a host may allow less. Default 64. */
  readonly maximumMb: number;
  /** The manifest as it travels inside the module: compact JSON, without `memory`. */
  readonly manifestText: string;
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const PHASES = ['request', 'response'] as const;

/**
 * Reads `<sourceDir>/filter.json`.
 * @throws Error naming the file and the place when it cannot be used
 */
export async function readFilterSource(sourceDir: string): Promise<FilterSource> {
  const file = join(sourceDir, 'filter.json');
  const refuse = (problem: string): never => {
    throw new Error(`${file}: ${problem}`);
  };
  const manifest = parse(await readFile(file, 'utf8'), refuse);
  const { memory, ...embedded } = manifest;
  const name = manifest['name'];
  if (typeof name !== 'string' || !NAME.test(name)) {
    return refuse(`/name: found ${JSON.stringify(name)}, expected lower-case letters, digits and hyphens`);
  }
  const phases = isObject(manifest['phases']) ? manifest['phases'] : {};
  if (!PHASES.some((phase) => isObject(phases[phase]))) {
    refuse(`/phases: expected an object with ${PHASES.join(' or ')}`);
  }
  const capabilities = manifest['capabilities'] ?? [];
  if (!Array.isArray(capabilities)) return refuse('/capabilities: expected a list');
  return {
    name,
    phases: { request: isObject(phases['request']), response: isObject(phases['response']) },
    capabilities: capabilities.map(String),
    maximumMb: readMaximum(memory, refuse),
    manifestText: JSON.stringify(embedded),
  };
}

type Refuse = (problem: string) => never;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string, refuse: Refuse): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return refuse(`not JSON: ${(cause as Error).message}`);
  }
  return isObject(value) ? value : refuse('expected an object');
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
