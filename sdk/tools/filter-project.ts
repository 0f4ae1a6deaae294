// A filter as its author has it: a folder with sources, tests and, in `build/`, the module.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Diagnostic } from './diagnostic.js';
import { buildFilter } from './filter-builder.js';
import { readFilterSource } from './filter-manifest.js';
import { checkManifest, checkModule } from './module-check.js';

/** How the filter of a folder is built. */
export interface ProjectBuildOptions {
  /** Where the module goes. Default `build/<name>.wasm` in the folder of the filter. */
  readonly outFile?: string;
  /** See BuildOptions. Default false. */
  readonly debug?: boolean;
  /** See BuildOptions. Default false. */
  readonly trace?: boolean;
}

/** What a build has written. */
export interface ProjectBuild {
  readonly name: string;
  /** Absolute path of the module. */
  readonly outFile: string;
  /** Size of the module. */
  readonly bytes: number;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Builds the filter of a folder, holds it to what a gateway accepts, and only then writes the module.
 * @throws FilterBuildError, FilterManifestError, GatewayError; whatever stood in `outFile` is left alone then
 */
export async function buildProject(folder: string, options: ProjectBuildOptions = {}): Promise<ProjectBuild> {
  const sourceDir = resolve(folder);
  const { name, manifestText } = await readFilterSource(sourceDir);
  checkManifest(manifestText, relative(process.cwd(), join(sourceDir, 'filter.json')));
  const outFile = resolve(options.outFile ?? join(sourceDir, 'build', `${name}.wasm`));
  const { debug = false, trace = false } = options;
  const { bytes, sourceMap, warnings } = await buildFilter({ sourceDir, debug, trace });
  checkModule(bytes, relative(process.cwd(), outFile), { allowTrace: trace });
  await mkdir(dirname(outFile), { recursive: true });
  await writeInOneStep(outFile, bytes);
  await writeInOneStep(`${outFile}.map`, sourceMap);
  return { name, outFile, bytes: bytes.byteLength, warnings };
}

/** A test run or a gateway that reads it meanwhile gets the old file or the new one. */
async function writeInOneStep(file: string, content: Uint8Array | string): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, content);
  try {
    await rename(draft, file);
  } catch (cause) {
    await rm(draft);
    throw cause;
  }
}
