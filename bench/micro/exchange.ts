// Exchanges as a gateway behind a browser sees them: twelve headers each, and no two alike.
import { HeaderList } from '../../core/headers.js';
import type { PhaseMessage } from '../../core/wasm/guest-abi.js';

/** Different ones that a call of a contender goes through; their lengths differ too. */
export const VARIANTS = 16;

/** Requests for filters, the first `VARIANTS` of them with values of their own. */
export function requests(body: Uint8Array | null): PhaseMessage[] {
  return Array.from({ length: VARIANTS }, (_, variant) => requestOf(variant, body));
}

function requestOf(variant: number, body: Uint8Array | null): PhaseMessage {
  const order = 1001 + variant * 37;
  return {
    phase: 'request',
    id: `7f3c2e1a-9b4d-4c6e-8f10-${String(variant).padStart(12, '0')}`,
    routeId: variant % 2 === 0 ? 'get-order' : 'list-of-order-lines',
    scheme: 'https',
    method: variant % 4 === 0 ? 'PUT' : 'POST',
    authority: 'api.example.com',
    clientAddress: `192.0.2.${variant + 1}`,
    certificate: [],
    params: ['id', String(order)],
    path: `/orders/${order}/lines`,
    query: `page=${variant}&notify=yes`,
    requestHeaders: new HeaderList(Object.entries(headersOf(variant)).flat()),
    status: 0,
    responseHeaders: new HeaderList(),
    body,
    stage: body === null ? 'none' : 'whole',
  };
}

function headersOf(variant: number): Record<string, string> {
  return {
    accept: 'application/json',
    'accept-encoding': 'gzip, deflate, br',
    'accept-language': variant % 3 === 0 ? 'en-US,en;q=0.5' : 'de-DE,de;q=0.8,en;q=0.5',
    authorization: `Bearer ${'x'.repeat(100 + variant)}`,
    'cache-control': 'no-cache',
    'content-type': 'application/json',
    cookie: `session=0123456789abcdef${variant}; theme=dark`,
    origin: 'https://app.example.com',
    referer: `https://app.example.com/orders/${variant}`,
    'sec-fetch-mode': 'cors',
    'user-agent': `Mozilla/5.0 (X11; Linux x86_64; rv:${128 + variant}.0) Gecko/20100101 Firefox/${128 + variant}.0`,
    'x-request-id': `7f3c2e1a9b4d4c6e8f10${variant}`,
  };
}
