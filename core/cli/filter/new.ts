// `sluice filter new`: the folder of a filter.
import { relative, resolve } from 'node:path';
import { NAME_RULE } from '../../../sdk/tools/filter-manifest.js';
import { isFilterName, makeFilter } from '../../../sdk/tools/filter-scaffold.js';
import { onlyPositional, readArguments } from '../arguments.js';
import { UsageError } from '../usage-error.js';

const HELP = `sluice filter new NAME

  Makes a folder with a small filter, its manifest, its test and a README.
  NAME: ${NAME_RULE}.

  --dir DIR   the folder to make or, when it is empty, to fill; NAME in the working directory by default
  --verbose   stack traces in errors
`;

export async function filterNew(args: string[]): Promise<void> {
  const parsed = readArguments(args, { dir: 'string' }, HELP);
  if (parsed === null) return;
  const name = onlyPositional(parsed, 'NAME', HELP);
  if (!isFilterName(name)) throw new UsageError(`${name}: not a name for a filter, expected ${NAME_RULE}`);

  const folder = resolve(parsed.texts.get('dir') ?? name);
  const files = await makeFilter(name, folder);
  const shown = relative(process.cwd(), folder) || '.';
  process.stdout.write(
    `${shown}: made ${files.join(', ')}\n` +
      `Next: sluice filter test ${shown}\n` +
      'For editors and npm scripts, run npm install there.\n',
  );
}
