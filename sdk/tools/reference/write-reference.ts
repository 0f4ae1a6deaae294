// Writes sdk/REFERENCE.md from the sources of the SDK; part of `npm run build` and of packing the SDK.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SDK_DIR } from '../sdk-folder.js';
import { formatReference, type ReferencePart } from './reference-page.js';
import { readApi } from './source-reader.js';

/** Where the page goes, in the folder of the SDK. */
export const REFERENCE_FILE = 'REFERENCE.md';

const HEAD = `# Reference of the filter SDK

Every name that filters import from \`'sluice'\` and their tests from \`'@sluice/sdk/testing'\`, as the doc comments of the
sources have it. The build makes this page. [README.md](README.md) shows how things are used together, [ABI.md](ABI.md) what
goes between host and guest.`;

/**
 * Both APIs of an SDK.
 * @param folder of the SDK: a checkout, with \`assembly/\`, \`testing/\` and a \`tsconfig.json\`
 */
export function readParts(folder: string): ReferencePart[] {
  return [
    {
      title: "For filters: 'sluice'",
      introduction: 'AssemblyScript. A filter that does not use something carries nothing of it.',
      topics: readApi(join(folder, 'assembly'), join(folder, 'assembly/index.ts')),
      sources: 'assembly/',
    },
    {
      title: "For tests: '@sluice/sdk/testing'",
      introduction: 'TypeScript and JavaScript, in Node. What runs here is the runtime code of the gateway.',
      topics: readApi(folder, join(folder, 'testing/index.ts')),
      sources: null,
    },
  ];
}

/** Text of the page for the SDK in this folder. */
export function referenceOf(folder: string): string {
  return formatReference(HEAD, readParts(folder));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = join(SDK_DIR, REFERENCE_FILE);
  const text = referenceOf(SDK_DIR);
  // Left alone when it is the same: others may read it at this moment.
  if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    await writeFile(`${file}.${process.pid}`, text);
    await rename(`${file}.${process.pid}`, file);
  }
}
