// How long something is still good for, in words.
import type { CertificateInUse } from './certificates-in-use.js';

const DAY_MS = 86_400_000;

export type ExpiryState = 'good' | 'soon' | 'expired';

/** @param warnDays days before the end from which on it is `soon` */
export function expiryState(notAfterMs: number, warnDays: number, nowMs: number): ExpiryState {
  if (notAfterMs < nowMs) return 'expired';
  return notAfterMs < nowMs + warnDays * DAY_MS ? 'soon' : 'good';
}

/** `certificate CN=api of listener public` */
export function describeCertificate({ use, name, kind, subject }: CertificateInUse): string {
  const owner = use === 'admin' ? 'the admin listener' : `${use} ${name}`;
  return `${kind === 'revocation-list' ? 'revocation list of' : kind} ${subject}, used by ${owner},`;
}

/** `runs out in 12 days, at 2026-12-12T00:00:00.000Z` */
export function describeExpiry(notAfterMs: number, nowMs: number): string {
  const days = Math.floor(Math.abs(notAfterMs - nowMs) / DAY_MS);
  const span = days === 0 ? 'less than a day' : days === 1 ? '1 day' : `${days} days`;
  const date = new Date(notAfterMs).toISOString();
  return notAfterMs < nowMs ? `ran out ${span} ago, at ${date}` : `runs out in ${span}, at ${date}`;
}
