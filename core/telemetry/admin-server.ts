// The operator's view over HTTP, on loopback or with TLS for callers that it knows: health, readiness, metrics, what runs.
// It asks callbacks and knows no other room; nothing here changes anything.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { bindFailure } from '../bind-failure.js';
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
  readiness(): Readiness | Promise<Readiness>;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** What runs: revision, since when, how many routes, filters, upstreams. Printed as JSON once it is there. */
  config(): unknown;
  /** How each filter fares: state, quarantines, last failure. Printed as JSON. */
  filters(): unknown;
  /** Told when one of the above throws; the client gets 500 without the reason. */
  failed(error: unknown): void;
}

export interface AdminOptions {
  /** Address or `localhost`. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Null (the default) serves clear text. */
  readonly security?: AdminSecurity | null;
  /** Callers show it as a bearer token. Null (the default): nobody need. */
  readonly token?: string | null;
}

/** Has connections secured before they are served. */
export interface AdminSecurity {
  /** True when nobody gets through without a certificate. */
  readonly requiresCertificate: boolean;
  /** Takes a new connection over, and hands it to `AdminServer.serve` once it is secure. */
  accept(socket: Socket): void;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  readonly allow?: string;
  readonly challenge?: string;
}

const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

const BEARER = /^bearer +([^ ]+)$/i;

/** HTTP server for operators and probes: GET and HEAD of /healthz, /readyz, /metrics, /config, /filters. */
export class AdminServer {
  readonly #sources: AdminSources;
  readonly #server: Server;
  /** Digest of the token; null when callers need none. */
  #token: Buffer | null = null;
  #isSecure = false;
  readonly #serve: (socket: Socket) => void;

  constructor(sources: AdminSources) {
    this.#sources = sources;
    // Probes and scrapers send small requests at once; whoever is slow here is not one of them.
    this.#server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (request, response) => {
      void this.#handle(request, response);
    });
    this.#server.maxConnections = 256;
    // Node's server serves whatever connection it is handed.
    const [serve] = this.#server.listeners('connection');
    this.#serve = serve!.bind(this.#server) as (socket: Socket) => void;
  }

  /** Port that is bound; 0 before `listen` and after `close`. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** The token that counts from now on. */
  set token(token: string | null) {
    this.#token = token === null ? null : digestOf(token);
  }

  /** @throws GatewayError SLUICE_LISTEN_ADDRESS, also for an address that reaches further than those who may call */
  async listen({ host, port, security = null, token = null }: AdminOptions): Promise<void> {
    const knowsCallers = token !== null || security?.requiresCertificate === true;
    if (!isLoopback(host) && !(security !== null && knowsCallers)) {
      const needs = 'TLS, and a token or client certificates that are required';
      throw new GatewayError(
        'SLUICE_LISTEN_ADDRESS',
        `The admin listener needs ${needs}, beyond loopback on ${host}`,
      );
    }
    this.token = token;
    if (security !== null) {
      this.#isSecure = true;
      this.#server.removeAllListeners('connection');
      this.#server.on('connection', (socket) => security.accept(socket));
    }
    await new Promise<void>((resolve, reject) => {
      const refuse = (cause: Error): void => {
        reject(bindFailure('the admin listener', host, port, cause));
      };
      this.#server.once('error', refuse);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', refuse);
        resolve();
      });
    });
  }

  /** Takes a connection that is secure. */
  serve(socket: Socket): void {
    this.#serve(socket);
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
    const { allow, challenge } = answer;
    response.writeHead(answer.status, {
      'content-type': answer.contentType,
      'content-length': Buffer.byteLength(answer.text),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(allow === undefined ? {} : { allow }),
      ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
    });
    response.end(request.method === 'HEAD' ? undefined : answer.text);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    // A page in a browser can have its own name point at 127.0.0.1 (DNS rebinding), but not forge `host`, nor have a
    // certificate for its name.
    if (!this.#isSecure && !isLoopback(hostOf(request.headers.host ?? ''))) {
      return problem(421, 'The host field must name a loopback address.');
    }
    const path = (request.url ?? '').split('?', 1)[0]!;
    // Whether the process lives is no secret, and what asks has no token as a rule.
    const refusal = path === '/healthz' ? null : this.#authorise(request.headers.authorization);
    if (refusal !== null) return refusal;
    const route = this.#route(path);
    if (route === null) return problem(404, 'The admin server has no such page.');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return { ...problem(405, 'The admin server is read only.'), allow: 'GET, HEAD' };
    }
    return route();
  }

  /** Before anything is told of a page, also whether there is one. */
  #authorise(authorization: string | undefined): Answer | null {
    if (this.#token === null) return null;
    const [, shown] = BEARER.exec(authorization ?? '') ?? [];
    // Of equal length, whatever was shown.
    if (shown !== undefined && timingSafeEqual(digestOf(shown), this.#token)) return null;
    const challenge = `Bearer realm="sluice"${shown === undefined ? '' : ', error="invalid_token"'}`;
    return { ...problem(401, 'The admin server wants its bearer token.'), challenge };
  }

  #route(path: string): (() => Answer | Promise<Answer>) | null {
    switch (path) {
      case '/healthz':
        return () => json(200, { alive: true });
      case '/readyz':
        return async () => {
          const readiness = await this.#sources.readiness();
          return json(readiness.ready ? 200 : 503, readiness);
        };
      case '/metrics':
        return async () => ({ status: 200, ...(await this.#sources.metrics()) });
      case '/config':
        return async () => json(200, await this.#sources.config());
      case '/filters':
        return async () => json(200, await this.#sources.filters());
      default:
        return null;
    }
  }
}

function json(status: number, value: unknown): Answer {
  return { status, contentType: JSON_TYPE, text: `${JSON.stringify(value)}\n` };
}

function problem(status: number, detail: string): Answer {
  const title = {
    401: 'Unauthorized',
    404: 'Not Found',
    405: 'Method Not Allowed',
    421: 'Misdirected Request',
  }[status];
  return {
    ...json(status, { title: title ?? 'Internal Server Error', status, detail }),
    contentType: PROBLEM_TYPE,
  };
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
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
