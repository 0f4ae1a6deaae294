// Builds, tests and describes filters: what `sluice filter` does, for programs.
export { type Diagnostic, formatDiagnostic, type SourcePlace } from './diagnostic.js';
export { type BuildOptions, type BuiltFilter, buildFilter, FilterBuildError } from './filter-builder.js';
export { FilterManifestError } from './filter-manifest.js';
export { buildProject, type ProjectBuild, type ProjectBuildOptions } from './filter-project.js';
export { makeFilter, ScaffoldError } from './filter-scaffold.js';
export { NoTestsError, runTests, type TestRunOptions } from './filter-tests.js';
export { FilterWatch } from './filter-watch.js';
export {
  formatReport,
  type ModuleExport,
  type ModuleImport,
  type ModuleReport,
  type ReportedManifest,
  reportModule,
} from './module-report.js';
