// A ConfigSource over a channel in etcd: follows the pointer of the channel and the secrets beside it, reads the release
// that it points to, and keeps the last one that ran on disk.
import { placesIn } from './config/document-places.js';
import { FileWatch } from './config/file-watch.js';
import type { ConfigListener, ConfigRevision, ConfigSource } from './config/source.js';
import type { ValidateOptions } from './config/validate.js';
import { ConfigErrors, GatewayError } from './errors.js';
import { ChannelStore, parsePointer } from './etcd/channel-store.js';
import type { KeyLayout } from './etcd/key-layout.js';
import {
  type KeyRange,
  type KeyValueStore,
  type StoreConnector,
  type StoredEntry,
  withStore,
} from './etcd/key-value-store.js';
import { mostUrgent, NodeReporter } from './etcd/node-reporter.js';
import type { ReleaseCache, StoredRelease } from './etcd/release-cache.js';
import { ReleaseKeeper } from './etcd/release-keeper.js';
import { ReleaseStore } from './etcd/release-store.js';
import { type Entries, ReportedState } from './etcd/reported-state.js';
import { secretsIn } from './etcd/secret-store.js';
import { kindOfFailure, StoreFollower, type StoreView } from './etcd/store-follower.js';
import { parseModuleReference } from './module-reference.js';
import { readRelease } from './release.js';
import type { StoreTls } from './tls/certificates-in-use.js';
import { VERSION } from './version.js';

export interface EtcdSourceOptions {
  /** For people: where the store is. */
  readonly description: string;
  readonly connect: StoreConnector;
  /** What `connect` uses. Default: clear text. */
  readonly tls?: () => StoreTls | null;
  /** Where that stands: a change counts at once. Default: none. */
  readonly certificateFiles?: readonly string[];
  readonly keys: KeyLayout;
  readonly channel: string;
  /** Name of this gateway among those of the fleet. */
  readonly node: string;
  /** Null keeps nothing on disk: a start without the store fails. */
  readonly cache: ReleaseCache | null;
  /** See ValidateOptions. */
  readonly processes?: number;
  /** Finds secrets, given the entries of the store that hold them, by name. */
  readonly findSecrets: (entries: ReadonlyMap<string, Buffer>) => ValidateOptions['findSecrets'];
  /** Parses the text of each release, and refuses one whose value it does not say. Default false: that takes long. */
  readonly comparesValues?: boolean;
  /** See FollowerOptions. */
  readonly checkMs?: number;
}

/** A release that was left for the one before it. */
interface Rejected {
  readonly release: string;
  readonly back: string;
  /** Revision of the pointer to it. */
  readonly pointer: bigint;
  /** The channel is to be flipped back yet. */
  isDue: boolean;
}

const NOTHING_REFUSED = { refused: null, lastError: null };

export class EtcdSource implements ConfigSource {
  readonly description: string;
  readonly #options: EtcdSourceOptions;
  readonly #ranges: readonly KeyRange[];
  readonly #reporter: NodeReporter;
  readonly #reported: ReportedState;
  /** Secrets and certificates that the release has on this machine. */
  readonly #files: FileWatch;
  #follower: StoreFollower | null = null;
  #listener: ConfigListener | null = null;
  /** Connection that views come from; null while there is none. */
  #followed: KeyValueStore | null = null;
  /** Kinds of failures that were told of since it was followed last; none as long as it is. */
  readonly #outage = new Set<string>();
  /** Since when the store holds something that cannot be read; null when all of it was. */
  #unreadSinceMs: number | null = null;
  /** Looks at views, and reloads, one after another. */
  #turn: Promise<void> = Promise.resolve();
  /** The newest view that was not looked at yet: those before it need not be looked at any more. */
  #next: { readonly view: StoreView; readonly store: KeyValueStore } | null = null;
  #rejected: Rejected | null = null;
  /** Release that was read last: texts and modules that did not change are not read again. */
  #known: StoredRelease | null = null;
  readonly #releases = new WeakMap<ConfigRevision, StoredRelease>();
  /** What runs. */
  #running: StoredRelease | null = null;
  readonly #keeper: ReleaseKeeper | null;

  constructor(options: EtcdSourceOptions) {
    const { description, keys, channel, node, cache } = options;
    this.description = description;
    this.#options = options;
    this.#files = new FileWatch(() => void this.#refresh());
    this.#ranges = [{ key: keys.channel(channel) }, { prefix: keys.secrets }];
    this.#reported = new ReportedState(keys, channel);
    this.#reporter = new NodeReporter({
      keys,
      node,
      channel,
      version: VERSION,
      failed: (error) => this.#listener?.warned(`this node cannot report to the fleet: ${error.message}`),
    });
    this.#keeper = cache && new ReleaseKeeper({ cache, failed: (why) => this.#warnOfCache(why) });
  }

  async load(): Promise<ConfigRevision> {
    try {
      return await withStore(this.#options.connect, async (store) => {
        const entries = byKey((await store.list(this.#ranges)).entries);
        this.#reported.note(entries, true);
        const revision = await this.#read(entries, store);
        this.#reported.note(entries, false);
        return revision;
      });
    } catch (cause) {
      throw toConfigErrors(cause);
    }
  }

  async lastGood(): Promise<ConfigRevision | null> {
    const { cache } = this.#options;
    if (cache === null) return null;
    try {
      const release = await cache.load();
      return release === null ? null : await this.#validate(release);
    } catch (cause) {
      throw toConfigErrors(isOfFiles(cause) ? unreadable(cache.folder, cause) : cause);
    }
  }

  watch(listener: ConfigListener): void {
    this.#listener = listener;
    // Of the first release it may have shown before anybody listened.
    const fault = this.#keeper?.fault ?? null;
    if (fault !== null) this.#warnOfCache(fault);
    this.#follower = new StoreFollower({
      connect: this.#options.connect,
      ranges: this.#ranges,
      ...(this.#options.checkMs === undefined ? {} : { checkMs: this.#options.checkMs }),
      listener: {
        view: (view, store) => this.#viewed(view, store),
        lost: (error) => this.#lost(error),
        replaced: (why) => this.#listener?.warned(`this is not the store of before: ${why}`),
      },
    });
    this.#follower.start();
  }

  async reload(): Promise<void> {
    await this.#inTurn(async () => {
      try {
        // Somebody may have mended what stands there.
        this.#known = null;
        await withStore(this.#options.connect, async (store) => {
          const entries = byKey((await store.list(this.#ranges)).entries);
          await this.#report(entries, store);
        });
      } catch (cause) {
        const error = GatewayError.from(cause);
        // Whoever follows finds out whether it was this once only. In an outage, who asks hears why.
        if (this.#outage.size === 0) this.#follower?.doubt(error);
        else this.#listener?.unreachable(error);
      }
    });
  }

  applied(revision: ConfigRevision): void {
    const isBack = revision.id === this.#rejected?.back;
    this.#reporter.update({
      ...{ release: revision.id, since: new Date().toISOString(), ...NOTHING_REFUSED },
      ...(isBack ? {} : { rolledBack: null }),
      certificates: mostUrgent({ ...revision.tls.parts, store: this.tls }, revision.config.certificates),
    });
    const release = this.#releases.get(revision);
    this.#running = release ?? null;
    if (release !== undefined) this.#keeper?.keep(release);
  }

  refused(errors: ConfigErrors, revision: ConfigRevision | null): void {
    this.#reporter.update({
      refused: revision?.id ?? this.#reported.release,
      lastError: errors.message,
    });
  }

  /** Flips the channel back as well, unless somebody flipped it meanwhile; one gateway of a fleet succeeds. */
  rejected({ id: release }: ConfigRevision, { id: back }: ConfigRevision, reason: string): void {
    const why = `${release}: ${reason}`;
    this.#reporter.update({ refused: release, lastError: `rolled back ${why}`, rolledBack: why });
    if (this.#reported.release !== release) return;
    this.#rejected = { release, back, pointer: this.#reported.pointer, isDue: true };
    this.#reported.fail();
    void this.#inTurn(() => withStore(this.#options.connect, (store) => this.#flipBack(store))).catch(
      (cause) =>
        this.#listener?.warned(`the channel cannot be flipped back yet: ${(cause as Error).message}`),
    );
  }

  get tls(): StoreTls | null {
    return this.#options.tls?.() ?? null;
  }

  get isKept(): boolean {
    return (this.#keeper?.fault ?? null) === null;
  }

  get stalenessSeconds(): number {
    const unreadMs = this.#unreadSinceMs === null ? 0 : performance.now() - this.#unreadSinceMs;
    return Math.max(this.#follower?.stalenessSeconds ?? 0, unreadMs / 1000);
  }

  async close(): Promise<void> {
    this.#listener = null;
    this.#files.close();
    await this.#reporter.close();
    await this.#follower?.close();
    await this.#turn;
    await this.#keeper?.close();
  }

  #viewed(view: StoreView, store: KeyValueStore): void {
    this.#followed = store;
    this.#reporter.attach(store);
    const isWaiting = this.#next !== null;
    this.#next = { view, store };
    if (!isWaiting) void this.#inTurn(() => this.#look());
  }

  #lost(error: GatewayError): void {
    this.#followed = null;
    this.#reporter.detach();
    // A connection that breaks says less than why no other can be made: each reason is told of once.
    const kind = kindOfFailure(error);
    if (this.#outage.has(kind)) return;
    this.#outage.add(kind);
    this.#listener?.unreachable(error);
  }

  #warnOfCache(why: string): void {
    this.#listener?.warned(`the release cannot be kept in ${this.#options.cache?.folder}: ${why}`);
  }

  /** Files changed that the release mentions: what runs is made anew, also while the store is out of reach. */
  async #refresh(): Promise<void> {
    const running = this.#running;
    if (running === null || this.#reported.isFailure) return this.reload();
    await this.#inTurn(async () => {
      try {
        this.#listener?.changed(await this.#validate(running));
      } catch (cause) {
        this.#listener?.failed(toConfigErrors(cause));
      }
    });
  }

  async #look(): Promise<void> {
    const { view, store } = this.#next!;
    this.#next = null;
    // A failure of this is told of once, and tried again with the next view.
    if (this.#rejected?.isDue === true) await this.#flipBack(store).catch(() => undefined);
    try {
      if (!this.#reported.has(view.entries)) await this.#report(view.entries, store);
      if (this.#followed === store) this.#caughtUp();
    } catch (cause) {
      // This connection is not good any more, or may not read what the channel points to; the next one gives the view again.
      this.#unreadSinceMs ??= performance.now();
      this.#follower?.doubt(cause as Error);
    }
  }

  /** What the store holds was read, and an outage is over with that, not with a connection alone. */
  #caughtUp(): void {
    this.#unreadSinceMs = null;
    if (this.#outage.size === 0) return;
    this.#outage.clear();
    this.#listener?.reachable();
  }

  async #flipBack(store: KeyValueStore): Promise<void> {
    const rejected = this.#rejected;
    if (rejected === null || !rejected.isDue) return;
    const { channel: name, keys, node } = this.#options;
    const channels = new ChannelStore(store, keys);
    const channel = await channels.read(name);
    if (channel.revision === rejected.pointer) {
      try {
        await channels.rollBack(channel, rejected.back, `${node}, by itself`);
        this.#listener?.warned(
          `channel ${name} was flipped back from ${rejected.release} to ${rejected.back}`,
        );
      } catch (cause) {
        // Somebody was faster.
        if (GatewayError.from(cause).code !== 'SLUICE_CONFIG_CONFLICT') throw cause;
      }
    }
    rejected.isDue = false;
  }

  /** Reads and reports, good or bad. @throws GatewayError when the store does not answer */
  async #report(entries: Entries, store: KeyValueStore): Promise<void> {
    // Secrets that change, or a reload, are nobody's word that it is to run again.
    if (this.#rejected?.pointer === this.#reported.pointerOf(entries)) return;
    let revision: ConfigRevision;
    try {
      revision = await this.#read(entries, store);
    } catch (cause) {
      if (isOutage(cause)) throw cause;
      this.#reported.note(entries, true);
      this.#listener?.failed(toConfigErrors(cause));
      return;
    }
    this.#reported.note(entries, false);
    this.#listener?.changed(revision);
  }

  async #read(entries: Entries, store: KeyValueStore): Promise<ConfigRevision> {
    const { keys, channel } = this.#options;
    const key = keys.channel(channel);
    const entry = entries.get(key);
    if (entry === undefined) {
      throw new GatewayError(
        'SLUICE_CONFIG_UNREADABLE',
        `${this.description}: found no ${key}, expected a channel that points to a release; \`sluice apply\` makes one`,
      );
    }
    const id = parsePointer(entry).release;
    const releases = new ReleaseStore(store, keys);
    const document = this.#known?.id === id ? this.#known.document : await releases.readDocument(id);
    const secrets = secretsIn(entries.values(), keys);
    const release = { id, document, secrets, modules: new Map<string, Uint8Array>() };
    const revision = await this.#validate(release);
    for (const { module } of revision.config.filters) {
      const digest = parseModuleReference(module)?.digest;
      if (digest === undefined || release.modules.has(digest)) continue;
      release.modules.set(digest, this.#known?.modules.get(digest) ?? (await releases.readModule(digest)));
    }
    this.#known = release;
    return revision;
  }

  /** `modules` of the release may still be empty: the revision shares them. */
  async #validate(release: StoredRelease): Promise<ConfigRevision> {
    const name = this.#options.keys.release(release.id).replace(/\/manifest$/, '');
    const files = new Set(this.#options.certificateFiles);
    const readAtMs = Date.now();
    const valid = await readRelease(release.document, name, {
      findSecrets: this.#options.findSecrets(release.secrets),
      usesFile: (path) => void files.add(path),
      processes: this.#options.processes ?? 1,
      comparesValue: this.#options.comparesValues === true,
    }).finally(() => this.#files.follow(files, readAtMs));
    const places = placesIn(release.document, name);
    const revision: ConfigRevision = { id: release.id, ...valid, modules: release.modules, places };
    this.#releases.set(revision, release);
    return revision;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function byKey(entries: readonly StoredEntry[]): Entries {
  return new Map(entries.map((entry) => [entry.key, entry]));
}

/** The store, and not what stands in it, is to blame. */
function isOutage(cause: unknown): boolean {
  return cause instanceof GatewayError && cause.code.startsWith('SLUICE_CONFIG_STORE_');
}

function toConfigErrors(cause: unknown): ConfigErrors {
  return cause instanceof ConfigErrors ? cause : new ConfigErrors([GatewayError.from(cause)]);
}

function isOfFiles(cause: unknown): cause is NodeJS.ErrnoException {
  return cause instanceof Error && 'syscall' in cause;
}

function unreadable(folder: string, cause: NodeJS.ErrnoException): GatewayError {
  const found = `${folder}: found ${cause.message}`;
  return new GatewayError('SLUICE_CONFIG_UNREADABLE', `${found}, expected a cache that can be read`, {
    cause,
  });
}
