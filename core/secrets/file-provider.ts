// Secrets in files, as platforms mount them.
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SecretProvider } from './provider.js';
import type { SecretReference } from './reference.js';

/** Secrets are short: a larger file is something else. */
const MOST_BYTES = 64 * 1024;

export class FileProvider implements SecretProvider {
  readonly #folder: string;

  /** @param folder where relative paths begin */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The text of the file without the line break at its end. */
  read({ name }: SecretReference): string {
    const path = resolve(this.#folder, name);
    let text: string;
    try {
      const { size } = statSync(path);
      if (size > MOST_BYTES) throw new Error(`it has ${size} bytes, at most ${MOST_BYTES} are read`);
      text = readFileSync(path, 'utf8');
    } catch (cause) {
      throw new Error(`a file that can be read: ${(cause as Error).message}`, { cause });
    }
    return text.replace(/\r?\n$/, '');
  }
}
