// The revisions that a gateway is given in a soak: each differs from the one before, and answers the same requests.
import { renameSync, writeFileSync } from 'node:fs';
import { FILTERS, ROUTES, type SluicePlaces, sluiceConfig } from '../harness/job.js';

/** A busy machine is no reason to end a worker. */
const LIMITS = { deadlineMs: 2_000 };

/** A filter and a route differ from one number to the next, and from each second one on the upstream too. */
export function revisionOf(places: SluicePlaces, number: number): string {
  const cleaning = FILTERS['clean-user'];
  const { headers } = cleaning.config;
  const marked = { ...headers, set: { ...headers.set, 'x-revision': String(number) } };
  const target = { url: `http://127.0.0.1:${places.upstreamPort}` };
  const filters = {
    ...FILTERS,
    'clean-user': { ...cleaning, config: { ...cleaning.config, headers: marked } },
  };
  return sluiceConfig(places, {
    filters: Object.fromEntries(
      Object.entries(filters).map(([name, filter]) => [name, { ...filter, limits: LIMITS }]),
    ),
    routes: [
      ...ROUTES,
      { id: 'changing', match: { path: `/revisions/${number}`, methods: ['GET'] }, upstream: 'sample' },
    ],
    upstreams: { sample: { targets: [target], keepAliveMs: 30_000 + (number >> 1) } },
  });
}

/** Puts it in the place of the one that runs, whole. */
export function writeRevision(file: string, text: string): void {
  writeFileSync(`${file}.next`, text);
  renameSync(`${file}.next`, file);
}
