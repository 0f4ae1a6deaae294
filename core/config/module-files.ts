// The modules that a configuration names by their path. They are read with it: a module that was built anew makes another
// revision of the same text, and a revision that is gone back to has the modules that it had.
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { isModuleFile, MOST_MODULE_BYTES } from '../module-reference.js';

/** Bytes by path. One that cannot be read, or is too large, is left out: whoever loads it says so. */
export async function readModuleFiles(
  filters: readonly { readonly module: string }[],
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const path of new Set(filters.map(({ module }) => module).filter(isModuleFile))) {
    const bytes = await readModuleFile(path);
    if (bytes !== null) files.set(path, bytes);
  }
  return files;
}

/**
 * Names a text together with its modules. Where they lie does not count.
 * @param id of the text, which it stays without any
 */
export function withModules(id: string, files: ReadonlyMap<string, Uint8Array>): string {
  if (files.size === 0) return id;
  const hash = createHash('sha256').update(id);
  for (const bytes of files.values()) hash.update(createHash('sha256').update(bytes).digest());
  return hash.digest('hex').slice(0, id.length);
}

async function readModuleFile(path: string): Promise<Uint8Array | null> {
  try {
    const { size } = await stat(path);
    return size > MOST_MODULE_BYTES ? null : await readFile(path);
  } catch {
    return null;
  }
}
