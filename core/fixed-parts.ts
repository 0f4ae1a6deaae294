// The parts of a configuration that live as long as the process.
import { isDeepStrictEqual } from 'node:util';
import type { GatewayConfig } from './config/model.js';
import type { ConfigRevision } from './config/source.js';
import { ConfigErrors, GatewayError } from './errors.js';

const FIXED_PARTS = ['admin', 'workers', 'log'] as const;

/**
 * @param isReplaced where a fresh process takes over from this one (SIGHUP); its supervisor has the admin listener, and stays
 * @throws ConfigErrors SLUICE_CONFIG_IMMUTABLE when `next` has other ones
 */
export async function refuseFixedParts(
  running: GatewayConfig,
  next: ConfigRevision,
  isReplaced: boolean,
): Promise<void> {
  const changed = FIXED_PARTS.filter((part) => !isDeepStrictEqual(running[part], next.config[part]));
  if (changed.length === 0) return;
  const places = await next.places(changed.map((part) => `/${part}`));
  throw new ConfigErrors(
    places.map((place, index) => {
      const part = changed[index]!;
      const when = isReplaced && part !== 'admin' ? 'a rolling reload (SIGHUP)' : 'a restart of the gateway';
      const { document, line, column, pointer } = place;
      const message = `${document}:${line}:${column} ${pointer}: changes only with ${when}`;
      return new GatewayError('SLUICE_CONFIG_IMMUTABLE', message, { place });
    }),
  );
}
