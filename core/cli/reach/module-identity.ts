// What a module is, wherever it lies: the digest of its bytes.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isModuleFile, parseModuleReference } from '../../module-reference.js';

/** Of a module of a configuration: a copy of it elsewhere is the same. A file that cannot be read is its path. */
export function moduleIdentity(module: string): string {
  const reference = parseModuleReference(module);
  if (reference !== null) return reference.digest;
  if (!isModuleFile(module)) return module;
  try {
    return createHash('sha256').update(readFileSync(module)).digest('hex');
  } catch {
    return module;
  }
}
