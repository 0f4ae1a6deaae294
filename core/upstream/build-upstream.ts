// The Upstream that a configuration asks for.
import { BalancedUpstream, type OpenConnection } from './balanced-upstream.js';
import type { ResolveName } from './dial.js';
import { FollowingUpstream } from './following-upstream.js';
import type { Upstream, UpstreamOptions } from './upstream.js';

/**
 * @param open    makes the connections
 * @param resolve finds the addresses of names; default the system
 * @throws GatewayError SLUICE_UPSTREAM_ADDRESS for a target that may not be written without `allowPrivate`
 */
export function buildUpstream(
  { redirects, ...options }: UpstreamOptions,
  open?: OpenConnection,
  resolve?: ResolveName,
): Upstream {
  if (redirects === null) return new BalancedUpstream(options, open, resolve);
  return new FollowingUpstream(options, redirects, open, resolve);
}
