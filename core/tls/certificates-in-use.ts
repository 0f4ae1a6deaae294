// Everything that runs out of what TLS is done with, in one list.
import { readCertificate } from './certificate.js';
import type { ClientTls } from './client-tls.js';
import type { Expiry } from './expiry.js';
import { pemBlocks } from './pem.js';
import type { ServerTls, TlsIdentity } from './server-tls.js';

/** What a store of configurations is spoken to with. PEM. */
export interface StoreTls {
  /** Null for the authorities of the platform. */
  readonly ca: string | null;
  /** Null when nothing is shown. */
  readonly chain: string | null;
}

/** What all ends of a gateway do TLS with. */
export interface TlsInUse {
  /** By name. */
  readonly listeners: Iterable<readonly [string, ServerTls]>;
  readonly upstreams: Iterable<readonly [string, ClientTls]>;
  readonly admin: ServerTls | null;
  readonly store: StoreTls | null;
}

/** A certificate or a list in use, and where that is. */
export interface CertificateInUse extends Expiry {
  readonly use: 'listener' | 'upstream' | 'admin' | 'store';
  /** Of the listener or the upstream; `admin` and `etcd` for those. */
  readonly name: string;
  /** What is shown to others with all that leads to its root, who is trusted, and who is not any more. */
  readonly kind: 'certificate' | 'authority' | 'revocation-list';
  /** As `Certificate.subject`; of a list its issuer. */
  readonly subject: string;
  /** As `Certificate.serial`; empty for a list. */
  readonly serial: string;
}

type Owner = Pick<CertificateInUse, 'use' | 'name'>;
type Facts = Pick<CertificateInUse, 'subject' | 'serial' | 'notAfterMs'>;
/** Nobody wants to know of it sooner before its end than so. */
type Found = Omit<CertificateInUse, 'warnFromMs'> & { readonly mostMs: number };

const DAY_MS = 86_400_000;
/** Lists are made anew every few days: one is late when a quarter of its time is left. */
const LATE_LIST = 0.25;

/**
 * Each once, the one that runs out first before all others. Lists that do not say until when they are good are left out.
 * @param warnDays before its end people want to know of one
 */
export function certificatesInUse(tls: TlsInUse, warnDays: number): CertificateInUse[] {
  const seen = new Set<string>();
  return [...everything(tls)]
    .sort((a, b) => a.notAfterMs - b.notAfterMs)
    .filter(({ use, name, kind, subject, serial }) => {
      const key = JSON.stringify([use, name, kind, subject, serial]);
      return !seen.has(key) && seen.add(key);
    })
    .map(({ mostMs, ...found }) => ({
      ...found,
      warnFromMs: found.notAfterMs - Math.min(warnDays * DAY_MS, mostMs),
    }));
}

function* everything({ listeners, upstreams, admin, store }: TlsInUse): Generator<Found> {
  for (const [name, listener] of listeners) yield* ofServer({ use: 'listener', name }, listener);
  for (const [name, upstream] of upstreams) yield* ofClient({ use: 'upstream', name }, upstream);
  if (admin !== null) yield* ofServer({ use: 'admin', name: 'admin' }, admin);
  if (store !== null) yield* ofStore({ use: 'store', name: 'etcd' }, store);
}

function* ofServer(owner: Owner, { identities, clientAuth }: ServerTls): Generator<Found> {
  for (const identity of identities) yield* ofIdentity(owner, identity);
  if (clientAuth === null) return;
  for (const authority of clientAuth.authorities) yield found(owner, 'authority', authority);
  for (const { issuer: subject, thisUpdateMs, nextUpdateMs: notAfterMs } of clientAuth.lists) {
    if (notAfterMs === null) continue;
    const mostMs = (notAfterMs - thisUpdateMs) * LATE_LIST;
    yield found(owner, 'revocation-list', { subject, serial: '', notAfterMs }, mostMs);
  }
}

function* ofClient(owner: Owner, { identity, authorities }: ClientTls): Generator<Found> {
  if (identity !== null) yield* ofIdentity(owner, identity);
  for (const authority of authorities) yield found(owner, 'authority', authority);
}

/** Nobody judged these files but who connects with them: what is no certificate is left out. */
function* ofStore(owner: Owner, { chain, ca }: StoreTls): Generator<Found> {
  for (const [kind, pem] of [
    ['certificate', chain],
    ['authority', ca],
  ] as const) {
    for (const block of pemBlocks(pem ?? '', 'CERTIFICATE')) {
      try {
        yield found(owner, kind, readCertificate(block));
      } catch {}
    }
  }
}

function* ofIdentity(owner: Owner, { chain }: TlsIdentity): Generator<Found> {
  for (const pem of pemBlocks(chain, 'CERTIFICATE')) yield found(owner, 'certificate', readCertificate(pem));
}

function found(
  owner: Owner,
  kind: Found['kind'],
  { subject, serial, notAfterMs }: Facts,
  mostMs = Number.POSITIVE_INFINITY,
): Found {
  return { ...owner, kind, subject, serial, notAfterMs, mostMs };
}

const OWNERS: Readonly<Record<string, string>> = {
  admin: 'the admin listener',
  store: 'the connection to etcd',
};

/** `certificate CN=api of listener public` */
export function describeCertificate({ use, name, kind, subject }: CertificateInUse): string {
  const owner = OWNERS[use] ?? `${use} ${name}`;
  return `${kind === 'revocation-list' ? 'revocation list of' : kind} ${subject}, used by ${owner},`;
}
