// Admit client: where a route is for clients with certain certificates, has this one shown such a one.
import { GatewayError } from '../errors.js';
import type { Exchange } from '../exchange.js';
import type { Route } from '../route.js';

/** @throws GatewayError SLUICE_ROUTE_CLIENT; the reason is for the log */
export function admitClient({ routeId, clientCertificate }: Exchange, { client }: Route): void {
  if (client === null) return;
  if (clientCertificate === null)
    throw new GatewayError('SLUICE_ROUTE_CLIENT', `route ${routeId}: the client has shown no certificate`);
  if (client.admits(clientCertificate)) return;
  const { subject, fingerprint } = clientCertificate;
  throw new GatewayError(
    'SLUICE_ROUTE_CLIENT',
    `route ${routeId}: not for ${subject} (SHA-256 ${fingerprint})`,
  );
}
