// TLS before the protocols of the listener on Node: whom it shows which certificate, whom it lets in.
import { constants, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, createServer, type SecureContext, type Server, type TLSSocket } from 'node:tls';
import { GatewayError } from '../errors.js';
import { type Certificate, readCertificate } from '../tls/certificate.js';
import { pemBlocks } from '../tls/pem.js';
import { defaultIdentities, identitiesFor } from '../tls/server-names.js';
import type { ClientAuth, ServerIdentity, ServerTls } from '../tls/server-tls.js';
import { KEY_GROUPS, TLS13_SUITES } from '../tls/suites.js';

/** Two keys and a name, as OpenSSL wants them. */
const TICKET_KEY_BYTES = 48;

/** Takes a connection over whose client was let in; `certificate` is null when it showed none. */
export type Secured = (socket: TLSSocket, certificate: Certificate | null) => void;

/**
 * One set of identities and authorities is one server, so a swap is at once and touches no connection that is there. Keys
 * for tickets live as long as their server: nobody resumes a session into a set that would not have let it in.
 */
export class NodeTls {
  readonly #protocols: readonly string[];
  readonly #handshakeMs: number;
  readonly #secured: Secured;
  #server: Server;
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
    this.#server = this.#build(tls);
    this.#digest = tls.digest;
  }

  /** New connections get `tls`; those that are there, and handshakes under way, go on. Throws as the constructor does. */
  update(tls: ServerTls): void {
    if (tls.digest === this.#digest) return;
    this.#server = this.#build(tls);
    this.#digest = tls.digest;
  }

  accept(socket: Socket): void {
    // Or a client that leaves in the handshake would be waited for to its end.
    socket.allowHalfOpen = false;
    this.#server.emit('connection', socket);
  }

  #build(tls: ServerTls): Server {
    try {
      return this.#buildServer(tls);
    } catch (cause) {
      throw new GatewayError('SLUICE_LISTEN_TLS', `OpenSSL does not take it: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  #buildServer(tls: ServerTls): Server {
    const { clientAuth } = tls;
    const contexts = new Contexts(tls);
    const server = createServer({
      ...contexts.optionsFor(defaultIdentities(tls.identities)),
      ALPNProtocols: [...this.#protocols],
      SNICallback: (name, done) => done(null, contexts.of(identitiesFor(tls.identities, name))),
      handshakeTimeout: this.#handshakeMs,
      requestCert: clientAuth !== null,
      rejectUnauthorized: clientAuth?.mode === 'require',
    });
    // Node ends those that fail itself, but only tells of those that take too long.
    server.on('tlsClientError', (_, socket) => socket.destroy());
    server.on('secureConnection', (socket) => {
      const certificate = admit(socket, clientAuth);
      if (certificate === undefined) socket.destroy();
      else this.#secured(socket, certificate);
    });
    return server;
  }
}

/** What is shown to clients, by who asks. Made when the set is, so that what OpenSSL does not take is seen at once. */
class Contexts {
  readonly #tls: ServerTls;
  readonly #ticketKeys = randomBytes(TICKET_KEY_BYTES);
  readonly #known = new Map<string, SecureContext>();

  constructor(tls: ServerTls) {
    this.#tls = tls;
    for (const { serverNames } of tls.identities) {
      for (const name of serverNames) this.of(identitiesFor(tls.identities, name.replace(/^\*/, 'any')));
    }
  }

  of(identities: readonly ServerIdentity[]): SecureContext {
    const key = identities.map((identity) => this.#tls.identities.indexOf(identity)).join();
    let context = this.#known.get(key);
    if (context === undefined) {
      context = createSecureContext(this.optionsFor(identities));
      this.#known.set(key, context);
    }
    return context;
  }

  optionsFor(identities: readonly ServerIdentity[]) {
    const { clientAuth, minVersion, maxVersion, ciphers } = this.#tls;
    return {
      key: identities.map(({ key }) => key),
      cert: identities.map(({ chain }) => chain),
      minVersion,
      maxVersion,
      ciphers: `${TLS13_SUITES.join(':')}:${ciphers}`,
      honorCipherOrder: true,
      ecdhCurve: KEY_GROUPS,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      ticketKeys: this.#ticketKeys,
      // Node reads one list of each text.
      ...(clientAuth === null
        ? {}
        : { ca: clientAuth.ca, ...(clientAuth.crl && { crl: pemBlocks(clientAuth.crl, 'X509 CRL') }) }),
    };
  }
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
  const certificate = readCertificate(x509.raw);
  return Date.now() > certificate.notAfterMs ? undefined : certificate;
}
