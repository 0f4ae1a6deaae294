// TLS before the protocols of the listener on Node: whom it shows which certificate, whom it lets in.
import { constants, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { GatewayError } from '../../errors.js';
import { type Certificate, readCertificate } from '../../tls/certificate.js';
import { pemBlocks } from '../../tls/pem.js';
import { identitiesFor } from '../../tls/server-names.js';
import type { ClientAuth, ServerIdentity, ServerTls } from '../../tls/server-tls.js';
import { KEY_GROUPS, TLS13_SUITES } from '../../tls/suites.js';
import { tellServerName } from './client-hello.js';

/** Two keys and a name, as OpenSSL wants them. */
const TICKET_KEY_BYTES = 48;

/** Takes a connection over whose client was let in; `certificate` is null when it showed none. */
export type Secured = (socket: TLSSocket, certificate: Certificate | null) => void;

/**
 * A swap makes new servers, so it is at once and touches no connection that is there. Keys for tickets live as long as they
 * do: nobody resumes a session where he would not have been let in.
 */
export class NodeTls {
  readonly #protocols: readonly string[];
  readonly #handshakeMs: number;
  readonly #secured: Secured;
  #servers: Servers;
  #digest: string;

  /**
   * @param protocols   ALPN, best first
   * @param handshakeMs longest time that a handshake may take
   * @throws GatewayError SLUICE_LISTEN_TLS for a key or a certificate that OpenSSL does not take
   */
  constructor(tls: ServerTls, protocols: readonly string[], handshakeMs: number, secured: Secured) {
    this.#protocols = protocols;
    this.#handshakeMs = handshakeMs;
    this.#secured = secured;
    this.#servers = this.#build(tls);
    this.#digest = tls.digest;
  }

  /** New connections get `tls`; those that are there, and handshakes under way, go on. Throws as the constructor does. */
  update(tls: ServerTls): void {
    if (tls.digest === this.#digest) return;
    this.#servers = this.#build(tls);
    this.#digest = tls.digest;
  }

  accept(socket: Socket): void {
    // Or a client that leaves in the handshake would be waited for to its end.
    socket.allowHalfOpen = false;
    if (this.#servers.only !== null) this.#servers.only.emit('connection', socket);
    else {
      tellServerName(socket, this.#handshakeMs, (name) => this.#servers.for(name).emit('connection', socket));
    }
  }

  #build(tls: ServerTls): Servers {
    try {
      return new Servers(tls, this.#protocols, this.#handshakeMs, this.#secured);
    } catch (cause) {
      throw new GatewayError('SLUICE_LISTEN_TLS', `OpenSSL does not take it: ${(cause as Error).message}`, {
        cause,
      });
    }
  }
}

/** A server for each set of identities that a name may lead to; made at once, so that what OpenSSL does not take is seen. */
class Servers {
  /** When every name leads to the same identities; null otherwise. */
  readonly only: Server | null;
  readonly #tls: ServerTls;
  readonly #byIdentities = new Map<string, Server>();

  constructor(tls: ServerTls, protocols: readonly string[], handshakeMs: number, secured: Secured) {
    this.#tls = tls;
    const { identities, clientAuth } = tls;
    const names = identities.flatMap(({ serverNames }) => serverNames);
    const ticketKeys = randomBytes(TICKET_KEY_BYTES);
    // A label that no name has stands for all that a wildcard covers.
    for (const name of ['', ...names.map((one) => one.replace(/^\*/, '\0'))]) {
      const shown = identitiesFor(identities, name);
      if (this.#byIdentities.has(this.#keyOf(shown))) continue;
      const server = createServer({
        ...optionsFor(tls, shown),
        ticketKeys,
        ALPNProtocols: [...protocols],
        handshakeTimeout: handshakeMs,
        requestCert: clientAuth !== null,
        rejectUnauthorized: clientAuth?.mode === 'require',
      });
      // Node cuts for what OpenSSL finds wrong, and leaves to us who is too slow.
      server.on('tlsClientError', (_error, socket) => socket.destroy());
      server.on('secureConnection', (socket) => {
        const certificate = admit(socket, clientAuth);
        if (certificate === undefined) socket.destroy();
        else secured(socket, certificate);
      });
      this.#byIdentities.set(this.#keyOf(shown), server);
    }
    this.only = this.#byIdentities.size === 1 ? this.for('') : null;
  }

  for(name: string): Server {
    return this.#byIdentities.get(this.#keyOf(identitiesFor(this.#tls.identities, name)))!;
  }

  #keyOf(identities: readonly ServerIdentity[]): string {
    return identities.map((identity) => this.#tls.identities.indexOf(identity)).join();
  }
}

function optionsFor(
  { clientAuth, minVersion, maxVersion, ciphers }: ServerTls,
  shown: readonly ServerIdentity[],
) {
  return {
    key: shown.map(({ key }) => key),
    cert: shown.map(({ chain }) => chain),
    minVersion,
    maxVersion,
    // The level refuses keys of clients, and signatures of their certificates, of fewer than 112 bits of security.
    ciphers: `${TLS13_SUITES.join(':')}:${ciphers}:@SECLEVEL=2`,
    honorCipherOrder: true,
    ecdhCurve: KEY_GROUPS,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    // Node reads one list of each text.
    ...(clientAuth === null
      ? {}
      : { ca: clientAuth.ca, ...(clientAuth.crl && { crl: pemBlocks(clientAuth.crl, 'X509 CRL') }) }),
  };
}

/**
 * The certificate of a client that may come in, null for none; undefined for one that may not. A resumed session is judged
 * by what its first handshake found, and by the time now.
 */
function admit(socket: TLSSocket, clientAuth: ClientAuth | null): Certificate | null | undefined {
  if (clientAuth === null) return null;
  const x509 = socket.getPeerX509Certificate();
  if (x509 === undefined) return clientAuth.mode === 'require' ? undefined : null;
  if (!socket.authorized) return undefined;
  try {
    const certificate = readCertificate(x509.raw);
    return Date.now() > certificate.notAfterMs ? undefined : certificate;
  } catch {
    // Its authority vouches for it, and the platform cannot say what stands in it.
    return undefined;
  }
}
