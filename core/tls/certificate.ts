// What an X.509 certificate says (RFC 5280), read by the platform.
import { createHash, X509Certificate } from 'node:crypto';

/** A certificate and its facts, read once: plain data, which may travel between threads. */
export interface Certificate {
  /** DER. */
  readonly der: Uint8Array;
  /** Distinguished names in the order of RFC 4514, most specific part first: `CN=billing,O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** Hex, upper case. */
  readonly serial: string;
  /** Alternative names: domains in lower case, URIs as written, addresses as text. */
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[];
  readonly addresses: readonly string[];
  readonly emails: readonly string[];
  /** Milliseconds since 1970. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SHA-256 of the certificate, hex in lower case. */
  readonly fingerprint: string;
  /** SHA-256 of the public key (SubjectPublicKeyInfo), Base64: a pin of RFC 7469. */
  readonly pin: string;
  readonly key: CertificateKey;
}

/** The public key of a certificate. */
export interface CertificateKey {
  /** `rsa`, `ec`, `ed25519`, … */
  readonly type: string;
  /** Bits of the modulus, or of the curve; 0 when the platform does not tell. */
  readonly bits: number;
}

const CURVE_BITS: Readonly<Record<string, number>> = {
  prime256v1: 256,
  secp384r1: 384,
  secp521r1: 521,
  secp256k1: 256,
};

/**
 * @param source PEM or DER of one certificate
 * @throws Error when it is none
 */
export function readCertificate(source: string | Uint8Array): Certificate {
  const x509 = new X509Certificate(source as string | Buffer);
  const names = alternativeNames(x509.subjectAltName ?? '');
  return {
    der: new Uint8Array(x509.raw),
    subject: distinguishedName(x509.subject),
    issuer: distinguishedName(x509.issuer),
    serial: x509.serialNumber,
    dnsNames: names.of('DNS').map((name) => name.toLowerCase()),
    uris: names.of('URI'),
    addresses: names.of('IP Address'),
    emails: names.of('email'),
    notBeforeMs: Date.parse(x509.validFrom),
    notAfterMs: Date.parse(x509.validTo),
    fingerprint: createHash('sha256').update(x509.raw).digest('hex'),
    pin: createHash('sha256')
      .update(x509.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64'),
    key: keyOf(x509),
  };
}

function keyOf(x509: X509Certificate): CertificateKey {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = x509.publicKey;
  return { type, bits: details?.modulusLength ?? CURVE_BITS[details?.namedCurve ?? ''] ?? 0 };
}

/** Node writes one part per line, the most general one first, with specials escaped (RFC 2253). */
function distinguishedName(lines: string | undefined): string {
  return (lines ?? '').split('\n').filter(Boolean).reverse().join(',');
}

/** Reads `DNS:a, URI:"b, c", …`: values with a comma, a quote or a control character are JSON texts. */
function alternativeNames(text: string): { of(kind: string): string[] } {
  const found: { readonly kind: string; readonly value: string }[] = [];
  for (const [, kind, quoted, plain] of text.matchAll(/([^:,"]+):(?:("(?:[^"\\]|\\.)*")|([^,]*))(?:, |$)/g)) {
    found.push({ kind: kind!, value: quoted === undefined ? plain! : (JSON.parse(quoted) as string) });
  }
  return { of: (kind) => found.filter((name) => name.kind === kind).map(({ value }) => value) };
}
