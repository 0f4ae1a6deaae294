// From a validated revision to a snapshot: reads modules, checks grants and configs, loads filters into the workers,
// builds upstreams and the router. Fails as a whole and leaves nothing behind; shares with earlier snapshots what
// did not change.
import { readdir, readFile, stat } from 'node:fs/promises';
import type { FilterConfig, GatewayConfig, UpstreamConfig } from './config/model.js';
import type { ConfigRevision } from './config/source.js';
import type { Dispatcher } from './dispatch/dispatcher.js';
import { ConfigErrors, GatewayError } from './errors.js';
import { RefPool } from './ref-pool.js';
import { buildChains, type Route } from './route.js';
import { RadixRouter } from './router/radix-router.js';
import { Snapshot } from './snapshot.js';
import { UndiciUpstream } from './upstream/undici-upstream.js';
import type { Upstream } from './upstream/upstream.js';
import { CAPABILITIES, type Capability } from './wasm/capabilities.js';
import type { FilterLogLine } from './wasm/guest-abi.js';
import { createSharedState } from './wasm/guest-host.js';
import type { FilterSpec } from './wasm/instance.js';
import { digestOf, type FilterModule } from './wasm/module.js';

const BUILTIN = 'builtin:';
const BUILTIN_FOLDER = new URL('../filters/', import.meta.url);
const PAGES_PER_MEBIBYTE = 16;
/** Built-in filters have 50 KiB. */
const MOST_MODULE_BYTES = 16 * 1024 * 1024;

/** What a build needs of the workers; `sluice check` brings its own. */
export type FilterLoader = Pick<Dispatcher, 'compile' | 'checkConfig' | 'load' | 'unload'>;

export class SnapshotBuilder {
  readonly #loader: FilterLoader;
  readonly #onLog: (line: FilterLogLine) => void;
  readonly #filters: RefPool<FilterSpec>;
  readonly #upstreams: RefPool<Upstream>;
  /** Modules of the last build by digest: a reload that changes no module compiles none. */
  #modules: ReadonlyMap<string, FilterModule> = new Map();
  #nextFilterId = 1;

  /** @param onLog gets what filters log while they are configured */
  constructor(loader: FilterLoader, onLog: (line: FilterLogLine) => void = () => {}) {
    this.#loader = loader;
    this.#onLog = onLog;
    this.#filters = new RefPool((spec) => loader.unload([spec.id]));
    this.#upstreams = new RefPool((upstream) => void upstream.dispose());
  }

  /** Upstreams of all snapshots that still live, for metrics and the admin API. */
  upstreams(): Upstream[] {
    return this.#upstreams.values();
  }

  /**
   * Builds one revision.
   * @throws ConfigErrors with every error that was found
   */
  async build(revision: ConfigRevision): Promise<Snapshot> {
    const held = new Held(this.#filters, this.#upstreams);
    try {
      const specs = await this.#buildFilters(revision.config, held);
      const upstreams = new Map(
        revision.config.upstreams.map((upstream) => [upstream.name, this.#buildUpstream(upstream, held)]),
      );
      const router = buildRouter(revision.config, specs, upstreams);
      return new Snapshot(revision, router, [...specs.values()], () => held.release());
    } catch (cause) {
      held.release();
      throw cause instanceof ConfigErrors ? cause : new ConfigErrors([GatewayError.from(cause)]);
    }
  }

  /** Filters by name. All modules are read and checked before the first one is loaded. */
  async #buildFilters(config: GatewayConfig, held: Held): Promise<Map<string, FilterSpec>> {
    const errors: GatewayError[] = [];
    const checked: { filter: FilterConfig; module: FilterModule }[] = [];
    const modules = new Map<string, FilterModule>();
    for (const filter of config.filters) {
      try {
        const module = await this.#readModule(filter, modules);
        checkGrants(filter, module);
        errors.push(...(await this.#checkConfig(filter, module)));
        checked.push({ filter, module });
      } catch (cause) {
        errors.push(GatewayError.from(cause));
      }
    }
    if (errors.length > 0) throw new ConfigErrors(errors);
    this.#modules = modules;

    const specs = new Map<string, FilterSpec>();
    for (const { filter, module } of checked) {
      specs.set(filter.name, await this.#acquireFilter(filter, module, held));
    }
    return specs;
  }

  /** The module of a filter, compiled at most once for as long as its file does not change. */
  async #readModule(filter: FilterConfig, modules: Map<string, FilterModule>): Promise<FilterModule> {
    const bytes = await readModuleFile(filter);
    const digest = digestOf(bytes);
    const label = `/filters/${filter.name}/module (${filter.module})`;
    const module =
      modules.get(digest) ?? this.#modules.get(digest) ?? (await this.#loader.compile(bytes, label));
    modules.set(digest, module);
    return module;
  }

  async #checkConfig(filter: FilterConfig, module: FilterModule): Promise<GatewayError[]> {
    // It fitted when the filter was built.
    if (this.#filters.has(keyOf(filter, module))) return [];
    const label = `/filters/${filter.name}/config`;
    const faults = await this.#loader.checkConfig(module.manifest.config, filter.config, label);
    return faults.map(
      ({ pointer, message }) =>
        new GatewayError('SLUICE_FILTER_CONFIG', `${label}${pointer}: ${message}`, { filter: filter.name }),
    );
  }

  async #acquireFilter(filter: FilterConfig, module: FilterModule, held: Held): Promise<FilterSpec> {
    const key = keyOf(filter, module);
    const known = this.#filters.acquire(key);
    if (known !== undefined) {
      held.filters.push(key);
      return known;
    }
    const spec = toSpec(this.#nextFilterId, filter, module);
    this.#nextFilterId += 1;
    for (const line of await this.#loader.load([spec])) this.#onLog(line);
    this.#filters.add(key, spec);
    held.filters.push(key);
    return spec;
  }

  #buildUpstream(config: UpstreamConfig, held: Held): Upstream {
    const { headers: _, ...options } = config;
    const key = JSON.stringify(options);
    let upstream = this.#upstreams.acquire(key);
    if (upstream === undefined) {
      upstream = new UndiciUpstream(options);
      this.#upstreams.add(key, upstream);
    }
    held.upstreams.push(key);
    return upstream;
  }
}

/** References that one snapshot, or one build, holds. */
class Held {
  readonly filters: string[] = [];
  readonly upstreams: string[] = [];
  readonly #filterPool: RefPool<FilterSpec>;
  readonly #upstreamPool: RefPool<Upstream>;

  constructor(filterPool: RefPool<FilterSpec>, upstreamPool: RefPool<Upstream>) {
    this.#filterPool = filterPool;
    this.#upstreamPool = upstreamPool;
  }

  release(): void {
    for (const key of this.filters.splice(0)) this.#filterPool.release(key);
    for (const key of this.upstreams.splice(0)) this.#upstreamPool.release(key);
  }
}

async function readModuleFile(filter: FilterConfig): Promise<Uint8Array> {
  const { module } = filter;
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
function checkGrants(filter: FilterConfig, { manifest }: FilterModule): void {
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

/** Filters with the same key are the same filter, in whatever revision. */
function keyOf(filter: FilterConfig, module: FilterModule): string {
  return JSON.stringify([module.digest, filter]);
}

function toSpec(id: number, filter: FilterConfig, module: FilterModule): FilterSpec {
  const { capabilities } = module.manifest;
  const granted = CAPABILITIES.filter((capability) => capabilities.includes(capability));
  return {
    id,
    name: filter.name,
    moduleName: module.manifest.name,
    module: module.module,
    phases: module.manifest.phases,
    initialPages: module.initialPages,
    maximumPages: Math.min(module.maximumPages, filter.limits.memoryMb * PAGES_PER_MEBIBYTE),
    granted,
    shared: createSharedState(granted),
    callouts: filter.grants.callouts,
    config: JSON.stringify(filter.config ?? {}),
    deadlineMs: filter.limits.deadlineMs,
    isolation: filter.isolation,
    onFailure: filter.onFailure,
    quarantine: filter.quarantine,
  };
}

function buildRouter(
  config: GatewayConfig,
  specs: ReadonlyMap<string, FilterSpec>,
  upstreams: ReadonlyMap<string, Upstream>,
): RadixRouter<Route> {
  const callouts = new Map(
    config.upstreams.map(({ name, headers }) => [name, { upstream: upstreams.get(name)!, headers }]),
  );
  return new RadixRouter(
    config.routes.map((route) => ({
      id: route.id,
      hosts: route.match.hosts,
      path: route.match.path,
      methods: route.match.methods,
      route: {
        id: route.id,
        config: route,
        upstream: callouts.get(route.upstream)!.upstream,
        upstreamHeaders: callouts.get(route.upstream)!.headers,
        callouts,
        ...buildChains(route.filters.map((name) => specs.get(name)!)),
      },
    })),
  );
}
