// Everything that runs out of what TLS is done with, in one list.
import { readCertificate } from './certificate.js';
import type { ClientTls } from './client-tls.js';
import { pemBlocks } from './pem.js';
import type { ServerTls, TlsIdentity } from './server-tls.js';

/** What all ends of a gateway do TLS with. */
export interface TlsInUse {
  /** By name. */
  readonly listeners: Iterable<readonly [string, ServerTls]>;
  readonly upstreams: Iterable<readonly [string, ClientTls]>;
  readonly admin: ServerTls | null;
}

export interface CertificateInUse {
  readonly use: 'listener' | 'upstream' | 'admin';
  /** Of the listener or the upstream; `admin` for that. */
  readonly name: string;
  /** What is shown to others with all that leads to its root, who is trusted, and who is not any more. */
  readonly kind: 'certificate' | 'authority' | 'revocation-list';
  /** As `Certificate.subject`; of a list its issuer. */
  readonly subject: string;
  /** As `Certificate.serial`; empty for a list. */
  readonly serial: string;
  /** Milliseconds since 1970; of a list the time of the next one. */
  readonly notAfterMs: number;
}

type Owner = Pick<CertificateInUse, 'use' | 'name'>;
type Facts = Pick<CertificateInUse, 'subject' | 'serial' | 'notAfterMs'>;

/** Each once, the one that runs out first before all others. Lists that do not say until when they are good are left out. */
export function certificatesInUse(tls: TlsInUse): CertificateInUse[] {
  const all: CertificateInUse[] = [];
  for (const [name, listener] of tls.listeners) all.push(...ofServer({ use: 'listener', name }, listener));
  for (const [name, upstream] of tls.upstreams) all.push(...ofClient({ use: 'upstream', name }, upstream));
  if (tls.admin !== null) all.push(...ofServer({ use: 'admin', name: 'admin' }, tls.admin));
  const seen = new Set<string>();
  return all
    .sort((a, b) => a.notAfterMs - b.notAfterMs)
    .filter(({ use, name, kind, subject, serial }) => {
      const key = JSON.stringify([use, name, kind, subject, serial]);
      return !seen.has(key) && seen.add(key);
    });
}

function* ofServer(owner: Owner, { identities, clientAuth }: ServerTls): Generator<CertificateInUse> {
  for (const identity of identities) yield* ofIdentity(owner, identity);
  if (clientAuth === null) return;
  yield* ofKind(owner, 'authority', clientAuth.authorities);
  for (const { issuer: subject, nextUpdateMs: notAfterMs } of clientAuth.lists)
    if (notAfterMs !== null) yield* ofKind(owner, 'revocation-list', [{ subject, serial: '', notAfterMs }]);
}

function* ofClient(owner: Owner, { identity, authorities }: ClientTls): Generator<CertificateInUse> {
  if (identity !== null) yield* ofIdentity(owner, identity);
  yield* ofKind(owner, 'authority', authorities);
}

function ofIdentity(owner: Owner, { chain }: TlsIdentity): Generator<CertificateInUse> {
  return ofKind(owner, 'certificate', pemBlocks(chain, 'CERTIFICATE').map(readCertificate));
}

function* ofKind(
  { use, name }: Owner,
  kind: CertificateInUse['kind'],
  facts: Iterable<Facts>,
): Generator<CertificateInUse> {
  for (const { subject, serial, notAfterMs } of facts) yield { use, name, kind, subject, serial, notAfterMs };
}
