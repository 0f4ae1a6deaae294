// `sluice check`: everything a start would do, but for opening ports; and what the configuration changes about who
// reaches what.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { GatewayConfig } from '../config/model.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import { SnapshotBuilder } from '../snapshot-builder.js';
import { readArguments } from './arguments.js';
import { openSource } from './open-source.js';
import { diffReach, isWidening, type ReachChange } from './reach/reach-diff.js';
import { formatReach } from './reach/reach-report.js';
import { UsageError } from './usage-error.js';

const HELP = `sluice check FILE

  Reads the configuration, loads every filter module and runs its configure, as a start would.
  Prints nothing but the result; every error names its place. Exit 0 or 1.

  --against OLD         compare with another configuration: prints every host, method and path that becomes reachable or
                        unreachable, and those whose filters let more (wider), fewer (narrower) or other requests
                        (changed) through
  --fail-on-widening    with --against: exit 1 when anything becomes reachable, wider or changed
  --json                print {"valid", "revision", "routes", "filters", "upstreams"}, with --against {"changes",
                        "widening"} besides, instead of sentences
  --verbose             stack traces in errors
`;

export async function check(args: string[]): Promise<void> {
  const types = { json: 'boolean', against: 'string', 'fail-on-widening': 'boolean' } as const;
  const parsed = readArguments(args, types, HELP);
  if (parsed === null) return;
  const [file, ...more] = parsed.positionals;
  if (file === undefined || more.length > 0) throw new UsageError(`one FILE is needed\n\n${HELP}`);
  const against = parsed.texts.get('against');
  const failsOnWidening = parsed.flags.has('fail-on-widening');
  if (failsOnWidening && against === undefined)
    throw new UsageError(`--fail-on-widening needs --against OLD\n\n${HELP}`);

  const old = against === undefined ? null : await openSource(against).load();
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
  const changes = old === null ? null : changesOf(old.config, config);
  const isWider = changes?.some(isWidening) ?? false;
  if (parsed.flags.has('json')) {
    const reach = changes === null ? {} : { changes, widening: isWider };
    process.stdout.write(`${JSON.stringify({ valid: true, revision: revision.id, ...counts, ...reach })}\n`);
  } else {
    process.stdout.write(
      `${file}: valid (${counted(counts.routes, 'route')}, ${counted(counts.filters, 'filter')}, ` +
        `${counted(counts.upstreams, 'upstream')})\n`,
    );
    if (changes !== null) process.stdout.write(formatReach(changes));
  }
  if (failsOnWidening && isWider) process.exitCode = 1;
}

/** Modules are what is in their files: the two configurations may lie in two folders. */
function changesOf(before: GatewayConfig, after: GatewayConfig): ReachChange[] {
  const identify = (module: string): string => {
    if (module.startsWith('builtin:')) return module;
    try {
      return createHash('sha256').update(readFileSync(module)).digest('hex');
    } catch {
      return module;
    }
  };
  return diffReach(before, after, { identify });
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
