// The last release that ran, on disk: a gateway starts with it when the store does not answer. Secrets stand in it as
// they stand in the store, sealed. Every file is replaced as a whole, and checked when it is read.
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { damaged, sha256 } from './chunked-value.js';
import type { ReleaseDocument } from './release-store.js';

/** What a gateway needs to run a release, as it was in the store. */
export interface StoredRelease {
  readonly id: string;
  readonly document: ReleaseDocument;
  /** Values of the entries below `secrets/`, by name. */
  readonly secrets: ReadonlyMap<string, Buffer>;
  /** By SHA-256 in hex. */
  readonly modules: ReadonlyMap<string, Uint8Array>;
}

/** `release.json` without the line before it, which is the SHA-256 of the rest. What it names by digest are files. */
interface CacheDocument {
  readonly id: string;
  readonly text: string;
  readonly value: string | null;
  readonly secrets: Readonly<Record<string, string>>;
  readonly modules: readonly string[];
}

const DOCUMENT = 'release.json';
/** Named by their digest. */
const FILE = /^[0-9a-f]{64}\.(?:wasm|document)$/;

export class ReleaseCache {
  readonly folder: string;
  /** Digest of the document that was written or read last. */
  #current = '';

  /** @param folder of this one gateway; made when something is saved */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** @throws Error of the file system */
  async save({ id, document, secrets, modules }: StoredRelease): Promise<void> {
    const { text, value, digests } = document;
    const files = new Map<string, Uint8Array>([...modules].map(([name, bytes]) => [moduleFile(name), bytes]));
    files.set(documentFile(digests.text), text);
    if (value !== null && digests.value !== null) files.set(documentFile(digests.value), value);
    const cached: CacheDocument = {
      ...{ id, text: digests.text, value: digests.value },
      secrets: Object.fromEntries(
        [...secrets].sort(byName).map(([name, sealed]) => [name, sealed.toString('base64')]),
      ),
      modules: [...modules.keys()].sort(),
    };
    const json = JSON.stringify(cached);
    const digest = sha256(Buffer.from(json));
    if (digest === this.#current) return;
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const present = new Set(await readdir(this.folder));
    for (const [name, bytes] of files) if (!present.has(name)) await this.#replace(name, bytes);
    await this.#replace(DOCUMENT, Buffer.from(`${digest}\n${json}`));
    this.#current = digest;
    const stale = [...present].filter((file) => FILE.test(file) && !files.has(file));
    await Promise.all(stale.map((file) => rm(join(this.folder, file), { force: true })));
  }

  /**
   * Null when nothing was saved yet.
   * @throws GatewayError SLUICE_CONFIG_RELEASE when it is damaged; Error of the file system
   */
  async load(): Promise<StoredRelease | null> {
    const bytes = await readOrNull(join(this.folder, DOCUMENT));
    if (bytes === null) return null;
    const end = bytes.indexOf('\n');
    const json = bytes.subarray(end + 1);
    if (end === -1 || bytes.subarray(0, end).toString() !== sha256(json))
      throw damaged(`${join(this.folder, DOCUMENT)}: its content does not have the digest of its first line`);
    const { id, text, value, secrets, modules } = JSON.parse(json.toString()) as CacheDocument;
    const read = async (name: string): Promise<[string, Buffer]> => [
      name,
      await this.#read(moduleFile(name), name),
    ];
    return {
      id,
      document: {
        text: await this.#read(documentFile(text), text),
        value: value === null ? null : await this.#read(documentFile(value), value),
        digests: { text, value },
      },
      secrets: new Map(
        Object.entries(secrets).map(([name, sealed]) => [name, Buffer.from(sealed, 'base64')]),
      ),
      modules: new Map(await Promise.all(modules.map(read))),
    };
  }

  async #read(file: string, digest: string): Promise<Buffer> {
    const bytes = await readOrNull(join(this.folder, file));
    if (bytes === null || sha256(bytes) !== digest)
      throw damaged(`${join(this.folder, file)}: missing, or not what its name says`);
    return bytes;
  }

  /** On disk before it has its name: a machine that loses power keeps the old file or has the new one. */
  async #replace(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.folder, name);
    const draft = `${path}.${process.pid}.tmp`;
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  }
}

/** As one of several processes of a gateway has it, which another one writes. */
export class ReadOnlyReleaseCache extends ReleaseCache {
  override async save(): Promise<void> {
    // The one that writes it saves the same.
  }
}

function moduleFile(digest: string): string {
  return `${digest}.wasm`;
}

function documentFile(digest: string): string {
  return `${digest}.document`;
}

function byName([a]: [string, Buffer], [b]: [string, Buffer]): number {
  return a < b ? -1 : 1;
}

async function readOrNull(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
}
