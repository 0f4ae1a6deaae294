// What all commands on the secrets of a fleet have in common: the store, and a name that one can have there.
import { type KeyValueStore, withStore } from '../../etcd/key-value-store.js';
import { ReleaseStore } from '../../etcd/release-store.js';
import { SecretStore } from '../../etcd/secret-store.js';
import { isSecretName } from '../../secrets/reference.js';
import { type Arguments, onlyPositional } from '../arguments.js';
import { CONNECTION_OPTION_TYPES, readFleetTarget } from '../etcd-options.js';
import { KEYS_OPTION_TYPES } from '../secret-keys.js';
import { UsageError } from '../usage-error.js';

/** For `readArguments`. */
export const SECRET_OPTION_TYPES = { config: 'string', json: 'boolean', ...CONNECTION_OPTION_TYPES } as const;

/** Of those that open or seal. */
export const SEALING_OPTION_TYPES = { ...SECRET_OPTION_TYPES, ...KEYS_OPTION_TYPES } as const;

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
  const { connect, keys } = readFleetTarget(options, help);
  return withStore(connect, (store: KeyValueStore) =>
    work({ secrets: new SecretStore(store, keys), releases: new ReleaseStore(store, keys) }),
  );
}

/** The one NAME of a command. @throws UsageError */
export function readName(parsed: Arguments, help: string): string {
  const name = onlyPositional(parsed, 'NAME', help);
  if (!isSecretName(name)) {
    throw new UsageError(
      'NAME: expected letters, digits, ".", "_" and "-" in segments joined by "/", 255 characters at most',
    );
  }
  return name;
}
