// Which clients a route is for, told by the certificate that the listener has verified.
import type { ClientCertificateConfig } from './config/model.js';
import { canonicalName } from './tls/canonical-name.js';
import type { Certificate } from './tls/certificate.js';

const SPIFFE = 'spiffe://';
/** What may stand below a SPIFFE id: segments of these characters, none of which is empty or made of dots. */
const SPIFFE_PATH = /^(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)*$/;

/** The rule of one route, laid out for look-ups. */
export class ClientRule {
  /** The certificate goes upstream in `client-cert` (RFC 9440). */
  readonly forward: boolean;
  readonly #any: boolean;
  readonly #subjects: ReadonlySet<string>;
  readonly #dnsNames: ReadonlySet<string>;
  readonly #uris: ReadonlySet<string>;
  /** SPIFFE ids with a `/` behind them: everything below. */
  readonly #below: readonly string[];
  readonly #fingerprints: ReadonlySet<string>;

  constructor({ subjects, dnsNames, uris, fingerprints, forward }: ClientCertificateConfig) {
    this.forward = forward;
    this.#any = [subjects, dnsNames, uris, fingerprints].every((list) => list === null);
    this.#subjects = new Set(subjects);
    this.#dnsNames = new Set(dnsNames);
    this.#uris = new Set(uris?.filter((uri) => !isBelow(uri)));
    this.#below = (uris ?? []).filter(isBelow).map((uri) => uri.slice(0, -1));
    this.#fingerprints = new Set(fingerprints);
  }

  /** True when a certificate is on one of the lists, or when the route has none. */
  admits(certificate: Certificate): boolean {
    if (this.#any || this.#fingerprints.has(certificate.fingerprint)) return true;
    if (certificate.dnsNames.some((name) => this.#dnsNames.has(name))) return true;
    if (this.#admitsUri(certificate.uris)) return true;
    return this.#subjects.size > 0 && this.#subjects.has(canonicalName(certificate.subject) ?? '');
  }

  /** A certificate with a SPIFFE id has no other URI (X.509-SVID §2): of several nobody knows which one is meant. */
  #admitsUri(uris: readonly string[]): boolean {
    return uris.some((uri) => {
      if (uri.startsWith(SPIFFE) && uris.length > 1) return false;
      return this.#uris.has(uri) || this.#below.some((prefix) => liesBelow(uri, prefix));
    });
  }
}

function isBelow(uri: string): boolean {
  return uri.endsWith('/*');
}

/** @param prefix with its `/` at the end */
export function liesBelow(uri: string, prefix: string): boolean {
  return uri.startsWith(prefix) && SPIFFE_PATH.test(uri.slice(prefix.length));
}
