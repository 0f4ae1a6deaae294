// A key and its certificates from PEM, judged before anybody shows them.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { type Certificate, type CertificateKey, readCertificate } from './certificate.js';
import { joinPem, pemBlocks } from './pem.js';
import { coversName } from './server-names.js';
import type { ServerIdentity, TlsIdentity } from './server-tls.js';
import { TlsFault } from './tls-fault.js';

/** The texts that an identity is read from. */
export interface IdentitySource {
  /** PEM: the certificate first, then those that lead to its root. */
  readonly cert: string;
  /** PEM of the key. */
  readonly key: string;
  /** Null when the key has none. */
  readonly passphrase: string | null;
}

const LEAST_RSA_BITS = 2048;
const LEAST_CURVE_BITS = 256;

/** Extended key usages (RFC 5280 §4.2.1.12); a certificate without any is good for all. */
const USAGE = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;
const ANY_USAGE = '2.5.29.37.0';

/**
 * @param use   what it is shown as
 * @param nowMs milliseconds since 1970
 * @throws TlsFault for what is no PEM, does not belong together, is weak, not valid at the time, or for another use
 */
export function readIdentity(source: IdentitySource, use: keyof typeof USAGE, nowMs: number): TlsIdentity {
  const chain = pemBlocks(source.cert, 'CERTIFICATE').map(parseCertificate);
  const [leaf] = chain;
  if (leaf === undefined) throw new TlsFault('cert', 'no certificate', 'one or more certificates in PEM');
  const certificate = readCertificate(leaf.raw);
  checkKind(certificate.key);
  checkDates(certificate, nowMs);
  checkChain(chain);
  const usages = leaf.keyUsage;
  if (usages?.length && !usages.includes(USAGE[use]) && !usages.includes(ANY_USAGE))
    throw new TlsFault('cert', `a certificate that is not for a ${use}`, `the extended key usage ${use}Auth`);
  const key = readKey(source);
  if (!leaf.checkPrivateKey(key))
    throw new TlsFault('key', 'another key than the certificate has', 'the private key of the certificate');
  const identity = {
    chain: joinPem(pemBlocks(source.cert, 'CERTIFICATE')),
    key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
    certificate,
  };
  checkWithEngine(identity);
  return identity;
}

/**
 * The names that a certificate is shown for.
 * @param serverNames as the configuration has them; null: those of the certificate
 * @throws TlsFault for a name that the certificate does not have
 */
export function nameIdentity(identity: TlsIdentity, serverNames: readonly string[] | null): ServerIdentity {
  const { dnsNames } = identity.certificate;
  if (serverNames === null) return { ...identity, serverNames: dnsNames };
  for (const name of serverNames) {
    if (dnsNames.some((known) => known === name || coversName(known, name))) continue;
    const known = dnsNames.length === 0 ? 'no domain at all' : dnsNames.join(', ');
    throw new TlsFault('serverNames', `"${name}"`, `a name that the certificate has, which is for ${known}`);
  }
  return { ...identity, serverNames };
}

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new TlsFault('cert', 'a block that is no certificate', 'certificates in PEM');
  }
}

function readKey({ key, passphrase }: IdentitySource): KeyObject {
  const isEncrypted = /-----BEGIN ENCRYPTED |Proc-Type: 4,ENCRYPTED/.test(key);
  if (isEncrypted && passphrase === null)
    throw new TlsFault('key', 'an encrypted key', 'a key in clear, or the `passphrase` of this one');
  try {
    return createPrivateKey(passphrase === null ? { key } : { key, passphrase });
  } catch {
    // The causes of the platform may quote what they read.
    if (isEncrypted)
      throw new TlsFault('passphrase', 'one that does not open the key', 'the passphrase of the key');
    throw new TlsFault('key', 'no private key', 'a private key in PEM');
  }
}

function checkKind(key: CertificateKey): void {
  const { type, bits } = key;
  if (type === 'dsa' || type === 'dh')
    throw new TlsFault('cert', `a key of type ${type}`, 'RSA, ECDSA or EdDSA');
  if (isWeakKey(key))
    throw new TlsFault('cert', `a key of ${bits} bits (${type})`, `at least ${leastBits(type)} bits`);
}

/** True for fewer bits than RFC 9325 §4.1 to §4.5 asks for. */
export function isWeakKey({ type, bits }: CertificateKey): boolean {
  return (type.startsWith('rsa') || type === 'ec') && bits < leastBits(type);
}

function leastBits(type: string): number {
  return type.startsWith('rsa') ? LEAST_RSA_BITS : LEAST_CURVE_BITS;
}

/** @throws TlsFault for one that is not valid at the time */
export function checkDates({ notBeforeMs, notAfterMs }: Certificate, nowMs: number): void {
  const expected = 'one that is valid now';
  if (nowMs > notAfterMs)
    throw new TlsFault('cert', `a certificate that expired on ${dateOf(notAfterMs)}`, expected);
  if (nowMs < notBeforeMs)
    throw new TlsFault('cert', `a certificate that begins on ${dateOf(notBeforeMs)}`, expected);
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

function checkChain(chain: readonly X509Certificate[]): void {
  for (let i = 0; i + 1 < chain.length; i++) {
    const [child, parent] = [chain[i]!, chain[i + 1]!];
    if (child.checkIssued(parent) && child.verify(parent.publicKey)) continue;
    throw new TlsFault(
      'cert',
      `certificate ${i + 2} of the file, which did not issue the one before it`,
      'the certificate first, then its issuer, and so on',
    );
  }
}

/** What the engine will not take later should be said now. */
function checkWithEngine({ chain, key }: TlsIdentity): void {
  try {
    createSecureContext({ cert: chain, key, minVersion: 'TLSv1.2' });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new TlsFault(
      'cert',
      `a certificate that TLS does not take (${code ?? 'no reason given'})`,
      'another one',
    );
  }
}
