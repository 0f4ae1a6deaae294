// Secrets in files, as platforms mount them.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
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
    let bytes: Buffer;
    try {
      bytes = readWhole(resolve(this.#folder, name));
    } catch (cause) {
      throw new Error(`a file that can be read: ${(cause as Error).message}`, { cause });
    }
    return decode(bytes).replace(/\r?\n$/, '');
  }
}

function readWhole(path: string): Buffer {
  // Without waiting: a pipe that nobody writes to would hold the gateway for ever, already when it is opened.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) throw new Error('it is no regular file');
    // The size of a file may change while it is read, so what counts is what there was to read.
    const bytes = Buffer.alloc(MOST_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.byteLength; length += read)
      read = readSync(file, bytes, length, bytes.byteLength - length, null);
    if (length > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES} bytes`);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
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
