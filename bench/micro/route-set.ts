// Routes as a gateway has them, as many as one likes, and requests for them. The first N routes of a larger set are those
// of a set of N, and paths are of the same length in all sets, so that only the number of routes differs.
import type { RouteMatchOptions } from '../../core/router/router.js';

/**
 * What a request meets: a path of its own, one with one parameter, one with two that are percent-encoded, one below a wildcard, a
 * host of its own, or nothing.
 */
export const LOOKUPS = [
  'static',
  'parameter',
  'encoded',
  'wildcard',
  'host',
  'miss',
  'wrong method',
] as const;
export type Lookup = (typeof LOOKUPS)[number];

export interface RouteRequest {
  readonly host: string;
  readonly path: string;
  readonly method: string;
  /** Id of the route that it belongs to; null for one that finds none. */
  readonly route: string | null;
}

/** Each fifth route is of one kind. */
const KINDS = 5;
const SERVICES = 97;
const ANY_HOST = 'api.example.com';

/** A number that takes as many characters whatever it is. */
function digits(index: number): string {
  return String(index).padStart(5, '0');
}

function service(index: number): string {
  return `/service-${String(index % SERVICES).padStart(2, '0')}/v1`;
}

function routeAt(index: number): RouteMatchOptions {
  const n = digits(index);
  const route = (path: string, methods: readonly string[], hosts: readonly string[] | null = null) => ({
    id: `route-${n}`,
    hosts,
    path,
    methods,
  });
  switch (index % KINDS) {
    case 0:
      return route(`${service(index)}/reports-${n}/latest`, ['GET', 'POST']);
    case 1:
      return route(`${service(index)}/things-${n}/:id`, ['GET', 'PUT', 'DELETE']);
    case 2:
      return route(`${service(index)}/owners-${n}/:owner/items/:item`, ['GET']);
    case 3:
      return route(`/files-${n}/*`, ['GET']);
    default:
      return route(`/tenant-${n}/orders/:id`, ['GET', 'POST'], [hostOf(index)]);
  }
}

/** Every other one is a wildcard. */
function hostOf(index: number): string {
  const tenant = digits(index % (10 * SERVICES));
  return index % 2 === 0 ? `shop.tenant-${tenant}.example` : `*.tenant-${tenant}.example`;
}

export function routesOf(count: number): RouteMatchOptions[] {
  return Array.from({ length: count }, (_, index) => routeAt(index));
}

/** Requests of one kind, spread evenly over the routes of a set of `routes`. */
export function requestsOf(lookup: Lookup, routes: number, count: number): RouteRequest[] {
  return Array.from({ length: count }, (_, turn) => {
    // A stride that has no factor in common with the number of routes of a kind comes to all of them.
    const group = (turn * 7919) % (routes / KINDS);
    return requestFor(lookup, group * KINDS, turn);
  });
}

function requestFor(lookup: Lookup, first: number, turn: number): RouteRequest {
  const id = String(100_000 + turn);
  const get = (at: number, path: string, host = ANY_HOST): RouteRequest => ({
    host,
    path,
    method: 'GET',
    route: `route-${digits(at)}`,
  });
  const at = (kind: number): string => digits(first + kind);
  switch (lookup) {
    case 'static':
      return get(first, `${service(first)}/reports-${at(0)}/latest`);
    case 'parameter':
      return get(first + 1, `${service(first + 1)}/things-${at(1)}/${id}`);
    case 'encoded':
      return get(first + 2, `${service(first + 2)}/owners-${at(2)}/${id}/items/i%20${turn + 100}`);
    case 'wildcard':
      return get(first + 3, `/files-${at(3)}/2026/11/${id}.pdf`);
    case 'host':
      return get(first + 4, `/tenant-${at(4)}/orders/${id}`, hostOf(first + 4).replace('*', 'shop'));
    case 'miss':
      return { ...get(0, `${service(first)}/nothing-${at(1)}/${id}`), route: null };
    default:
      return { ...get(0, `${service(first + 1)}/things-${at(1)}/${id}`), method: 'PATCH', route: null };
  }
}
