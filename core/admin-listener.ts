// The admin listener from revision to revision: where it is open stays, whom it answers follows the secrets and the
// certificates.
import type { ConfigRevision } from './config/source.js';
import { GatewayError } from './errors.js';
import { NodeTls } from './listener/node/tls.js';
import type { AdminServer } from './telemetry/admin-server.js';
import type { ServerTls } from './tls/server-tls.js';

const HANDSHAKE_MS = 5_000;

/** What a revision says of it. */
export type AdminParts = Pick<ConfigRevision, 'secrets' | 'tls'> & {
  readonly config: Pick<ConfigRevision['config'], 'admin'>;
};

/** Likewise, with secrets and certificates in place. */
export interface AdminSetup {
  readonly host: string;
  readonly port: number;
  /** What callers show; null: nothing. Secret. */
  readonly token: string | null;
  /** Null serves clear text. */
  readonly tls: ServerTls | null;
}

/** Where operators are answered: a listener of the gateway, or one that several processes have together. */
export interface AdminDesk {
  /** Port that is bound; 0 when there is none. */
  readonly port: number;
  /** Does nothing where the configuration asks for none. @throws GatewayError SLUICE_LISTEN_* */
  open(setup: AdminSetup | null): Promise<void>;
  /**
   * New connections get the certificates, the next request needs the token of a revision that has the same address.
   * @throws GatewayError SLUICE_LISTEN_TLS; then everything is as before
   */
  update(setup: AdminSetup | null): void;
  /** Lets running answers end. */
  close(): Promise<void>;
}

/** Null where the configuration has none. @throws GatewayError SLUICE_LISTEN_TLS */
export function adminSetupOf({ config: { admin }, secrets, tls }: AdminParts): AdminSetup | null {
  if (admin === null) return null;
  if (admin.tls !== null && tls.admin === null)
    throw new GatewayError('SLUICE_LISTEN_TLS', 'the admin listener has no certificates to show');
  const { host, port } = admin;
  return { host, port, token: admin.token == null ? null : secrets.expand(admin.token), tls: tls.admin };
}

export class AdminListener implements AdminDesk {
  readonly #server: AdminServer;
  #tls: NodeTls | null = null;

  constructor(server: AdminServer) {
    this.#server = server;
  }

  get port(): number {
    return this.#server.port;
  }

  async open(setup: AdminSetup | null): Promise<void> {
    if (setup === null) return;
    const { host, port, token, tls } = setup;
    await this.#server.listen({ host, port, token, security: tls === null ? null : this.#securityOf(tls) });
  }

  update(setup: AdminSetup | null): void {
    if (setup === null) return;
    if (setup.tls !== null) this.#tls?.update(setup.tls);
    this.#server.token = setup.token;
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #securityOf(tls: ServerTls) {
    const secured = new NodeTls(tls, ['http/1.1'], HANDSHAKE_MS, (socket) => this.#server.serve(socket));
    this.#tls = secured;
    const requiresCertificate = tls.clientAuth?.mode === 'require';
    return { requiresCertificate, accept: secured.accept.bind(secured) };
  }
}
