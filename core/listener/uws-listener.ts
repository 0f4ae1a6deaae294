// The listener on uWebSockets.js, the only file that imports the package. A request lives only inside the engine's
// callback, so everything is copied once into an Exchange; DESIGN §10 lists what of it must not be trusted.

// Before the engine, which reads it once.
import './head-limit.js';
import * as uws from 'uWebSockets.js';
import assert from 'node:assert/strict';
import { bindFailure, whyNotBound } from '../bind-failure.js';
import { GatewayError } from '../errors.js';
import { Exchange } from '../exchange.js';
import { HeaderList, internName } from '../headers.js';
import { normalisePath } from '../target.js';
import type { ServerTls } from '../tls/server-tls.js';
import type { ClientCertificates } from './client-certificates.js';
import type { ExchangeHandler, Listener, ListenerOptions } from './listener.js';
import { PeerAddresses } from './peer-address.js';
import { checkRequest, RequestFacts, unreadableValue, unwantedPreamble } from './request-checks.js';
import { RequestIds } from './request-ids.js';
import { TrustedProxies } from './trusted-proxies.js';
import { beginEngineCork, endEngineCork } from './uws-cork.js';
import type { UwsApp, UwsModule, UwsRequest, UwsResponse, UwsVerb } from './uws-engine.js';
import { type ReplyOwner, UwsReply } from './uws-reply.js';
import { UwsTls } from './uws-tls.js';

const engine = uws as unknown as UwsModule;

/** The engine cuts a connection that it takes for idle after 8 s at the earliest. */
const LONGEST_WATCH_MS = 4000;
const SHORTEST_WATCH_MS = 50;

/**
 * Most requests have one of these. A handler for each knows its method: the engine is not asked for it, which makes a new
 * string, and whoever looks a method up finds one that has its hash.
 */
const VERBS: readonly (readonly [UwsVerb, string])[] = [
  ['get', 'GET'],
  ['head', 'HEAD'],
  ['post', 'POST'],
  ['put', 'PUT'],
  ['patch', 'PATCH'],
  ['del', 'DELETE'],
  ['options', 'OPTIONS'],
];

const ASCII = /^[\0-\x7f]*$/;
const BEYOND_BYTE = /[^\0-\xff]/;

engine._cfg('silent');

export class UwsListener implements Listener, ReplyOwner {
  readonly name: string;
  readonly #options: ListenerOptions;
  readonly #proxies: TrustedProxies;
  readonly #tls: UwsTls | null;
  readonly #app: UwsApp;
  readonly #ids = new RequestIds();
  readonly #addresses = new PeerAddresses();
  readonly #facts = new RequestFacts();
  readonly #watched = new Set<UwsReply>();
  /** Requests of this tick whose body may have come with the head. */
  #expecting: UwsReply[] = [];
  #flat: string[] = [];
  #handler: ExchangeHandler | null = null;
  #socket: unknown = null;
  #watch: NodeJS.Timeout | undefined;
  #port = 0;
  #draining = false;
  #closed = false;

  /** @throws GatewayError SLUICE_LISTEN_TLS when the engine does not take what `tls` says */
  constructor(options: ListenerOptions) {
    this.name = options.name;
    this.#options = options;
    const { trustedProxies, tls = null } = options;
    this.#tls = tls && new UwsTls(engine, tls, this.#route);
    this.#app = this.#tls?.app ?? engine.App();
    this.#proxies = new TrustedProxies(trustedProxies);
  }

  get port(): number {
    return this.#port;
  }

  get encrypted(): boolean {
    return this.#tls !== null;
  }

  get draining(): boolean {
    return this.#draining;
  }

  async listen(handler: ExchangeHandler): Promise<void> {
    assert(this.#handler === null, 'a listener listens once');
    this.#handler = handler;
    if (this.#tls === null) this.#routeAll(this.#app);
    const { host, port, sharesPort = false } = this.#options;
    const mode = sharesPort ? engine.LIBUS_LISTEN_DEFAULT : engine.LIBUS_LISTEN_EXCLUSIVE_PORT;
    this.#app.listen(host, port, mode, (socket) => {
      if (socket) this.#socket = socket;
    });
    if (this.#socket === null)
      throw bindFailure(`listener ${this.name}`, host, port, await whyNotBound(host, port));
    this.#port = engine.us_socket_local_port(this.#socket);
    this.#startWatch();
  }

  updateTls(tls: ServerTls): void {
    assert(this.#tls !== null, 'the listener takes clear text');
    this.#tls.update(tls);
  }

  trustProxies(networks: readonly string[]): void {
    this.#proxies.replace(networks);
  }

  drain(): void {
    this.#draining = true;
    // Whoever drains counts the exchanges that have begun.
    this.#stopExpecting();
    if (this.#socket === null) return;
    engine.us_listen_socket_close(this.#socket);
    this.#socket = null;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.drain();
    clearInterval(this.#watch);
    if (this.#tls === null) this.#app.close();
    else this.#tls.close();
  }

  watch(reply: UwsReply): void {
    this.#watched.add(reply);
  }

  unwatch(reply: UwsReply): void {
    this.#watched.delete(reply);
  }

  begin(exchange: Exchange, reply: UwsReply): void {
    try {
      this.#handler!(exchange, reply, null);
    } catch (cause) {
      this.#failed(reply, cause);
    }
  }

  readonly #stopExpecting = (): void => {
    const replies = this.#expecting;
    this.#expecting = [];
    for (const reply of replies) reply.stopExpecting();
  };

  #startWatch(): void {
    const { idleMs } = this.#options;
    const everyMs = idleMs === 0 ? LONGEST_WATCH_MS : Math.min(idleMs / 2, LONGEST_WATCH_MS);
    this.#watch = setInterval(
      () => {
        const nowMs = performance.now();
        for (const reply of this.#watched) reply.checkIdle(nowMs, idleMs);
      },
      Math.max(everyMs, SHORTEST_WATCH_MS),
    );
    this.#watch.unref();
  }

  /** In clear text, where nothing depends on a name. */
  #routeAll(app: UwsApp): void {
    for (const [verb, method] of VERBS) app[verb]('/*', (res, req) => this.#accept(res, req, method, null));
    app.any('/*', (res, req) => this.#route(res, req, null));
  }

  readonly #route = (res: UwsResponse, req: UwsRequest, clients: ClientCertificates | null): void => {
    this.#accept(res, req, req.getCaseSensitiveMethod(), clients);
  };

  #accept(res: UwsResponse, req: UwsRequest, method: string, clients: ClientCertificates | null): void {
    beginEngineCork();
    const reply = new UwsReply(this, res);
    try {
      this.#copy(reply, res, req, method, clients);
    } catch (cause) {
      this.#failed(reply, cause);
    }
    endEngineCork();
  }

  /** A bug of ours; the engine would end the process over it. */
  #failed(reply: UwsReply, cause: unknown): void {
    process.emitWarning(cause instanceof Error ? cause : String(cause));
    reply.abort();
  }

  #copy(
    reply: UwsReply,
    res: UwsResponse,
    req: UwsRequest,
    method: string,
    clients: ClientCertificates | null,
  ): void {
    const facts = this.#facts;
    const path = req.getUrl();
    const query = req.getQuery() ?? '';
    const flat: string[] = [];
    this.#flat = flat;
    req.forEach(this.#collect);
    const client = clients === null ? null : clients.judge(res.getX509Certificate());
    let refusal = checkRequest(method, path, query, flat, facts);
    if (refusal === null && facts.highBytes) refusal = restoreBytes(req, flat);

    const peerAddress = this.#addresses.textOf(res.getRemoteAddress());
    // It has taken one off the connection, of whomever, and would go on as if nothing had been said.
    if (refusal === null && res.getProxiedRemoteAddress().byteLength > 0) refusal = unwantedPreamble();
    const origin = this.#proxies.isEmpty ? null : this.#proxies.originOf(peerAddress, flat);
    refusal ??= origin?.refusal ?? null;
    // A stranger learns of nothing else.
    if (client instanceof GatewayError) refusal = client;
    const exchange = new Exchange({
      id: this.#ids.next(),
      listener: this.name,
      scheme: origin?.scheme ?? (this.#tls === null ? 'http' : 'https'),
      method,
      authority: facts.authority,
      path: refusal === null ? normalisePath(path) : path,
      query,
      headers: new HeaderList(flat),
      clientAddress: origin?.clientAddress ?? peerAddress,
      peerAddress,
      forwardedFor: origin?.forwardedFor ?? '',
      clientCertificate: client instanceof GatewayError ? null : client,
      body: null,
    });
    // The engine closes by itself when the first `connection` has five letters, whatever they are.
    const engineCloses = exchange.requestHeaders.get('connection')?.length === 5;
    reply.attach(exchange, refusal !== null || facts.close || engineCloses, engineCloses);
    if (refusal !== null || facts.bodyLength === 0) {
      this.#handler!(exchange, reply, refusal);
    } else if (facts.bodyLength === null) {
      exchange.requestBody = reply.openUpload();
      this.#handler!(exchange, reply, null);
    } else {
      reply.expectBody(facts.bodyLength);
      if (this.#expecting.push(reply) === 1) setImmediate(this.#stopExpecting);
    }
  }

  readonly #collect = (name: string, value: string): void => {
    this.#flat.push(internName(name), value);
  };
}

/**
 * Fields come out of the engine read as UTF-8; upstream they must leave byte for byte, one character per byte.
 * A value that was no UTF-8 can be asked for again in that form, but only the first of its name.
 */
function restoreBytes(req: UwsRequest, flat: string[]): GatewayError | null {
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    const value = flat[i + 1]!;
    if (ASCII.test(value)) continue;
    if (!value.includes('\ufffd')) flat[i + 1] = Buffer.from(value, 'utf8').toString('latin1');
    else if (isFirstOfItsName(flat, i)) flat[i + 1] = req.getHeader(name);
    else return unreadableValue(name);
    if (BEYOND_BYTE.test(flat[i + 1]!)) return unreadableValue(name);
  }
  return null;
}

function isFirstOfItsName(flat: readonly string[], index: number): boolean {
  for (let i = 0; i < index; i += 2) if (flat[i] === flat[index]) return false;
  return true;
}
