// Releases: immutable documents and the filter modules that they name. Writing one changes nothing that runs; a channel
// does, when it is flipped to it.
import { GatewayError } from '../errors.js';
import { type ChunkList, damaged, readChunked, sha256, writeChunked } from './chunked-value.js';
import type { KeyLayout } from './key-layout.js';
import type { KeyValueStore } from './key-value-store.js';

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
}

export interface NewRelease {
  readonly text: string;
  /** Bytes of the modules that the document names by digest. */
  readonly modules: readonly Uint8Array[];
  readonly createdBy: string;
  readonly message: string;
}

const ID = /^[0-9a-f]{12}$/;

export class ReleaseStore {
  readonly #store: KeyValueStore;
  readonly #keys: KeyLayout;

  constructor(store: KeyValueStore, keys: KeyLayout) {
    this.#store = store;
    this.#keys = keys;
  }

  /** Writes what is not there yet and answers the id; the same document again is the same release. */
  async publish({ text, modules, createdBy, message }: NewRelease): Promise<string> {
    for (const bytes of modules) await this.#publishModule(bytes);
    const bytes = Buffer.from(text);
    const id = releaseId(bytes);
    const damaged = await this.#damagedAt(this.#keys.release(id), () => this.read(id));
    if (damaged === false) return id;
    await writeChunked(
      this.#store,
      bytes,
      {
        manifest: this.#keys.release(id),
        chunks: (writing) => this.#keys.releaseChunks(id, writing),
      },
      (document): ReleaseManifest => ({
        id,
        createdAt: new Date().toISOString(),
        createdBy,
        message,
        modules: modules.map(sha256),
        document,
      }),
      damaged,
    );
    return id;
  }

  async #publishModule(bytes: Uint8Array): Promise<void> {
    const digest = sha256(bytes);
    const damaged = await this.#damagedAt(this.#keys.module(digest), () => this.readModule(digest));
    if (damaged === false) return;
    await writeChunked(
      this.#store,
      bytes,
      {
        manifest: this.#keys.module(digest),
        chunks: (writing) => this.#keys.moduleChunks(digest, writing),
      },
      (list) => list,
      damaged,
    );
  }

  /** False when what the manifest describes is whole; else the revision of the manifest, or null when there is none. */
  async #damagedAt(manifest: string, read: () => Promise<unknown>): Promise<bigint | null | false> {
    const entry = await this.#store.get(manifest);
    if (entry === null) return null;
    try {
      await read();
      return false;
    } catch (cause) {
      if (cause instanceof GatewayError && cause.code === 'SLUICE_CONFIG_RELEASE') return entry.modRevision;
      throw cause;
    }
  }

  /** Null when there is no such release. */
  async manifest(id: string): Promise<ReleaseManifest | null> {
    if (!ID.test(id)) return null;
    const entry = await this.#store.get(this.#keys.release(id));
    return entry === null ? null : (parse(entry.value, `release ${id}`) as ReleaseManifest);
  }

  /** The document of a release. @throws GatewayError SLUICE_CONFIG_RELEASE when it is missing or damaged */
  async read(id: string): Promise<string> {
    const manifest = await this.manifest(id);
    if (manifest === null) throw damaged(`release ${id} is not in the store`);
    const prefix = this.#keys.releaseChunks(id, manifest.document.writing);
    const bytes = await readChunked(this.#store, manifest.document, prefix, `release ${id}`);
    if (releaseId(bytes) !== id) throw damaged(`release ${id}: its document is that of ${releaseId(bytes)}`);
    return bytes.toString();
  }

  /** Bytes of a module. @throws GatewayError SLUICE_CONFIG_RELEASE when it is missing or damaged */
  async readModule(digest: string): Promise<Buffer> {
    const what = `module sha256:${digest}`;
    const entry = await this.#store.get(this.#keys.module(digest));
    if (entry === null) throw damaged(`${what} is not in the store`);
    const list = parse(entry.value, what) as ChunkList;
    const bytes = await readChunked(this.#store, list, this.#keys.moduleChunks(digest, list.writing), what);
    if (sha256(bytes) !== digest) throw damaged(`${what}: its bytes have another digest`);
    return bytes;
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

/** Name of a document. */
export function releaseId(bytes: Uint8Array): string {
  return sha256(bytes).slice(0, 12);
}

function parse(value: Buffer, what: string): unknown {
  try {
    return JSON.parse(value.toString());
  } catch (cause) {
    throw new GatewayError('SLUICE_CONFIG_RELEASE', `${what}: its manifest is not JSON`, { cause });
  }
}
