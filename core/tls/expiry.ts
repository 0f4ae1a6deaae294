// How long something is still good for, in words.

const DAY_MS = 86_400_000;

/** `soon`: people want to know of it. */
export type ExpiryState = 'good' | 'soon' | 'expired';

/** Times of something that runs out, in milliseconds since 1970. */
export interface Expiry {
  readonly notAfterMs: number;
  /** From then on it is `soon`. */
  readonly warnFromMs: number;
}

/** @param nowMs milliseconds since 1970 */
export function expiryState({ notAfterMs, warnFromMs }: Expiry, nowMs: number): ExpiryState {
  if (notAfterMs < nowMs) return 'expired';
  return warnFromMs < nowMs ? 'soon' : 'good';
}

/** For people; null as long as it is good. */
export function expiryWarning(what: string, expiry: Expiry, nowMs: number): string | null {
  if (expiryState(expiry, nowMs) === 'good') return null;
  return `${what} ${describeExpiry(expiry.notAfterMs, nowMs)}`;
}

/** `runs out in 12 days, at 2026-12-12T00:00:00.000Z` */
export function describeExpiry(notAfterMs: number, nowMs: number): string {
  const days = Math.floor(Math.abs(notAfterMs - nowMs) / DAY_MS);
  const span = days === 0 ? 'less than a day' : days === 1 ? '1 day' : `${days} days`;
  const date = new Date(notAfterMs).toISOString();
  return notAfterMs < nowMs ? `ran out ${span} ago, at ${date}` : `runs out in ${span}, at ${date}`;
}
