// The operator's view over HTTP, on loopback only: health, readiness, metrics, what runs. It asks callbacks
// and knows no other room; nothing here changes anything.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GatewayError } from '../errors.js';

/** Answer of /readyz. 200 when `ready`, else 503. */
export interface Readiness {
  readonly ready: boolean;
  /** Why not, or what is wrong although traffic is served; empty when all is well. */
  readonly reasons: readonly string[];
  /** Revision that runs; empty before the first. */
  readonly revision: string;
  /** The last load that failed and was not made good since. */
  readonly lastError: string | null;
}

/** What the server asks. None may hold a secret: everybody on the machine may read the answers. */
export interface AdminSources {
  readiness(): Readiness;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** What runs: revision, since when, how many routes, filters, upstreams. Printed as JSON. */
  config(): unknown;
  /** How each filter fares: state, quarantines, last failure. Printed as JSON. */
  filters(): unknown;
  /** Told when one of the above throws; the client gets 500 without the reason. */
  failed(error: unknown): void;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  readonly allow?: string;
}

const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

/** HTTP server for operators and probes: GET and HEAD of /healthz, /readyz, /metrics, /config, /filters. */
export class AdminServer {
  readonly #sources: AdminSources;
  readonly #server: Server;

  constructor(sources: AdminSources) {
    this.#sources = sources;
    // Probes and scrapers send small requests at once; whoever is slow here is not one of them.
    this.#server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (request, response) => {
      void this.#handle(request, response);
    });
    this.#server.maxConnections = 256;
  }

  /** Port that is bound; 0 before `listen` and after `close`. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /**
   * @param host a loopback address or `localhost`: there is no authentication
   * @param port 0 lets the system choose
   * @throws GatewayError SLUICE_LISTEN_ADDRESS
   */
  async listen(host: string, port: number): Promise<void> {
    if (!isLoopback(host)) {
      throw new GatewayError('SLUICE_LISTEN_ADDRESS', `The admin listener is for loopback only, not ${host}`);
    }
    await new Promise<void>((resolve, reject) => {
      const refuse = (cause: Error): void => {
        reject(
          new GatewayError('SLUICE_LISTEN_ADDRESS', `Cannot open the admin listener on ${host}:${port}`, {
            cause,
          }),
        );
      };
      this.#server.once('error', refuse);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', refuse);
        resolve();
      });
    });
  }

  /** Lets running answers end, then resolves; a connection that only idles is cut. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer;
    try {
      answer = await this.#answer(request);
    } catch (error) {
      this.#sources.failed(error);
      answer = problem(500, 'The admin server failed on this request; the log says why.');
    }
    response.writeHead(answer.status, {
      'content-type': answer.contentType,
      'content-length': Buffer.byteLength(answer.text),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(answer.allow === undefined ? {} : { allow: answer.allow }),
    });
    response.end(request.method === 'HEAD' ? undefined : answer.text);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    // A page in a browser can have its own name point at 127.0.0.1 (DNS rebinding), but not forge `host`.
    if (!isLoopback(hostOf(request.headers.host ?? ''))) {
      return problem(421, 'The host field must name a loopback address.');
    }
    const path = (request.url ?? '').split('?', 1)[0]!;
    const route = this.#route(path);
    if (route === null) return problem(404, 'The admin server has no such page.');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return { ...problem(405, 'The admin server is read only.'), allow: 'GET, HEAD' };
    }
    return route();
  }

  #route(path: string): (() => Answer | Promise<Answer>) | null {
    switch (path) {
      case '/healthz':
        return () => json(200, { alive: true });
      case '/readyz':
        return () => {
          const readiness = this.#sources.readiness();
          return json(readiness.ready ? 200 : 503, readiness);
        };
      case '/metrics':
        return async () => ({ status: 200, ...(await this.#sources.metrics()) });
      case '/config':
        return () => json(200, this.#sources.config());
      case '/filters':
        return () => json(200, this.#sources.filters());
      default:
        return null;
    }
  }
}

function json(status: number, value: unknown): Answer {
  return { status, contentType: JSON_TYPE, text: `${JSON.stringify(value)}\n` };
}

function problem(status: number, detail: string): Answer {
  const title = { 404: 'Not Found', 405: 'Method Not Allowed', 421: 'Misdirected Request' }[status];
  return {
    ...json(status, { title: title ?? 'Internal Server Error', status, detail }),
    contentType: PROBLEM_TYPE,
  };
}

/** Host part of a `host` field: without port, IPv6 without brackets, lower case. */
function hostOf(field: string): string {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:]*))(?::\d*)?$/.exec(field);
  return (match?.[1] ?? match?.[2] ?? '').toLowerCase();
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return /^127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(host);
}
