// `sluice check`: everything a start would do, but for opening ports.
import { Dispatcher } from '../dispatch/dispatcher.js';
import { SnapshotBuilder } from '../snapshot-builder.js';
import { readArguments } from './arguments.js';
import { openSource } from './open-source.js';
import { UsageError } from './usage-error.js';

const HELP = `sluice check FILE

  Reads the configuration, loads every filter module and runs its configure, as a start would.
  Prints nothing but the result; every error names its place. Exit 0 or 1.

  --json      print {"valid", "revision", "routes", "filters", "upstreams"} instead of a sentence
  --verbose   stack traces in errors
`;

export async function check(args: string[]): Promise<void> {
  const parsed = readArguments(args, { json: 'boolean' }, HELP);
  if (parsed === null) return;
  const [file, ...more] = parsed.positionals;
  if (file === undefined || more.length > 0) throw new UsageError(`one FILE is needed\n\n${HELP}`);

  const source = openSource(file);
  const revision = await source.load();
  const { config } = revision;
  const dispatcher = new Dispatcher({ ...config.workers, count: 1, spare: 0 });
  try {
    await dispatcher.start();
    const snapshot = await new SnapshotBuilder(dispatcher).build(revision);
    snapshot.retire();
  } finally {
    await dispatcher.close();
  }
  const counts = {
    routes: config.routes.length,
    filters: config.filters.length,
    upstreams: config.upstreams.length,
  };
  if (parsed.flags.has('json')) {
    process.stdout.write(`${JSON.stringify({ valid: true, revision: revision.id, ...counts })}\n`);
  } else {
    process.stdout.write(
      `${file}: valid (${counted(counts.routes, 'route')}, ${counted(counts.filters, 'filter')}, ` +
        `${counted(counts.upstreams, 'upstream')})\n`,
    );
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
