// Connects to one member after the other until one answers a linearizable read: one that is up but cut off from its
// cluster is none to follow.
import { GatewayError } from '../errors.js';
import { EtcdStore, type EtcdStoreOptions, type EtcdTls } from './etcd-store.js';
import type { KeyValueStore, StoreConnector } from './key-value-store.js';

/** How members are believed, and who we are. */
export interface EtcdCredentials {
  /** Null speaks in clear. */
  readonly tls: EtcdTls | null;
  readonly user: { readonly name: string; readonly password: string } | null;
}

export interface EtcdConnectorOptions {
  /** `host:port` of the members, at least one. */
  readonly endpoints: readonly string[];
  /** Prefix that the credentials give access to. */
  readonly prefix: string;
  /** Asked for each connection, as they change while a gateway runs. Default: in clear, and nobody. */
  readonly credentials?: () => EtcdCredentials;
  /** How long a call may take. Default 2000. */
  readonly callMs?: number;
}

const NOBODY: EtcdCredentials = { tls: null, user: null };

/** Each call connects to the member after the one that the last call got, so one that fails is not asked again first. */
export function etcdConnector(options: EtcdConnectorOptions): StoreConnector {
  const { endpoints, prefix, credentials = () => NOBODY, callMs = 2_000 } = options;
  // Gateways that start together do not all go to the first one.
  let next = Math.floor(Math.random() * endpoints.length);
  return async () => {
    const failures: GatewayError[] = [];
    for (let tried = 0; tried < endpoints.length; tried++) {
      const endpoint = endpoints[next % endpoints.length]!;
      next = (next + 1) % endpoints.length;
      try {
        return await connectTo({ endpoint, ...credentials(), callMs }, prefix);
      } catch (cause) {
        failures.push(GatewayError.from(cause));
      }
    }
    // One that answers "no" says more than those that do not answer.
    const { code } =
      failures.find((failure) => failure.code !== 'SLUICE_CONFIG_STORE_UNREACHABLE') ?? failures[0]!;
    throw new GatewayError(code, failures.map(({ message }) => message).join('; '), { cause: failures[0]! });
  };
}

async function connectTo(options: EtcdStoreOptions, prefix: string): Promise<KeyValueStore> {
  const store = new EtcdStore(options);
  try {
    await store.get(`${prefix}/`);
    return store;
  } catch (cause) {
    store.close();
    throw cause;
  }
}
