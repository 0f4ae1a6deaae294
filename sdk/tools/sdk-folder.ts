// Where the SDK lies: in the repository, in the package of the gateway, or as a package of its own.
import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../../core/version.js';

/** Folders that may hold it, seen from this file in `dist/sdk/tools/` of whichever package it came in. */
const PLACES = ['../../../sdk/', '../../../'].map((place) => fileURLToPath(new URL(place, import.meta.url)));

/** Sources of the SDK: `assembly/`, `abi/` and `template/`. */
export const SDK_DIR: string =
  PLACES.find((place) => existsSync(join(place, 'assembly', 'index.ts'))) ?? PLACES[0]!;

/** What `import … from '@sluice/sdk/testing'` means where that package is not installed. */
export const HARNESS_URL: string = new URL('../testing/index.js', import.meta.url).href;

/**
 * What a package that needs the SDK writes into its dependencies: the folder when it is a checkout, which no registry
 * has, and the version otherwise.
 */
export function sdkDependency(): string {
  return SDK_DIR.split(sep).includes('node_modules') ? VERSION : `file:${SDK_DIR.slice(0, -1)}`;
}
