// What the gateway is asked, and what nginx is asked beside it.
import { REQUESTS } from '../harness/job.js';
import type { LoadPlan, LoadRequest } from '../harness/load.js';

export interface Scenario {
  /** Part of the ids of ratios, so it stays. */
  readonly id: string;
  readonly name: string;
  readonly own: LoadRequest;
  /** nginx as a plain proxy does this in the same rounds; null where it would be another job. */
  readonly peer: LoadRequest | null;
  readonly connections: number;
  readonly isSecure: boolean;
  readonly isRefused: boolean;
  /** CPU per request next to nginx; null where nothing was promised. */
  readonly atMost: number | null;
}

const CONNECTIONS = 64;

const scenario = (
  id: string,
  name: string,
  own: LoadRequest,
  peer: LoadRequest | null,
  more: Partial<Scenario> = {},
): Scenario => ({
  ...{ id, name, own, peer, connections: CONNECTIONS, isSecure: false, isRefused: false, atMost: null },
  ...more,
});

const { plain, policed, filtered, plainPage, filteredPage, read, forbidden, undeclared, download, upload } =
  REQUESTS;

export const SCENARIOS: readonly Scenario[] = [
  scenario('plain', 'plain proxy', plain, plain, { atMost: 1.5 }),
  scenario('policy', 'policy', policed, plain),
  scenario('filtered', 'policy + validate + sanitise', filtered, plain, { atMost: 2 }),
  scenario('filtered-20k', 'the same, 20 KB', filteredPage, plainPage),
  scenario('read', 'GET, policy + sanitise', read, { ...read, path: '/plain' }),
  scenario('forbidden', 'refused by policy, 403', forbidden, null, { isRefused: true }),
  scenario('undeclared', 'not declared, 404', undeclared, null, { isRefused: true }),
  scenario('download', 'download of 1 MiB', download, download, { connections: 16 }),
  scenario('upload', 'upload of 1 MiB', upload, upload, { connections: 16 }),
  scenario('tls', 'the three filters over TLS 1.3', filtered, plain, { isSecure: true }),
  scenario('plain-1', 'plain proxy, 1 connection', plain, plain, { connections: 1 }),
  scenario('filtered-1', 'the three filters, 1 connection', filtered, plain, { connections: 1 }),
  scenario('plain-512', 'plain proxy, 512 connections', plain, plain, { connections: 512 }),
  scenario('filtered-512', 'the three filters, 512 connections', filtered, plain, { connections: 512 }),
];

/** Whose latency is looked at while the server has half of what it can take. */
export const AT_HALF_LOAD = SCENARIOS.filter(({ id }) => id === 'plain' || id === 'filtered');

export function planOf(scenario: Scenario, request: LoadRequest, seconds: number, pauseMs = 0): LoadPlan {
  const { connections, isRefused } = scenario;
  return { request, connections, seconds, pauseMs, isRefused };
}
