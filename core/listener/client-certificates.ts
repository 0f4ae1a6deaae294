// Judges the certificates of clients request by request, for an engine that verifies their chains but lets clients without
// one in and knows no lists of revoked ones.
import { GatewayError } from '../errors.js';
import { type Certificate, readCertificate } from '../tls/certificate.js';
import { isWeakKey } from '../tls/identity.js';
import { RevocationLists } from '../tls/revocation.js';
import type { ClientAuth } from '../tls/server-tls.js';

/** Certificates that are kept read, since reading one takes longer than the rest of a request. */
const KNOWN = 1024;

export class ClientCertificates {
  readonly #required: boolean;
  readonly #lists: RevocationLists | null;
  readonly #known = new Map<string, Certificate>();

  /** @throws TlsFault for lists that say nothing of the authorities */
  constructor({ mode, lists, authorities }: ClientAuth) {
    this.#required = mode === 'require';
    this.#lists = lists.length === 0 ? null : new RevocationLists(lists, authorities);
  }

  /**
   * @param pem what the client showed on its connection, its chain verified when that began; '' when it showed nothing
   * @returns null when it may do without, or SLUICE_LISTEN_CLIENT_CERTIFICATE
   */
  judge(pem: string): Certificate | GatewayError | null {
    if (pem === '') return this.#required ? refuse('the client shows no certificate') : null;
    const certificate = this.#read(pem);
    if (isWeakKey(certificate.key)) return refuse('the key of the client is too short');
    const nowMs = Date.now();
    // A connection, or a session that is resumed, may outlast it.
    if (nowMs > certificate.notAfterMs) return refuse('the certificate of the client has expired');
    const status = this.#lists?.check(certificate, nowMs) ?? 'good';
    if (status === 'revoked') return refuse('the certificate of the client was revoked');
    if (status === 'unknown')
      return refuse('no list that is valid now says whether the certificate was revoked');
    return certificate;
  }

  #read(pem: string): Certificate {
    let certificate = this.#known.get(pem);
    if (certificate === undefined) {
      certificate = readCertificate(pem);
      if (this.#known.size >= KNOWN) this.#known.clear();
      this.#known.set(pem, certificate);
    }
    return certificate;
  }
}

function refuse(problem: string): GatewayError {
  return new GatewayError('SLUICE_LISTEN_CLIENT_CERTIFICATE', problem);
}
