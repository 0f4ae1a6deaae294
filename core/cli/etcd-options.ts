// What every command that talks to etcd is told in the same way: where it is, who we are, which channel is meant.
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { type EtcdCredentials, etcdConnector } from '../etcd/etcd-connector.js';
import { type EtcdLocation, parseEtcdLocation } from '../etcd/etcd-location.js';
import type { EtcdTls } from '../etcd/etcd-store.js';
import { isChannelName, KeyLayout } from '../etcd/key-layout.js';
import type { StoreConnector } from '../etcd/key-value-store.js';
import type { StoreTls } from '../tls/certificates-in-use.js';
import { pemBlocks } from '../tls/pem.js';
import type { Arguments } from './arguments.js';
import { UsageError } from './usage-error.js';

/** For `readArguments`: of commands that mean a fleet, and no channel of it. */
export const CONNECTION_OPTION_TYPES = {
  'etcd-ca': 'string',
  'etcd-cert': 'string',
  'etcd-key': 'string',
  'etcd-user': 'string',
  'etcd-password-file': 'string',
} as const;

/** Of commands that mean one channel. */
export const ETCD_OPTION_TYPES = { channel: 'string', ...CONNECTION_OPTION_TYPES } as const;

export const CONNECTION_HELP = `  --etcd-ca FILE             PEM certificates that those of etcd lead to, for etcds:// (default: those of the system)
  --etcd-cert FILE, --etcd-key FILE
                             PEM certificate and key to show to etcd
  --etcd-user NAME           user of etcd; the password comes from --etcd-password-file or SLUICE_ETCD_PASSWORD
  Each of them can stand in the environment: --etcd-ca as SLUICE_ETCD_CA, and so on. Files are read anew for each connection.
`;

export const ETCD_HELP = `  --channel NAME             channel of the fleet (default: stable)
${CONNECTION_HELP}`;

/** A fleet as a command line names it. */
export interface EtcdTarget {
  readonly description: string;
  readonly connect: StoreConnector;
  /** What `connect` would use now; null for clear text. */
  readonly tls: () => StoreTls | null;
  readonly keys: KeyLayout;
  readonly channel: string;
}

const DEFAULT_CHANNEL = 'stable';

type Option = (name: string) => string | undefined;

function optionsIn({ texts }: Pick<Arguments, 'texts'>): Option {
  return (name) => texts.get(name) ?? process.env[`SLUICE_${name.toUpperCase().replaceAll('-', '_')}`];
}

/** Files that the gateway shows itself to etcd with, and that nobody else may have. */
export function etcdCredentialFiles(options: Pick<Arguments, 'texts'>): string[] {
  return filesOf(options, ['etcd-password-file', 'etcd-key']);
}

/** Files with certificates for the way to etcd. */
export function etcdCertificateFiles(options: Pick<Arguments, 'texts'>): string[] {
  return filesOf(options, ['etcd-ca', 'etcd-cert']);
}

function filesOf(options: Pick<Arguments, 'texts'>, names: readonly string[]): string[] {
  return names.map(optionsIn(options)).filter((file) => file !== undefined);
}

/** @throws UsageError */
export function readEtcdTarget(location: string, options: Pick<Arguments, 'texts'>): EtcdTarget {
  const parsed = parseLocation(location);
  const channel = options.texts.get('channel') ?? DEFAULT_CHANNEL;
  if (!isChannelName(channel))
    throw new UsageError(`--channel ${channel}: expected 1 to 63 letters, digits, ".", "_" and "-"`);
  const credentials = followCredentials(parsed, optionsIn(options));
  return {
    description: location,
    connect: etcdConnector({ endpoints: parsed.endpoints, prefix: parsed.prefix, credentials }),
    tls: () => {
      const { tls } = credentials();
      return (
        tls && {
          ca: tls.ca?.toString('latin1') ?? null,
          chain: tls.client?.cert.toString('latin1') ?? null,
        }
      );
    },
    keys: new KeyLayout(parsed.prefix),
    channel,
  };
}

/** Of a command that `--config` names a fleet to, and nothing else. @throws UsageError */
export function readFleetTarget(options: Pick<Arguments, 'texts'>, help: string): EtcdTarget {
  const location = options.texts.get('config');
  if (location === undefined) throw new UsageError(`--config etcd://HOST:PORT/PREFIX is needed\n\n${help}`);
  return readEtcdTarget(location, options);
}

/**
 * As the files have them now; a file that is just being replaced counts as it was read last.
 * @throws UsageError, from this call and not from those of the result
 */
function followCredentials(location: EtcdLocation, option: Option): () => EtcdCredentials {
  const read = (): EtcdCredentials => ({ tls: tlsOf(location, option), user: userOf(option) });
  let last = read();
  return () => {
    try {
      last = read();
    } catch {
      // What etcd says of those of before tells more than that a file is missing for a moment.
    }
    return last;
  };
}

function parseLocation(location: string): EtcdLocation {
  try {
    return parseEtcdLocation(location);
  } catch (cause) {
    throw new UsageError((cause as Error).message);
  }
}

function tlsOf({ isSecure }: EtcdLocation, option: Option): EtcdTls | null {
  const [ca, cert, key] = ['etcd-ca', 'etcd-cert', 'etcd-key'].map(option);
  if (!isSecure) {
    if (ca !== undefined || cert !== undefined || key !== undefined)
      throw new UsageError('--etcd-ca, --etcd-cert and --etcd-key are for etcds://');
    return null;
  }
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError('--etcd-cert and --etcd-key go together');
  return {
    ca: ca === undefined ? null : readAuthorities(ca),
    client: cert === undefined || key === undefined ? null : readIdentity(cert, key),
  };
}

/** Whether they are valid by now is for the handshake to say: a gateway can start without it. */
function readAuthorities(file: string): Buffer {
  const bytes = readOptionFile('--etcd-ca', file);
  const blocks = pemBlocks(bytes.toString('latin1'), 'CERTIFICATE');
  if (blocks.length === 0) throw new UsageError(`--etcd-ca ${file}: found no certificate, expected PEM`);
  return bytes;
}

function readIdentity(certFile: string, keyFile: string): NonNullable<EtcdTls['client']> {
  const [cert, key] = [readOptionFile('--etcd-cert', certFile), readOptionFile('--etcd-key', keyFile)];
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    // OpenSSL puts its routines before what is wrong.
    const why = (cause as Error).message.split('::').at(-1);
    throw new UsageError(
      `--etcd-cert ${certFile}, --etcd-key ${keyFile}: ${why}, expected a certificate and its key in PEM`,
    );
  }
  return { cert, key };
}

function userOf(option: Option): { name: string; password: string } | null {
  const name = option('etcd-user');
  if (name === undefined) return null;
  const file = option('etcd-password-file');
  const password =
    file === undefined
      ? process.env['SLUICE_ETCD_PASSWORD']
      : readOptionFile('--etcd-password-file', file)
          .toString()
          .replace(/\r?\n$/, '');
  if (password === undefined)
    throw new UsageError('--etcd-user needs --etcd-password-file or SLUICE_ETCD_PASSWORD');
  return { name, password };
}

function readOptionFile(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UsageError(`${option} ${path}: ${(cause as Error).message}`);
  }
}
