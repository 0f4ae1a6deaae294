// Puts secrets into the headers that filters asked for, when nobody but the upstream will see them any more.
import { GatewayError } from '../errors.js';
import { type HeaderList, isFieldValue } from '../headers.js';
import type { FilterSecret, Route } from '../route.js';
import { SECRET_PLACEHOLDER } from '../wasm/edits.js';

/**
 * @param asked `filter id:secret id:text before it` by name of the header
 * @throws GatewayError SLUICE_FILTER_TRAP when a value cannot stand in a header
 */
export function putSecrets(headers: HeaderList, asked: ReadonlyMap<string, string>, route: Route): void {
  for (const [name, reference] of asked) {
    // A later filter may have removed it, or put something else in its place.
    if (headers.get(name) !== SECRET_PLACEHOLDER) continue;
    const [filter, id, before] = split(reference);
    headers.set(name, before + fieldValueOf(route.secrets.get(filter)![id]!));
  }
}

function split(reference: string): [filter: number, id: number, before: string] {
  const first = reference.indexOf(':');
  const second = reference.indexOf(':', first + 1);
  return [
    Number(reference.slice(0, first)),
    Number(reference.slice(first + 1, second)),
    reference.slice(second + 1),
  ];
}

function fieldValueOf({ filter, name, value }: FilterSecret): string {
  const bytes = Buffer.from(value, 'utf8').toString('latin1');
  if (isFieldValue(bytes)) return bytes;
  throw new GatewayError(
    'SLUICE_FILTER_TRAP',
    `filter ${filter} puts the secret ${name} into a header, but its value holds a control character`,
    { filter },
  );
}
