// What all commands on the secrets of a fleet have in common: the store, and a name that one can have there.
import { type KeyValueStore, withStore } from '../../etcd/key-value-store.js';
import { ReleaseStore } from '../../etcd/release-store.js';
import { SecretStore } from '../../etcd/secret-store.js';
import { isSecretName } from '../../secrets/reference.js';
import type { Arguments } from '../arguments.js';
import { CONNECTION_OPTION_TYPES, readEtcdTarget } from '../etcd-options.js';
import { KEYS_OPTION_TYPES } from '../secret-keys.js';
import { UsageError } from '../usage-error.js';

/** For `readArguments`. */
export const SECRET_OPTION_TYPES = {
  config: 'string',
  json: 'boolean',
  ...CONNECTION_OPTION_TYPES,
  ...KEYS_OPTION_TYPES,
} as const;

export interface SecretStores {
  readonly secrets: SecretStore;
  readonly releases: ReleaseStore;
}

/** Runs `work` on the store that `--config` names. @throws UsageError */
export async function withSecrets<Result>(
  options: Pick<Arguments, 'texts'>,
  help: string,
  work: (stores: SecretStores) => Promise<Result>,
): Promise<Result> {
  const config = options.texts.get('config');
  if (config === undefined) throw new UsageError(`--config etcd://HOST:PORT/PREFIX is needed\n\n${help}`);
  const { connect, keys } = readEtcdTarget(config, options);
  return withStore(connect, (store: KeyValueStore) =>
    work({ secrets: new SecretStore(store, keys), releases: new ReleaseStore(store, keys) }),
  );
}

/** The one NAME of a command. @throws UsageError */
export function readName({ positionals }: Arguments, help: string): string {
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError(`one NAME is needed\n\n${help}`);
  if (!isSecretName(name)) {
    throw new UsageError(
      'NAME: expected letters, digits, ".", "_" and "-" in segments joined by "/", 255 characters at most',
    );
  }
  return name;
}

/** @throws UsageError */
export function refusePositionals({ positionals }: Arguments, help: string): void {
  if (positionals.length > 0)
    throw new UsageError(`found ${positionals.length} arguments too many\n\n${help}`);
}
