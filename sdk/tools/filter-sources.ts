// The files that the compiler of one filter asks for: the author's, those of the SDK, and the generated entry.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { placeIn, type SourcePlace } from './diagnostic.js';
import { SDK_DIR } from './sdk-folder.js';

// Names of files that exist for the compiler only. `import … from 'sluice'` leads to `<LIBRARY>/sluice/index.ts`.
export const ENTRY = 'assembly/entry.ts';
export const RUNTIME = 'sluice-arena';
export const LIBRARY = 'sluice-library';

/** The compiler reads its options from here too; a file of this name in the folder of a filter is not asked. */
const OPTIONS = 'asconfig.json';
/**
 * No stack of references in linear memory: that is for a garbage collector, and the arena collects nothing. Code gets
 * shorter and faster. Not a flag of the command line, where the compiler takes no number below zero, and zero means
 * the default.
 */
const OPTIONS_TEXT = JSON.stringify({ options: { stackSize: -1 } });

/** How the compiler names files of a library in what it says. */
const LIBRARY_PREFIX = '~lib/';

interface Source {
  readonly file: string;
  readonly text: string;
}

export class FilterSources {
  readonly #sourceDir: string;
  readonly #entry: string;
  /** What was read, by the compiler's names. */
  readonly #sources = new Map<string, Source>();

  /** @param entry text of the generated entry, for a filter that brings none */
  constructor(sourceDir: string, entry: string) {
    this.#sourceDir = sourceDir;
    this.#entry = entry;
  }

  /** Text of a file the compiler asks for, or null when there is none: the compiler then tries another name. */
  async read(name: string, base: string): Promise<string | null> {
    // A filter that speaks the ABI itself brings an entry of its own, and exports what it likes.
    if (name === OPTIONS) return OPTIONS_TEXT;
    if (name === ENTRY) return (await this.#keep(name, join(this.#sourceDir, ENTRY))) ?? this.#entry;
    if (name === `${RUNTIME}.ts`) return this.#keep(name, join(SDK_DIR, 'assembly/runtime/arena.ts'));
    if (base === LIBRARY) {
      const [room, ...rest] = name.split('/');
      const known = `${LIBRARY_PREFIX}${name}`;
      if (room === 'sluice') return this.#keep(known, join(SDK_DIR, 'assembly', ...rest));
      return room === 'abi' ? this.#keep(known, join(SDK_DIR, 'abi', ...rest)) : null;
    }
    return this.#keep(name, join(this.#sourceDir, name));
  }

  /** Absolute path of what the compiler calls `name`; null for what lies in no file of the author or the SDK. */
  fileOf(name: string): string | null {
    return this.#sources.get(name)?.file ?? null;
  }

  /** Place of the text from `start` to `end` of what the compiler calls `name`. */
  placeOf(name: string, start: number, end: number): SourcePlace | null {
    const source = this.#sources.get(name);
    return source === undefined ? null : placeIn(source.file, source.text, start, end);
  }

  async #keep(name: string, file: string): Promise<string | null> {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch {
      return null;
    }
    this.#sources.set(name, { file, text });
    return text;
  }
}
