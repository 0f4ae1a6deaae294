// `sluice run`: serve until a signal, in one process or in several.
import { fileURLToPath } from 'node:url';
import { collectSeldom } from '../garbage.js';
import { Gateway } from '../gateway.js';
import { runMember } from '../processes/member.js';
import { placeOfProcess } from '../processes/place.js';
import { FailedStart, Supervisor } from '../processes/supervisor.js';
import { readArguments, refusePositionals } from './arguments.js';
import { ETCD_HELP, ETCD_OPTION_TYPES } from './etcd-options.js';
import { openSource } from './open-source.js';
import { KEYS_HELP, KEYS_OPTION_TYPES } from './secret-keys.js';
import { UsageError } from './usage-error.js';

const HELP = `sluice run --config FILE | etcd://HOST:PORT[,HOST:PORT]/PREFIX

  --config CONFIG            a YAML or JSON file, watched, or a fleet's configuration in etcd, followed; etcds:// for TLS
  --processes N              gateway processes that share the listeners, 1 to 256 (default: 1, without a supervisor)
  --verbose                  stack traces in errors

  With etcd:
${ETCD_HELP}${KEYS_HELP}  --node NAME                name of this gateway in \`sluice status\` (default: host and process)
  --cache FOLDER             where the last good release is kept, to start with when etcd is down
                             (default: below XDG_STATE_HOME, one for each --node)

  SIGTERM, SIGINT   take no new connection, let running requests end, stop; a second one stops at once
  SIGHUP            read the configuration and the keys again; with several processes, replace them one after another
`;

const OPTION_TYPES = {
  config: 'string',
  processes: 'string',
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

  collectSeldom();
  const processes = readProcesses(parsed.texts.get('processes'));
  const place = placeOfProcess();
  if (place !== null) {
    await runMember(place, () => openSource(config, parsed, { place }));
    return;
  }
  let service: Gateway | Supervisor | undefined;
  // Before the start: whoever reads that we serve may send a signal at once.
  process.on('SIGHUP', () => void service?.reload());
  const stopped = new Promise<void>((resolve) => {
    let asked = false;
    const ask = (): void => {
      if (asked) {
        if (service instanceof Supervisor) service.kill();
        process.exit(1);
      }
      asked = true;
      resolve();
    };
    process.on('SIGTERM', ask);
    process.on('SIGINT', ask);
  });
  const started =
    processes === 1
      ? await Gateway.start({ source: openSource(config, parsed) })
      : await Supervisor.start({ count: processes, program: PROGRAM, args: process.argv.slice(2) });
  if (started instanceof FailedStart) {
    process.exitCode = started.exitCode;
    return;
  }
  started.outliveBugs();
  service = started;
  await stopped;
  await service.stop();
}

const PROGRAM = fileURLToPath(new URL('./main.js', import.meta.url));
const MOST_PROCESSES = 256;

/** @throws UsageError */
function readProcesses(text = '1'): number {
  const count = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MOST_PROCESSES) return count;
  throw new UsageError(
    `--processes ${text}: expected a whole number from 1 to ${MOST_PROCESSES}, such as the number of cores`,
  );
}
