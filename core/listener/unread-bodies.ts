// Bodies that nobody reads to their end, the same for both engines: those of responses that are sent without one, and uploads
// that an answer does not wait for.
import { GatewayError } from '../errors.js';
import type { Body, BodyConsumer } from '../exchange.js';
import type { SendOptions } from './listener.js';
import { isBodiless } from './response-head.js';

/** An upload that has no more than this to come is read to its end after an early answer, for the next request. */
export const DISCARD_BYTES = 64 * 1024;

/** Reads a body of no bytes: it is to be read, or ended. */
export const DISCARD: BodyConsumer = { chunk(): void {}, end(): void {}, fail(): void {} };

/**
 * Ends the body of a response that is sent without one: to HEAD, or with a status that has none.
 * @returns what the head tells of its length all the same; null where it tells none
 */
export function withholdBody(status: number, body: Body | null, options?: SendOptions): number | null {
  // Nobody waits for its end, and it may have none.
  body?.cancel(new GatewayError('SLUICE_UPSTREAM_CUT', 'the response has no body'));
  return isBodiless(status) ? null : (options?.headLength ?? body?.length ?? null);
}

/** Why an exchange ends whose client is gone. */
export function leftEarly(): GatewayError {
  return new GatewayError('SLUICE_LISTEN_ABORTED', 'the connection closed before the response was complete');
}

/** Why an upload ends that is not of use any more. */
export function answeredEarly(): GatewayError {
  return new GatewayError('SLUICE_LISTEN_ABORTED', 'the response was complete before the request body was');
}
