// What a TLS server shows and asks for, read and checked: listeners take it, whatever engine they are made of.
import type { Certificate } from './certificate.js';
import type { RevocationList } from './revocation-list.js';

/** Those that are spoken; nobody should speak older ones (RFC 8996). */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** A key and the certificates that go with it. */
export interface TlsIdentity {
  /** PEM: the certificate, then those that lead to its root. */
  readonly chain: string;
  /** PEM (PKCS #8) without a passphrase. Secret. */
  readonly key: string;
  readonly certificate: Certificate;
}

/** An identity, and the names that it is shown for. */
export interface ServerIdentity extends TlsIdentity {
  /** Lower case, exact or `*.` and a domain for exactly one label more (RFC 6125 §6.4.3). */
  readonly serverNames: readonly string[];
}

/** Whom a server asks for a certificate, and which ones it believes. */
export interface ClientAuth {
  /** `request`: who shows none is let in, who shows a wrong one is not. `require`: nobody is let in without. */
  readonly mode: 'request' | 'require';
  /** PEM of the authorities that are trusted; nothing else is. */
  readonly ca: string;
  readonly authorities: readonly Certificate[];
  /** PEM of their lists of revoked certificates (RFC 5280 §5); null for none. */
  readonly crl: string | null;
  /** Those of `crl`. */
  readonly lists: readonly RevocationList[];
}

/** All that a listener needs for TLS. Two with the same digest are the same. */
export interface ServerTls {
  /**
   * The first one is for clients that send no server name (RFC 6066), or one that nobody has. Two may have the same names when
   * their keys are of different types.
   */
  readonly identities: readonly ServerIdentity[];
  readonly clientAuth: ClientAuth | null;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** Suites of TLS 1.2 in OpenSSL's spelling, best first, with `:` between. */
  readonly ciphers: string;
  /** Equal for equal contents; tells nothing of keys. */
  readonly digest: string;
}
