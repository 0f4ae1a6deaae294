// Whether a certificate was taken back by those above it (RFC 5280 §6.3), asked as often as an engine without lists of its
// own has to: signatures are verified once, so that an answer costs no more than a look into a set.
import { X509Certificate } from 'node:crypto';
import type { Certificate } from './certificate.js';
import { isListOf, type RevocationList } from './revocation-list.js';
import { TlsFault } from './tls-fault.js';

/** `unknown`: nobody who may say so says that it is good, or no longer; whoever asks must not take it. */
export type RevocationStatus = 'good' | 'revoked' | 'unknown';

export class RevocationLists {
  readonly #authorities: readonly Certificate[];
  /** By the subject of the authority; the newest of each. */
  readonly #lists = new Map<string, RevocationList>();
  readonly #issuers = new WeakMap<Certificate, Certificate>();

  /**
   * @param lists       one at least for each authority
   * @param authorities whom clients' certificates may be from; they alone sign lists
   * @throws TlsFault for a list that cannot be used or that nobody of `authorities` signed, and for an authority without one
   */
  constructor(lists: readonly RevocationList[], authorities: readonly Certificate[]) {
    this.#authorities = authorities;
    for (const list of lists) this.#add(list);
    const silent = authorities.find(({ subject }) => !this.#lists.has(subject));
    if (silent) throw new TlsFault('crl', `no list of ${silent.subject}`, 'one of each authority');
  }

  /**
   * Looks at a certificate and at the authorities above it: each must have a list that is valid now.
   *
   * @param certificate one whose chain and dates were verified; asking for the same object again is cheap
   * @param nowMs       milliseconds since 1970
   */
  check(certificate: Certificate, nowMs: number): RevocationStatus {
    let current = certificate;
    // No chain is longer than the authorities that there are.
    for (let step = 0; step <= this.#authorities.length; step++) {
      const issuer = this.#issuerOf(current);
      const list = issuer && this.#lists.get(issuer.subject);
      if (!list || nowMs < list.thisUpdateMs || nowMs > (list.nextUpdateMs ?? nowMs)) return 'unknown';
      if (list.serials.has(current.serial)) return 'revoked';
      if (issuer === current) return 'good';
      current = issuer;
    }
    return 'unknown';
  }

  #issuerOf(certificate: Certificate): Certificate | undefined {
    const known = this.#issuers.get(certificate);
    if (known) return known;
    const x509 = new X509Certificate(certificate.der);
    const issuer = this.#authorities.find(({ der }) => {
      const authority = new X509Certificate(der);
      return x509.checkIssued(authority) && x509.verify(authority.publicKey);
    });
    if (issuer) this.#issuers.set(certificate, issuer);
    return issuer;
  }

  #add(list: RevocationList): void {
    const signer = this.#authorities.find((authority) => isListOf(list, authority));
    if (!signer)
      throw new TlsFault(
        'crl',
        `a list of ${list.issuer} that no authority signed`,
        'lists of the authorities',
      );
    const other = this.#lists.get(signer.subject);
    if (!other || other.thisUpdateMs <= list.thisUpdateMs) this.#lists.set(signer.subject, list);
  }
}
