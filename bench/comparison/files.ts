// Reads reports and baselines that somebody may have edited, cut off or written with another version.
import { readFileSync } from 'node:fs';
import { UsageError } from '../../core/cli/usage-error.js';
import { compileJsonSchema, type ValidateFunction } from '../../core/json-schema.js';
import { commitText, machineText } from '../harness/machine.js';
import type { Report, SuiteReport } from '../report/report.js';
import { doubtOfSuite } from '../report/words.js';
import { type Baseline, type BaselineSuite, measuredRatios } from './baseline.js';
import { BASELINE_SCHEMA, REPORT_SCHEMA } from './file-schemas.js';
import type { RatioSet, SuiteRatios } from './ratio-set.js';

const VERSION = 1;

/** @throws UsageError where the file is no report, with the place and what was expected there */
export function readReport(file: string): Report {
  const value = readJson(file);
  if (isBaseline(value))
    throw new UsageError(`${file}: is a baseline; a report is needed, as npm run bench writes it`);
  return validated<Report>(file, value, REPORT_SCHEMA, 'a report of npm run bench');
}

/** @throws UsageError likewise */
export function readBaseline(file: string): Baseline {
  return validated<Baseline>(file, readJson(file), BASELINE_SCHEMA, 'a baseline of npm run bench');
}

/** Of a report, or of a baseline. @throws UsageError where it is neither */
export function readRatios(file: string): RatioSet {
  const value = readJson(file);
  if (isBaseline(value)) {
    const { suites } = validated<Baseline>(file, value, BASELINE_SCHEMA, 'a baseline of npm run bench');
    const sets = Object.entries(suites).map(([name, suite]) => [name, fromBaseline(suite)] as const);
    return { file, quick: false, suites: new Map(sets) };
  }
  const report = validated<Report>(file, value, REPORT_SCHEMA, 'a report of npm run bench');
  const sets = report.suites.map((suite) => [suite.name, fromReport(report, suite)] as const);
  return { file, quick: report.quick, suites: new Map(sets) };
}

function fromBaseline({ date, commit, machine, ratios }: BaselineSuite): SuiteRatios {
  return {
    origin: `${date}, commit ${commit}, ${machine}`,
    ratios: new Map(Object.entries(ratios)),
    ...{ remarks: [], hasFailed: false },
  };
}

function fromReport({ startedAt, machine }: Report, suite: SuiteReport): SuiteRatios {
  const doubt = doubtOfSuite(suite);
  return {
    origin: `${startedAt.slice(0, 10)}, commit ${commitText(machine)}, ${machineText(machine)}`,
    ratios: new Map(measuredRatios(suite).map(({ id, value }) => [id, value])),
    remarks: [
      ...suite.missing,
      ...(doubt === null ? [] : [doubt]),
      ...(suite.failure === null ? [] : [suite.failure]),
    ],
    hasFailed: suite.failure !== null,
  };
}

/** A baseline has its suites by name, a report in the order in which they ran. */
function isBaseline(value: unknown): boolean {
  const suites = (value as { suites?: unknown } | null)?.suites;
  return typeof suites === 'object' && suites !== null && !Array.isArray(suites);
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`${file}: ${code === 'ENOENT' ? 'is not there' : `cannot be read: ${code}`}`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${file}: is no JSON: ${(cause as Error).message}`);
  }
}

const COMPILED = new Map<object, ValidateFunction>();

function validated<T>(file: string, value: unknown, schema: object, what: string): T {
  const { version } = (value ?? {}) as { version?: unknown };
  if (typeof version === 'number' && version !== VERSION)
    throw new UsageError(`${file}: is of version ${version}, and this bench reads version ${VERSION}`);
  const check = COMPILED.get(schema) ?? compileJsonSchema(schema, {});
  COMPILED.set(schema, check);
  if (check(value)) return value as T;
  const { instancePath, message } = check.errors![0]!;
  throw new UsageError(`${file}: is not ${what}: ${instancePath === '' ? 'it' : instancePath} ${message}`);
}
