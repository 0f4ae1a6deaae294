// What a listener shows and asks for, put together of what test authorities made.
import { createHash } from 'node:crypto';
import { readAuthorities, readRevocations } from '../../core/tls/authorities.js';
import { readCertificate } from '../../core/tls/certificate.js';
import type { ServerIdentity, ServerTls } from '../../core/tls/server-tls.js';
import { DEFAULT_CIPHERS } from '../../core/tls/suites.js';
import type { TestAuthority, TestIdentity } from './certificates.js';

export interface TestClientAuth {
  readonly mode: 'request' | 'require';
  readonly authorities: readonly Pick<TestAuthority, 'cert'>[];
  /** PEM. */
  readonly lists?: readonly string[];
}

export function serverTls(
  identities: readonly TestIdentity[],
  clientAuth: TestClientAuth | null = null,
  rest: Partial<Pick<ServerTls, 'minVersion' | 'maxVersion' | 'ciphers'>> = {},
): ServerTls {
  const tls = {
    identities: identities.map(serverIdentity),
    clientAuth: clientAuth && readClientAuth(clientAuth),
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: DEFAULT_CIPHERS,
    ...rest,
  } as const;
  return { ...tls, digest: createHash('sha256').update(JSON.stringify(tls)).digest('hex') };
}

function serverIdentity({ chain, cert, key }: TestIdentity): ServerIdentity {
  const certificate = readCertificate(cert);
  return { chain, key, certificate, serverNames: certificate.dnsNames };
}

function readClientAuth({ mode, authorities, lists = [] }: TestClientAuth): ServerTls['clientAuth'] {
  const read = readAuthorities(
    authorities.map(({ cert }) => cert),
    Date.now(),
  );
  const revoked = readRevocations(lists);
  const { pem: ca, certificates } = read;
  return { mode, ca, authorities: certificates, crl: revoked?.pem ?? null, lists: revoked?.lists ?? [] };
}
