// Releases: immutable documents and the filter modules that they name. Writing one changes nothing that runs; a channel
// does, when it is flipped to it.
import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from '../errors.js';
import { asChunkList, type ChunkList, damaged, readChunked, sha256, writeChunked } from './chunked-value.js';
import type { KeyLayout } from './key-layout.js';
import type { Condition, KeyValueStore } from './key-value-store.js';

/** What is known of a release without reading its document. */
export interface ReleaseManifest {
  /** First 12 hex digits of the SHA-256 of the document. */
  readonly id: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Who published it, for people. */
  readonly createdBy: string;
  readonly message: string;
  /** SHA-256 of the modules that the document names. */
  readonly modules: readonly string[];
  readonly document: ChunkList;
  /** JSON of what the document says, in the same writing. Absent where the release is of before there were values. */
  readonly value?: ChunkList;
}

/** What a release says: as somebody wrote it, and as it was parsed. */
export interface ReleaseDocument {
  readonly text: Buffer;
  /** JSON; null where the text has to be parsed. */
  readonly value: Buffer | null;
  /** SHA-256 of both in hex, which they were found to have. */
  readonly digests: { readonly text: string; readonly value: string | null };
}

export interface NewRelease {
  readonly text: string;
  /** JSON of what it says, so that nobody has to parse it again; null publishes the text alone. */
  readonly value: string | null;
  /** Bytes of the modules that the document names by digest. */
  readonly modules: readonly Uint8Array[];
  readonly createdBy: string;
  readonly message: string;
}

/** Tries to publish while others publish or prune the same. */
const MOST_ATTEMPTS = 8;
const RETRY_MS = 50;

const ID = /^[0-9a-f]{12}$/;
const ID_DIGITS = 12;

export class ReleaseStore {
  readonly #store: KeyValueStore;
  readonly #keys: KeyLayout;

  constructor(store: KeyValueStore, keys: KeyLayout) {
    this.#store = store;
    this.#keys = keys;
  }

  /**
   * Writes what is not there yet and answers the id; the same document again is the same release. What is damaged is
   * written anew. A release is there only with all of its modules, whoever removes any meanwhile.
   * @throws GatewayError SLUICE_CONFIG_CONFLICT when others write and remove the same all the time
   */
  async publish(release: NewRelease): Promise<string> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const id = await this.#tryToPublish(release);
      if (id !== null) return id;
      // Not in step with who was in the way.
      await delay(RETRY_MS * attempt * (0.5 + Math.random()));
    }
    throw new GatewayError(
      'SLUICE_CONFIG_CONFLICT',
      `found others that publish and prune at ${this.#keys.prefix}, expected a moment without`,
    );
  }

  /** Null when somebody wrote or removed something of it meanwhile. */
  async #tryToPublish({ text, value, modules, createdBy, message }: NewRelease): Promise<string | null> {
    const lastPrune = await this.#store.get(this.#keys.lastPrune);
    const unpruned: Condition = { key: this.#keys.lastPrune, state: lastPrune?.modRevision ?? 'absent' };
    for (const module of modules) if (!(await this.#publishModule(module, unpruned))) return null;
    const bytes = Buffer.from(text);
    const id = releaseId(bytes);
    const manifest = this.#keys.release(id);
    const state = await this.#stateOf(manifest, async () => {
      const stored = await this.readDocument(id);
      // One of before there were values gets its value.
      if (value !== null && (stored.value === null || !isValue(stored.value, value)))
        throw otherValue(`release ${id}`);
    });
    if (state === 'whole') return id;
    const isWritten = await writeChunked(
      this.#store,
      value === null ? [bytes] : [bytes, Buffer.from(value)],
      {
        manifest,
        chunks: (writing) => this.#keys.releaseChunks(id, writing),
        conditions: [{ key: manifest, state }, unpruned],
        writes: [{ put: this.#keys.lastPublish, value: Buffer.from(id) }],
      },
      ([document, json]): ReleaseManifest => ({
        id,
        createdAt: new Date().toISOString(),
        createdBy,
        message,
        modules: modules.map(sha256),
        document: document!,
        ...(json === undefined ? {} : { value: json }),
      }),
    );
    return isWritten ? id : null;
  }

  async #publishModule(bytes: Uint8Array, unpruned: Condition): Promise<boolean> {
    const digest = sha256(bytes);
    const manifest = this.#keys.module(digest);
    const state = await this.#stateOf(manifest, () => this.readModule(digest));
    if (state === 'whole') return true;
    return writeChunked(
      this.#store,
      [bytes],
      {
        manifest,
        chunks: (writing) => this.#keys.moduleChunks(digest, writing),
        conditions: [{ key: manifest, state }, unpruned],
        writes: [],
      },
      ([list]) => list,
    );
  }

  /** What a manifest has to be when it is written: absent, or, when what it describes is damaged, as it is. */
  async #stateOf(manifest: string, read: () => Promise<unknown>): Promise<bigint | 'absent' | 'whole'> {
    const entry = await this.#store.get(manifest);
    if (entry === null) return 'absent';
    try {
      await read();
      return 'whole';
    } catch (cause) {
      if (cause instanceof GatewayError && cause.code === 'SLUICE_CONFIG_RELEASE') return entry.modRevision;
      throw cause;
    }
  }

  /** Null when there is no such release. */
  async manifest(id: string): Promise<ReleaseManifest | null> {
    if (!ID.test(id)) return null;
    const entry = await this.#store.get(this.#keys.release(id));
    return entry === null ? null : parseManifest(id, entry.value);
  }

  /** The text of a release. @throws GatewayError SLUICE_CONFIG_RELEASE when it is missing or damaged */
  async read(id: string): Promise<string> {
    return (await this.#readText(await this.#manifestOf(id))).toString();
  }

  /** A release, text and value. @throws GatewayError SLUICE_CONFIG_RELEASE when either is missing or damaged */
  async readDocument(id: string): Promise<ReleaseDocument> {
    const manifest = await this.#manifestOf(id);
    const { document, value } = manifest;
    return {
      text: await this.#readText(manifest),
      value: value === undefined ? null : await this.#readChunks(id, value, 'value of '),
      digests: { text: document.sha256, value: value?.sha256 ?? null },
    };
  }

  async #readText({ id, document }: ReleaseManifest): Promise<Buffer> {
    const bytes = await this.#readChunks(id, document, '');
    // What was read has this digest.
    const named = document.sha256.slice(0, ID_DIGITS);
    if (named !== id) throw damaged(`release ${id}: its document is that of ${named}`);
    return bytes;
  }

  #readChunks(id: string, list: ChunkList, part: string): Promise<Buffer> {
    const prefix = this.#keys.releaseChunks(id, list.writing);
    // A thread of its own validates it, and to copy megabytes for that would stall this one.
    return readChunked(this.#store, list, prefix, `${part}release ${id}`, true);
  }

  async #manifestOf(id: string): Promise<ReleaseManifest> {
    const manifest = await this.manifest(id);
    if (manifest === null) throw damaged(`release ${id} is not in the store`);
    return manifest;
  }

  /** Bytes of a module. @throws GatewayError SLUICE_CONFIG_RELEASE when it is missing or damaged */
  async readModule(digest: string): Promise<Buffer> {
    const what = `module sha256:${digest}`;
    const entry = await this.#store.get(this.#keys.module(digest));
    if (entry === null) throw damaged(`${what} is not in the store`);
    const list = asChunkList(parse(entry.value, what), what);
    if (list.sha256 !== digest) throw damaged(`${what}: its bytes have another digest`);
    return readChunked(this.#store, list, this.#keys.moduleChunks(digest, list.writing), what);
  }

  /** Manifests of all releases, the newest first. */
  async list(): Promise<ReleaseManifest[]> {
    const keys = await this.#store.keys(this.#keys.releases);
    const ids = keys.flatMap((key) => /\/([0-9a-f]{12})\/manifest$/.exec(key)?.[1] ?? []);
    const manifests = await Promise.all(ids.map((id) => this.manifest(id)));
    return manifests
      .filter((manifest) => manifest !== null)
      .sort((a, b) => b.createdAt.localeCompare(a.createdAt) || a.id.localeCompare(b.id));
  }
}

/** True also where a release carries no value: then its text is parsed. */
export function isValue(stored: Uint8Array | null, value: string): boolean {
  return stored === null || Buffer.from(value).equals(stored);
}

/** What a release says is not what its text says. */
export function otherValue(release: string): GatewayError {
  return damaged(
    `${release}: found a value that its text does not say, expected the one that it was parsed to`,
  );
}

/** Name of a document. */
export function releaseId(bytes: Uint8Array): string {
  return sha256(bytes).slice(0, ID_DIGITS);
}

/** What people alone read may be missing, or something else than it is: then nothing is said. */
function parseManifest(id: string, value: Buffer): ReleaseManifest {
  const what = `release ${id}`;
  const manifest = (parse(value, what) ?? {}) as Partial<Record<keyof ReleaseManifest, unknown>>;
  const { modules } = manifest;
  if (!Array.isArray(modules) || !modules.every((digest) => typeof digest === 'string'))
    throw damaged(`${what}: its manifest does not say which modules it has`);
  const text = (name: 'createdAt' | 'createdBy' | 'message'): string =>
    typeof manifest[name] === 'string' ? manifest[name] : '';
  return {
    id,
    createdAt: text('createdAt'),
    createdBy: text('createdBy'),
    message: text('message'),
    modules,
    document: asChunkList(manifest.document, what),
    ...(manifest.value === undefined ? {} : { value: asChunkList(manifest.value, what) }),
  };
}

function parse(value: Buffer, what: string): unknown {
  try {
    return JSON.parse(value.toString());
  } catch (cause) {
    throw new GatewayError('SLUICE_CONFIG_RELEASE', `${what}: its manifest is not JSON`, { cause });
  }
}
