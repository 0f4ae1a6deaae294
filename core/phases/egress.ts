// Egress: the last look at a response before it leaves: no secret of the revision goes along, in whatever spelling.
import type { EgressGuard } from '../egress.js';
import { BufferedBody, type Exchange, type ExchangeResponse } from '../exchange.js';
import type { HeaderList } from '../headers.js';
import { dropBodyFields } from '../wasm/edits.js';
import { trailersAfterEdit } from './collect-body.js';
import { makePlain } from './plain-body.js';
import { ScannedBody, ScannedTrailers, scanFields, withheld } from './scanned-body.js';

/** Told of secrets that were on their way out. */
export interface EgressObserver {
  /** Once for each exchange, secret and place. */
  secretCaught(secret: string, place: 'header' | 'body', mode: EgressGuard['mode'], exchange: Exchange): void;
}

/**
 * Looks for secrets in the response on the exchange, and takes them out. A body that flows is looked at as it flows; the head
 * waits for the first bytes of it that can be let go.
 * @throws GatewayError SLUICE_SECRET_EGRESS in mode `block`, SLUICE_FILTER_RESPONSE_ENCODED, and what the body fails with
 */
export async function guardEgress(
  exchange: Exchange,
  response: ExchangeResponse,
  guard: EgressGuard,
  observer: EgressObserver,
): Promise<void> {
  const caught = new Set<string>();
  const tell = (secret: string, place: 'header' | 'body'): void => {
    const key = `${place} ${secret}`;
    if (caught.has(key)) return;
    caught.add(key);
    observer.secretCaught(secret, place, guard.mode, exchange);
  };
  if (guard.headers) guardFields(response.headers, 'header', guard, (secret) => tell(secret, 'header'));
  if (!guard.bodies) {
    guardTrailers(exchange, response, guard, (secret) => tell(secret, 'header'));
    return;
  }
  makePlain(exchange, response);
  const { body } = response;
  if (body === null) return;
  const inBody = (secret: string): void => tell(secret, 'body');
  if (body instanceof BufferedBody) {
    response.body = guardWhole(response, body, guard, inBody);
    return;
  }
  // What becomes of it is known only when the head is gone.
  if (guard.mode === 'redact') dropBodyFields(response.headers);
  const scanned = new ScannedBody(body, guard, {
    found: inBody,
    broken: (error) => {
      exchange.error ??= error;
    },
  });
  response.body = scanned;
  await scanned.first();
}

function guardFields(
  fields: HeaderList,
  kind: 'header' | 'trailer',
  guard: EgressGuard,
  found: (secret: string) => void,
): void {
  scanFields(fields, guard.scanner, (secret, name) => {
    found(secret);
    if (guard.mode === 'block') throw withheld(`the ${kind} ${name}`, secret);
  });
}

/** Where bodies go unseen, the fields after them do not. */
function guardTrailers(
  exchange: Exchange,
  response: ExchangeResponse,
  guard: EgressGuard,
  found: (secret: string) => void,
): void {
  const { body } = response;
  if (body === null) return;
  if (body instanceof BufferedBody) {
    if (body.trailers !== null) guardFields(body.trailers, 'trailer', guard, found);
    return;
  }
  response.body = new ScannedTrailers(body, guard, {
    found,
    broken: (error) => {
      exchange.error ??= error;
    },
  });
}

function guardWhole(
  { headers }: ExchangeResponse,
  body: BufferedBody,
  guard: EgressGuard,
  found: (secret: string) => void,
): BufferedBody {
  if (body.trailers !== null) guardFields(body.trailers, 'trailer', guard, found);
  const redacted = guard.scanner.redact(body.bytes, (secret) => {
    found(secret);
    if (guard.mode === 'block') throw withheld('the body', secret);
  });
  if (redacted === body.bytes) return body;
  dropBodyFields(headers);
  return new BufferedBody(redacted, trailersAfterEdit(body));
}
