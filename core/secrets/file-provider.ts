// Secrets in files, as platforms mount them.
import { type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { readSmallFile } from '../small-file.js';
import { MOST_SECRET_BYTES, type SecretProvider } from './provider.js';
import type { SecretReference } from './reference.js';

export class FileProvider implements SecretProvider {
  readonly #folder: string;
  readonly #withheld: readonly string[];

  /**
   * @param folder   where relative paths begin
   * @param withheld files that no reference may read, by whatever path
   */
  constructor(folder: string, withheld: readonly string[] = []) {
    this.#folder = folder;
    this.#withheld = withheld;
  }

  fileOf({ name }: SecretReference): string {
    return resolve(this.#folder, name);
  }

  /** The text of the file without the line break at its end. */
  read(reference: SecretReference): string {
    let bytes: Buffer;
    try {
      bytes = readSmallFile(this.fileOf(reference), MOST_SECRET_BYTES, (state) => this.#judge(state));
    } catch (cause) {
      throw new Error(`a file that can be read: ${(cause as Error).message}`, { cause });
    }
    return decode(bytes).replace(/\r?\n$/, '');
  }

  #judge({ dev, ino }: Stats): void {
    for (const path of this.#withheld) {
      const withheld = statSync(path, { throwIfNoEntry: false });
      if (withheld?.dev === dev && withheld.ino === ino) throw new Error('it is for the gateway itself');
    }
  }
}

/** @throws Error without the cause, which may hold the bytes */
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error('a file in UTF-8');
  }
}
