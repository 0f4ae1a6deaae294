// Builds the guests of test/guests/, once per process, and reads them as modules.
import { fileURLToPath } from 'node:url';
import { type FilterModule, loadModule } from '../../core/wasm/module.js';
import { buildFilter } from '../../sdk/tools/filter-builder.js';

const GUESTS = fileURLToPath(new URL('../../../test/guests/', import.meta.url));
const built = new Map<string, Promise<Uint8Array>>();

/** Bytes of the guest in test/guests/NAME. */
export function guestBytes(name: string): Promise<Uint8Array> {
  const known = built.get(name) ?? buildFilter({ sourceDir: `${GUESTS}${name}` }).then(({ bytes }) => bytes);
  built.set(name, known);
  return known;
}

/** The guest in test/guests/NAME, checked. */
export async function guestModule(name: string): Promise<FilterModule> {
  return loadModule(await guestBytes(name), name);
}
