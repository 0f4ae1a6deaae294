// Our end of TLS to one target: whom it believes, what it shows, the session it goes on with. It names and verifies the
// target itself, never what a request's `host` field says.
import { X509Certificate } from 'node:crypto';
import { isIP, type OnReadOpts, type TcpNetConnectOpts } from 'node:net';
import {
  checkServerIdentity,
  createSecureContext,
  type DetailedPeerCertificate,
  type SecureContext,
  type TLSSocket,
  connect as tlsConnect,
} from 'node:tls';
import { GatewayError } from '../errors.js';
import { readCertificate } from '../tls/certificate.js';
import type { ClientTls } from '../tls/client-tls.js';
import { DEFAULT_CIPHERS, TLS13_SUITES } from '../tls/suites.js';
import type { UpstreamProtocol } from './upstream.js';

/** Nobody but the authorities of the platform, and every certificate verified. */
export const PLATFORM_TLS: ClientTls = {
  ca: null,
  authorities: [],
  serverName: null,
  identity: null,
  minVersion: 'TLSv1.2',
  pins: [],
  insecureSkipVerify: false,
  digest: '',
};

/** Without suites of TLS 1.3 Node would not offer that. Level 2 refuses keys below 112 bits of strength, and SHA-1. */
const CIPHERS = `${TLS13_SUITES.join(':')}:${DEFAULT_CIPHERS}:@SECLEVEL=2`;
const ALPN: Readonly<Record<UpstreamProtocol, string>> = { http1: 'http/1.1', http2: 'h2' };

/** All targets of an upstream have one: reading the authorities of the platform takes milliseconds. */
const CONTEXTS = new WeakMap<ClientTls, SecureContext>();

/** A session that may be resumed (RFC 8446 §2.2), and when the certificate that it was begun with expires. */
interface KeptSession {
  readonly ticket: Buffer;
  readonly notAfterMs: number;
}

/** What a socket may ask for besides what it connects to. */
export type SocketOptions = TcpNetConnectOpts & { readonly onread?: OnReadOpts | undefined };

export class TlsClient {
  readonly #tls: ClientTls;
  readonly #origin: string;
  readonly #protocol: UpstreamProtocol;
  /** Name or address that certificates must have. */
  readonly #name: string;
  #session: KeptSession | null = null;

  /** @param host name or address of the target, without brackets */
  constructor(tls: ClientTls, { origin }: URL, host: string, protocol: UpstreamProtocol) {
    this.#tls = tls;
    this.#origin = origin;
    this.#protocol = protocol;
    this.#name = tls.serverName ?? host;
  }

  /** Starts to connect; `objection` has the last word when the handshake is over. */
  connect(options: SocketOptions): TLSSocket {
    const session = this.#usableSession();
    const socket = tlsConnect({
      ...options,
      secureContext: contextOf(this.#tls),
      // Said in any case: an environment variable of Node would turn it off.
      rejectUnauthorized: !this.#tls.insecureSkipVerify,
      checkServerIdentity: (_host, certificate) => checkServerIdentity(this.#name, certificate),
      ALPNProtocols: [ALPN[this.#protocol]],
      // RFC 6066 §3: an address is no server name.
      ...(isIP(this.#name) === 0 ? { servername: this.#name } : {}),
      ...(session === null ? {} : { session: session.ticket }),
    });
    socket.on('session', (ticket: Buffer) => {
      // It comes after `objection`, and when there was one the socket is gone.
      if (socket.destroyed) return;
      // OpenSSL does not tell the certificate of every session that is resumed.
      const notAfterMs = socket.isSessionReused() ? session?.notAfterMs : expiryOf(socket);
      if (notAfterMs !== undefined) this.#session = { ticket, notAfterMs };
    });
    return socket;
  }

  /** What speaks against a socket whose handshake is over; null when it may be used. */
  objection(socket: TLSSocket): GatewayError | null {
    if (this.#protocol === 'http2' && socket.alpnProtocol !== 'h2') {
      return new GatewayError(
        'SLUICE_UPSTREAM_TLS',
        `${this.#origin} does not agree to HTTP/2 (it has no "h2" in ALPN)`,
      );
    }
    const { pins } = this.#tls;
    // A session that is resumed was begun by this client, with a chain that had a pin; the chain itself does not come along.
    if (pins.length === 0 || socket.isSessionReused()) return null;
    const found = pinsOf(socket.getPeerCertificate(true));
    if (found.some((pin) => pins.includes(pin))) return null;
    return new GatewayError(
      'SLUICE_UPSTREAM_PIN',
      `no certificate of ${this.#origin} has a pin of its upstream; theirs are ${found.join(', ')}`,
    );
  }

  /** A session outlives its certificate, and nobody looks at that when it is resumed. */
  #usableSession(): KeptSession | null {
    if (this.#session !== null && this.#session.notAfterMs <= Date.now() && !this.#tls.insecureSkipVerify) {
      this.#session = null;
    }
    return this.#session;
  }
}

function contextOf(tls: ClientTls): SecureContext {
  let context = CONTEXTS.get(tls);
  if (context === undefined) {
    context = createSecureContext({
      ...(tls.ca === null ? {} : { ca: tls.ca }),
      ...(tls.identity === null ? {} : { cert: tls.identity.chain, key: tls.identity.key }),
      minVersion: tls.minVersion,
      ciphers: CIPHERS,
    });
    CONTEXTS.set(tls, context);
  }
  return context;
}

function expiryOf(socket: TLSSocket): number | undefined {
  const leaf = socket.getPeerX509Certificate();
  return leaf === undefined ? undefined : Date.parse(leaf.validTo);
}

/**
 * Pins of the leaf and of those above it. A server sends what it likes: one counts only when it has signed the one below.
 */
function pinsOf(leaf: DetailedPeerCertificate): string[] {
  const pins: string[] = [];
  let below: X509Certificate | null = null;
  try {
    for (let at = leaf; at?.raw !== undefined; at = at.issuerCertificate) {
      const x509 = new X509Certificate(at.raw);
      if (below !== null && !below.verify(x509.publicKey)) break;
      pins.push(readCertificate(at.raw).pin);
      if (at.issuerCertificate === at) break;
      below = x509;
    }
  } catch {
    // A key that the platform cannot read has signed nothing.
  }
  return pins;
}
