// What filters are told of the certificate of a client (sdk/ABI.md): a table of names and values, made once for each.
import type { Certificate } from '../tls/certificate.js';
import { NONE } from './guest-abi.js';

/** The part of a certificate that filters are told. */
export type CertificateFacts = Pick<
  Certificate,
  | 'subject'
  | 'issuer'
  | 'serial'
  | 'fingerprint'
  | 'notAfterMs'
  | 'dnsNames'
  | 'uris'
  | 'addresses'
  | 'emails'
>;

const known = new WeakMap<CertificateFacts, readonly string[]>();

/** Flat `[name, value, …]`, values as byte strings; empty without a certificate. */
export function certificateFacts(certificate: CertificateFacts | null): readonly string[] {
  if (certificate === null) return NONE;
  let facts = known.get(certificate);
  if (facts === undefined) {
    facts = listFacts(certificate);
    known.set(certificate, facts);
  }
  return facts;
}

function listFacts(certificate: CertificateFacts): readonly string[] {
  const facts = [
    ...['subject', certificate.subject, 'issuer', certificate.issuer, 'serial', certificate.serial],
    ...['fingerprint', certificate.fingerprint, 'not-after', String(certificate.notAfterMs)],
    ...certificate.dnsNames.flatMap((name) => ['dns', name]),
    ...certificate.uris.flatMap((uri) => ['uri', uri]),
    ...certificate.addresses.flatMap((address) => ['ip', address]),
    ...certificate.emails.flatMap((email) => ['email', email]),
  ];
  return Object.freeze(facts.map((fact) => Buffer.from(fact, 'utf8').toString('latin1')));
}
