// Authorities and what they sign, made in memory as a test asks for them (RFC 5280). Nothing of it protects anything.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  CertificateList,
  CRLNumber,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_cRLNumber,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  RevokedCertificate,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  TBSCertList,
  Time,
  Validity,
  Version,
} from '@peculiar/asn1-x509';

const DAY_MS = 86_400_000;

export type KeyType = 'rsa-1024' | 'rsa-2048' | 'rsa-4096' | 'p-256' | 'p-384' | 'ed25519';

/** Parts of a distinguished name, the most general one first, as a certificate has them. */
export type Subject = Readonly<Partial<Record<keyof typeof ATTRIBUTES, string>>>;

export interface CertificateOptions {
  /** Default: the first of the names, or `test`, as common name. */
  readonly subject?: Subject;
  /** Default: `p-256`, which takes no time; `rsa-4096` takes seconds. */
  readonly key?: KeyType;
  /** Days from now, negative ones have been. Default: one hour ago. */
  readonly fromDays?: number;
  /** Default: 365. */
  readonly toDays?: number;
  /** Of the signature. Default: `sha256`. */
  readonly hash?: 'sha1' | 'sha256' | 'sha384';
}

export interface LeafOptions extends CertificateOptions {
  /** Alternative names; what each is shows in how it is written: an address, a URI, an email, or else a domain. */
  readonly names?: readonly string[];
  /** Default: both. `none` leaves the extension out. */
  readonly usage?: 'server' | 'client' | 'both' | 'none';
  /** Protects the key. */
  readonly passphrase?: string;
}

export interface ListOptions {
  /** What is revoked: identities, or serial numbers in hex. */
  readonly revoked?: readonly (TestIdentity | string)[];
  /** Days from now of `thisUpdate`. Default: one hour ago. */
  readonly fromDays?: number;
  /** Days from now of `nextUpdate`; null leaves it out. Default: 7. */
  readonly toDays?: number | null;
}

export const EXPIRED = { fromDays: -30, toDays: -1 } as const;
export const NOT_YET_VALID = { fromDays: 1, toDays: 30 } as const;

/** A key and what was signed for it: all PEM. */
export interface TestIdentity {
  readonly cert: string;
  /** The certificate, then the intermediate ones up to the root, which is not among them. */
  readonly chain: string;
  /** PKCS #8. */
  readonly key: string;
  /** Hex, upper case. */
  readonly serial: string;
}

/** Who signs. */
export class TestAuthority {
  /** PEM. */
  readonly cert: string;
  readonly serial: string;
  readonly #signer: Signer;
  /** PEM of what leads from here to the root; empty for a root. */
  readonly #path: string;
  #listsMade = 0;

  private constructor(made: Made, path: string) {
    this.cert = made.cert;
    this.serial = made.serial;
    this.#signer = made.signer;
    this.#path = path;
  }

  static root(options: CertificateOptions = {}): TestAuthority {
    const made = make({ subject: { CN: 'Test root' }, ...options }, AUTHORITY, null);
    return new TestAuthority(made, '');
  }

  intermediate(options: CertificateOptions = {}): TestAuthority {
    const made = make({ subject: { CN: 'Test intermediate' }, ...options }, AUTHORITY, this.#signer);
    return new TestAuthority(made, made.cert + this.#path);
  }

  issue(options: LeafOptions = {}): TestIdentity {
    return identity(options, this.#signer, this.#path);
  }

  /** PEM of a list of what is revoked (RFC 5280 §5). */
  list(options: ListOptions = {}): string {
    const { revoked = [], fromDays = -1 / 24, toDays = 7 } = options;
    const algorithm = signatureAlgorithm(this.#signer.key, 'sha256');
    this.#listsMade += 1;
    const revokedCertificates = revoked.map((entry) => {
      const serial = typeof entry === 'string' ? entry : entry.serial;
      return new RevokedCertificate({
        userCertificate: bytes(Buffer.from(serial, 'hex')),
        revocationDate: time(fromDays),
      });
    });
    const tbsCertList = new TBSCertList({
      version: Version.v2,
      signature: algorithm,
      issuer: this.#signer.name,
      thisUpdate: time(fromDays),
      ...(toDays === null ? {} : { nextUpdate: time(toDays) }),
      // RFC 5280 §5.1.2.6: absent when nothing is revoked.
      ...(revokedCertificates.length === 0 ? {} : { revokedCertificates }),
      crlExtensions: [
        authorityKey(this.#signer.keyId),
        extension(id_ce_cRLNumber, new CRLNumber(this.#listsMade)),
      ],
    });
    const signature = signed(tbsCertList, this.#signer.key, 'sha256');
    return pem('X509 CRL', new CertificateList({ tbsCertList, signatureAlgorithm: algorithm, signature }));
  }
}

/** A certificate that nobody signed but its own key. */
export function selfSigned(options: LeafOptions = {}): TestIdentity {
  return identity(options, null, '');
}

const ATTRIBUTES = {
  C: '2.5.4.6',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  CN: '2.5.4.3',
} as const;

const HASHED = {
  rsa: {
    sha1: '1.2.840.113549.1.1.5',
    sha256: '1.2.840.113549.1.1.11',
    sha384: '1.2.840.113549.1.1.12',
  },
  ec: { sha1: '1.2.840.10045.4.1', sha256: '1.2.840.10045.4.3.2', sha384: '1.2.840.10045.4.3.3' },
} as const;
const ED25519 = '1.3.101.112';
const NULL = bytes(Buffer.from([5, 0]));

const AUTHORITY: readonly Extension[] = [
  extension(id_ce_basicConstraints, new BasicConstraints({ cA: true }), true),
  extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign), true),
];

interface Signer {
  readonly name: Name;
  readonly key: KeyObject;
  readonly keyId: ArrayBuffer;
}

interface Made {
  readonly cert: string;
  readonly serial: string;
  readonly signer: Signer;
}

function identity(options: LeafOptions, issuer: Signer | null, path: string): TestIdentity {
  const { names = [], passphrase } = options;
  const made = make({ subject: { CN: names[0] ?? 'test' }, ...options }, leafExtensions(options), issuer);
  const protection = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  const key = made.signer.key.export({ type: 'pkcs8', format: 'pem', ...protection }).toString();
  return { cert: made.cert, chain: made.cert + path, key, serial: made.serial };
}

/** @param issuer null: it signs itself */
function make(options: CertificateOptions, extensions: readonly Extension[], issuer: Signer | null): Made {
  const { subject = {}, fromDays = -1 / 24, toDays = 365, hash = 'sha256' } = options;
  const { publicKey, privateKey } = newKeys(options.key ?? 'p-256');
  const keyInfo = AsnConvert.parse(publicKey.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo);
  const keyId = bytes(createHash('sha1').update(Buffer.from(keyInfo.subjectPublicKey)).digest());
  const own: Signer = { name: nameOf(subject), key: privateKey, keyId };
  const by = issuer ?? own;
  const serial = randomBytes(16);
  // Positive, and of one length.
  serial[0] = 0x40 | (serial[0]! & 0x3f);
  const algorithm = signatureAlgorithm(by.key, hash);
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: bytes(serial),
    signature: algorithm,
    issuer: by.name,
    validity: new Validity({ notBefore: dateIn(fromDays), notAfter: dateIn(toDays) }),
    subject: own.name,
    subjectPublicKeyInfo: keyInfo,
    extensions: new Extensions([
      ...extensions,
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyId)),
      authorityKey(by.keyId),
    ]),
  });
  const signatureValue = signed(tbsCertificate, by.key, hash);
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue,
  });
  return {
    cert: pem('CERTIFICATE', certificate),
    serial: serial.toString('hex').toUpperCase(),
    signer: own,
  };
}

function leafExtensions({ names = [], usage = 'both', key }: LeafOptions): Extension[] {
  const purposes = [
    ...(usage === 'client' ? [] : [id_kp_serverAuth]),
    ...(usage === 'server' ? [] : [id_kp_clientAuth]),
  ];
  const encipher = key?.startsWith('rsa') ? KeyUsageFlags.keyEncipherment : 0;
  return [
    extension(id_ce_basicConstraints, new BasicConstraints(), true),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature | encipher), true),
    ...(usage === 'none' ? [] : [extension(id_ce_extKeyUsage, new ExtendedKeyUsage(purposes))]),
    ...(names.length === 0
      ? []
      : [extension(id_ce_subjectAltName, new SubjectAlternativeName(names.map(generalName)))]),
  ];
}

function generalName(name: string): GeneralName {
  if (isIP(name) !== 0) return new GeneralName({ iPAddress: name });
  if (name.includes('://')) return new GeneralName({ uniformResourceIdentifier: name });
  return new GeneralName(name.includes('@') ? { rfc822Name: name } : { dNSName: name });
}

function nameOf(subject: Subject): Name {
  const parts = Object.entries(subject) as [keyof typeof ATTRIBUTES, string][];
  return new Name(
    parts.map(([part, text]) => {
      const value = new AttributeValue(part === 'C' ? { printableString: text } : { utf8String: text });
      return new RelativeDistinguishedName([new AttributeTypeAndValue({ type: ATTRIBUTES[part], value })]);
    }),
  );
}

function newKeys(type: KeyType): { publicKey: KeyObject; privateKey: KeyObject } {
  if (type === 'ed25519') return generateKeyPairSync('ed25519');
  if (type === 'p-256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (type === 'p-384') return generateKeyPairSync('ec', { namedCurve: 'P-384' });
  return generateKeyPairSync('rsa', { modulusLength: Number(type.slice('rsa-'.length)) });
}

/** RFC 4055 §5, RFC 5758 §3.2, RFC 8410 §3. */
function signatureAlgorithm(key: KeyObject, hash: keyof typeof HASHED.rsa): AlgorithmIdentifier {
  const type = key.asymmetricKeyType;
  if (type === 'rsa') return new AlgorithmIdentifier({ algorithm: HASHED.rsa[hash], parameters: NULL });
  return new AlgorithmIdentifier({ algorithm: type === 'ec' ? HASHED.ec[hash] : ED25519 });
}

function signed(what: object, key: KeyObject, hash: string): ArrayBuffer {
  const digest = key.asymmetricKeyType === 'ed25519' ? null : hash;
  return bytes(sign(digest, Buffer.from(AsnConvert.serialize(what)), key));
}

function authorityKey(keyId: ArrayBuffer): Extension {
  const keyIdentifier = new KeyIdentifier(keyId);
  return extension(id_ce_authorityKeyIdentifier, new AuthorityKeyIdentifier({ keyIdentifier }));
}

function extension(extnID: string, value: object, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function dateIn(days: number): Date {
  return new Date(Math.floor((Date.now() + days * DAY_MS) / 1000) * 1000);
}

function time(days: number): Time {
  return new Time(dateIn(days));
}

function pem(label: string, what: object): string {
  const text = Buffer.from(AsnConvert.serialize(what)).toString('base64');
  return `-----BEGIN ${label}-----\n${text.replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`;
}

function bytes(buffer: Buffer): ArrayBuffer {
  return new Uint8Array(buffer).buffer;
}
