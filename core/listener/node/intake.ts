// Makes an exchange of a request that a protocol of Node has read: checks it as every listener does, and hands it on.
import type { GatewayError } from '../../errors.js';
import { Exchange } from '../../exchange.js';
import { HeaderList } from '../../headers.js';
import { normalisePath } from '../../target.js';
import type { ExchangeHandler } from '../listener.js';
import { checkRequest, RequestFacts } from '../request-checks.js';
import { RequestIds } from '../request-ids.js';
import type { TrustedProxies } from '../trusted-proxies.js';
import { NodeReply, type ReplyOwner } from './reply.js';
import type { NodeWire, Peer } from './wire.js';

/** A head as it came, one character per byte. */
export interface RequestHead {
  readonly method: string;
  /** Target up to the first `?`. */
  readonly path: string;
  /** Target after it. */
  readonly query: string;
  /** Names in lower case, with `host`. The exchange takes it over. */
  readonly flat: string[];
}

/** A request that is ready to be handed on with `begin`. */
export interface Taken {
  readonly exchange: Exchange;
  readonly reply: NodeReply;
  readonly refusal: GatewayError | null;
  /** As its fields say: 0 without one, null when it is chunked. */
  readonly bodyLength: number | null;
  /** Nothing that comes after it on its connection counts. */
  readonly closes: boolean;
}

export class NodeIntake {
  readonly #listener: string;
  readonly #owner: ReplyOwner;
  readonly #proxies: TrustedProxies;
  readonly #handler: ExchangeHandler;
  readonly #ids = new RequestIds();
  readonly #facts = new RequestFacts();

  constructor(listener: string, owner: ReplyOwner, proxies: TrustedProxies, handler: ExchangeHandler) {
    this.#listener = listener;
    this.#owner = owner;
    this.#proxies = proxies;
    this.#handler = handler;
  }

  /** @param known what was found wrong with it before */
  take(head: RequestHead, peer: Peer, wire: NodeWire, known: GatewayError | null): Taken {
    const { method, path, query, flat } = head;
    const facts = this.#facts;
    const found = checkRequest(method, path, query, flat, facts);
    const origin = this.#proxies.isEmpty ? null : this.#proxies.originOf(peer.address, flat);
    const refusal = known ?? found ?? origin?.refusal ?? null;
    const exchange = new Exchange({
      id: this.#ids.next(),
      listener: this.#listener,
      scheme: origin?.scheme ?? peer.scheme,
      protocol: wire.multiplexed ? 'HTTP/2' : 'HTTP/1.1',
      method,
      authority: facts.authority,
      path: refusal === null ? normalisePath(path) : path,
      query,
      headers: new HeaderList(flat),
      clientAddress: origin?.clientAddress ?? peer.address,
      peerAddress: peer.address,
      forwardedFor: origin?.forwardedFor ?? '',
      clientCertificate: peer.certificate,
      body: null,
    });
    const closes = refusal !== null || facts.close;
    const reply = new NodeReply(this.#owner, wire, exchange, closes);
    return { exchange, reply, refusal, bodyLength: facts.bodyLength, closes };
  }

  begin(exchange: Exchange, reply: NodeReply, refusal: GatewayError | null): void {
    try {
      this.#handler(exchange, reply, refusal);
    } catch (cause) {
      // A bug of ours, which must not take the process along.
      process.emitWarning(cause instanceof Error ? cause : String(cause));
      reply.abort();
    }
  }
}
