// Which identity a TLS server shows to whom (RFC 6066 §3, RFC 9525 §6.3).
import type { ServerIdentity } from './server-tls.js';

/** True when a name of a certificate or of the configuration, exact or `*.` and a domain, covers a host name. */
export function coversName(pattern: string, name: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === name;
  const dot = name.indexOf('.');
  // Exactly one label, and not an empty one.
  return dot > 0 && name.slice(dot) === pattern.slice(1);
}

/**
 * Those to choose from for a client: of the exact name, else of the wildcard, else the first of all. More than one when keys
 * of different types share a name.
 * @param serverName as the client sent it; '' when it sent none
 */
export function identitiesFor(
  identities: readonly ServerIdentity[],
  serverName: string,
): readonly ServerIdentity[] {
  const name = serverName.toLowerCase().replace(/\.$/, '');
  const exact = identities.filter(({ serverNames }) => serverNames.includes(name));
  if (exact.length > 0) return exact;
  const wide = identities.filter(({ serverNames }) => serverNames.some((known) => coversName(known, name)));
  return wide.length > 0 ? wide : defaultIdentities(identities);
}

/** The first, and those of other key types that have the same names. */
export function defaultIdentities(identities: readonly ServerIdentity[]): readonly ServerIdentity[] {
  const first = identities[0]!;
  return identities.filter((identity) => identity === first || isTwin(identity, first));
}

function isTwin(a: ServerIdentity, b: ServerIdentity): boolean {
  return (
    a.certificate.key.type !== b.certificate.key.type &&
    a.serverNames.length === b.serverNames.length &&
    a.serverNames.every((name) => b.serverNames.includes(name))
  );
}
