// From what the operator wrote after --config to a source.
import { createHash } from 'node:crypto';
import { homedir, hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { FileSource } from '../config/file-source.js';
import type { ConfigSource } from '../config/source.js';
import { isEtcdLocation } from '../etcd/etcd-location.js';
import { ReleaseCache } from '../etcd/release-cache.js';
import { EtcdSource, type EtcdSourceOptions } from '../etcd-source.js';
import { localSecrets, storedSecrets } from '../secrets/lookup.js';
import type { Arguments } from './arguments.js';
import { readEtcdTarget } from './etcd-options.js';
import { keySource } from './secret-keys.js';
import { UsageError } from './usage-error.js';

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//;

const NO_OPTIONS: Pick<Arguments, 'texts'> = { texts: new Map() };

/**
 * @param location of a file, or of etcd
 * @param options  those of etcd, with `keys`, `node` and `cache`
 * @param comparesValues see EtcdSourceOptions
 * @throws UsageError
 */
export function openSource(
  location: string,
  options: Pick<Arguments, 'texts'> = NO_OPTIONS,
  comparesValues = false,
): ConfigSource {
  if (isEtcdLocation(location)) return openEtcd(location, options, comparesValues);
  if (SCHEME.test(location))
    throw new UsageError(`${location}: a configuration is a YAML or JSON file, or stands in etcd (etcd://)`);
  const misplaced = [...options.texts.keys()].find((name) => name !== 'config');
  if (misplaced !== undefined)
    throw new UsageError(`--${misplaced} is for a configuration in etcd, ${location} is a file`);
  const secrets = localSecrets(dirname(resolve(location)));
  return new FileSource(location, { findSecrets: (text) => secrets.find(text) });
}

function openEtcd(location: string, options: Pick<Arguments, 'texts'>, comparesValues: boolean): EtcdSource {
  const { description, connect, tls, keys, channel } = readEtcdTarget(location, options);
  return new EtcdSource({
    description,
    connect,
    tls,
    keys,
    channel,
    node: options.texts.get('node') ?? `${hostname()}-${process.pid}`,
    cache: new ReleaseCache(options.texts.get('cache') ?? defaultCache(`${location} ${channel}`)),
    findSecrets: fleetSecrets(options),
    comparesValues,
  });
}

/**
 * How the gateways of a fleet find secrets, so that a command finds them in the same way. The keys are read with every
 * revision: a reload after they changed is all that a rotation needs.
 * @param options with `keys`
 */
export function fleetSecrets(options: Pick<Arguments, 'texts'>): EtcdSourceOptions['findSecrets'] {
  const keys = keySource(options);
  return (entries) => {
    const secrets = storedSecrets(entries, keys.read(), keys.file);
    return (text) => secrets.find(text);
  };
}

/** By the XDG Base Directory Specification: what has to outlive a restart, and can be had again. */
function defaultCache(name: string): string {
  const state = process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  const folder = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return join(state, 'sluice', folder);
}
