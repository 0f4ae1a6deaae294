// `sluice filter inspect`: what a gateway sees in a module.
import { readFile } from 'node:fs/promises';
import { formatReport, reportModule } from '../../../sdk/tools/module-report.js';
import { onlyPositional, readArguments } from '../arguments.js';

const HELP = `sluice filter inspect FILE.wasm

  Prints manifest, phases, capabilities, memory, digest, imports, exports and sections of a module. One that a gateway
  would refuse is refused here for the same reason, with exit code 1. Nothing of the module runs.

  --json      print it as one JSON object
  --verbose   stack traces in errors
`;

export async function filterInspect(args: string[]): Promise<void> {
  const parsed = readArguments(args, { json: 'boolean' }, HELP);
  if (parsed === null) return;
  const file = onlyPositional(parsed, 'FILE.wasm', HELP);

  const report = reportModule(await read(file), file);
  process.stdout.write(parsed.flags.has('json') ? `${JSON.stringify(report)}\n` : formatReport(report));
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new Error(`${file}: cannot be read: ${(cause as Error).message}`, { cause });
  }
}
