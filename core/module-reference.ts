// How a configuration names a filter module that lies beside it in the store: `etcd:NAME@sha256:DIGEST`. The name is for
// people, the digest decides.

/** A larger file is not even read. Built-in filters have less than 100 KiB. */
export const MOST_MODULE_BYTES = 16 * 1024 * 1024;

/** What a reference names. */
export interface ModuleReference {
  readonly name: string;
  /** SHA-256 of the module's bytes, 64 lower-case hex digits. */
  readonly digest: string;
}

const SHAPE = /^etcd:([A-Za-z0-9][A-Za-z0-9._-]{0,127})@sha256:([0-9a-f]{64})$/;

/** Null for anything else. */
export function parseModuleReference(text: string): ModuleReference | null {
  const match = SHAPE.exec(text);
  return match === null ? null : { name: match[1]!, digest: match[2]! };
}

/** The other way of `parseModuleReference`. */
export function formatModuleReference({ name, digest }: ModuleReference): string {
  return `etcd:${name}@sha256:${digest}`;
}

/** True for modules that are files of the machine. */
export function isModuleFile(module: string): boolean {
  return !module.startsWith('builtin:') && parseModuleReference(module) === null;
}
