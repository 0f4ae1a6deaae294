// Lists of revoked certificates (RFC 5280 §5). The platform holds clients to them, but tells nothing of what they say.
import { constants, verify, X509Certificate } from 'node:crypto';
import type { Certificate } from './certificate.js';
import { DER, type DerValue, derParts, readDer, readOid, readTime } from './der.js';
import { readName } from './distinguished-name.js';
import { pemBlocks } from './pem.js';
import { TlsFault } from './tls-fault.js';

export interface RevocationList {
  /** As `Certificate.subject` of the authority. */
  readonly issuer: string;
  /** DER. */
  readonly issuerName: Buffer;
  /** Milliseconds since 1970. */
  readonly thisUpdateMs: number;
  /** Null: the list does not say when the next one comes. */
  readonly nextUpdateMs: number | null;
  /** As `Certificate.serial`. */
  readonly serials: ReadonlySet<string>;
  /** What is signed, how, and the signature. */
  readonly signed: { readonly bytes: Buffer; readonly algorithm: Buffer; readonly signature: Buffer };
}

const DISTRIBUTION_POINT = '2.5.29.28';
/** Members of a distribution point by which a list is not all that its issuer has to say of a certificate. */
const ONLY_SOME_REASONS = 0x83;
const INDIRECT = 0x84;

/** RFC 4055, RFC 5758, RFC 8410. */
const HASHES: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
  '1.3.101.113': null,
};
const PSS = '1.2.840.113549.1.1.10';
const PSS_HASHES: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/**
 * @param pem text with one or more lists
 * @throws TlsFault for what is no list, or one that would have to be read as a part of another: delta and indirect ones
 */
export function readRevocationLists(pem: string): RevocationList[] {
  return pemBlocks(pem, 'X509 CRL').map((block) => {
    try {
      return readList(Buffer.from(block.replace(/-----[^-]+-----/g, ''), 'base64'));
    } catch (cause) {
      if (cause instanceof TlsFault) throw cause;
      throw new TlsFault('crl', 'a block that is no list of revoked certificates', 'X.509 CRLs in PEM');
    }
  });
}

/** True when the authority has the name of the issuer, and its key has signed the list. */
export function isListOf(list: RevocationList, authority: Certificate): boolean {
  if (!list.issuerName.equals(subjectOf(authority.der))) return false;
  const { bytes, algorithm, signature } = list.signed;
  const [oid, parameters] = [...derParts(algorithm)];
  const type = readOid(oid!.content);
  const hash = type === PSS ? pssHash(parameters) : HASHES[type];
  if (hash === undefined) return false;
  const key = new X509Certificate(authority.der).publicKey;
  const padding = type === PSS ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {};
  try {
    return verify(hash, bytes, { key, ...padding }, signature);
  } catch {
    // The key is of another type than the signature.
    return false;
  }
}

/** RFC 4055 §3.1; SHA-1, which is meant when none is named, is taken from nobody. */
function pssHash(parameters: DerValue | undefined): string | undefined {
  for (const { tag, content } of derParts(parameters?.content ?? Buffer.alloc(0))) {
    if (tag === DER.context0) return PSS_HASHES[readOid(readDer(readDer(content).content).content)];
  }
  return undefined;
}

/** DER of the name of who a certificate is for. */
function subjectOf(certificate: Uint8Array): Buffer {
  const fields = [...derParts(readDer(readDer(Buffer.from(certificate)).content).content)];
  // Serial, signature, issuer, validity, subject; the version before them is left out in version 1.
  return fields[fields[0]!.tag === DER.context0 ? 5 : 4]!.whole;
}

function readList(der: Buffer): RevocationList {
  const [body, algorithm, signature] = [...derParts(expect(readDer(der), DER.sequence).content)];
  const fields = [...derParts(expect(body, DER.sequence).content)];
  if (fields[0]?.tag === DER.integer) fields.shift();
  const issuer = expect(fields[1], DER.sequence);
  const [thisUpdate, next, ...rest] = fields.slice(2);
  const hasNext = next?.tag === DER.utcTime || next?.tag === DER.generalizedTime;
  const optional = hasNext || next === undefined ? rest : [next, ...rest];
  const extensions = optional.find(({ tag }) => tag === DER.context0);
  if (extensions !== undefined) checkExtensions(extensions);
  const revoked = optional.find(({ tag }) => tag === DER.sequence);
  return {
    issuer: readName(issuer.content),
    issuerName: issuer.whole,
    thisUpdateMs: time(thisUpdate),
    nextUpdateMs: hasNext ? time(next) : null,
    serials: new Set(serials(revoked)),
    signed: {
      bytes: body!.whole,
      algorithm: expect(algorithm, DER.sequence).content,
      // Without the count of unused bits.
      signature: expect(signature, DER.bitString).content.subarray(1),
    },
  };
}

function* serials(revoked: DerValue | undefined): Generator<string> {
  if (revoked === undefined) return;
  for (const { content } of derParts(revoked.content)) {
    const serial = expect(readDer(content), DER.integer).content;
    yield serial
      .toString('hex')
      .toUpperCase()
      .replace(/^(?:00)+(?=..)/, '');
  }
}

/** @throws TlsFault for an extension that must be understood (RFC 5280 §5.2) and is not */
function checkExtensions({ content }: DerValue): void {
  for (const extension of derParts(readDer(content).content)) {
    const [oid, ...rest] = [...derParts(extension.content)];
    const isCritical = rest[0]?.tag === DER.boolean && rest[0].content[0] !== 0;
    if (!isCritical) continue;
    const id = readOid(oid!.content);
    if (id === DISTRIBUTION_POINT && isWhole(rest[1])) continue;
    throw new TlsFault(
      'crl',
      `a list with the critical extension ${id}`,
      'complete lists of one authority (no delta and no indirect ones)',
    );
  }
}

function isWhole(value: DerValue | undefined): boolean {
  const members = value === undefined ? [] : [...derParts(readDer(value.content).content)];
  return members.every(
    ({ tag, content }) => tag !== ONLY_SOME_REASONS && (tag !== INDIRECT || content[0] === 0),
  );
}

function time(value: DerValue | undefined): number {
  const ms = value === undefined ? Number.NaN : readTime(value);
  if (Number.isNaN(ms)) throw new RangeError('no time');
  return ms;
}

function expect(value: DerValue | undefined, tag: number): DerValue {
  if (value?.tag !== tag) throw new RangeError('a value of another type');
  return value;
}
