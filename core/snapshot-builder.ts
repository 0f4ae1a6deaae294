// From a validated revision to a snapshot: reads modules, checks grants and configs, loads filters into the workers,
// builds upstreams and the router. Fails as a whole and leaves nothing behind; shares with earlier snapshots what
// did not change.
import type { FilterConfig, UpstreamConfig } from './config/model.js';
import type { ConfigRevision } from './config/source.js';
import type { Dispatcher } from './dispatch/dispatcher.js';
import { buildRedactor, buildScanner } from './egress.js';
import { ConfigErrors, GatewayError } from './errors.js';
import { inPlace } from './filter-places.js';
import { checkGrants, keyOf, readModule, toSpec, withSecrets } from './filter-spec.js';
import { RefPool } from './ref-pool.js';
import { RadixRouter } from './router/radix-router.js';
import type { SecretScanner } from './secrets/secret-scanner.js';
import { Snapshot } from './snapshot.js';
import { SnapshotRoutes } from './snapshot-routes.js';
import { inSlices, Slices } from './time-slices.js';
import type { ClientTls } from './tls/client-tls.js';
import { buildUpstream } from './upstream/build-upstream.js';
import { UpstreamTally } from './upstream/tally.js';
import type { TargetChange, Upstream } from './upstream/upstream.js';
import type { FilterLogLine } from './wasm/guest-abi.js';
import type { FilterSpec } from './wasm/instance.js';
import { digestOf, type FilterModule } from './wasm/module.js';

/** Told what the log should say of a build. */
export interface BuildObserver {
  /** A line that a filter wrote while it was configured. */
  filterConfigured(line: FilterLogLine): void;
  /** A filter was loaded whose grants let it read the value of a secret. Once for each load, used or not. */
  secretReadable(filter: string, secret: string): void;
  /** A secret is too short to be looked for in what leaves the gateway. Once for each build. */
  secretTooShort(secret: string): void;
  /** A target of an upstream that lives gets requests from now on, or does not. */
  targetChanged(change: TargetChange): void;
}

/** A filter that may be loaded. */
interface CheckedFilter {
  /** With its secrets in place. */
  readonly filter: FilterConfig;
  readonly module: FilterModule;
  /** See `keyOf`. */
  readonly key: string;
}

/** What a build needs of the workers; `sluice check` brings its own. */
export type FilterLoader = Pick<Dispatcher, 'compile' | 'checkConfig' | 'load' | 'unload'>;

export class SnapshotBuilder {
  readonly #loader: FilterLoader;
  readonly #observer: BuildObserver | null;
  readonly #filters: RefPool<FilterSpec>;
  readonly #upstreams: RefPool<Upstream>;
  /** Modules of the last build by digest: a reload that changes no module compiles none. */
  #modules: ReadonlyMap<string, FilterModule> = new Map();
  #nextFilterId = 1;

  constructor(loader: FilterLoader, observer: BuildObserver | null = null) {
    this.#loader = loader;
    this.#observer = observer;
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
    const tallies = new Map(this.upstreams().map(({ name, tally }) => [name, tally]));
    const scanner = buildScanner(revision.config, revision.secrets);
    const redact = buildRedactor(scanner, revision.secrets);
    const startMs = performance.now();
    try {
      const specs = await this.#buildFilters(revision, held, scanner);
      const filteredMs = performance.now();
      const upstreams = new Map(
        revision.config.upstreams.map((upstream) => [
          upstream.name,
          this.#buildUpstream(upstream, revision.tls.upstream(upstream.name), tallies, held),
        ]),
      );
      const router = await RadixRouter.build(new SnapshotRoutes(revision, specs, upstreams, scanner));
      const tookMs = {
        filters: Math.round(filteredMs - startMs),
        routes: Math.round(performance.now() - filteredMs),
      };
      for (const secret of scanner?.tooShort ?? []) this.#observer?.secretTooShort(secret);
      return new Snapshot(revision, router, [...specs.values()], scanner, tookMs, () => held.release());
    } catch (cause) {
      held.release();
      throw await inPlace(withoutSecrets(cause, redact), revision.places);
    }
  }

  /** Filters by name. All modules are read and checked before the first one is loaded. */
  async #buildFilters(
    revision: ConfigRevision,
    held: Held,
    scanner: SecretScanner | null,
  ): Promise<Map<string, FilterSpec>> {
    const { config, secrets, modules: brought } = revision;
    const errors: GatewayError[] = [];
    const checked: CheckedFilter[] = [];
    const modules = new Modules();
    const slices = new Slices();
    for (const written of config.filters) {
      if (slices.isOver) await slices.next();
      const filter = withSecrets(written, secrets);
      try {
        const module = await this.#readModule(filter, brought, modules);
        checkGrants(filter, module);
        const key = keyOf(filter, module);
        errors.push(...(await this.#checkConfig(filter, module, key)));
        checked.push({ filter, module, key });
      } catch (cause) {
        errors.push(GatewayError.from(cause));
      }
    }
    if (errors.length > 0) throw new ConfigErrors(errors);
    this.#modules = modules.byDigest;
    return this.#acquireFilters(checked, held, scanner);
  }

  /** The module of a filter, compiled at most once for as long as its file does not change. */
  async #readModule(
    filter: FilterConfig,
    brought: ReadonlyMap<string, Uint8Array>,
    modules: Modules,
  ): Promise<FilterModule> {
    const read = modules.byName.get(filter.module);
    if (read !== undefined) return read;
    const bytes = await readModule(filter, brought);
    const digest = digestOf(bytes);
    const label = `/filters/${filter.name}/module (${filter.module})`;
    const module =
      modules.byDigest.get(digest) ?? this.#modules.get(digest) ?? (await this.#loader.compile(bytes, label));
    modules.byDigest.set(digest, module);
    modules.byName.set(filter.module, module);
    return module;
  }

  async #checkConfig(filter: FilterConfig, module: FilterModule, key: string): Promise<GatewayError[]> {
    // It fitted when the filter was built.
    if (this.#filters.has(key)) return [];
    const label = `/filters/${filter.name}/config`;
    const faults = await this.#loader.checkConfig(module.manifest.config, filter.config, label);
    return faults.map(
      ({ pointer, message }) =>
        new GatewayError('SLUICE_FILTER_CONFIG', `${label}${pointer}: ${message}`, { filter: filter.name }),
    );
  }

  /** Filters by name: those that run already, and those that are loaded now, all of them or none. */
  async #acquireFilters(
    checked: readonly CheckedFilter[],
    held: Held,
    scanner: SecretScanner | null,
  ): Promise<Map<string, FilterSpec>> {
    const specs = new Map<string, FilterSpec>();
    const fresh: { readonly key: string; readonly filter: FilterConfig; readonly spec: FilterSpec }[] = [];
    const slices = new Slices();
    for (const { filter, module, key } of checked) {
      if (slices.isOver) await slices.next();
      const known = this.#filters.acquire(key);
      const spec = known ?? toSpec(this.#nextFilterId++, filter, module);
      if (known === undefined) fresh.push({ key, filter, spec });
      else held.filters.push(key);
      specs.set(filter.name, spec);
    }
    const lines = await this.#loader.load(fresh.map(({ spec }) => spec));
    // The log knows the secrets of the revision that runs, not yet those of this one.
    for (const line of lines)
      this.#observer?.filterConfigured(
        scanner === null ? line : { ...line, text: scanner.redactText(line.text) },
      );
    for (const { key, filter, spec } of fresh) {
      for (const { name, read } of filter.grants.secrets)
        if (read) this.#observer?.secretReadable(filter.name, name);
      this.#filters.add(key, spec);
      held.filters.push(key);
    }
    return specs;
  }

  /**
   * One that is shown another certificate, or trusts others, is another upstream: connections are of one identity.
   * @param tallies of what lives, by name: what has its name goes on to count there
   */
  #buildUpstream(
    config: UpstreamConfig,
    tls: ClientTls | null,
    tallies: ReadonlyMap<string, UpstreamTally>,
    held: Held,
  ): Upstream {
    const { headers: _, tls: __, ...options } = config;
    const key = JSON.stringify({ ...options, tls: tls?.digest ?? null });
    let upstream = this.#upstreams.acquire(key);
    if (upstream === undefined) {
      upstream = buildUpstream({
        ...options,
        tls,
        tally: new UpstreamTally(
          config.targets.map(({ url }) => url),
          tallies.get(config.name),
        ),
        targetChanged: (change) => this.#observer?.targetChanged(change),
      });
      this.#upstreams.add(key, upstream);
    }
    held.upstreams.push(key);
    return upstream;
  }
}

/** Modules of one build. */
class Modules {
  readonly byDigest = new Map<string, FilterModule>();
  /** As filters name them: each file is read once. */
  readonly byName = new Map<string, FilterModule>();
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

  /** Filters in slices: a message to every worker for each, at a moment when requests begin to run on what is new. */
  release(): void {
    for (const key of this.upstreams.splice(0)) this.#upstreamPool.release(key);
    void inSlices(this.filters.splice(0), (key) => this.#filterPool.release(key));
  }
}

/** Messages of guests and of the checks of their configs may quote what they were given. */
function withoutSecrets(cause: unknown, redact: (text: string) => string): ConfigErrors {
  const errors = cause instanceof ConfigErrors ? cause.errors : [GatewayError.from(cause)];
  return new ConfigErrors(
    errors.map((error) => {
      const message = redact(error.message);
      if (message === error.message) return error;
      return new GatewayError(error.code, message, {
        ...(error.filter === undefined ? {} : { filter: error.filter }),
      });
    }),
  );
}
