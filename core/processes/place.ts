// The place of a process in its set, as its supervisor tells it in the environment.
import cluster from 'node:cluster';
import type { Seat } from '../seat.js';

export type Place = Pick<Seat, 'index' | 'count'>;

/** `2/4` for the second of four. */
export const PLACE_VARIABLE = 'SLUICE_PROCESS';

/** Null for a process that no supervisor has started. */
export function placeOfProcess(): Place | null {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(process.env[PLACE_VARIABLE] ?? '') ?? [];
  return cluster.isWorker && index !== undefined ? { index: Number(index), count: Number(count) } : null;
}
