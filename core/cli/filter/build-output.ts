// How the commands of `sluice filter` say what the compiler said.
import { basename, relative } from 'node:path';
import { type Diagnostic, formatDiagnostic } from '../../../sdk/tools/diagnostic.js';
import { FilterBuildError } from '../../../sdk/tools/filter-builder.js';
import { FilterManifestError } from '../../../sdk/tools/filter-manifest.js';

/** Writes warnings to standard error. */
export function printWarnings(warnings: readonly Diagnostic[]): void {
  for (const warning of warnings) process.stderr.write(`${formatDiagnostic(warning, process.cwd())}\n`);
}

/** The error to show for one of a build: paths are relative to the working directory, as editors want them. */
export function explainBuildError(cause: unknown): unknown {
  const here = process.cwd();
  if (cause instanceof FilterManifestError) {
    return new Error(`${relative(here, cause.file)}${cause.problem}`, { cause });
  }
  if (cause instanceof FilterBuildError && cause.diagnostics.length > 0) {
    const said = cause.diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, here));
    const [headline] = cause.message.split('\n', 1);
    return new Error([...said, headline].join('\n'), { cause });
  }
  const { code, path } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' && path !== undefined && basename(path) === 'filter.json') {
    return new Error(`${relative(here, path)}: not there, and it makes a folder a filter`, { cause });
  }
  return cause;
}
