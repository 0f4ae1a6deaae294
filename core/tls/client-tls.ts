// How a TLS client shows itself and whom it believes, read and checked: upstreams take it.
import type { Certificate } from './certificate.js';
import type { TlsIdentity, TlsVersion } from './server-tls.js';

/** All that an upstream needs for TLS. Two with the same digest are the same. */
export interface ClientTls {
  /** PEM of the authorities that are trusted in place of those of the platform; null for those. */
  readonly ca: string | null;
  /** Those of `ca`. */
  readonly authorities: readonly Certificate[];
  /** Name that is asked for (SNI) and that the certificate must have; null: the host of the target. */
  readonly serverName: string | null;
  /** Shown when the server asks for it. */
  readonly identity: TlsIdentity | null;
  readonly minVersion: TlsVersion;
  /** Pins of RFC 7469 (SHA-256 of the public key, Base64): a certificate of the chain must have one. Empty: any will do. */
  readonly pins: readonly string[];
  /** True takes any certificate, except for `pins`. */
  readonly insecureSkipVerify: boolean;
  /** Equal for equal contents; tells nothing of keys. */
  readonly digest: string;
}
