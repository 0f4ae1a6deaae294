// A ConfigSource over one file on disk. It watches the folder of the file, because editors, `mv` and
// Kubernetes replace a file instead of writing to it, and asks for its state now and then in case no event came.
import { createHash } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigErrors, GatewayError } from '../errors.js';
import { readConfigFile } from './config-file.js';
import { placesIn } from './document-places.js';
import { validateApart } from './document-validator.js';
import { FileWatch } from './file-watch.js';
import { readModuleFiles, withModules } from './module-files.js';
import type { ConfigListener, ConfigRevision, ConfigSource } from './source.js';
import type { ValidateOptions } from './validate.js';

export interface FileSourceOptions extends Pick<ValidateOptions, 'findSecrets' | 'processes'> {
  /** A change counts once the file stayed the same for this long. Default 50. */
  readonly settleMs?: number;
  /** How often the file is looked at without an event: network file systems send none. Default 2000. */
  readonly pollMs?: number;
}

/** A file that never settles, such as one that is appended to, is read as it is after so many looks. */
const MAX_LOOKS = 40;

/** What the file held at one moment. */
interface Look {
  /** Equal for equal contents, also for equal failures to read. */
  readonly key: string;
  /** Null when the file could not be read. */
  readonly text: string | null;
  readonly error: GatewayError | null;
}

export class FileSource implements ConfigSource {
  readonly description: string;
  readonly tls = null;
  readonly #path: string;
  readonly #options: FileSourceOptions;
  readonly #settleMs: number;
  readonly #pollMs: number;
  #listener: ConfigListener | null = null;
  #watcher: FSWatcher | null = null;
  #watchedFolder = '';
  #poll: NodeJS.Timeout | null = null;
  /** What the document mentions besides itself: secrets and certificates. */
  readonly #files: FileWatch;
  #closed = false;

  /** `Look.key` of what was reported last. */
  #reported = '';
  /** State of the file when it was read last; what differs from it has yet to be read. */
  #readState = '';
  /** Reads happen one after another, so reports come in the order of the file's states. */
  #turn: Promise<void> = Promise.resolve();
  #checkQueued = false;

  /** @param path of the file; relative to the working directory of now, not of later */
  constructor(path: string, options: FileSourceOptions) {
    this.description = path;
    this.#path = resolve(path);
    this.#options = options;
    this.#settleMs = options.settleMs ?? 50;
    this.#pollMs = options.pollMs ?? 2_000;
    this.#files = new FileWatch(() => void this.reload());
  }

  /** @throws ConfigErrors SLUICE_CONFIG_UNREADABLE when there is no such file, else what the document is refused for */
  async load(): Promise<ConfigRevision> {
    const look = await this.#look();
    this.#reported = look.key;
    return this.#validate(look);
  }

  watch(listener: ConfigListener): void {
    this.#listener = listener;
    this.#poll = setInterval(() => void this.#checkState(), this.#pollMs);
    this.#poll.unref();
    // Also catches what happened since `load`.
    void this.#checkState();
  }

  async reload(): Promise<void> {
    await this.#inTurn(async () => await this.#report(await this.#look()));
  }

  /** A file is there when the gateway starts, or was taken away on purpose. */
  async lastGood(): Promise<null> {
    return null;
  }

  applied(): void {}

  refused(): void {}

  /** The file stays as it is, and is read again when it changes. */
  rejected(): void {}

  /** It is a file already. */
  get isKept(): boolean {
    return true;
  }

  get stalenessSeconds(): number {
    return 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listener = null;
    this.#files.close();
    if (this.#poll !== null) clearInterval(this.#poll);
    this.#watcher?.close();
    this.#watcher = null;
  }

  /** Follows the folder, also when another one took its place, and the file when no event told of it. */
  async #checkState(): Promise<void> {
    const folder = await stateOf(dirname(this.#path), ['dev', 'ino']);
    if (!this.#closed && folder !== this.#watchedFolder) this.#watchFolder(folder);
    // Only now: what happens after this look is the watcher's to tell.
    const file = await stateOf(this.#path, ['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs']);
    if (file !== this.#readState) this.#queueCheck();
  }

  #watchFolder(folder: string): void {
    this.#watcher?.close();
    this.#watcher = null;
    this.#watchedFolder = '';
    try {
      this.#watcher = watch(dirname(this.#path), { persistent: false }, (_event, name) => {
        // Of its neighbours in the folder only those matter that the file is a link to.
        if (name === null || name === basename(this.#path)) this.#queueCheck();
        else void this.#checkState();
      });
      this.#watcher.on('error', () => {
        this.#watchedFolder = '';
      });
      this.#watchedFolder = folder;
    } catch {
      // No folder, or no watches left: the poll goes on, and tries again.
    }
  }

  #queueCheck(): void {
    if (this.#checkQueued || this.#closed) return;
    this.#checkQueued = true;
    void this.#inTurn(() => this.#check());
  }

  /** Reads until the file has settled and reports it when it is not what was reported last. */
  async #check(): Promise<void> {
    this.#checkQueued = false;
    let look = await this.#look();
    for (let looks = 1; looks < MAX_LOOKS && !this.#closed; looks++) {
      // Not unref'd: a reload may be waiting for its turn behind this one.
      await delay(this.#settleMs);
      const next = await this.#look();
      const settled = next.key === look.key;
      look = next;
      if (settled) break;
    }
    if (look.key !== this.#reported) await this.#report(look);
  }

  async #report(look: Look): Promise<void> {
    if (this.#listener === null) return;
    this.#reported = look.key;
    let revision: ConfigRevision;
    try {
      revision = await this.#validate(look);
    } catch (error) {
      if (!(error instanceof ConfigErrors)) throw error;
      this.#listener?.failed(error);
      return;
    }
    this.#listener?.changed(revision);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #validate(look: Look): Promise<ConfigRevision> {
    const { key: id, text, error } = look;
    if (text === null) throw new ConfigErrors([error!]);
    const { findSecrets, processes = 1 } = this.#options;
    const folder = dirname(this.#path);
    const files = new Set<string>();
    const readAtMs = Date.now();
    const usesFile = (path: string): void => void files.add(path);
    try {
      const valid = await validateApart({ text, value: null }, this.description, {
        folder,
        findSecrets,
        usesFile,
        processes,
      });
      const modules = await readModuleFiles(valid.config.filters);
      const places = placesIn({ text }, this.description);
      return { id: withModules(id, modules), ...valid, modules, places };
    } finally {
      await this.#files.follow(files, readAtMs);
    }
  }

  async #look(): Promise<Look> {
    this.#readState = await stateOf(this.#path, ['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs']);
    try {
      const text = await readConfigFile(this.#path, this.description);
      // The id names the text, so the same text at another time or place is the same revision.
      const id = createHash('sha256').update(text).digest('hex').slice(0, 12);
      return { key: id, text, error: null };
    } catch (cause) {
      const error = GatewayError.from(cause);
      return { key: `${error.code} ${error.message}`, text: null, error };
    }
  }
}

/** A text that changes with the named properties of what `path` leads to, links followed. */
async function stateOf(
  path: string,
  properties: readonly ('dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs')[],
): Promise<string> {
  try {
    const state = await stat(path, { bigint: true });
    return properties.map((property) => state[property]).join(' ');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
