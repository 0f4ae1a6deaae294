// The last release that ran, on disk: a gateway starts with it when the store does not answer. Secrets stand in it as
// they stand in the store, sealed. Every file is replaced as a whole, and checked when it is read.
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { damaged, sha256 } from './chunked-value.js';

/** What a gateway needs to run a release, as it was in the store. */
export interface StoredRelease {
  readonly id: string;
  readonly text: string;
  /** Values of the entries below `secrets/`, by name. */
  readonly secrets: ReadonlyMap<string, Buffer>;
  /** By SHA-256 in hex. */
  readonly modules: ReadonlyMap<string, Uint8Array>;
}

/** `release.json` without the line before it, which is the SHA-256 of the rest. */
interface CacheDocument {
  readonly id: string;
  readonly text: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly modules: readonly string[];
}

const DOCUMENT = 'release.json';
const MODULE = /^[0-9a-f]{64}\.wasm$/;

export class ReleaseCache {
  readonly folder: string;
  /** Digest of the document that was written or read last. */
  #current = '';

  /** @param folder of this one gateway; made when something is saved */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** @throws Error of the file system */
  async save(release: StoredRelease): Promise<void> {
    const document: CacheDocument = {
      id: release.id,
      text: release.text,
      secrets: Object.fromEntries(
        [...release.secrets].sort(byName).map(([name, value]) => [name, value.toString('base64')]),
      ),
      modules: [...release.modules.keys()].sort(),
    };
    const json = JSON.stringify(document);
    const digest = sha256(Buffer.from(json));
    if (digest === this.#current) return;
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const present = new Set(await readdir(this.folder));
    for (const [name, bytes] of release.modules) {
      if (!present.has(moduleFile(name))) await this.#replace(moduleFile(name), bytes);
    }
    await this.#replace(DOCUMENT, Buffer.from(`${digest}\n${json}`));
    this.#current = digest;
    const stale = [...present].filter((file) => MODULE.test(file) && !release.modules.has(file.slice(0, 64)));
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
    const digest = sha256(json);
    if (end === -1 || bytes.subarray(0, end).toString() !== digest)
      throw damaged(`${join(this.folder, DOCUMENT)}: its content does not have the digest of its first line`);
    const { id, text, secrets, modules } = JSON.parse(json.toString()) as CacheDocument;
    const read = await Promise.all(modules.map(async (name) => [name, await this.#module(name)] as const));
    return {
      id,
      text,
      secrets: new Map(Object.entries(secrets).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
      modules: new Map(read),
    };
  }

  async #module(name: string): Promise<Buffer> {
    const bytes = await readOrNull(join(this.folder, moduleFile(name)));
    if (bytes === null || sha256(bytes) !== name)
      throw damaged(`${join(this.folder, moduleFile(name))}: missing, or not what its name says`);
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

function moduleFile(digest: string): string {
  return `${digest}.wasm`;
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
