// Specifications of real services, which packages of the npm registry carry. They are fetched once into a cache folder
// and are no dependency of anything.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../house/source-tree.js';

export interface SpecPackage {
  readonly name: string;
  readonly version: string;
  /** Path of the specification within the package. */
  readonly file: string;
  /** What the package is licensed under; all of these allow the use that is made of it here. */
  readonly licence: 'MIT' | 'ISC';
}

export const SPEC_PACKAGES: readonly SpecPackage[] = [
  { name: '@octokit/openapi', version: '23.0.2', file: 'generated/api.github.com.json', licence: 'MIT' },
  { name: '@blockfrost/openapi', version: '0.1.93', file: 'openapi.yaml', licence: 'MIT' },
  {
    name: '@digdir/dialogporten-schema',
    version: '1.40.0',
    file: 'swagger.verified.json',
    licence: 'ISC',
  },
  { name: '@scalar/galaxy', version: '0.2.20', file: 'dist/latest.json', licence: 'MIT' },
];

/** Text of the specification, from the cache or, the first time, from the registry that npm is set up with. */
export function readSpec({ name, version, file }: SpecPackage): string {
  const folder = join(ROOT, '.cache', 'specs', `${name.replace(/[@/]/g, '_')}-${version}`);
  if (!existsSync(folder)) {
    const fresh = `${folder}.${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    const packed = execFileSync('npm', ['pack', '--silent', `${name}@${version}`], {
      cwd: fresh,
      encoding: 'utf8',
    });
    execFileSync('tar', ['xzf', packed.trim(), `package/${file}`], { cwd: fresh });
    renameSync(fresh, folder);
  }
  return readFileSync(join(folder, 'package', file), 'utf8');
}
