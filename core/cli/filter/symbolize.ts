// `sluice filter symbolize`: which line of the source a failure in the log of a gateway came from.
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { SourcePlaces } from '../../wasm/source-places.js';
import { onlyPositional, readArguments } from '../arguments.js';

const HELP = `sluice filter symbolize FILE.wasm

  Copies standard input to standard output, with the lines of the source in place of offsets in the stacks of failures:
  grep SLUICE_FILTER_TRAP gateway.log | sluice filter symbolize build/guard.wasm
  Give it failures of this filter only. Needs FILE.wasm.map, which the build leaves beside the module: keep both.

  --verbose   stack traces in errors
`;

export async function filterSymbolize(args: string[]): Promise<void> {
  const parsed = readArguments(args, {}, HELP);
  if (parsed === null) return;
  const file = onlyPositional(parsed, 'FILE.wasm', HELP);

  const map = `${file}.map`;
  const places = SourcePlaces.of(await read(file), (await read(map)).toString('utf8'));
  if (places === null) throw new Error(`${map}: not the source map of this module, build both again`);
  for await (const line of createInterface({ input: process.stdin }))
    process.stdout.write(`${places.explain(line)}\n`);
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new Error(`${file}: cannot be read: ${(cause as Error).message}`, { cause });
  }
}
