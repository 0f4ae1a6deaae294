// How an exchange ended, in the one reading that log and metrics share.
import { performance } from 'node:perf_hooks';
import type { Exchange } from '../exchange.js';

/**
 * Status to account an exchange under. An error goes before the response: when the upstream breaks off a 200
 * midway, what the client got was not a success, and an alert on 5xx should see it. 499 when there is neither,
 * which is a client that left before anything was decided.
 */
export function outcomeStatus(exchange: Exchange): number {
  if (exchange.error !== null) return exchange.error.status;
  return exchange.response === null ? 499 : exchange.response.status;
}

/** Milliseconds from the first byte of the head until now. */
export function elapsedMs(exchange: Exchange): number {
  return performance.now() - exchange.startedAtMs;
}
