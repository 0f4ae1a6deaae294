// The index of routes that are there as objects already.
import { GatewayError } from '../errors.js';
import { parsePathPattern } from '../path-pattern.js';
import { type HostPaths, type LargePlace, PathSurvey } from '../path-place.js';
import type { IndexedRoute, RouteEntry, RouteIndex } from './router.js';

/** Those of one host pattern. */
class HostEntries<Route> {
  readonly survey = new PathSurvey();
  readonly byPrefix = new Map<string, IndexedRoute<Route>[]>();
}

export class EntryIndex<Route> implements RouteIndex<Route> {
  readonly #hosts = new Map<string | null, HostEntries<Route>>();
  /** Ids by what they claim. */
  readonly #claims = new Map<string, string>();

  /**
   * Entries without hosts (`[]`) or methods (`[]`) get no request.
   * @throws GatewayError SLUICE_ROUTE_PATTERN for a path that is no pattern, SLUICE_CONFIG_DUPLICATE when
   *   two entries claim the same host, shape of path and method
   */
  constructor(entries: Iterable<RouteEntry<Route>>) {
    for (const entry of entries) this.#add(entry);
  }

  get hasHosts(): boolean {
    return this.#hosts.size > (this.#hosts.has(null) ? 1 : 0);
  }

  pathsOf(host: string | null): HostPaths | null {
    return this.#hosts.get(host)?.survey.paths ?? null;
  }

  get largePlaces(): readonly LargePlace[] {
    return Array.from(this.#hosts).flatMap(([host, { survey }]) => survey.largePlaces(host));
  }

  under(host: string | null, prefix: string): readonly IndexedRoute<Route>[] {
    return this.#hosts.get(host)?.byPrefix.get(prefix) ?? [];
  }

  #add(entry: RouteEntry<Route>): void {
    const pattern = parsePathPattern(entry.path);
    if (entry.methods.length === 0) return;
    for (const host of entry.hosts === null ? [null] : new Set(entry.hosts)) {
      for (const method of new Set(entry.methods))
        this.#claim(`${method} ${host ?? ''} ${pattern.shape}`, method, entry);
      const entries = this.#hosts.get(host) ?? new HostEntries();
      this.#hosts.set(host, entries);
      entries.survey.add(pattern);
      const { id, methods, route } = entry;
      const filed = entries.byPrefix.get(pattern.prefix) ?? [];
      entries.byPrefix.set(pattern.prefix, filed);
      filed.push({ id, pattern, methods, route });
    }
  }

  #claim(claim: string, method: string, { id, path }: RouteEntry<Route>): void {
    const other = this.#claims.get(claim);
    if (other !== undefined) {
      throw new GatewayError(
        'SLUICE_CONFIG_DUPLICATE',
        `routes "${other}" and "${id}" both claim ${method} ${path}`,
      );
    }
    this.#claims.set(claim, id);
  }
}
