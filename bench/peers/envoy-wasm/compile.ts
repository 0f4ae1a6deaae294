// Compiles the filter that Envoy runs, against the sources of our SDK, with the flags of its builder.
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import { ENTRY, FilterSources, LIBRARY, RUNTIME } from '../../../sdk/tools/filter-sources.js';
import { PEERS } from '../../harness/configured.js';

const OUTPUT = 'job.wasm';
const FLAGS = [
  ...['--lib', LIBRARY, '--runtime', RUNTIME, '--outFile', OUTPUT],
  ...['-O3', '--noAssert', '--enable', 'simd', '--use', 'abort='],
];

/** @throws Error with what the compiler said when it refuses */
export async function compileJob(): Promise<Uint8Array> {
  const sources = new FilterSources(join(PEERS, 'envoy-wasm'), '');
  const said: string[] = [];
  let module: Uint8Array | null = null;
  const { error } = await asc.main([ENTRY, ...FLAGS], {
    readFile: (name, base) => sources.read(name, base),
    writeFile(name, contents) {
      if (name === OUTPUT) module = contents as unknown as Uint8Array;
    },
    listFiles: () => [],
    stdout: { write: () => undefined },
    stderr: { write: (chunk: string | Uint8Array) => void said.push(chunk.toString()) },
  });
  if (error !== null || module === null)
    throw new Error(`the filter for Envoy does not compile\n${said.join('')}`);
  return module;
}
