// From a filter of the configuration to what workers load: its module, its grants, its spec.
import { createHmac, randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { inspect } from 'node:util';
import type { FilterConfig } from './config/model.js';
import type { SecretValues } from './config/secret-values.js';
import { GatewayError } from './errors.js';
import { FilterSecret } from './filter-secret.js';
import { MOST_MODULE_BYTES, parseModuleReference } from './module-reference.js';
import { CAPABILITIES, type Capability } from './wasm/capabilities/capabilities.js';
import { createSharedState } from './wasm/guest-host.js';
import type { FilterSpec } from './wasm/instance.js';
import { phasesWith } from './wasm/manifest.js';
import type { FilterModule } from './wasm/module.js';

const BUILTIN = 'builtin:';
const BUILTIN_FOLDER = new URL('../filters/', import.meta.url);
const PAGES_PER_MEBIBYTE = 16;

/** The filter with the values of its secrets in place of the references, in its config and in its grants. */
export function withSecrets(filter: FilterConfig, secrets: SecretValues): FilterConfig {
  return {
    ...filter,
    config: secrets.expandAll(filter.config),
    grants: {
      ...filter.grants,
      secrets: filter.grants.secrets.map((grant) => ({ ...grant, from: secrets.expand(grant.from) })),
    },
  };
}

/** The secrets of a filter, in the order of its grants. */
export function secretsOf(filter: FilterConfig, secrets: SecretValues): FilterSecret[] {
  return filter.grants.secrets.map(
    ({ name, from, upstreams }) => new FilterSecret(filter.name, name, secrets.expand(from), upstreams),
  );
}

/**
 * Bytes of a filter's module.
 * @param brought modules that came with the configuration, by digest or by path
 * @throws GatewayError SLUICE_FILTER_UNREADABLE, SLUICE_FILTER_MODULE_TOO_LARGE
 */
export async function readModule(
  filter: Pick<FilterConfig, 'name' | 'module'>,
  brought: ReadonlyMap<string, Uint8Array>,
): Promise<Uint8Array> {
  const { module } = filter;
  const reference = parseModuleReference(module);
  const bytes = brought.get(reference === null ? module : reference.digest);
  if (bytes !== undefined) return bytes;
  if (reference !== null) {
    throw new GatewayError(
      'SLUICE_FILTER_UNREADABLE',
      `/filters/${filter.name}/module: found ${module}, expected a file or a built-in filter: this configuration does not come from etcd`,
      { filter: filter.name },
    );
  }
  const place = module.startsWith(BUILTIN)
    ? new URL(`${encodeURIComponent(module.slice(BUILTIN.length))}.wasm`, BUILTIN_FOLDER)
    : module;
  try {
    const { size } = await stat(place);
    if (size > MOST_MODULE_BYTES) {
      throw new GatewayError(
        'SLUICE_FILTER_MODULE_TOO_LARGE',
        `/filters/${filter.name}/module: ${module} has ${size} bytes, at most ${MOST_MODULE_BYTES} are loaded`,
        { filter: filter.name },
      );
    }
    return await readFile(place);
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError(
      'SLUICE_FILTER_UNREADABLE',
      `/filters/${filter.name}/module: ${await unreadable(module, cause as NodeJS.ErrnoException)}`,
      { cause, filter: filter.name },
    );
  }
}

async function unreadable(module: string, cause: NodeJS.ErrnoException): Promise<string> {
  if (!module.startsWith(BUILTIN) || cause.code !== 'ENOENT')
    return `${module} cannot be read: ${cause.message}`;
  const files = await readdir(BUILTIN_FOLDER).catch((): string[] => []);
  const names = files.filter((file) => file.endsWith('.wasm')).map((file) => file.slice(0, -'.wasm'.length));
  return `found ${module}, expected ${BUILTIN} and one of ${names.sort().join(', ')}`;
}

/** Both sides must agree: the manifest asks and the config grants. */
export function checkGrants(filter: FilterConfig, { manifest }: FilterModule): void {
  const missing = manifest.capabilities.filter((capability) => !isGranted(filter, capability));
  if (missing.length === 0) return;
  throw new GatewayError(
    'SLUICE_FILTER_CAPABILITY',
    `/filters/${filter.name}/grants: the manifest of ${manifest.name} asks for ${missing.join(', ')}, ` +
      'the config does not grant it',
    { filter: filter.name },
  );
}

/** An empty list grants nothing. */
function isGranted({ grants }: FilterConfig, capability: Capability): boolean {
  const grant = grants[capability];
  return typeof grant === 'boolean' ? grant : grant.length > 0;
}

/** Of this process alone: with it, nobody can try out secrets against a digest that turned up in an error. */
const DIGEST_KEY = randomBytes(32);

/**
 * Filters with the same key are the same filter, in whatever revision.
 * @param filter with its secrets in place: another value is another filter
 */
export function keyOf(filter: FilterConfig, module: FilterModule): string {
  return createHmac('sha256', DIGEST_KEY)
    .update(JSON.stringify([module.digest, filter]))
    .digest('hex');
}

/** What workers load. */
export function toSpec(id: number, filter: FilterConfig, module: FilterModule): FilterSpec {
  const { capabilities, optional } = module.manifest;
  const withheld = optional.filter((capability) => !isGranted(filter, capability));
  const granted = CAPABILITIES.filter(
    (capability) =>
      capabilities.includes(capability) || (optional.includes(capability) && !withheld.includes(capability)),
  );
  return conceal({
    id,
    name: filter.name,
    moduleName: module.manifest.name,
    build: { version: module.manifest.version, digest: module.digest },
    module: module.module,
    phases: phasesWith(filter.config, module.manifest.phases),
    initialPages: module.initialPages,
    maximumPages: Math.min(module.maximumPages, filter.limits.memoryMb * PAGES_PER_MEBIBYTE),
    granted,
    withheld,
    shared: createSharedState(granted),
    callouts: filter.grants.callouts,
    secrets: filter.grants.secrets.map(({ name, from, read, sign }) => ({
      name,
      value: read ? from : null,
      key: read || sign ? from : null,
    })),
    config: JSON.stringify(filter.config ?? {}),
    deadlineMs: filter.limits.deadlineMs,
    isolation: filter.isolation,
    onFailure: filter.onFailure,
    quarantine: filter.quarantine,
  });
}

/** A spec holds secrets as plain text, because it is copied to workers; whoever prints it gets its names only. */
function conceal(spec: FilterSpec): FilterSpec {
  const { id, name, moduleName } = spec;
  const shown = { value: () => ({ id, name, moduleName }) };
  return Object.defineProperties(spec, { toJSON: shown, [inspect.custom]: shown });
}
