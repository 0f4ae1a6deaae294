// Who is held next to whom, and what was promised of it.
import type { Job } from './peer.js';

export interface Comparison {
  /** The same for ever, since a baseline knows it by this. */
  readonly id: string;
  readonly own: Job;
  readonly peer: string;
  readonly job: Job;
  /** CPU per request; null where nothing was promised. */
  readonly atMost: number | null;
}

const JOB_TITLES: Readonly<Record<Job, string>> = {
  plain: 'plain proxy',
  policy: 'policy',
  filtered: 'policy + validate + sanitise',
};

export function titleOf(job: Job): string {
  return JOB_TITLES[job];
}

const same = (job: Job, peer: string, atMost: number | null = null): Comparison => ({
  ...{ id: `peers/${job}/${peer}`, own: job, peer, job, atMost },
});
/** The gateway does what it is there for, and the peer nothing but pass on. */
const nextToPlain = (peer: string, atMost: number | null): Comparison => ({
  ...{ id: `peers/filtered/${peer}-plain`, own: 'filtered', peer, job: 'plain', atMost },
});

export const COMPARISONS: readonly Comparison[] = [
  same('plain', 'nginx', 1.5),
  same('plain', 'uws-undici', 0.6),
  ...['haproxy', 'envoy', 'caddy', 'http-proxy', 'fastify'].map((peer) => same('plain', peer)),
  ...['nginx-lua', 'haproxy', 'uws-undici'].map((peer) => same('policy', peer)),
  same('policy', 'envoy-wasm', 0.7),
  nextToPlain('nginx', 2),
  same('filtered', 'nginx-lua', 1),
  same('filtered', 'fastify', 0.25),
  nextToPlain('caddy', 0.33),
  same('filtered', 'envoy-wasm', 0.7),
  ...['haproxy-lua', 'uws-undici', 'http-proxy'].map((peer) => same('filtered', peer)),
];

/** p99 at half of what the gateway takes, next to nginx as a plain proxy at the same rate. */
export const AT_HALF_LOAD = [
  { id: 'peers/half-load-p99/nginx', own: 'filtered', peer: 'nginx', job: 'plain', atMost: 2 },
  { id: 'peers/plain-half-load-p99/nginx', own: 'plain', peer: 'nginx', job: 'plain', atMost: 2 },
] as const satisfies readonly Comparison[];
