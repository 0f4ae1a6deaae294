// Which engine a listener is made of, and why.
import { GatewayError } from '../errors.js';
import type { ServerIdentity } from '../tls/server-tls.js';
import type { ListenerOptions } from './listener.js';

/** Types of keys that uWebSockets.js takes, of BoringSSL. */
const UWS_KEYS: ReadonlySet<string> = new Set(['rsa', 'ec']);

/** As in a configuration, `auto` decided. */
export type EngineName = 'uws' | 'node';

/** Which engine a listener gets. */
export interface EngineChoice {
  readonly engine: EngineName;
  /** Why, for a log line: the end of a sentence. */
  readonly reason: string;
}

/** What is asked of an engine. */
export type EngineWishes = Pick<ListenerOptions, 'name' | 'engine' | 'http2' | 'proxyProtocol' | 'tls'>;

/**
 * @param uwsFault what keeps uWebSockets.js from being loaded here; null when it can be
 * @throws SLUICE_LISTEN_ENGINE when `uws` is asked for and cannot do it, or is not there
 */
export function chooseEngine(wishes: EngineWishes, uwsFault: string | null): EngineChoice {
  const { name, engine = 'auto' } = wishes;
  if (engine === 'node') return { engine, reason: 'the configuration says so' };
  const lacks = uwsLacks(wishes);
  const obstacle = lacks ?? (uwsFault === null ? null : `uWebSockets.js cannot be loaded here: ${uwsFault}`);
  if (engine === 'auto') {
    if (obstacle !== null) return { engine: 'node', reason: obstacle };
    if ((wishes.tls?.identities.length ?? 0) > 1) {
      // uWebSockets.js writes to stdout for every name that it learns, and nothing keeps it from that.
      return { engine: 'node', reason: 'it has several certificates' };
    }
    return { engine: 'uws', reason: 'it is the faster one and can do what is asked for' };
  }
  if (obstacle === null) return { engine, reason: 'the configuration says so' };
  throw new GatewayError('SLUICE_LISTEN_ENGINE', `listener ${name} wants the engine uws, but ${obstacle}`);
}

/** What of the wishes only Node's servers can do; null when there is nothing. */
export function uwsLacks({
  http2,
  proxyProtocol,
  tls,
}: Omit<EngineWishes, 'name' | 'engine'>): string | null {
  if (http2 === true) return 'only the engine node speaks HTTP/2';
  // It takes a preamble before each request of a connection, also from the client behind the proxy, and none before TLS.
  if (proxyProtocol === true) return 'only the engine node is safe with the PROXY protocol';
  if (!tls) return null;
  const shared = sharedName(tls.identities);
  if (shared !== null) return `only the engine node has keys of two types for one name (${shared})`;
  for (const { certificate, serverNames } of tls.identities) {
    if (UWS_KEYS.has(certificate.key.type) && certificate.key.bits > 0) continue;
    return `only the engine node has keys of the type ${certificate.key.type} (${serverNames[0] ?? certificate.subject})`;
  }
  if (tls.minVersion !== 'TLSv1.2') return `only the engine node can ask for ${tls.minVersion} or later`;
  if (tls.maxVersion !== 'TLSv1.3') return `only the engine node can stop at ${tls.maxVersion}`;
  return null;
}

function sharedName(identities: readonly ServerIdentity[]): string | null {
  const seen = new Set<string>();
  for (const { serverNames } of identities) {
    for (const name of new Set(serverNames)) {
      if (seen.has(name)) return name;
      seen.add(name);
    }
  }
  return null;
}
