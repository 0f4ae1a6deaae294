// Texts for a library that reads files only, without leaving them on a disk or in a folder.
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Memory where the platform has it, else where its temporary files are; those are gone from it before the first byte. */
const FOLDERS = ['/dev/shm', tmpdir()];
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;

/**
 * A file that no folder shows and that is gone when it is closed. Others of the same user, who could as well read our memory,
 * reach it only by way of this process.
 */
export class MemoryFile {
  /** Opens it while it is not closed. Off Linux each text can be read once: what opens it shares one position. */
  readonly path: string;
  readonly #descriptor: number;

  /** @throws Error when no folder can be written to */
  constructor(text: string) {
    this.#descriptor = openUnlinked();
    this.path = `${process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd'}/${this.#descriptor}`;
    try {
      const bytes = Buffer.from(text);
      // At a position of its own, so that a reader who shares ours begins at the first byte.
      for (let at = 0; at < bytes.length; )
        at += writeSync(this.#descriptor, bytes, at, bytes.length - at, at);
    } catch (cause) {
      this.close();
      throw cause;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function openUnlinked(): number {
  let failure: unknown;
  for (const folder of FOLDERS) {
    const path = join(folder, `sluice-${randomBytes(16).toString('hex')}`);
    try {
      const descriptor = openSync(path, FLAGS, 0o600);
      unlinkSync(path);
      return descriptor;
    } catch (cause) {
      failure = cause;
    }
  }
  throw failure;
}
