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
import { ReleaseStore } from './etcd/release-store.js';
import { type Entries, ReportedState } from './etcd/reported-state.js';
import { secretsIn } from './etcd/secret-store.js';
import { StoreFollower, type StoreView } from './etcd/store-follower.js';
import { parseModuleReference } from './module-reference.js';
import { readRelease } from './release.js';
import type { StoreTls } from './tls/certificates-in-use.js';
import { VERSION } from './version.js';

export interface EtcdSourceOptions {
  /** For people: where the store is. */
  readonly description: string;
  readonly connect: StoreConnector;
  /** What `connect` uses. Default null: clear text. */
  readonly tls?: StoreTls | null;
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
  readonly tls: StoreTls | null;
  readonly #options: EtcdSourceOptions;
  readonly #ranges: readonly KeyRange[];
  readonly #reporter: NodeReporter;
  readonly #reported: ReportedState;
  /** Secrets and certificates that the release has on this machine. */
  readonly #files: FileWatch;
  #follower: StoreFollower | null = null;
  #listener: ConfigListener | null = null;
  #isUnreachable = false;
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
  #saved: Promise<void> = Promise.resolve();

  constructor(options: EtcdSourceOptions) {
    const { description, tls = null, keys, channel, node } = options;
    this.description = description;
    this.tls = tls;
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
      throw toConfigErrors(cause);
    }
  }

  watch(listener: ConfigListener): void {
    this.#listener = listener;
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
        this.#lost(GatewayError.from(cause));
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
    const { cache } = this.#options;
    if (cache === null || release === undefined) return;
    this.#saved = this.#saved
      .then(() => cache.save(release))
      .catch((cause) => {
        this.#listener?.warned(`the release cannot be kept in ${cache.folder}: ${(cause as Error).message}`);
      });
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

  get stalenessSeconds(): number {
    return this.#follower?.stalenessSeconds ?? 0;
  }

  async close(): Promise<void> {
    this.#listener = null;
    this.#files.close();
    await this.#reporter.close();
    await this.#follower?.close();
    await this.#turn;
    await this.#saved;
  }

  #viewed(view: StoreView, store: KeyValueStore): void {
    if (this.#isUnreachable) {
      this.#isUnreachable = false;
      this.#listener?.reachable();
    }
    this.#reporter.attach(store);
    const isWaiting = this.#next !== null;
    this.#next = { view, store };
    if (!isWaiting) void this.#inTurn(() => this.#look());
  }

  #lost(error: GatewayError): void {
    this.#reporter.detach();
    if (this.#isUnreachable) return;
    this.#isUnreachable = true;
    this.#listener?.unreachable(error);
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
    if (this.#reported.has(view.entries)) return;
    try {
      await this.#report(view.entries, store);
    } catch (cause) {
      // The connection that gave the view is not good any more; the next one gives it again.
      this.#follower?.doubt(cause as Error);
    }
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
    const files = new Set<string>();
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
