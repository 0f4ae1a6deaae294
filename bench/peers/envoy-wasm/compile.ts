// Compiles the policy that Envoy runs.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import asc from 'assemblyscript/asc';
import { PEERS } from '../../harness/configured.js';

const SOURCES = join(PEERS, 'envoy-wasm/assembly');
const OUTPUT = 'policy.wasm';

/** @throws Error with what the compiler said when it refuses */
export async function compilePolicy(): Promise<Uint8Array> {
  const said: string[] = [];
  let module: Uint8Array | null = null;
  const flags = ['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort='];
  const { error } = await asc.main(['policy.ts', '--outFile', OUTPUT, ...flags], {
    readFile: (name) => (name === basename(name) ? read(name) : null),
    writeFile(name, contents) {
      if (name === OUTPUT) module = contents as unknown as Uint8Array;
    },
    listFiles: () => [],
    stdout: { write: () => undefined },
    stderr: { write: (chunk: string | Uint8Array) => void said.push(chunk.toString()) },
  });
  if (error !== null || module === null)
    throw new Error(`the policy for Envoy does not compile\n${said.join('')}`);
  return module;
}

function read(name: string): string | null {
  try {
    return readFileSync(join(SOURCES, name), 'utf8');
  } catch {
    return null;
  }
}
