// What the listener of an exchange adds to its way: where clear text is sent to, and what browsers are told.
import type { ListenerConfig } from './config/model.js';

/** Of one listener. */
export interface Transport {
  /** Value of `strict-transport-security` (RFC 6797); null for none. */
  readonly hsts: string | null;
  /** Port of TLS that clear text is redirected to; null serves it. */
  readonly redirectPort: number | null;
}

/** By name of the listener; null when none of them has any, so that exchanges need not ask. */
export function buildTransports(listeners: readonly ListenerConfig[]): ReadonlyMap<string, Transport> | null {
  const transports = new Map<string, Transport>();
  for (const { name, hsts, redirectToHttps } of listeners) {
    if (hsts === null && redirectToHttps === null) continue;
    transports.set(name, { hsts: formatHsts(hsts), redirectPort: redirectToHttps?.port ?? null });
  }
  return transports.size === 0 ? null : transports;
}

function formatHsts(hsts: ListenerConfig['hsts']): string | null {
  if (hsts === null) return null;
  const { maxAgeSeconds, includeSubDomains, preload } = hsts;
  return `max-age=${maxAgeSeconds}${includeSubDomains ? '; includeSubDomains' : ''}${preload ? '; preload' : ''}`;
}
