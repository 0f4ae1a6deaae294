// What a configuration declares and no request can come to: as a rule something that was forgotten, or meant otherwise.
import { pointerTo } from '../config/error-at.js';
import type { ConfigRevision } from '../config/source.js';
import type { ConfigPlace } from '../errors.js';
import { printableLine } from './printable.js';

export interface UnusedPart {
  /** For people, with its place. */
  readonly message: string;
  readonly place: ConfigPlace;
}

/** In the order of upstreams, filters and routes; each with the place where it is declared. */
export async function findUnused({ config, places }: ConfigRevision): Promise<UnusedPart[]> {
  const found = unusedIn(config);
  if (found.length === 0) return [];
  const at = await places(found.map(({ pointer }) => pointer));
  return found.map(({ pointer, what }, index) => {
    const place = at[index]!;
    const { document, line, column } = place;
    return { place, message: printableLine(`${document}:${line}:${column} ${pointer}: ${what}`) };
  });
}

interface Finding {
  readonly pointer: string;
  readonly what: string;
}

function unusedIn({ upstreams, filters, routes: declared }: ConfigRevision['config']): Finding[] {
  const routes = [...declared];
  const chained = new Set(routes.flatMap((route) => route.filters));
  const called = filters.filter(({ name }) => chained.has(name)).flatMap(({ grants }) => grants.callouts);
  const reached = new Set([...routes.map(({ upstream }) => upstream), ...called]);
  return [
    ...upstreams
      .filter(({ name }) => !reached.has(name))
      .map(({ name }) => ({
        pointer: pointerTo('/upstreams', name),
        what: 'no route leads to this upstream, and no filter of a route may call it',
      })),
    ...filters
      .filter(({ name }) => !chained.has(name))
      .map(({ name }) => ({ pointer: pointerTo('/filters', name), what: 'no route has this filter' })),
    ...routes.flatMap(({ match }, index) => {
      const list = match.methods.length === 0 ? 'methods' : match.hosts?.length === 0 ? 'hosts' : null;
      if (list === null) return [];
      return [
        { pointer: `/routes/${index}/match/${list}`, what: 'an empty list: the route gets no request' },
      ];
    }),
  ];
}
