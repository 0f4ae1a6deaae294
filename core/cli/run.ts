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

  const gateway = await Gateway.start({ source: openSource(config) });
  process.on('SIGHUP', () => void gateway.reload());
  await new Promise<void>((resolve) => {
    let stopping = false;
    const stop = (): void => {
      if (stopping) process.exit(1);
      stopping = true;
      void gateway.stop().then(resolve);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}
