// What an error of TLS means: whose certificate was refused by whom, and why. All of them come before a request is
// answered, and none after which the target may have acted on it.
import type { ErrorCode } from '../errors.js';

/** Why there is no secure connection, as an error says it. */
export interface TlsFailure {
  readonly code: Extract<ErrorCode, 'SLUICE_UPSTREAM_CERTIFICATE' | 'SLUICE_UPSTREAM_TLS'>;
  readonly reason: string;
}

/** Verdicts of OpenSSL on a chain (X509_V_ERR_*, in Node's spelling). */
const CERTIFICATE_REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it, or one above it, has expired',
  CERT_NOT_YET_VALID: 'it, or one above it, is not valid yet',
  CERT_REVOKED: 'it is revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed and not among the trusted ones',
  SELF_SIGNED_CERT_IN_CHAIN: 'its root is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is not known',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its authority is not known, perhaps because the server leaves the intermediate one out',
  INVALID_CA: 'one above it is no authority',
  INVALID_PURPOSE: 'it is not for servers',
  PATH_LENGTH_EXCEEDED: 'there are more authorities above it than these allow',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  CERT_UNTRUSTED: 'its root is not trusted for servers',
  CERT_REJECTED: 'its root is not trusted for servers',
};

/** Node's code of all other verdicts, of which the message tells in OpenSSL's words. */
const OTHER_VERDICT = 'UNSPECIFIED';

/** Node's code of a certificate that lacks the name. */
const WRONG_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';

/** Alerts that are about our certificate (RFC 8446 §6.2). A server of TLS 1.3 sends them after our end of the handshake. */
const REFUSALS: Readonly<Record<string, string>> = {
  BAD_CERTIFICATE: 'it does not take our certificate',
  UNSUPPORTED_CERTIFICATE: 'it does not take the kind of our certificate',
  CERTIFICATE_REVOKED: 'it says that our certificate is revoked',
  CERTIFICATE_EXPIRED: 'it says that our certificate has expired',
  CERTIFICATE_UNKNOWN: 'it does not take our certificate',
  CERTIFICATE_REQUIRED: 'it asks for a certificate, and the upstream has none',
  UNKNOWN_CA: 'it does not know the authority of our certificate',
  ACCESS_DENIED: 'it does not let our certificate in',
  // Before TLS 1.3 also the answer to a client without a certificate.
  HANDSHAKE_FAILURE:
    'it has no version, suite or certificate in common with us, or asks for a certificate of ours',
  PROTOCOL_VERSION: 'it speaks no version of TLS that we do',
  INSUFFICIENT_SECURITY: 'it asks for stronger suites',
  NO_APPLICATION_PROTOCOL: 'it does not speak the HTTP version that the upstream is told to',
  UNRECOGNIZED_NAME: 'it has no certificate for the name',
};

/** What our own end found. */
const FINDINGS: Readonly<Record<string, string>> = {
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks no version of TLS that we do',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
  ERR_SSL_WRONG_CIPHER_RETURNED: 'it chose a suite that was not offered',
};

const ALERT = /^ERR_SSL_(?:SSLV3|TLSV1|TLSV13)_ALERT_(?:SSLV3_|TLSV1_|TLSV13_)?([A-Z_]+)$/;

/** Null for an error that is not of TLS. */
export function tlsFailureOf(error: Error): TlsFailure | null {
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string') return null;
  const verdict = CERTIFICATE_REASONS[code];
  if (verdict !== undefined) return { code: 'SLUICE_UPSTREAM_CERTIFICATE', reason: verdict };
  if (code === OTHER_VERDICT) return { code: 'SLUICE_UPSTREAM_CERTIFICATE', reason: error.message };
  if (code === WRONG_NAME) return { code: 'SLUICE_UPSTREAM_CERTIFICATE', reason: wrongName(error) };
  if (!code.startsWith('ERR_SSL_')) return null;
  const alert = ALERT.exec(code)?.[1];
  const known = alert === undefined ? FINDINGS[code] : REFUSALS[alert];
  return { code: 'SLUICE_UPSTREAM_TLS', reason: known ?? plainText(error) };
}

function wrongName(error: Error): string {
  const { host, cert } = error as Error & { host?: string; cert?: { subjectaltname?: string } };
  return `it is not for ${host} but for ${cert?.subjectaltname ?? 'no name'}`;
}

/** OpenSSL's own text stands last: `…:SSL routines:ssl3_read_bytes:REASON:…/rec_layer_s3.c:1590:SSL alert number 40`. */
function plainText(error: Error): string {
  const { reason } = error as Error & { reason?: string };
  return reason ?? error.message;
}
