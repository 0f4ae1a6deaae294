// Certificates of authorities that somebody trusts, from PEM.
import { X509Certificate } from 'node:crypto';
import { type Certificate, readCertificate } from './certificate.js';
import { joinPem, pemBlocks } from './pem.js';
import { type RevocationList, readRevocationLists } from './revocation-list.js';
import { TlsFault } from './tls-fault.js';

/** Whom somebody trusts. */
export interface Authorities {
  readonly pem: string;
  readonly certificates: readonly Certificate[];
}

/**
 * @param sources PEM texts, each with one or more certificates
 * @param nowMs   milliseconds since 1970
 * @throws TlsFault when there is none, when one is none, or is no authority, or when none is valid at the time
 */
export function readAuthorities(sources: readonly string[], nowMs: number): Authorities {
  const blocks = sources.flatMap((source) => pemBlocks(source, 'CERTIFICATE'));
  if (blocks.length === 0)
    throw new TlsFault('ca', 'no certificate', 'one or more certificates of authorities in PEM');
  const certificates = blocks.map(readAuthority);
  if (!certificates.some(({ notBeforeMs, notAfterMs }) => notBeforeMs <= nowMs && nowMs <= notAfterMs))
    throw new TlsFault('ca', 'authorities that are not valid now', 'at least one that is');
  return { pem: joinPem(blocks), certificates };
}

function readAuthority(pem: string): Certificate {
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(pem);
  } catch {
    throw new TlsFault('ca', 'a block that is no certificate', 'certificates in PEM');
  }
  // One without the extension (version 1) says nothing of it; self-signed ones of servers are trusted as themselves.
  const isOwn = x509.checkIssued(x509);
  if (!x509.ca && !isOwn)
    throw new TlsFault('ca', 'a certificate that is no authority', 'certificates of authorities');
  return readCertificate(x509.raw);
}

/** What authorities took back. */
export interface Revocations {
  readonly pem: string;
  readonly lists: readonly RevocationList[];
}

/**
 * Takes a second for twenty thousand revoked certificates.
 * @param sources PEM texts, each with one or more lists
 * @throws TlsFault when there is no list in them, or one that cannot be used
 */
export function readRevocations(sources: readonly string[]): Revocations | null {
  if (sources.length === 0) return null;
  const blocks = sources.flatMap((source) => pemBlocks(source, 'X509 CRL'));
  if (blocks.length === 0)
    throw new TlsFault('crl', 'no list of revoked certificates', 'one or more X.509 CRLs in PEM');
  const pem = joinPem(blocks);
  return { pem, lists: readRevocationLists(pem) };
}
