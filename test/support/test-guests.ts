// Builds the guests of test/guests/, once per process, and reads them as modules.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type FilterModule, loadModule } from '../../core/wasm/module.js';
import { buildFilter } from '../../sdk/tools/filter-builder.js';
import { compileWat } from './wat-module.js';

const GUESTS = fileURLToPath(new URL('../../../test/guests/', import.meta.url));
const built = new Map<string, Promise<Uint8Array>>();

/** Bytes of the guest in test/guests/NAME, written in AssemblyScript, or in WebAssembly text as NAME.wat. */
export function guestBytes(name: string): Promise<Uint8Array> {
  const known = built.get(name) ?? build(`${GUESTS}${name}`, name);
  built.set(name, known);
  return known;
}

async function build(sourceDir: string, name: string): Promise<Uint8Array> {
  const text = `${sourceDir}/${name}.wat`;
  if (existsSync(text)) return compileWat(readFileSync(text, 'utf8'));
  return (await buildFilter({ sourceDir })).bytes;
}

/** The guest in test/guests/NAME, checked. */
export async function guestModule(name: string): Promise<FilterModule> {
  return loadModule(await guestBytes(name), name);
}
