// The admin listener from revision to revision: where it is open stays, whom it answers follows the secrets and the
// certificates.
import type { ConfigRevision } from './config/source.js';
import { GatewayError } from './errors.js';
import { NodeTls } from './listener/node/tls.js';
import type { AdminServer } from './telemetry/admin-server.js';

const HANDSHAKE_MS = 5_000;

/** What a revision says of it. */
export type AdminParts = Pick<ConfigRevision, 'secrets' | 'tls'> & {
  readonly config: Pick<ConfigRevision['config'], 'admin'>;
};

export class AdminListener {
  readonly #server: AdminServer;
  #tls: NodeTls | null = null;

  constructor(server: AdminServer) {
    this.#server = server;
  }

  /** Does nothing where there is none. @throws GatewayError SLUICE_LISTEN_* */
  async open(parts: AdminParts): Promise<void> {
    const { admin } = parts.config;
    if (admin === null) return;
    const { host, port } = admin;
    await this.#server.listen({ host, port, token: tokenOf(parts), security: this.#securityOf(parts) });
  }

  /**
   * New connections get the certificates, the next request needs the token of a revision that has the same address.
   * @throws GatewayError SLUICE_LISTEN_TLS; then everything is as before
   */
  update(parts: AdminParts): void {
    const { admin } = parts.tls;
    if (admin !== null) this.#tls?.update(admin);
    this.#server.token = tokenOf(parts);
  }

  #securityOf({ config, tls: { admin } }: AdminParts) {
    if (admin === null) {
      if (config.admin?.tls === null) return null;
      throw new GatewayError('SLUICE_LISTEN_TLS', 'the admin listener has no certificates to show');
    }
    const tls = new NodeTls(admin, ['http/1.1'], HANDSHAKE_MS, (socket) => this.#server.serve(socket));
    this.#tls = tls;
    const requiresCertificate = admin.clientAuth?.mode === 'require';
    return { requiresCertificate, accept: tls.accept.bind(tls) };
  }
}

function tokenOf({ config: { admin }, secrets }: AdminParts): string | null {
  return admin?.token == null ? null : secrets.expand(admin.token);
}
