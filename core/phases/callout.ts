// A callout of a filter: one request to an upstream that was granted, and what it came to. It never fails the
// exchange; what a failure means is the filter's to decide.
import { CALLOUT_DONE, CALLOUT_FAILED, CALLOUT_TIMEOUT, CALLOUT_TOO_LARGE } from '../../sdk/abi/abi.js';
import { GatewayError } from '../errors.js';
import { BufferedBody, Cancellation, type Exchange } from '../exchange.js';
import { HeaderList } from '../headers.js';
import type { CalloutUpstream } from '../route.js';
import type { CalloutOutcome } from '../wasm/callout-outcome.js';
import type { Callout } from '../wasm/guest-abi.js';
import { collectBody } from './collect-body.js';

/** Largest body of a response that a filter gets. */
const MOST_BODY_BYTES = 256 * 1024;

/** Codes that mean: not in time. */
const TIMEOUTS: ReadonlySet<string> = new Set(['SLUICE_UPSTREAM_TIMEOUT', 'SLUICE_UPSTREAM_CONNECT_TIMEOUT']);

/**
 * Makes the callout.
 * @throws GatewayError why the exchange was cancelled, when that is why it did not come to an end
 */
export async function performCallout(
  exchange: Exchange,
  callout: Callout,
  { upstream, headers }: CalloutUpstream,
): Promise<CalloutOutcome> {
  const cancellation = new Cancellation();
  exchange.cancellation.subscribe((reason) => cancellation.cancel(reason));
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    cancellation.cancel(new GatewayError('SLUICE_UPSTREAM_TIMEOUT', 'the callout took too long'));
  }, callout.timeoutMs);
  try {
    const response = await upstream.forward({
      method: callout.method,
      target: callout.target,
      authority: '',
      headers: headersOf(exchange, callout, headers),
      body: callout.body === null ? null : new BufferedBody(callout.body),
      connectMs: callout.timeoutMs,
      responseMs: callout.timeoutMs,
      idleMs: callout.timeoutMs,
      cancellation,
    });
    const { status, body } = response;
    let isTooLarge = false;
    const tooLarge = (): GatewayError => {
      isTooLarge = true;
      return new GatewayError('SLUICE_FILTER_RESPONSE_TOO_LARGE', `larger than ${MOST_BODY_BYTES} bytes`);
    };
    try {
      const bytes = body === null ? null : await collectBody(body, MOST_BODY_BYTES, tooLarge);
      return { status, failure: CALLOUT_DONE, headers: response.headers.flat, body: bytes };
    } catch (cause) {
      if (isTooLarge) return failed(CALLOUT_TOO_LARGE);
      throw cause;
    }
  } catch (cause) {
    const { reason } = exchange.cancellation;
    if (reason !== undefined) throw reason;
    return failed(isLate || TIMEOUTS.has(GatewayError.from(cause).code) ? CALLOUT_TIMEOUT : CALLOUT_FAILED);
  } finally {
    clearTimeout(timer);
  }
}

function failed(failure: number): CalloutOutcome {
  return { status: 0, failure, headers: [], body: null };
}

/** The filter's fields, under those that the operator sets on every request to this upstream. */
function headersOf(exchange: Exchange, callout: Callout, own: readonly string[]): HeaderList {
  const headers = new HeaderList([...callout.headers]);
  headers.set('x-request-id', exchange.id);
  for (let i = 0; i < own.length; i += 2) headers.set(own[i]!, own[i + 1]!);
  return headers;
}
