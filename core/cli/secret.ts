// `sluice secret`: the secrets of a fleet, sealed in etcd, and the keys that they are sealed with.
import { VERSION } from '../version.js';
import { type Command, runCommand } from './command.js';

const HELP = `sluice secret ${VERSION} - the secrets of a fleet in etcd, sealed under keys that etcd never sees

  sluice secret set NAME        seal a value, from standard input or a file
  sluice secret list            names, keys and times; never values
  sluice secret rm NAME         remove one that no channel needs
  sluice secret rekey           seal all of them with the first key
  sluice secret key new NAME    print a new key, a line for the key file

  sluice secret COMMAND --help  what a command takes

Exit codes: 0 done, 1 failed, 2 wrong usage. --verbose adds stack traces to errors.
`;

/** Each loaded when it is asked for. */
const COMMANDS: Readonly<Record<string, Command>> = {
  set: async (args) => (await import('./secret/set.js')).secretSet(args),
  list: async (args) => (await import('./secret/list.js')).secretList(args),
  rm: async (args) => (await import('./secret/rm.js')).secretRemove(args),
  rekey: async (args) => (await import('./secret/rekey.js')).secretRekey(args),
  key: async (args) => (await import('./secret/key.js')).secretKey(args),
};

export function secret(args: string[]): Promise<void> {
  return runCommand(args, COMMANDS, HELP);
}
