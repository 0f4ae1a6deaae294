// Takes away what nothing needs: releases that no channel and no gateway runs, modules of no release, and chunks that a
// writer left behind. Whoever flips or publishes meanwhile makes the removal fail, or is made to fail by it: a channel
// never points to something that is gone.
import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from '../errors.js';
import { parsePointer } from './channel-store.js';
import type { ChunkList } from './chunked-value.js';
import type { KeyLayout } from './key-layout.js';
import type { Condition, KeyValueStore, StoredEntry, Write } from './key-value-store.js';
import { parseReport } from './node-store.js';
import { type ReleaseManifest, ReleaseStore } from './release-store.js';

/** What was removed, or could be. */
export interface Pruning {
  readonly releases: readonly string[];
  /** SHA-256 in hex. */
  readonly modules: readonly string[];
  /** Prefixes of chunks that no manifest names. */
  readonly chunks: readonly string[];
}

interface Removal {
  /** Id, digest or prefix. */
  readonly what: string;
  readonly prefix: string;
  readonly unchanged: Condition;
}

interface Plan {
  readonly unflipped: Condition;
  readonly unpublished: Condition;
  readonly releases: readonly Removal[];
  readonly modules: readonly Removal[];
  readonly chunks: readonly Removal[];
}

/** Plans that others may make void. */
const MOST_ATTEMPTS = 8;
const RETRY_MS = 50;
/** Removals of one transaction; etcd takes 128 operations unless told otherwise. */
const BATCH = 50;

export class ReleasePruner {
  readonly #store: KeyValueStore;
  readonly #keys: KeyLayout;
  readonly #releases: ReleaseStore;

  constructor(store: KeyValueStore, keys: KeyLayout) {
    this.#store = store;
    this.#keys = keys;
    this.#releases = new ReleaseStore(store, keys);
  }

  /** What `prune` would remove now. */
  async preview(keep: number): Promise<Pruning> {
    const { releases, modules, chunks } = await this.#plan(keep);
    return { releases: names(releases), modules: names(modules), chunks: names(chunks) };
  }

  /**
   * Removes all but what channels point to, or would go back to next, what gateways run, and the newest releases.
   * @param keep how many of the newest stay in any case
   * @throws GatewayError SLUICE_CONFIG_CONFLICT when others flip or publish all the time; what was removed stays so
   */
  async prune(keep: number): Promise<Pruning> {
    const done = { releases: new Set<string>(), modules: new Set<string>(), chunks: new Set<string>() };
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      if (await this.#remove(await this.#plan(keep), done))
        return { releases: [...done.releases], modules: [...done.modules], chunks: [...done.chunks] };
      // Not in step with who was in the way.
      await delay(RETRY_MS * attempt * (0.5 + Math.random()));
    }
    throw new GatewayError(
      'SLUICE_CONFIG_CONFLICT',
      `found others that flip and publish at ${this.#keys.prefix}, expected a moment without`,
    );
  }

  /** False when somebody flipped or published meanwhile: the rest of the plan is void. */
  async #remove(plan: Plan, done: Record<keyof Pruning, Set<string>>): Promise<boolean> {
    for (const { what, prefix, unchanged } of plan.releases) {
      if (!(await this.#store.commit([plan.unflipped, unchanged], [{ removePrefix: prefix }]))) return false;
      done.releases.add(what);
    }
    for (const kind of ['modules', 'chunks'] as const) {
      for (let from = 0; from < plan[kind].length; from += BATCH) {
        const batch = plan[kind].slice(from, from + BATCH);
        const writes: Write[] = batch.map(({ prefix }) => ({ removePrefix: prefix }));
        writes.push({ put: this.#keys.lastPrune, value: Buffer.from(new Date().toISOString()) });
        const conditions = [plan.unpublished, ...batch.map(({ unchanged }) => unchanged)];
        if (!(await this.#store.commit(conditions, writes))) return false;
        for (const { what } of batch) done[kind].add(what);
      }
    }
    return true;
  }

  async #plan(keep: number): Promise<Plan> {
    const { releases, modules, lastFlip, lastPublish, channels, nodes } = this.#keys;
    // Before anything else: what is read after these may be newer, which the conditions on them find.
    const { entries } = await this.#store.list([
      ...[{ key: lastFlip }, { key: lastPublish }],
      ...[{ prefix: channels }, { prefix: nodes }],
    ]);
    const stateOf = (key: string): Condition => ({
      key,
      state: entries.find((entry) => entry.key === key)?.modRevision ?? 'absent',
    });
    const [releaseKeys, moduleKeys] = [await this.#store.keys(releases), await this.#store.keys(modules)];
    const manifests = await this.#releases.list();
    const needed = new Set([...this.#usedBy(entries), ...manifests.slice(0, keep).map(({ id }) => id)]);
    const [kept, unneeded] = partition(manifests, ({ id }) => needed.has(id));
    const neededModules = new Set(kept.flatMap((manifest) => manifest.modules));
    const storedModules = new Map(
      manifestsIn(moduleKeys).map((manifest) => [folderOf(manifest).slice(modules.length, -1), manifest]),
    );
    const moduleRemovals = [...storedModules].filter(([digest]) => !neededModules.has(digest));
    return {
      unflipped: stateOf(lastFlip),
      unpublished: stateOf(lastPublish),
      releases: await this.#removals(unneeded.map(({ id }) => [id, this.#keys.release(id)])),
      modules: await this.#removals(moduleRemovals),
      chunks: await this.#strayChunks([...releaseKeys, ...moduleKeys]),
    };
  }

  #usedBy(entries: readonly StoredEntry[]): string[] {
    const { channels, nodes } = this.#keys;
    return entries.flatMap((entry) => {
      if (entry.key.startsWith(channels)) {
        const { release, earlier } = parsePointer(entry);
        return [release, ...earlier.slice(0, 1)];
      }
      return entry.key.startsWith(nodes) ? (parseReport(entry, this.#keys).release ?? []) : [];
    });
  }

  /** @param targets what each is called, and its manifest; one that is gone by now is left out */
  async #removals(targets: readonly (readonly [string, string])[]): Promise<Removal[]> {
    const removals: Removal[] = [];
    for (const [what, manifest] of targets) {
      const entry = await this.#store.get(manifest);
      if (entry === null) continue;
      const unchanged = { key: manifest, state: entry.modRevision };
      removals.push({ what, prefix: folderOf(manifest), unchanged });
    }
    return removals;
  }

  /** Chunks whose manifest does not name them: that of another writing stands, or none. */
  async #strayChunks(keys: readonly string[]): Promise<Removal[]> {
    const writings = new Set(keys.filter((key) => !key.endsWith('/manifest')).map(folderOf));
    const removals: Removal[] = [];
    for (const writing of writings) {
      const manifest = `${folderOf(writing.slice(0, -1))}manifest`;
      const entry = await this.#store.get(manifest);
      if (entry !== null && writingOf(entry) === writing.slice(0, -1).split('/').at(-1)) continue;
      const unchanged: Condition = { key: manifest, state: entry?.modRevision ?? 'absent' };
      removals.push({ what: writing, prefix: writing, unchanged });
    }
    return removals;
  }
}

/** The writing that a manifest of a release or a module names; null for what is none, as nobody can read it. */
function writingOf({ value }: StoredEntry): string | null {
  try {
    const manifest = JSON.parse(value.toString()) as Partial<ReleaseManifest & ChunkList> | null;
    return manifest?.document?.writing ?? manifest?.writing ?? null;
  } catch {
    return null;
  }
}

/** Those that fit, and the others. */
function partition<Item>(items: readonly Item[], fits: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(fits), items.filter((item) => !fits(item))];
}

function names(removals: readonly Removal[]): string[] {
  return removals.map(({ what }) => what);
}

function manifestsIn(keys: readonly string[]): string[] {
  return keys.filter((key) => key.endsWith('/manifest'));
}

/** Up to the last slash, which it keeps. */
function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}
