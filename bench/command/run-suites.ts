// Measures suite by suite: shows the tables of each, and has the report of all so far in its folder after each.
import { join } from 'node:path';
import { type Arguments, readArguments } from '../../core/cli/arguments.js';
import { UsageError } from '../../core/cli/usage-error.js';
import { VERSION } from '../../core/version.js';
import { commitText, describeMachine, machineText } from '../harness/machine.js';
import { listenForNoise } from '../harness/noise.js';
import { ProgressBar } from '../report/progress.js';
import { failedReportOf, type Report, reportOf, type SuiteReport } from '../report/report.js';
import { targetsText, textOf } from '../report/text.js';
import { writeReport } from '../report/write-report.js';
import type { Suite } from '../suite.js';
import { endDescendants, INTERRUPTED_CODE, Interruption } from './interruption.js';

const OPTIONS = { quick: 'boolean', offline: 'boolean', minutes: 'string', out: 'string' } as const;
const FOLDER = 'bench/reports';
/** A week. */
const MOST_MINUTES = 10_080;

/**
 * Runs the suites that the arguments name, or all. One that fails is named in the report, and ends no other; the exit code
 * is 1 then, and 130 after a signal.
 * @throws UsageError for a suite or an option that there is not
 */
export async function runSuites(all: readonly Suite[], args: string[], help: string): Promise<void> {
  const parsed = readArguments(args, OPTIONS, help);
  if (parsed === null) return;
  const run = new SuitesRun(parsed, args, minutesOf(parsed.texts.get('minutes'), help));
  await run.all(suitesOf(all, parsed.positionals, help));
}

function suitesOf(all: readonly Suite[], names: readonly string[], help: string): Suite[] {
  const unknown = names.find((name) => all.every((suite) => suite.name !== name));
  if (unknown !== undefined) throw new UsageError(`there is no suite and no command ${unknown}\n\n${help}`);
  return all.filter(({ name }) => names.length === 0 || names.includes(name));
}

function minutesOf(text: string | undefined, help: string): number | null {
  if (text === undefined) return null;
  const minutes = Number(text);
  if (!(minutes > 0 && minutes <= MOST_MINUTES))
    throw new UsageError(`--minutes ${text}: expected a number above 0 and up to ${MOST_MINUTES}\n\n${help}`);
  return minutes;
}

class SuitesRun {
  readonly #flags: ReadonlySet<string>;
  readonly #folder: string;
  readonly #minutes: number | null;
  readonly #head: Omit<Report, 'suites'>;
  readonly #interruption = new Interruption();

  constructor({ flags, texts }: Arguments, args: readonly string[], minutes: number | null) {
    this.#flags = flags;
    this.#folder = texts.get('out') ?? FOLDER;
    this.#minutes = minutes;
    this.#head = {
      version: 1,
      sluice: VERSION,
      startedAt: new Date().toISOString(),
      command: ['npm run bench', ...(args.length === 0 ? [] : ['--', ...args])].join(' '),
      quick: flags.has('quick'),
      machine: describeMachine(),
    };
  }

  async all(suites: readonly Suite[]): Promise<void> {
    const { machine } = this.#head;
    process.stdout.write(`${machineText(machine)}, commit ${commitText(machine)}\n\n`);
    const reports: SuiteReport[] = [];
    for (const suite of suites) {
      const report = this.#interruption.isAsked
        ? failedReportOf(suite, 'was not begun, since the run was interrupted', 0, null)
        : await this.#one(suite);
      reports.push(report);
      process.stdout.write(`${textOf(report)}\n`);
      writeReport({ ...this.#head, suites: reports }, this.#folder);
    }
    this.#interruption.dispose();
    if (suites.length > 1) process.stdout.write(`${targetsText({ ...this.#head, suites: reports })}\n`);
    const failed = reports.filter(({ failure }) => failure !== null).map(({ name }) => name);
    const part = failed.length === 0 ? '' : `, without what failed: ${failed.join(', ')}`;
    process.stdout.write(`report: ${join(this.#folder, 'report.html')}${part}\n`);
    if (failed.length > 0) process.exitCode = 1;
    // Whatever an interrupted suite still holds is not waited for.
    if (this.#interruption.isAsked) process.exit(INTERRUPTED_CODE);
  }

  async #one(suite: Suite): Promise<SuiteReport> {
    const bar = new ProgressBar(process.stderr);
    const startMs = performance.now();
    const seconds = (): number => (performance.now() - startMs) / 1000;
    const noise = await listenForNoise();
    try {
      this.#interruption.check();
      const work = suite.run({
        quick: this.#head.quick,
        minutes: this.#minutes,
        offline: this.#flags.has('offline'),
        progress: (done, total, step) => {
          this.#interruption.check();
          bar.show(suite.name, done, total, step);
        },
      });
      return reportOf(suite, await this.#interruption.wait(work), seconds(), noise());
    } catch (cause) {
      bar.clear();
      this.#tellStackOf(cause);
      await endDescendants();
      return failedReportOf(suite, messageOf(cause), seconds(), noise());
    } finally {
      bar.clear();
    }
  }

  /** Of bugs, and of all where it is asked for. */
  #tellStackOf(cause: unknown): void {
    if (!(cause instanceof Error) || !(this.#flags.has('verbose') || isBug(cause))) return;
    process.stderr.write(`${cause.stack}\n`);
  }
}

/** What nobody throws on purpose. */
function isBug(error: Error): boolean {
  return ['TypeError', 'ReferenceError', 'RangeError', 'AssertionError'].includes(error.name);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
