// `sluice filter` as its user runs it: a process of its own in a folder of its own.
import { fileURLToPath } from 'node:url';
import { OutputProcess, type ProcessEnd } from './process-output.js';

const MAIN = fileURLToPath(new URL('../../core/cli/main.js', import.meta.url));

/** Starts `sluice filter …` in a folder. */
export function startFilterCommand(cwd: string, ...args: readonly string[]): OutputProcess {
  return new OutputProcess(process.execPath, [MAIN, 'filter', ...args], cwd);
}

/** Runs `sluice filter …` in a folder to its end. */
export function filterCommand(cwd: string, ...args: readonly string[]): Promise<ProcessEnd> {
  return startFilterCommand(cwd, ...args).ended;
}
