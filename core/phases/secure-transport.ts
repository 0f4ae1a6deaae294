// What a listener asks of the exchanges on it, besides what their routes say: come by TLS, and keep coming so.
import type { Exchange } from '../exchange.js';
import { HeaderList } from '../headers.js';
import type { Transport } from '../transport.js';

const HTTPS_PORT = 443;
const PORT = /:\d*$/;

/** Answers what is declared with a redirect to the same place by TLS. Method and body stay (RFC 9110 §15.4.9). */
export function redirectToHttps(exchange: Exchange, { redirectPort }: Transport): void {
  // A trusted proxy may say that the client came by TLS already.
  if (redirectPort === null || exchange.scheme === 'https') return;
  const host = exchange.authority.replace(PORT, '');
  const authority = redirectPort === HTTPS_PORT ? host : `${host}:${redirectPort}`;
  const query = exchange.query === '' ? '' : `?${exchange.query}`;
  const location = `https://${authority}${exchange.path}${query}`;
  exchange.response = { status: 308, headers: new HeaderList(['location', location]), body: null };
}

/** Overrides what the upstream says: it does not know how its clients come. */
export function tellStrictTransport(exchange: Exchange, { hsts }: Transport): void {
  if (hsts !== null) exchange.response?.headers.set('strict-transport-security', hsts);
}
