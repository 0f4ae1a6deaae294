// Forward: choose a target, send the request there, await the response head.
import { GatewayError } from '../errors.js';
import { BufferedBody, type Exchange } from '../exchange.js';
import { COMMON_NAMES, HeaderList } from '../headers.js';
import type { Route } from '../route.js';
import type { Certificate } from '../tls/certificate.js';
import type { ResponseReceiver, UpstreamRequest, UpstreamResponse } from '../upstream/upstream.js';
import { secretFieldValue } from './secret-headers.js';

const VIA = '1.1 sluice';
/** Fields of the client that the gateway writes itself. */
const OWN: ReadonlySet<string> = new Set([
  'host',
  'client-cert',
  'client-cert-chain',
  'content-length',
  'expect',
  'forwarded',
  'x-real-ip',
  'x-request-id',
  'via',
  // Some servers take these for the target, in place of the one that filters saw.
  'x-original-url',
  'x-rewrite-url',
  // And these for the method.
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
]);
const OWN_PREFIX = 'x-forwarded-';
/** A filter that reads bodies needs them whole and plain. */
const PARTIAL: ReadonlySet<string> = new Set(['accept-encoding', 'range', 'if-range']);
/** Names that go on whatever the route and its filters: what most clients send, found by one look-up. */
const PASSED: ReadonlySet<string> = new Set(
  COMMON_NAMES.filter((name) => !isOwn(name) && !PARTIAL.has(name)),
);

/**
 * Sends the request upstream; `takeResponse` puts what comes of it on the exchange. A filter that sees the request body
 * in chunks may answer meanwhile: then its response is there already and stays, and what fails after it does not count.
 * @param wholeResponse a response filter reads the body, so no part and no compressed one will do
 * @throws GatewayError why the exchange was cancelled before; then the receiver is not called
 */
export function forward(
  exchange: Exchange,
  route: Route,
  wholeResponse: boolean,
  receiver: ResponseReceiver,
): void {
  const { reason } = exchange.cancellation;
  if (reason !== undefined) throw reason;
  route.upstream.send(upstreamRequest(exchange, route, wholeResponse), receiver);
}

/** Puts the response of the upstream on the exchange, unless a filter has answered meanwhile. */
export function takeResponse(exchange: Exchange, response: UpstreamResponse): void {
  exchange.redirects = response.hops;
  if (exchange.response !== null) {
    response.body?.cancel(new GatewayError('SLUICE_UPSTREAM_CUT', 'a filter answered meanwhile'));
    return;
  }
  exchange.response = { status: response.status, headers: response.headers, body: response.body };
}

function upstreamRequest(exchange: Exchange, route: Route, wholeResponse: boolean): UpstreamRequest {
  const { connectMs, responseMs, idleMs } = route.config.timeouts;
  return {
    method: exchange.method,
    target: exchange.query === '' ? exchange.path : `${exchange.path}?${exchange.query}`,
    authority: route.config.preserveHost ? exchange.authority : '',
    headers: upstreamHeaders(exchange, route, wholeResponse),
    body: exchange.requestBody,
    acceptsTrailers: exchange.acceptsTrailers,
    // Filters see none, so where there are some that judge requests, a trailer could say what a header may not.
    refusesTrailer: mayHaveTrailers(exchange.requestBody)
      ? (name) => route.requestChain.links.length > 0 || isTakenForOwn(name, exchange, route)
      : null,
    confined: confinedHeaders(exchange, route),
    connectMs,
    responseMs,
    idleMs,
    cancellation: exchange.cancellation,
    trace: exchange,
  };
}

function mayHaveTrailers(body: Exchange['requestBody']): boolean {
  return body !== null && !(body instanceof BufferedBody && body.trailers === null);
}

/** Headers with what belongs to the operator: those of the upstream, and those that filters put a secret into. */
function confinedHeaders(
  { secretHeaders }: Exchange,
  { upstreamHeaders: own }: Route,
): UpstreamRequest['confined'] {
  if (secretHeaders === null) return own;
  return { has: (name) => own.has(name) || secretHeaders.has(name) };
}

function isOwn(name: string): boolean {
  return OWN.has(name) || name.startsWith(OWN_PREFIX);
}

/** CGI and its heirs (WSGI, PHP, Rack) have one variable for `x-real-ip` and `x_real_ip`: the client's would count as well. */
function isTakenForOwn(name: string, { secretHeaders }: Exchange, route: Route): boolean {
  const folded = name.replaceAll('_', '-');
  return isOwn(folded) || route.upstreamHeaders.has(folded) || secretHeaders?.has(folded) === true;
}

function upstreamHeaders(exchange: Exchange, route: Route, wholeResponse: boolean): HeaderList {
  const { flat } = exchange.requestHeaders;
  const asked = exchange.secretHeaders;
  const kept: string[] = [];
  let via = VIA;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    if (!PASSED.has(name)) {
      if (name === 'via') via = `${flat[i + 1]}, ${via}`;
      if (isOwn(name) || (wholeResponse && PARTIAL.has(name))) continue;
      if (name.includes('_') && isTakenForOwn(name, exchange, route)) continue;
    }
    const secret = asked === null ? null : secretFieldValue(name, flat[i + 1]!, asked, route);
    kept.push(name, secret ?? flat[i + 1]!);
  }
  if (wholeResponse) kept.push('accept-encoding', 'identity');
  kept.push(
    'x-forwarded-for',
    exchange.forwardedFor === ''
      ? exchange.clientAddress
      : `${exchange.forwardedFor}, ${exchange.peerAddress}`,
    'x-forwarded-proto',
    exchange.scheme,
    'x-forwarded-host',
    exchange.authority,
    'x-request-id',
    exchange.id,
    'via',
    via,
  );
  if (route.client?.forward === true) kept.push('client-cert', clientCert(exchange.clientCertificate!));
  const headers = new HeaderList(kept);
  route.upstreamHeaders.applyTo(headers);
  return headers;
}

/** DER as a byte sequence (RFC 9440 §2.1, RFC 9651 §3.3.5). */
function clientCert({ der }: Certificate): string {
  return `:${Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64')}:`;
}
