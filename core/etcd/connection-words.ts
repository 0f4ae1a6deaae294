// Why there is no connection to a member, from what grpc and OpenSSL say of it: in one line, and with what to look at.

const NO_CONNECTION =
  /^\d+ UNAVAILABLE: No connection established\. Last error: (.*?)\.? ?Resolution note: ?.*$/;
const STAMP = / \(\d{4}-\d\d-\d\dT[^)]*\)$/;
/** `…:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:…`: the other side ended the handshake. */
const ALERT = /:([^:]* alert [^:]+):/;

/** @param isSecure TLS is spoken */
export function connectionWords(message: string, isSecure: boolean): string {
  const line = message.replace(/\s+/g, ' ').trim();
  const [, reason] = NO_CONNECTION.exec(line) ?? [];
  if (reason === undefined) return line;
  const bare = reason.replace(STAMP, '').replace(/^Error: /, '');
  return `no connection: ${isSecure ? secureWords(bare) : clearWords(bare)}`;
}

function secureWords(reason: string): string {
  const alert = ALERT.exec(reason)?.[1];
  if (alert !== undefined)
    return `etcd ended the handshake, "${alert}"${/certificate|unknown ca/.test(alert) ? ': expected another certificate of ours (--etcd-cert)' : ''}`;
  if (/before secure TLS connection|wrong version number/.test(reason))
    return `${reason}; does it speak TLS at all?`;
  if (/certificate/.test(reason)) return `${reason}: expected one that leads to those of --etcd-ca`;
  return reason;
}

function clearWords(reason: string): string {
  return /^(?:Failed to connect|Protocol error|read ECONNRESET)/.test(reason)
    ? `${reason}; does it speak TLS (etcds://)?`
    : reason;
}
