// What an upstream is told of TLS, with defaults.
import type { ClientTls } from '../../core/tls/client-tls.js';
import { PLATFORM_TLS } from '../../core/upstream/tls-client.js';

/** Trusts the platform and shows nothing, but for the changes. */
export function clientTls(changes: Partial<ClientTls> = {}): ClientTls {
  return { ...PLATFORM_TLS, ...changes };
}
