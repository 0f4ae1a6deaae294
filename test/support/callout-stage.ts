// A gateway whose filters may call out, with the service they call and the API behind them, for tests of callouts.
import type { IncomingMessage, RequestListener } from 'node:http';
import type { TestContext } from 'node:test';
import { route, TestGateway } from './gateway.js';
import { closedOrigin, startHttpTarget } from './upstream-servers.js';

type Filters = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** For filters that must not be ended: a busy machine may leave a thread waiting for longer than the default. */
export const PATIENT = { deadlineMs: 2000 };

export interface CalloutStage {
  readonly gateway: TestGateway;
  /** Headers and bodies that reached the API, in order. */
  readonly seen: { readonly headers: IncomingMessage['headers']; readonly body: string }[];
  ask(headers?: Record<string, string>, init?: RequestInit): Promise<Response>;
}

/**
 * Starts all three. The route `all` has every filter but those called `spare…`; the upstreams are `sample` (the API),
 * `side` (the service, which no route names) and `nowhere` (nobody listens).
 * @param service answers callouts to `side`
 */
export async function startCallouts(
  test: TestContext,
  filters: Filters,
  service: RequestListener,
  routes: readonly Readonly<Record<string, unknown>>[] = [],
): Promise<CalloutStage> {
  const seen: { headers: IncomingMessage['headers']; body: string }[] = [];
  const api = await startHttpTarget(test, async (request, response) => {
    seen.push({ headers: request.headers, body: await bodyOf(request) });
    response.end('{"api":true}');
  });
  const side = await startHttpTarget(test, service);
  const all = Object.keys(filters).filter((name) => !name.startsWith('spare'));
  const gateway = await TestGateway.start(
    test,
    {
      upstreams: {
        sample: { targets: [{ url: api.url }] },
        side: { targets: [{ url: side.url }], headers: { 'x-gateway-key': 'k' } },
        nowhere: { targets: [{ url: await closedOrigin() }], retries: 0 },
      },
      filters,
      routes: [...routes, route('all', '/*', all)],
      log: { level: 'debug' },
    },
    guestsOf(filters),
  );
  const ask = (headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> =>
    fetch(gateway.url('/thing?x=1'), { ...init, headers });
  return { gateway, seen, ask };
}

/** Names of the guests whose modules these filters name as `./NAME.wasm`. */
function guestsOf(filters: Filters): string[] {
  const modules = Object.values(filters).map(({ module }) => String(module));
  return [...new Set(modules)].map((module) => module.slice('./'.length, -'.wasm'.length));
}

/** The guest that calls `upstream` as headers of the request say. */
export function calling(
  upstream: string,
  more: Readonly<Record<string, unknown>> = {},
  config: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    module: './callouts.wasm',
    limits: PATIENT,
    config: { upstream, ...config },
    grants: { callouts: [upstream] },
    ...more,
  };
}

/** The guest that asks `upstream` whether the client may. */
export function authorising(upstream: string): Readonly<Record<string, unknown>> {
  return { module: './authz.wasm', limits: PATIENT, config: { upstream }, grants: { callouts: [upstream] } };
}

/** A service that answers the target and the body it got. */
export const echo: RequestListener = async (request, response) => {
  response.end(`${request.url}=${await bodyOf(request)}`);
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
