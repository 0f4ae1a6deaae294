// `sluice run`: serve until a signal.
import { Gateway } from '../gateway.js';
import { readArguments } from './arguments.js';
import { openSource } from './open-source.js';
import { UsageError } from './usage-error.js';

const HELP = `sluice run --config FILE

  --config FILE   configuration, YAML or JSON; watched, and applied when it changes
  --verbose       stack traces in errors

  SIGTERM, SIGINT   take no new connection, let running requests end, stop; a second one stops at once
  SIGHUP            read the configuration again
`;

export async function run(args: string[]): Promise<void> {
  const parsed = readArguments(args, { config: 'string' }, HELP);
  if (parsed === null) return;
  const config = parsed.texts.get('config');
  if (config === undefined || parsed.positionals.length > 0)
    throw new UsageError(`--config FILE is needed\n\n${HELP}`);

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
  gateway = await Gateway.start({ source: openSource(config) });
  await stopped;
  await gateway.stop();
}
