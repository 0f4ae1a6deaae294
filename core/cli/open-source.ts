// From what the operator wrote after --config to a source.
import { createHash } from 'node:crypto';
import { homedir, hostname } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { FileSource } from '../config/file-source.js';
import type { ConfigSource } from '../config/source.js';
import { isEtcdLocation } from '../etcd/etcd-location.js';
import { ReadOnlyReleaseCache, ReleaseCache } from '../etcd/release-cache.js';
import { EtcdSource, type EtcdSourceOptions } from '../etcd-source.js';
import type { Place } from '../processes/place.js';
import { localSecrets, storedSecrets } from '../secrets/lookup.js';
import type { Arguments } from './arguments.js';
import { etcdCertificateFiles, etcdCredentialFiles, readEtcdTarget } from './etcd-options.js';
import { keySource } from './secret-keys.js';
import { UsageError } from './usage-error.js';

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//;

const NO_OPTIONS: Pick<Arguments, 'texts'> = { texts: new Map() };

/** Who opens a source. */
export interface SourceUse {
  /** See EtcdSourceOptions. Default false. */
  readonly comparesValues?: boolean;
  /** Of the process among several. Default null: it is alone. */
  readonly place?: Place | null;
  /** What it says is run, and the last that was good kept for the next start. Default true. */
  readonly runs?: boolean;
}

/** Options of `sluice run` that mean the same wherever the configuration is. */
const COMMON_OPTIONS: ReadonlySet<string> = new Set(['config', 'processes']);

/**
 * @param location of a file, or of etcd
 * @param options  those of etcd, with `keys`, `node` and `cache`
 * @throws UsageError
 */
export function openSource(
  location: string,
  options: Pick<Arguments, 'texts'> = NO_OPTIONS,
  use: SourceUse = {},
): ConfigSource {
  if (isEtcdLocation(location)) return openEtcd(location, options, use);
  if (SCHEME.test(location))
    throw new UsageError(`${location}: a configuration is a YAML or JSON file, or stands in etcd (etcd://)`);
  const misplaced = [...options.texts.keys()].find((name) => !COMMON_OPTIONS.has(name));
  if (misplaced !== undefined)
    throw new UsageError(`--${misplaced} is for a configuration in etcd, ${location} is a file`);
  const secrets = localSecrets(dirname(resolve(location)));
  return new FileSource(location, {
    findSecrets: (text) => secrets.find(text),
    processes: use.place?.count ?? 1,
  });
}

function openEtcd(
  location: string,
  options: Pick<Arguments, 'texts'>,
  { comparesValues = false, place = null, runs = true }: SourceUse,
): EtcdSource {
  const { description, connect, tls, keys, channel } = readEtcdTarget(location, options);
  const node = options.texts.get('node');
  return new EtcdSource({
    description,
    connect,
    tls,
    certificateFiles: etcdCertificateFiles(options),
    keys,
    channel,
    node: nodeName(node, place),
    cache: runs ? cacheOf(options.texts.get('cache') ?? defaultCache(location, channel, node), place) : null,
    findSecrets: fleetSecrets(options),
    processes: place?.count ?? 1,
    comparesValues,
  });
}

/** All processes start with it, and the first one keeps it. */
function cacheOf(folder: string, place: Place | null): ReleaseCache {
  return place === null || place.index === 1 ? new ReleaseCache(folder) : new ReadOnlyReleaseCache(folder);
}

/** Each process is a node of its own, that of a place the same one whoever has it. */
function nodeName(given: string | undefined, place: Place | null): string {
  if (place === null) return given ?? `${hostname()}-${process.pid}`;
  return `${given ?? `${hostname()}-${process.ppid}`}-${place.index}`;
}

/**
 * How the gateways of a fleet find secrets, so that a command finds them in the same way. The keys are read with every
 * revision: a reload after they changed is all that a rotation needs.
 * @param options with `keys`
 */
export function fleetSecrets(options: Pick<Arguments, 'texts'>): EtcdSourceOptions['findSecrets'] {
  const keys = keySource(options);
  const own = [...(keys.file === null ? [] : [keys.file]), ...etcdCredentialFiles(options)];
  return (entries) => {
    const secrets = storedSecrets(entries, keys.read(), own);
    return (text) => secrets.find(text);
  };
}

/**
 * By the XDG Base Directory Specification: what has to outlive a restart, and can be had again. Gateways of one user on one
 * machine keep apart by their names; those without are called something else at each start.
 * @throws UsageError
 */
export function defaultCache(location: string, channel: string, node: string | undefined): string {
  const named = process.env['XDG_STATE_HOME'] ?? '';
  // As the specification has it, a relative one counts as none.
  const state = isAbsolute(named) ? named : join(home(), '.local', 'state');
  const folder = createHash('sha256')
    .update([location, channel, ...(node === undefined ? [] : [node])].join(' '))
    .digest('hex')
    .slice(0, 16);
  return join(state, 'sluice', folder);
}

/** A user of a container may have none. */
function home(): string {
  try {
    return homedir();
  } catch {
    throw new UsageError('this user has no home folder: --cache FOLDER or XDG_STATE_HOME is needed');
  }
}
