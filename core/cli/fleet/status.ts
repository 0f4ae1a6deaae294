// `sluice status`: what every gateway of a fleet runs, and whether it should.
import { GatewayError } from '../../errors.js';
import type { Channel } from '../../etcd/channel-store.js';
import { expiryWarning } from '../../tls/expiry.js';
import { readArguments, refusePositionals } from '../arguments.js';
import { counted } from '../counted.js';
import { ETCD_HELP, ETCD_OPTION_TYPES } from '../etcd-options.js';
import { printableLine } from '../printable.js';
import { formatTable } from '../table.js';
import { FLEET_HELP, withFleet } from './fleet.js';
import { releasesOf, stateOfNode } from './node-state.js';
import type { RolloutNode } from './rollout.js';

const HELP = `sluice status --config etcd://HOST:PORT/PREFIX

  Lists the gateways that reach etcd, of all channels unless one is named, and what they run. A gateway that does not reach
  etcd is not listed; its own log, /readyz and metrics tell. Exit 1 when one that is listed is not current, or none is listed:

    current   it runs what its channel points to       lagging   it runs something else, and has not said why
    refused   it cannot run what the store holds, and says why; it goes on with what it has

  Says of each gateway when the first of its certificates runs out, and warns of those that do soon or did.

${FLEET_HELP}  --json                     print {"current", "channels", "nodes"}
  --verbose                  stack traces in errors
${ETCD_HELP.replace('(default: stable)', '(default: all)')}`;

const OPTION_TYPES = { config: 'string', json: 'boolean', ...ETCD_OPTION_TYPES } as const;

export async function status(args: string[]): Promise<void> {
  const parsed = readArguments(args, OPTION_TYPES, HELP);
  if (parsed === null) return;
  refusePositionals(parsed, HELP);
  await withFleet(parsed, HELP, async ({ channels, nodes: store, target }) => {
    const only = parsed.texts.has('channel') ? target.channel : null;
    const isMeant = (name: string): boolean => only === null || name === only;
    // Gateways first: one that takes a release between the two reads is late by itself, and never too early.
    const reports = (await store.list()).filter(({ channel }) => isMeant(channel));
    const listed = (await channels.list()).filter(({ name }) => isMeant(name));
    if (only !== null && listed.length === 0 && reports.length === 0) {
      const names = (await channels.list()).map(({ name }) => name);
      throw new GatewayError(
        'SLUICE_CONFIG_UNREADABLE',
        `found no channel ${only}, expected ${names.length === 0 ? 'one: `sluice apply` makes it' : names.join(', ')}`,
      );
    }
    if (only === null && listed.length === 0 && reports.length === 0)
      throw new GatewayError(
        'SLUICE_CONFIG_UNREADABLE',
        `found no channel and no gateway under ${target.keys.prefix}, expected the prefix of a fleet, or \`sluice apply\` to make it`,
      );
    const releases = releasesOf(listed);
    const nodes = reports.map((report) => ({
      ...report,
      state: stateOfNode(report, releases.get(report.channel) ?? null),
    }));
    const current = nodes.length > 0 && nodes.every(({ state }) => state === 'current');
    if (parsed.flags.has('json')) {
      const shown = listed.map(({ name, pointer }) => ({ name, ...pointer }));
      process.stdout.write(`${JSON.stringify({ current, channels: shown, nodes })}\n`);
    } else {
      process.stdout.write(formatStatus(listed, nodes));
    }
    if (!current) process.exitCode = 1;
  });
}

function formatStatus(channels: readonly Channel[], nodes: readonly RolloutNode[]): string {
  const heads = channels.map(({ name, pointer }) => {
    const { release, flippedAt, flippedBy } = pointer!;
    return `${printableLine(`channel ${name}: release ${release} since ${flippedAt}, by ${flippedBy}`)}\n`;
  });
  const hasExpiry = nodes.some(({ certificates }) => certificates.length > 0);
  const rows = nodes.map(({ node, channel, release, since, state, version, certificates }) => [
    ...[node, channel, release ?? '-', since ?? '-', state, version],
    ...(hasExpiry ? [certificates[0]?.notAfter ?? '-'] : []),
  ]);
  const titles = ['NODE', 'CHANNEL', 'RELEASE', 'SINCE', 'STATE', 'VERSION'];
  if (hasExpiry) titles.push('CERTIFICATES UNTIL');
  const table = nodes.length === 0 ? '' : formatTable(titles, rows);
  const errors = nodes
    .filter(({ lastError }) => lastError !== null)
    .map(({ node, refused, lastError }) => {
      const what = refused ?? 'what the store holds';
      return `${printableLine(`${node} refuses ${what}: ${lastError}`)}\n`;
    });
  const left = nodes
    .filter(({ rolledBack }) => rolledBack !== null)
    .map(({ node, rolledBack }) => `${printableLine(`${node} rolled back ${rolledBack}`)}\n`);
  const ending = nodes.flatMap(expiryLines);
  const current = nodes.filter(({ state }) => state === 'current').length;
  const sum = `${current} of ${counted(nodes.length, 'gateway')} current\n`;
  return [...heads, table, ...errors, ...left, ...ending, sum].join('');
}

/** By the clock of whoever asks: the gateway wrote when they run out, and not how long that is. */
function expiryLines({ node, certificates }: RolloutNode): string[] {
  const nowMs = Date.now();
  return certificates.flatMap(({ what, notAfter, warnFrom }) => {
    const expiry = { notAfterMs: Date.parse(notAfter), warnFromMs: Date.parse(warnFrom) };
    const warning = expiryWarning(what, expiry, nowMs);
    return warning === null ? [] : [`${printableLine(`${node}: ${warning}`)}\n`];
  });
}
