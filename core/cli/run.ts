// `sluice run`: serve until a signal.
import { Gateway } from '../gateway.js';
import { readArguments, refusePositionals } from './arguments.js';
import { ETCD_HELP, ETCD_OPTION_TYPES } from './etcd-options.js';
import { openSource } from './open-source.js';
import { KEYS_HELP, KEYS_OPTION_TYPES } from './secret-keys.js';
import { UsageError } from './usage-error.js';

const HELP = `sluice run --config FILE | etcd://HOST:PORT[,HOST:PORT]/PREFIX

  --config CONFIG            a YAML or JSON file, watched, or a fleet's configuration in etcd, followed; etcds:// for TLS
  --verbose                  stack traces in errors

  With etcd:
${ETCD_HELP}${KEYS_HELP}  --node NAME                name of this gateway in \`sluice status\` (default: host and process)
  --cache FOLDER             where the last good release is kept, to start with when etcd is down
                             (default: below XDG_STATE_HOME)

  SIGTERM, SIGINT   take no new connection, let running requests end, stop; a second one stops at once
  SIGHUP            read the configuration and the keys again
`;

const OPTION_TYPES = {
  config: 'string',
  node: 'string',
  cache: 'string',
  ...ETCD_OPTION_TYPES,
  ...KEYS_OPTION_TYPES,
} as const;

export async function run(args: string[]): Promise<void> {
  const parsed = readArguments(args, OPTION_TYPES, HELP);
  if (parsed === null) return;
  refusePositionals(parsed, HELP);
  const config = parsed.texts.get('config');
  if (config === undefined) throw new UsageError(`--config is needed\n\n${HELP}`);

  let gateway: Gateway | undefined;
  // Before the start: whoever reads that we serve may send a signal at once.
  process.on('SIGHUP', () => void gateway?.reload());
  const stopped = new Promise<void>((resolve) => {
    let asked = false;
    const ask = (): void => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    process.on('SIGTERM', ask);
    process.on('SIGINT', ask);
  });
  gateway = await Gateway.start({ source: openSource(config, parsed) });
  await stopped;
  await gateway.stop();
}
