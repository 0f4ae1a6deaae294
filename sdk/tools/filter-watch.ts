// Runs a build each time the sources of a filter change, one build at a time.
import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join, resolve } from 'node:path';

const MANIFEST = 'filter.json';
const SOURCES = 'assembly';
/** An editor writes a file in several steps; a build in between would complain about half of it. */
const QUIET_MS = 50;

export class FilterWatch {
  readonly #folder: string;
  readonly #build: () => Promise<void>;
  /** By folder: every one below the sources, and the one with the manifest. */
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;
  #isBuilding = false;
  #isDirty = false;
  #fail: (cause: unknown) => void = () => undefined;
  /** Pends while it watches; rejects with what `build` throws. */
  readonly failed: Promise<never>;

  /**
   * Watches from now on, and builds at once.
   * @param build called after each change; errors of the sources are its own to report
   * @throws the error of node:fs when the folder cannot be watched
   */
  constructor(folder: string, build: () => Promise<void>) {
    this.#folder = resolve(folder);
    this.#build = build;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.#add(this.#folder, (name) => {
      if (name === MANIFEST || name === SOURCES || name === null) this.#changed();
    });
    this.#addSources();
    void this.#run();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** Folders, not files: an editor that replaces a file would take the watcher of the file with it. */
  #addSources(): void {
    const root = join(this.#folder, SOURCES);
    for (const folder of [root, ...foldersBelow(root)]) {
      if (!this.#watchers.has(folder)) this.#add(folder, () => this.#changed());
    }
  }

  #add(folder: string, changed: (name: string | null) => void): void {
    try {
      const watcher = watch(folder, (_, name) => changed(name));
      watcher.on('error', () => this.#remove(folder));
      this.#watchers.set(folder, watcher);
    } catch (cause) {
      // Gone already; when it comes back the folder above says so.
      if (folder === this.#folder || (cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    }
  }

  #remove(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  #changed(): void {
    this.#isDirty = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(), QUIET_MS);
  }

  async #run(): Promise<void> {
    if (this.#isBuilding) return;
    this.#isBuilding = true;
    try {
      do {
        this.#isDirty = false;
        this.#rescan();
        await this.#build();
      } while (this.#isDirty);
    } catch (cause) {
      this.#fail(cause);
    }
    this.#isBuilding = false;
  }

  /** Folders come and go; one that was removed and made again is another one under the same name. */
  #rescan(): void {
    const root = join(this.#folder, SOURCES);
    const present = new Set([this.#folder, root, ...foldersBelow(root)]);
    for (const folder of this.#watchers.keys()) if (!present.has(folder)) this.#remove(folder);
    this.#addSources();
  }
}

function foldersBelow(root: string): string[] {
  try {
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}
