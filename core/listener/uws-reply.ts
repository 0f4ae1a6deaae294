// The way back to one client of uWebSockets.js: decides how a response is framed and when its connection closes.
import assert from 'node:assert/strict';
import { copyOf } from '../chunk-pool.js';
import { type Body, BufferedBody, type Exchange } from '../exchange.js';
import type { HeaderList } from '../headers.js';
import type { Reply, ReplyOutcome, SendOptions } from './listener.js';
import { encodeHead, formatHead, type HeadText, isBodiless } from './response-head.js';
import { answeredEarly, DISCARD, DISCARD_BYTES, leftEarly, withholdBody } from './unread-bodies.js';
import { beginEngineCork, CORK_ROOM, corkIfRoom, endEngineCork } from './uws-cork.js';
import { UwsDownload } from './uws-download.js';
import type { UwsResponse } from './uws-engine.js';
import { UwsFlow } from './uws-flow.js';
import { UwsUpload } from './uws-upload.js';

const NOTHING = new Uint8Array(0);
const CLOSES = '\r\nconnection: close';

/** What a reply needs to know of its listener. */
export interface ReplyOwner {
  readonly draining: boolean;
  /** It takes TLS. */
  readonly encrypted: boolean;
  /** Wants `checkIdle` of this reply to be called every now and then. */
  watch(reply: UwsReply): void;
  unwatch(reply: UwsReply): void;
  /** Hands the exchange to the gateway. Called once, at the latest at the end of the tick of the request. */
  begin(exchange: Exchange, reply: UwsReply): void;
}

export class UwsReply implements Reply {
  readonly #owner: ReplyOwner;
  readonly #res: UwsResponse;
  #exchange: Exchange | null = null;
  #flow: UwsFlow | null = null;
  #upload: UwsUpload | null = null;
  /** Length of a body that is expected with the head; the gateway has not seen the exchange yet. */
  #expectedLength = 0;
  #download: UwsDownload | null = null;
  /** The connection closes after this response whatever the answer says. */
  #closes = false;
  /** The engine saw `connection: close` itself: it closes, but does not say so in the response. */
  #engineCloses = false;
  #answered = false;
  #over = false;
  #resolve: ((outcome: ReplyOutcome) => void) | null = null;

  constructor(owner: ReplyOwner, res: UwsResponse) {
    this.#owner = owner;
    this.#res = res;
    // First of all: without it the engine ends the process when the handler returns.
    res.onAborted(() => this.#aborted());
  }

  /**
   * @param closes       the connection closes after the response: the client wants it, or cannot be trusted
   * @param engineCloses the engine closes by itself
   */
  attach(exchange: Exchange, closes: boolean, engineCloses: boolean): void {
    this.#exchange = exchange;
    this.#closes = closes;
    this.#engineCloses = engineCloses;
  }

  /**
   * For a body of known length, which as a rule comes in the read that its head came in: if it does, the exchange
   * begins with the whole of it in memory. Otherwise the body is read as a stream from its first chunk, or from the
   * end of the tick, when the owner calls `stopExpecting`.
   */
  expectBody(length: number): void {
    this.#expectedLength = length;
    this.#res.onData((chunk, last) => this.#receive(chunk, last));
  }

  /** The body did not come with the head. Does nothing when it did. */
  stopExpecting(): void {
    const length = this.#expectedLength;
    if (length === 0) return;
    this.#expectedLength = 0;
    this.#exchange!.requestBody = this.#makeUpload(length);
    this.#owner.begin(this.#exchange!, this);
  }

  /** Makes a body readable whose length nobody knows; to be called in the tick of the request. */
  openUpload(): UwsUpload {
    const upload = this.#makeUpload(null);
    this.#res.onData((chunk, last) => this.#receive(chunk, last));
    return upload;
  }

  send(
    status: number,
    headers: HeaderList,
    body: Body | null,
    options?: SendOptions,
  ): ReplyOutcome | Promise<ReplyOutcome> {
    assert(!this.#answered, 'an exchange is answered once');
    this.#answered = true;
    const exchange = this.#exchange!;
    if (this.#over) {
      body?.cancel(exchange.cancellation.reason ?? leftEarly());
      return 'aborted';
    }
    const closes =
      this.#closes || options?.close === true || this.#owner.draining || this.#uploadTooLongToDiscard(body);
    const head = formatHead(status, headers);

    if (exchange.method === 'HEAD' || isBodiless(status)) {
      const length = withholdBody(status, body, options);
      return this.#sendHead(head, length === null ? '' : `\r\ncontent-length: ${length}`, closes);
    }
    if (body === null || body.length === 0) {
      body?.read(DISCARD);
      return this.#sendWhole(head, NOTHING, closes);
    }
    // Only a whole body lets the engine close the connection, so a body in memory that must close goes whole, unless the
    // engine would keep the rest of it at the wrong time.
    if (body instanceof BufferedBody) {
      const fits = head.text.length + body.length <= CORK_ROOM;
      if (fits || (closes && !this.#flow?.isFragile)) return this.#sendWhole(head, body.bytes, closes);
    }
    return this.#sendStream(head, body, closes);
  }

  abort(): void {
    if (!this.#over) this.#res.close();
  }

  /** Called every few seconds while watched. */
  checkIdle(nowMs: number, idleMs: number): void {
    this.#upload?.checkIdle(nowMs, idleMs);
    if (this.#download?.checkIdle(nowMs, idleMs)) this.#res.close();
  }

  #receive(chunk: ArrayBuffer, last: boolean): void {
    beginEngineCork();
    try {
      if (last && this.#expectedLength !== 0) {
        this.#beginWhole(chunk);
        return;
      }
      this.stopExpecting();
      this.#upload!.receive(chunk, last);
    } finally {
      endEngineCork();
    }
  }

  #beginWhole(chunk: ArrayBuffer): void {
    this.#expectedLength = 0;
    const exchange = this.#exchange!;
    exchange.bytesIn = chunk.byteLength;
    exchange.requestBody = new BufferedBody(copyOf(new Uint8Array(chunk)));
    this.#owner.begin(exchange, this);
  }

  #makeUpload(length: number | null): UwsUpload {
    const flow = new UwsFlow(this.#res, this.#owner.encrypted);
    flow.uploadBegins();
    if (!this.#over) flow.prime();
    const upload = new UwsUpload(this.#exchange!, flow, length);
    this.#flow = flow;
    this.#upload = upload;
    this.#owner.watch(this);
    return upload;
  }

  #sendWhole(head: HeadText, bytes: Uint8Array, closes: boolean): ReplyOutcome {
    const engineCloses = this.#engineCloses;
    const text = encodeHead(head, engineCloses ? CLOSES : '');
    const res = this.#res;
    this.#abandonUpload();
    corkIfRoom(res, text.length + bytes.length, () => {
      res.writeStatus(text);
      if (closes && !engineCloses) res.end(bytes, true);
      else res.end(bytes);
    });
    this.#exchange!.bytesOut = bytes.length;
    this.#settle();
    return 'sent';
  }

  #sendHead(head: HeadText, length: string, closes: boolean): ReplyOutcome | Promise<ReplyOutcome> {
    if (closes && !this.#engineCloses) return this.#sendHeadAndClose(head, length);
    const text = encodeHead(head, this.#engineCloses ? length + CLOSES : length);
    const res = this.#res;
    this.#abandonUpload();
    corkIfRoom(res, text.length, () => {
      res.writeStatus(text);
      res.endWithoutBody();
    });
    this.#settle();
    return 'sent';
  }

  /** The engine cannot end without a body and close, so the head is written to its last byte and cut after it. */
  #sendHeadAndClose(head: HeadText, length: string): Promise<ReplyOutcome> {
    const text = encodeHead(head, `${length}\r\ndate: ${new Date().toUTCString()}${CLOSES}\r\n`);
    return new Promise((resolve) => {
      this.#resolve = resolve;
      // Not in the tick of the request: what is corked there is lost when the connection closes.
      setImmediate(() => {
        if (this.#over) return;
        const res = this.#res;
        corkIfRoom(res, text.length, () => void res.writeStatus(text));
        this.#settle();
        res.close();
        resolve('sent');
      });
    });
  }

  #sendStream(head: HeadText, body: Body, closes: boolean): Promise<ReplyOutcome> {
    this.#flow ??= new UwsFlow(this.#res, this.#owner.encrypted);
    this.#owner.watch(this);
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#download = new UwsDownload(
        this.#res,
        this.#exchange!,
        this.#flow!,
        encodeHead(head, closes ? CLOSES : ''),
        body,
        () => this.#abandonUpload(),
        (outcome) => this.#streamEnded(outcome),
      );
      this.#download.start();
    });
  }

  #streamEnded(outcome: ReplyOutcome): void {
    const mustCut = outcome === 'cut' && !this.#over;
    this.#settle();
    if (mustCut) this.#res.close();
    this.#resolve?.(outcome);
  }

  /** An answer that does not wait for its upload must not make us read gigabytes for nothing. */
  #uploadTooLongToDiscard(body: Body | null): boolean {
    if (this.#upload === null || !this.#upload.unfinished) return false;
    return (body === null || body instanceof BufferedBody) && this.#upload.remaining > DISCARD_BYTES;
  }

  /** The response is about to be complete; the engine reads on by itself, so nobody may be left paused. */
  #abandonUpload(): void {
    if (this.#upload?.unfinished) {
      this.#upload.fail(answeredEarly());
    }
    this.#flow?.resumeUpload();
  }

  #settle(): void {
    this.#over = true;
    if (this.#flow === null) return;
    this.#flow.stop();
    this.#owner.unwatch(this);
    this.#abandonUpload();
  }

  #aborted(): void {
    if (this.#over) return;
    // The engine's object is gone already.
    this.#over = true;
    this.stopExpecting();
    this.#flow?.stop();
    const reason = leftEarly();
    // Before the upstream hears of it and fails the body in its turn.
    this.#download?.abort(reason);
    this.#upload?.fail(reason);
    this.#settle();
    this.#exchange?.cancellation.cancel(reason);
    this.#resolve?.('aborted');
  }
}
