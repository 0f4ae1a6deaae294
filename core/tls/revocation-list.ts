// Lists of revoked certificates (RFC 5280 §5). The platform holds clients to them, but tells nothing of what they say.
import { constants, verify, X509Certificate } from 'node:crypto';
import {
  type AsnType,
  BitString,
  fromBER,
  Integer,
  ObjectIdentifier,
  OctetString,
  Sequence,
  UTCTime,
} from 'asn1js';
import type { Certificate } from './certificate.js';
import { partsOf, readName } from './distinguished-name.js';
import { pemBlocks } from './pem.js';
import { TlsFault } from './tls-fault.js';

/** Plain data: lists are read where the configuration is, and may come from another thread. */
export interface RevocationList {
  /** As `Certificate.subject` of the authority. */
  readonly issuer: string;
  /** DER. */
  readonly issuerName: Uint8Array;
  /** Milliseconds since 1970. */
  readonly thisUpdateMs: number;
  /** Null: the list does not say when the next one comes. */
  readonly nextUpdateMs: number | null;
  /** As `Certificate.serial`. */
  readonly serials: ReadonlySet<string>;
  /** What is signed, and the signature. */
  readonly signed: {
    readonly bytes: Uint8Array;
    readonly signature: Uint8Array;
    /** Null where the algorithm has its own; undefined for one that is not known, which nothing verifies. */
    readonly hash: string | null | undefined;
    readonly isPss: boolean;
  };
}

/** Of tags. */
const CONTEXT = 3;
const DISTRIBUTION_POINT = '2.5.29.28';
/** Members of a distribution point by which a list is not all that its issuer has to say of a certificate. */
const ONLY_SOME_REASONS = 3;
const INDIRECT = 4;

/** The limits of the library are for what strangers send: lists of hundreds of thousands are read all the same. */
const LIMITS = { maxNodes: 10_000_000, maxContentLength: 64 * 1024 * 1024, parseEmbedded: false } as const;

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
export function isListOf({ issuerName, signed }: RevocationList, authority: Certificate): boolean {
  if (!Buffer.from(subjectOf(authority.der)).equals(issuerName)) return false;
  const { bytes, signature, hash, isPss } = signed;
  if (hash === undefined) return false;
  const key = new X509Certificate(authority.der).publicKey;
  const padding = isPss ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {};
  try {
    return verify(hash, bytes, { key, ...padding }, signature);
  } catch {
    // The key is of another type than the signature.
    return false;
  }
}

/** DER of the name of who a certificate is for. */
function subjectOf(certificate: Uint8Array): Uint8Array {
  const fields = partsOf(partsOf(parse(certificate))[0]);
  // Serial, signature, issuer, validity, subject; the version before them is left out in version 1.
  return fields[contextTag(fields[0]) === 0 ? 5 : 4]!.valueBeforeDecodeView;
}

/** @throws RangeError for what is no list */
function readList(der: Uint8Array): RevocationList {
  const [body, algorithm, signature] = partsOf(parse(der));
  const fields = partsOf(body);
  if (fields[0] instanceof Integer) fields.shift();
  const [, issuer, thisUpdate, ...optional] = fields;
  const name = expect(issuer, Sequence);
  const [next] = optional;
  const revoked = optional.find((field) => field instanceof Sequence);
  for (const extensions of optional.filter((field) => contextTag(field) === 0)) checkExtensions(extensions);
  return {
    issuer: readName(name),
    issuerName: copy(name.valueBeforeDecodeView),
    thisUpdateMs: expect(thisUpdate, UTCTime).toDate().getTime(),
    nextUpdateMs: next instanceof UTCTime ? next.toDate().getTime() : null,
    serials: new Set(revoked === undefined ? [] : partsOf(revoked).map(serialOf)),
    signed: {
      bytes: copy(body!.valueBeforeDecodeView),
      signature: copy(expect(signature, BitString).valueBlock.valueHexView),
      ...hashOf(algorithm),
    },
  };
}

function serialOf(entry: AsnType): string {
  const [serial] = partsOf(entry);
  const hex = Buffer.from(expect(serial, Integer).valueBlock.valueHexView).toString('hex');
  return hex.toUpperCase().replace(/^(?:00)+(?=..)/, '');
}

function hashOf(algorithm: AsnType | undefined): Pick<RevocationList['signed'], 'hash' | 'isPss'> {
  const [oid, parameters] = partsOf(algorithm);
  const id = expect(oid, ObjectIdentifier).getValue();
  if (id !== PSS) return { hash: HASHES[id], isPss: false };
  // RFC 4055 §3.1; SHA-1, which is meant when none is named, is taken from nobody.
  const named = partsOf(parameters).find((part) => contextTag(part) === 0);
  if (named === undefined) return { hash: undefined, isPss: true };
  const [hash] = partsOf(partsOf(named)[0]);
  return { hash: PSS_HASHES[expect(hash, ObjectIdentifier).getValue()], isPss: true };
}

/** @throws TlsFault for an extension that must be understood (RFC 5280 §5.2) and is not */
function checkExtensions(tagged: AsnType): void {
  for (const extension of partsOf(partsOf(tagged)[0])) {
    const parts = partsOf(extension);
    // Critical is false where it is left out, and DER leaves it out then.
    if (parts.length < 3) continue;
    const id = expect(parts[0], ObjectIdentifier).getValue();
    const value = expect(parts[2], OctetString).valueBlock.valueHexView;
    if (id === DISTRIBUTION_POINT && partsOf(parse(value)).every(isHarmless)) continue;
    throw new TlsFault(
      'crl',
      `a list with the critical extension ${id}`,
      'complete lists of one authority (no delta and no indirect ones)',
    );
  }
}

/** A member of a distribution point. */
function isHarmless(member: AsnType): boolean {
  const tag = contextTag(member);
  return tag !== ONLY_SOME_REASONS && tag !== INDIRECT;
}

function contextTag(value: AsnType | undefined): number | null {
  return value?.idBlock.tagClass === CONTEXT ? value.idBlock.tagNumber : null;
}

/** @throws RangeError for bytes that are not one value, all of them */
function parse(bytes: Uint8Array): AsnType {
  const { offset, result } = fromBER(bytes, LIMITS);
  if (offset !== bytes.length) throw new RangeError(result.error || 'bytes after the value');
  return result;
}

function expect<Type extends AsnType>(value: AsnType | undefined, type: new () => Type): Type {
  if (!(value instanceof type)) throw new RangeError('a value of another type');
  return value;
}

/** So that the whole list is not kept for a part of it. */
function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
