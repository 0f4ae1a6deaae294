// What a gateway is asked in a soak: the requests of the job, mixed, with what each is answered.
import { REQUESTS } from '../harness/job.js';
import type { LoadRequest } from '../harness/load.js';

export interface Mixed {
  readonly name: string;
  readonly request: LoadRequest;
  readonly status: number;
  /** How many of a hundred. */
  readonly weight: number;
}

const { plain, policed, filtered, plainPage, filteredPage, read, forbidden, undeclared, download, upload } =
  REQUESTS;

export const MIX: readonly Mixed[] = [
  { name: 'plain', request: plain, status: 200, weight: 24 },
  { name: 'policy', request: policed, status: 200, weight: 15 },
  { name: 'policy + validate + sanitise', request: filtered, status: 200, weight: 30 },
  { name: 'the same, 20 KB', request: filteredPage, status: 200, weight: 5 },
  { name: 'plain, 20 KB', request: plainPage, status: 200, weight: 4 },
  { name: 'GET, policy + sanitise', request: read, status: 200, weight: 15 },
  { name: 'refused by policy', request: forbidden, status: 403, weight: 3 },
  { name: 'not declared', request: undeclared, status: 404, weight: 2 },
  { name: 'download of 1 MiB', request: download, status: 200, weight: 1 },
  { name: 'upload of 1 MiB', request: upload, status: 200, weight: 1 },
];

/** Indexes of a mix, each as often as its weight says, spread as evenly as they can be. */
export function orderOf(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const due = weights.map(() => 0);
  return Array.from({ length: total }, () => {
    for (const [index, weight] of weights.entries()) due[index]! += weight;
    const next = due.indexOf(Math.max(...due));
    due[next]! -= total;
    return next;
  });
}
