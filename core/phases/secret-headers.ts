// Puts secrets into the headers that filters asked for, when nobody but the upstream will see them any more.
import type { Route } from '../route.js';
import { readSecretHeader } from '../wasm/secret-headers.js';

/**
 * What goes upstream in place of `value`; null when no secret does.
 * @param asked by name of the header, as the edits of filters say it
 * @throws GatewayError SLUICE_FILTER_TRAP when the secret cannot stand in a header, or not in one to this upstream
 */
export function secretFieldValue(
  name: string,
  value: string,
  asked: ReadonlyMap<string, string>,
  route: Route,
): string | null {
  const header = readSecretHeader(name, value, asked);
  if (header === null) return null;
  return (
    header.before + route.secrets.get(header.filterId)![header.secretId]!.fieldValue(route.upstream.name)
  );
}
