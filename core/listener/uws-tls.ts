// The TLS side of a listener on uWebSockets.js: one app accepts connections for as long as the listener lives, and passes each on
// to the app with the identities of the day. So a change neither closes the port nor touches a running connection.
import { isDeepStrictEqual } from 'node:util';
import type { ServerTls } from '../tls/server-tls.js';
import type { UwsModule, UwsTlsApp } from './uws-engine.js';
import { readClients, type TlsRequestHandler, UwsIdentities } from './uws-identities.js';

export class UwsTls {
  /** To listen on. */
  readonly app: UwsTlsApp;
  readonly #engine: UwsModule;
  readonly #handle: TlsRequestHandler;
  #tls: ServerTls;
  #current: UwsIdentities;
  /** Those before it; that they stay here costs little beside what the engine keeps of them. */
  readonly #former: UwsIdentities[] = [];

  /** @throws GatewayError SLUICE_LISTEN_TLS when the engine does not take `tls` */
  constructor(engine: UwsModule, tls: ServerTls, handle: TlsRequestHandler) {
    this.#engine = engine;
    this.#handle = handle;
    this.#tls = tls;
    this.#current = new UwsIdentities(engine, tls, handle);
    this.app = engine.SSLApp({});
    this.app.addChildAppDescriptor(this.#current.app.getDescriptor());
  }

  /** @throws GatewayError SLUICE_LISTEN_TLS when the engine does not take `tls`; then all is as before */
  update(tls: ServerTls): void {
    if (differOnlyInLists(tls, this.#tls)) {
      this.#current.clients = readClients(tls);
    } else if (tls.digest !== this.#tls.digest) {
      this.#replace(new UwsIdentities(this.#engine, tls, this.#handle));
    }
    this.#tls = tls;
  }

  /** Cuts all connections. */
  close(): void {
    this.app.close();
    for (const identities of [...this.#former, this.#current]) identities.close();
  }

  #replace(next: UwsIdentities): void {
    const former = this.#current;
    this.app.addChildAppDescriptor(next.app.getDescriptor());
    this.app.removeChildAppDescriptor(former.app.getDescriptor());
    this.#current = next;
    this.#former.push(former);
    former.retire();
  }
}

/** Lists change by the hour and need no new app, of which the engine would never give the memory back. */
function differOnlyInLists(a: ServerTls, b: ServerTls): boolean {
  return a.digest !== b.digest && isDeepStrictEqual(withoutLists(a), withoutLists(b));
}

function withoutLists(tls: ServerTls): unknown {
  return { ...tls, digest: '', clientAuth: tls.clientAuth && { ...tls.clientAuth, crl: null, lists: [] } };
}
