// Which certificates their authorities took back: lists of revoked certificates (CRLs, RFC 5280 §5), read and verified once,
// so that asking costs no more than a look into a set. The only file that imports the package for ASN.1.
import { Buffer } from 'node:buffer';
import { type KeyObject, verify, X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  CertificateList,
  type Extension,
  id_ce_keyUsage,
  KeyUsage,
  KeyUsageFlags,
  type TBSCertList,
  Certificate as X509,
} from '@peculiar/asn1-x509';
import type { Certificate } from './certificate.js';
import { pemBlocks } from './pem.js';
import { TlsFault } from './tls-fault.js';

/** `unknown`: nobody who may say so says that it is good, or no longer; whoever asks must not take it. */
export type RevocationStatus = 'good' | 'revoked' | 'unknown';

/** Digest of a signature by the identifier of its algorithm (RFC 4055, RFC 5758, RFC 8410); null where the key knows it. */
const SIGNATURES: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
  '1.3.101.113': null,
};

interface Authority {
  readonly certificate: Certificate;
  readonly x509: X509Certificate;
  readonly key: KeyObject;
  /** DER of the name, as lists carry it. */
  readonly name: Buffer;
  readonly signsLists: boolean;
}

interface List {
  readonly serials: ReadonlySet<string>;
  readonly thisUpdateMs: number;
  /** Infinite for a list that does not say. */
  readonly nextUpdateMs: number;
}

export class RevocationLists {
  readonly #authorities: readonly Authority[];
  /** By the subject of the authority; the newest of each. */
  readonly #lists = new Map<string, List>();
  readonly #issuers = new WeakMap<Certificate, Authority>();

  /**
   * @param crl         PEM of one or more lists, one at least for each authority
   * @param authorities whom clients' certificates may be from; they alone sign lists
   * @throws TlsFault for a list that cannot be read, is signed by nobody of `authorities` or speaks of less than all
   *         certificates of its issuer (deltas, indirect lists, distribution points), and for an authority without a list
   */
  constructor(crl: string, authorities: readonly Certificate[]) {
    this.#authorities = authorities.map(readAuthority);
    for (const block of pemBlocks(crl, 'X509 CRL')) this.#add(block);
    for (const { subject } of authorities) {
      if (!this.#lists.has(subject)) throw fault(`no list of ${subject}`, 'one of each authority');
    }
  }

  /** When the first of the lists must be followed by a newer one, in milliseconds since 1970; infinite when none says. */
  get nextUpdateMs(): number {
    return Math.min(...[...this.#lists.values()].map((list) => list.nextUpdateMs));
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
      const list = issuer && this.#lists.get(issuer.certificate.subject);
      if (!list || nowMs < list.thisUpdateMs || nowMs > list.nextUpdateMs) return 'unknown';
      if (list.serials.has(plainSerial(current.serial))) return 'revoked';
      if (issuer.certificate === current) return 'good';
      current = issuer.certificate;
    }
    return 'unknown';
  }

  #issuerOf(certificate: Certificate): Authority | undefined {
    const known = this.#issuers.get(certificate);
    if (known) return known;
    const x509 = new X509Certificate(certificate.der);
    const issuer = this.#authorities.find(
      (authority) => x509.checkIssued(authority.x509) && x509.verify(authority.key),
    );
    if (issuer) this.#issuers.set(certificate, issuer);
    return issuer;
  }

  #add(pem: string): void {
    const list = parseList(pem);
    const { tbsCertList: tbs } = list;
    refusePartial(tbs);
    const name = Buffer.from(AsnConvert.serialize(tbs.issuer));
    const signer = this.#authorities.find(
      (authority) => authority.name.equals(name) && signed(list, authority),
    );
    if (!signer)
      throw fault('a list that none of the authorities signed', 'lists of the authorities of clients');
    const { subject } = signer.certificate;
    const thisUpdateMs = tbs.thisUpdate.getTime().getTime();
    if ((this.#lists.get(subject)?.thisUpdateMs ?? Number.NEGATIVE_INFINITY) > thisUpdateMs) return;
    this.#lists.set(subject, {
      serials: new Set((tbs.revokedCertificates ?? []).map((entry) => hexSerial(entry.userCertificate))),
      thisUpdateMs,
      nextUpdateMs: tbs.nextUpdate?.getTime().getTime() ?? Number.POSITIVE_INFINITY,
    });
  }
}

function fault(found: string, expected: string): TlsFault {
  return new TlsFault('crl', found, expected);
}

function readAuthority(certificate: Certificate): Authority {
  const x509 = new X509Certificate(certificate.der);
  const { subject, extensions } = AsnConvert.parse(certificate.der, X509).tbsCertificate;
  const usage = extensions?.find(({ extnID }) => extnID === id_ce_keyUsage);
  const flags = usage && AsnConvert.parse(usage.extnValue, KeyUsage).toNumber();
  return {
    certificate,
    x509,
    key: x509.publicKey,
    name: Buffer.from(AsnConvert.serialize(subject)),
    signsLists: flags === undefined || (flags & KeyUsageFlags.cRLSign) !== 0,
  };
}

function parseList(pem: string): CertificateList {
  const base64 = pem.replace(/-----[^-]+-----/g, '');
  try {
    return AsnConvert.parse(Buffer.from(base64, 'base64'), CertificateList);
  } catch {
    throw fault('a block that is no list of revoked certificates', 'X.509 CRLs in PEM');
  }
}

/** Nobody may use a list with a critical extension that he does not know (RFC 5280 §5.2): we know none. */
function refusePartial(tbs: TBSCertList): void {
  const isCritical = ({ critical }: Extension): boolean => critical === true;
  const entries = tbs.revokedCertificates ?? [];
  if (
    tbs.crlExtensions?.some(isCritical) ||
    entries.some((entry) => entry.crlEntryExtensions?.some(isCritical))
  ) {
    throw fault('a list with critical extensions', 'lists of all certificates of an authority');
  }
}

function signed(list: CertificateList, authority: Authority): boolean {
  const digest = SIGNATURES[list.signatureAlgorithm.algorithm];
  if (digest === undefined || list.tbsCertListRaw === undefined || !authority.signsLists) return false;
  const [text, signature] = [Buffer.from(list.tbsCertListRaw), Buffer.from(list.signature)];
  try {
    return verify(digest, text, authority.key, signature);
  } catch {
    // A key of another type than the algorithm's.
    return false;
  }
}

function hexSerial(bytes: ArrayBuffer): string {
  return plainSerial(Buffer.from(bytes).toString('hex').toUpperCase());
}

/** Writers differ in leading zeros. */
function plainSerial(hex: string): string {
  return hex.replace(/^0+(?=.)/, '');
}
