// How an operator says where the store is: `etcd://host:2379[,host:2379]/prefix`, or `etcds://` over TLS.

export interface EtcdLocation {
  /** `host:port`, in the order written; IPv6 addresses in brackets. */
  readonly endpoints: readonly string[];
  readonly isSecure: boolean;
  /** Without slashes at its ends. */
  readonly prefix: string;
}

const SHAPE = /^(etcds?):\/\/([^/?#]*)(?:\/([^?#]*))?$/;
const ENDPOINT = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/;
const PREFIX = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;
const DEFAULT_PORT = 2379;
const DEFAULT_PREFIX = 'sluice';

/** True for what is meant as the location of a store, well written or not. */
export function isEtcdLocation(text: string): boolean {
  return /^etcds?:/i.test(text);
}

/** @throws Error whose message says what was expected; it never holds what stands before an `@` */
export function parseEtcdLocation(text: string): EtcdLocation {
  if (text.includes('@'))
    throw new Error('expected no user in the address of etcd: user and password come from options');
  const [, scheme, hosts = '', path = ''] = SHAPE.exec(text) ?? [];
  if (scheme === undefined)
    throw new Error(`found ${text}, expected etcd://host:2379[,host:2379]/prefix, or etcds:// for TLS`);
  const endpoints = hosts.split(',').map((host) => endpointOf(host, text));
  const prefix = path === '' ? DEFAULT_PREFIX : path.replace(/\/$/, '');
  if (!PREFIX.test(prefix))
    throw new Error(
      `found the prefix ${path}, expected letters, digits, ".", "_" and "-" in segments joined by "/"`,
    );
  return { endpoints, isSecure: scheme === 'etcds', prefix };
}

function endpointOf(host: string, text: string): string {
  const isBare = host !== '' && !/:\d*$/.test(host.replace(/^\[.*\]/, ''));
  const endpoint = isBare ? `${host}:${DEFAULT_PORT}` : host;
  const port = Number(ENDPOINT.exec(endpoint)?.[1] ?? 0);
  if (port < 1 || port > 65_535)
    throw new Error(`found the endpoint "${host}" in ${text}, expected host:port`);
  return endpoint;
}
