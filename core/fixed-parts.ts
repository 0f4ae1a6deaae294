// The parts of a configuration that live as long as the process.
import { isDeepStrictEqual } from 'node:util';
import type { GatewayConfig } from './config/model.js';
import { ConfigErrors, GatewayError } from './errors.js';

const FIXED_PARTS = ['admin', 'workers', 'log'] as const;

/**
 * @param isReplaced where a fresh process takes over from this one (SIGHUP); its supervisor has the admin listener, and stays
 * @throws ConfigErrors SLUICE_CONFIG_IMMUTABLE when `next` has other ones
 */
export function refuseFixedParts(running: GatewayConfig, next: GatewayConfig, isReplaced: boolean): void {
  const errors = FIXED_PARTS.filter((part) => !isDeepStrictEqual(running[part], next[part])).map((part) => {
    const when = isReplaced && part !== 'admin' ? 'a rolling reload (SIGHUP)' : 'a restart of the gateway';
    return new GatewayError('SLUICE_CONFIG_IMMUTABLE', `${part}: changes only with ${when}`);
  });
  if (errors.length > 0) throw new ConfigErrors(errors);
}
