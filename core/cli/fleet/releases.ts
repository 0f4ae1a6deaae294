// `sluice releases`: what was published, and where it runs.
import { readArguments, refusePositionals } from '../arguments.js';
import { CONNECTION_HELP, CONNECTION_OPTION_TYPES } from '../etcd-options.js';
import { formatTable } from '../table.js';
import { FLEET_HELP, withFleet } from './fleet.js';

const HELP = `sluice releases --config etcd://HOST:PORT/PREFIX

  Lists the releases of a fleet, the newest first, with the channels that point to each and the gateways that run it.

${FLEET_HELP}  --json                     print [{"id", "createdAt", "createdBy", "message", "bytes", "modules", "channels", "nodes"}]
  --verbose                  stack traces in errors
${CONNECTION_HELP}`;

const OPTION_TYPES = { config: 'string', json: 'boolean', ...CONNECTION_OPTION_TYPES } as const;

export async function releases(args: string[]): Promise<void> {
  const parsed = readArguments(args, OPTION_TYPES, HELP);
  if (parsed === null) return;
  refusePositionals(parsed, HELP);
  await withFleet(parsed, HELP, async (fleet) => {
    const [channels, nodes] = [await fleet.channels.list(), await fleet.nodes.list()];
    const listed = (await fleet.releases.list()).map(({ document, value: _, ...manifest }) => ({
      ...manifest,
      bytes: document.bytes,
      channels: channels.filter(({ pointer }) => pointer?.release === manifest.id).map(({ name }) => name),
      nodes: nodes.filter(({ release }) => release === manifest.id).map(({ node }) => node),
    }));
    if (parsed.flags.has('json')) {
      process.stdout.write(`${JSON.stringify(listed)}\n`);
      return;
    }
    const rows = listed.map((release) => [
      ...[release.id, release.createdAt, release.createdBy],
      ...[release.channels, release.nodes].map((names) => (names.length === 0 ? '-' : names.join(','))),
      release.message,
    ]);
    process.stdout.write(formatTable(['RELEASE', 'CREATED', 'BY', 'CHANNELS', 'GATEWAYS', 'MESSAGE'], rows));
  });
}
