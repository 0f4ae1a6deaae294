// The way back to one client of Node's servers: decides how a response is framed and when its connection closes.
import assert from 'node:assert/strict';
import { GatewayError } from '../../errors.js';
import { type Body, BufferedBody, type Exchange } from '../../exchange.js';
import type { HeaderList } from '../../headers.js';
import type { Reply, ReplyOutcome, SendOptions } from '../listener.js';
import { isBodiless } from '../response-head.js';
import { answeredEarly, DISCARD, DISCARD_BYTES, leftEarly, withholdBody } from '../unread-bodies.js';
import { NodeDownload } from './download.js';
import { NodeUpload } from './upload.js';
import type { NodeWire } from './wire.js';

/** A body in memory up to this size is handed over whole. */
const WHOLE_BYTES = 64 * 1024;

/** What a reply needs to know of its listener. */
export interface ReplyOwner {
  readonly draining: boolean;
  /** Wants `checkIdle` to be called every now and then, and `leave` when the listener closes. */
  watch(reply: NodeReply): void;
  unwatch(reply: NodeReply): void;
}

export class NodeReply implements Reply {
  readonly #owner: ReplyOwner;
  readonly #wire: NodeWire;
  readonly #exchange: Exchange;
  /** The connection closes after this response whatever the answer says. */
  #closes: boolean;
  #upload: NodeUpload | null = null;
  #download: NodeDownload | null = null;
  #answered = false;
  #over = false;
  #resolve: ((outcome: ReplyOutcome) => void) | null = null;

  constructor(owner: ReplyOwner, wire: NodeWire, exchange: Exchange, closes: boolean) {
    this.#owner = owner;
    this.#wire = wire;
    this.#exchange = exchange;
    this.#closes = closes;
    owner.watch(this);
  }

  /** True when the response is complete or the client has left. */
  get over(): boolean {
    return this.#over;
  }

  /** Makes a body readable that did not come whole with its head. */
  openUpload(length: number | null): NodeUpload {
    const upload = new NodeUpload(this.#exchange, this.#wire, length);
    this.#upload = upload;
    return upload;
  }

  /** Nothing that the client sends can be read any more. False when that is not about the body, or comes too late for an answer. */
  refuseUpload(problem: string): boolean {
    if (this.#answered || !this.#upload?.unfinished) return false;
    this.#closes = true;
    this.#upload.fail(new GatewayError('SLUICE_LISTEN_MALFORMED', problem));
    return true;
  }

  send(
    status: number,
    headers: HeaderList,
    body: Body | null,
    options?: SendOptions,
  ): ReplyOutcome | Promise<ReplyOutcome> {
    assert(!this.#answered, 'an exchange is answered once');
    this.#answered = true;
    if (this.#over) {
      body?.cancel(this.#exchange.cancellation.reason ?? leftEarly());
      return 'aborted';
    }
    const closes =
      this.#closes || options?.close === true || this.#owner.draining || this.#uploadMustStop(body);
    if (this.#exchange.method === 'HEAD' || isBodiless(status)) {
      const length = withholdBody(status, body, options);
      this.#wire.writeHead({ status, headers, length, payload: 'none', closes });
      return this.#sendWhole(null);
    }
    const trailing = body instanceof BufferedBody && body.trailers !== null;
    if (body === null || (body.length === 0 && !trailing)) {
      body?.read(DISCARD);
      this.#wire.writeHead({ status, headers, length: 0, payload: 'none', closes });
      return this.#sendWhole(null);
    }
    if (body instanceof BufferedBody && body.length <= WHOLE_BYTES && !trailing) {
      this.#wire.writeHead({ status, headers, length: body.length, payload: 'whole', closes });
      return this.#sendWhole(body.bytes);
    }
    this.#wire.writeHead({ status, headers, length: body.length, payload: 'stream', closes });
    return this.#sendStream(body);
  }

  abort(): void {
    if (this.#over) return;
    this.#wire.cut();
    this.leave();
  }

  /** The connection is gone, or about to be cut. */
  leave(): void {
    if (this.#over) return;
    const reason = leftEarly();
    // Before the upstream hears of it and fails the body in its turn.
    this.#download?.abort(reason);
    this.#over = true;
    this.#owner.unwatch(this);
    this.#upload?.fail(reason);
    this.#exchange.cancellation.cancel(reason);
    this.#resolve?.('aborted');
  }

  /** Called every few seconds. */
  checkIdle(nowMs: number, idleMs: number): void {
    this.#upload?.checkIdle(nowMs, idleMs);
    if (this.#download?.checkIdle(nowMs, idleMs)) this.abort();
  }

  #sendWhole(bytes: Uint8Array | null): ReplyOutcome {
    this.#abandonUpload();
    this.#exchange.bytesOut = bytes?.length ?? 0;
    this.#settle();
    this.#wire.end(bytes, null);
    return 'sent';
  }

  #sendStream(body: Body): Promise<ReplyOutcome> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#download = new NodeDownload(
        this.#wire,
        this.#exchange,
        body,
        () => this.#abandonUpload(),
        (outcome) => this.#streamEnded(outcome),
      );
      this.#download.start();
    });
  }

  #streamEnded(outcome: ReplyOutcome): void {
    if (outcome === 'aborted') return;
    this.#settle();
    if (outcome === 'cut') this.#wire.cut();
    this.#resolve?.(outcome);
  }

  /** An answer that does not wait for its upload must not make us read gigabytes for nothing. */
  #uploadMustStop(body: Body | null): boolean {
    const upload = this.#upload;
    if (upload === null || !upload.unfinished || this.#wire.multiplexed) return false;
    // Nobody has asked for it, so nobody knows whether it comes (RFC 9110 §10.1.1).
    if (upload.unasked) return true;
    return (body === null || body instanceof BufferedBody) && upload.remaining > DISCARD_BYTES;
  }

  #abandonUpload(): void {
    const upload = this.#upload;
    if (!upload?.unfinished) return;
    const tooLong = this.#wire.multiplexed || upload.remaining > DISCARD_BYTES;
    upload.fail(answeredEarly());
    this.#wire.input.resume();
    if (tooLong) this.#wire.stopClient();
  }

  #settle(): void {
    this.#over = true;
    this.#owner.unwatch(this);
    this.#abandonUpload();
  }
}
