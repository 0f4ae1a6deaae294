// A callout of a filter: one request to an upstream that was granted, and what it came to. It never fails the
// exchange; what a failure means is the filter's to decide.
import { CALLOUT_DONE, CALLOUT_FAILED, CALLOUT_TIMEOUT, CALLOUT_TOO_LARGE } from '../../sdk/abi/abi.js';
import { GatewayError } from '../errors.js';
import { BufferedBody, Cancellation, type Exchange } from '../exchange.js';
import { HeaderList } from '../headers.js';
import type { CalloutUpstream } from '../route.js';
import type { UpstreamHeaders } from '../upstream-headers.js';
import type { CalloutOutcome } from '../wasm/callout-outcome.js';
import type { Callout } from '../wasm/guest-abi.js';
import { collectBody } from './collect-body.js';

/** Largest body of a response that a filter gets. */
const MOST_BODY_BYTES = 256 * 1024;

/** What came of a callout; with the error, for the log, when no whole response came in time. */
export interface CalloutResult {
  readonly outcome: CalloutOutcome;
  readonly error: GatewayError | null;
}

/**
 * Makes the callout.
 * @throws GatewayError why the exchange was cancelled, when that is why it did not come to an end
 */
export async function performCallout(
  exchange: Exchange,
  callout: Callout,
  { upstream, headers }: CalloutUpstream,
): Promise<CalloutResult> {
  const { timeoutMs } = callout;
  const cancellation = new Cancellation();
  exchange.cancellation.subscribe((reason) => cancellation.cancel(reason));
  const timer = setTimeout(() => cancellation.cancel(tooLate(timeoutMs)), timeoutMs);
  try {
    const response = await upstream.forward({
      method: callout.method,
      target: callout.target,
      authority: '',
      headers: headersOf(exchange, callout, headers),
      body: callout.body === null ? null : new BufferedBody(callout.body),
      acceptsTrailers: false,
      refusesTrailer: null,
      confined: headers,
      connectMs: timeoutMs,
      responseMs: timeoutMs,
      idleMs: timeoutMs,
      cancellation,
      trace: null,
    });
    const { status, body } = response;
    const bytes = body === null ? null : (await collectBody(body, MOST_BODY_BYTES, tooLarge)).bytes;
    return {
      outcome: { status, failure: CALLOUT_DONE, headers: response.headers.flat, body: bytes },
      error: null,
    };
  } catch (cause) {
    const { reason } = exchange.cancellation;
    if (reason !== undefined) throw reason;
    const error = GatewayError.from(cause);
    return { outcome: { status: 0, failure: failureOf(error), headers: [], body: null }, error };
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(timeoutMs: number): GatewayError {
  return new GatewayError('SLUICE_UPSTREAM_TIMEOUT', `the callout took longer than ${timeoutMs} ms`);
}

function tooLarge(): GatewayError {
  return new GatewayError(
    'SLUICE_FILTER_RESPONSE_TOO_LARGE',
    `the response to the callout is larger than ${MOST_BODY_BYTES} bytes`,
  );
}

/** `CALLOUT_*` of sdk/abi. */
function failureOf({ code }: GatewayError): number {
  switch (code) {
    case 'SLUICE_UPSTREAM_TIMEOUT':
    case 'SLUICE_UPSTREAM_CONNECT_TIMEOUT':
    case 'SLUICE_UPSTREAM_CONNECTIONS':
      return CALLOUT_TIMEOUT;
    case 'SLUICE_FILTER_RESPONSE_TOO_LARGE':
      return CALLOUT_TOO_LARGE;
    default:
      return CALLOUT_FAILED;
  }
}

/** The filter's fields, under those that the operator sets on every request to this upstream. */
function headersOf(exchange: Exchange, callout: Callout, own: UpstreamHeaders): HeaderList {
  const headers = new HeaderList([...callout.headers]);
  headers.set('x-request-id', exchange.id);
  own.applyTo(headers);
  return headers;
}
