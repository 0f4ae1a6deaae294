// One app of uWebSockets.js that shows the identities of one ServerTls, chosen by name. What an app shows to clients without a
// name cannot be changed, so each ServerTls gets an app of its own.
import { createHash } from 'node:crypto';
import { GatewayError } from '../errors.js';
import { coversName, identitiesFor } from '../tls/server-names.js';
import type { ServerIdentity, ServerTls } from '../tls/server-tls.js';
import { ClientCertificates } from './client-certificates.js';
import { MemoryFile } from './memory-file.js';
import type { UwsModule, UwsRequest, UwsResponse, UwsTlsApp, UwsTlsOptions } from './uws-engine.js';

export type TlsRequestHandler = (
  res: UwsResponse,
  req: UwsRequest,
  /** Null when clients are not asked for certificates. */
  clients: ClientCertificates | null,
) => void;

const LONGEST_NAME = 10;
/** A name comes in 2^n spellings, and each that is served costs 10 KiB: whoever sends more of them sees the first identity. */
const SPELLINGS = 64;
const PLAIN_NAME = /^[a-z0-9._-]+$/i;
/** By then what was accepted before an app was replaced has arrived there. */
const ARRIVAL_MS = 1000;

/** Digests of what the engine was seen to take. */
const taken = new Set<string>();

export class UwsIdentities {
  readonly app: UwsTlsApp;
  /** What is asked of clients' certificates may change, but not whether they are asked for them. */
  clients: ClientCertificates | null;
  #tls: ServerTls | null;
  #handle: TlsRequestHandler;
  readonly #engine: UwsModule;
  readonly #names: string[] = [];
  #spellings = 0;
  #connections = 0;
  #arrived: NodeJS.Timeout | undefined;
  #retired = false;

  /** @throws GatewayError SLUICE_LISTEN_TLS when the engine does not take it */
  constructor(engine: UwsModule, tls: ServerTls, handle: TlsRequestHandler) {
    refuseBeyondEngine(tls);
    this.#engine = engine;
    this.#tls = tls;
    this.#handle = handle;
    this.clients = readClients(tls);
    const [first, ...others] = tls.identities;
    this.app = openApp(engine, tls, first!);
    this.app.any('/*', this.#route);
    for (const identity of tls.identities) this.#serve(identity, namesToAdd(identity, tls.identities));
    this.app.filter((_res, count) => this.#count(count));
    if (others.length > 0) this.app.missingServerName((name) => this.#spell(name));
  }

  /** To be called when no new connection comes here: gives back what the engine can, once the last one has closed. */
  retire(): void {
    this.#arrived = setTimeout(() => {
      this.#retired = true;
      this.#release();
    }, ARRIVAL_MS).unref();
  }

  /** Cuts all connections. */
  close(): void {
    clearTimeout(this.#arrived);
    this.app.close();
    this.#retired = true;
    this.#release();
  }

  readonly #route = (res: UwsResponse, req: UwsRequest): void => this.#handle(res, req, this.clients);

  #count(change: number): void {
    this.#connections += change;
    // Not while the engine is closing the last one.
    if (this.#retired && this.#connections === 0) setImmediate(() => this.#release());
  }

  #release(): void {
    if (this.#connections > 0) return;
    for (const name of this.#names.splice(0)) this.app.removeServerName(name);
    this.#handle = refuseLate;
    this.#tls = null;
    this.clients = null;
  }

  #serve(identity: ServerIdentity, names: readonly string[]): void {
    if (names.length === 0) return;
    const first = this.#tls!.identities[0]!;
    // `addServerName` would say nothing, and clients would see another certificate. An app says it, but stays for ever.
    if (identity !== first && !taken.has(digestOf(identity))) openApp(this.#engine, this.#tls!, identity);
    withFiles(this.#tls!, identity, (options) => {
      for (const name of names) {
        this.app.addServerName(name, options);
        this.app.domain(name);
        this.app.any('/*', this.#route);
        this.#names.push(name);
      }
    });
  }

  /** The engine tells apart what differs only in case (RFC 4343 §3 does not). */
  #spell(name: string): void {
    if (this.#tls === null || name === name.toLowerCase() || !PLAIN_NAME.test(name)) return;
    const { identities } = this.#tls;
    const identity = identitiesFor(identities, name)[0]!;
    if (identity === identities[0] || this.#spellings === SPELLINGS) return;
    this.#spellings += 1;
    this.#serve(identity, [name]);
  }
}

/** @throws GatewayError SLUICE_LISTEN_TLS for lists that say nothing of the authorities */
export function readClients({ clientAuth }: ServerTls): ClientCertificates | null {
  try {
    return clientAuth && new ClientCertificates(clientAuth);
  } catch (cause) {
    throw refuse('the lists of revoked certificates', cause);
  }
}

function refuseBeyondEngine({ identities, minVersion, maxVersion }: ServerTls): void {
  if (minVersion !== 'TLSv1.2' || maxVersion !== 'TLSv1.3')
    throw refuse(`TLS from ${minVersion} to ${maxVersion} only`);
  const names = identities.flatMap(({ serverNames }) => serverNames);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw refuse(`two certificates for ${twice}`);
  const long = names.find((name) => name.split('.').length > LONGEST_NAME);
  if (long !== undefined && identities.length > 1) throw refuse(`more than ${LONGEST_NAME} labels: ${long}`);
}

function refuse(what: string, cause?: unknown): GatewayError {
  return new GatewayError('SLUICE_LISTEN_TLS', `uWebSockets.js does not take ${what}`, { cause });
}

/** Names by which an identity must be found: of the first one only those that a wildcard of another covers. */
function namesToAdd(identity: ServerIdentity, identities: readonly ServerIdentity[]): readonly string[] {
  if (identity !== identities[0]) return identity.serverNames;
  const others = identities.slice(1).flatMap(({ serverNames }) => serverNames);
  return identity.serverNames.filter((name) => others.some((other) => coversName(other, name)));
}

function openApp(engine: UwsModule, tls: ServerTls, identity: ServerIdentity): UwsTlsApp {
  try {
    const app = withFiles(tls, identity, (options) => engine.SSLApp(options));
    taken.add(digestOf(identity));
    return app;
  } catch (cause) {
    throw refuse(`the certificate of ${identity.certificate.subject}, its key or the ciphers`, cause);
  }
}

function digestOf({ chain, key }: ServerIdentity): string {
  return createHash('sha256').update(chain).update(key).digest('base64');
}

function withFiles<T>(tls: ServerTls, identity: ServerIdentity, use: (options: UwsTlsOptions) => T): T {
  const files: MemoryFile[] = [];
  const pathOf = (text: string): string => {
    const file = new MemoryFile(text);
    files.push(file);
    return file.path;
  };
  try {
    return use({
      cert_file_name: pathOf(identity.chain),
      key_file_name: pathOf(identity.key),
      ssl_ciphers: tls.ciphers,
      ...(tls.clientAuth === null ? {} : { ca_file_name: pathOf(tls.clientAuth.ca) }),
    });
  } finally {
    for (const file of files) file.close();
  }
}

function refuseLate(res: UwsResponse): void {
  res.onAborted(() => {});
  res.close();
}
