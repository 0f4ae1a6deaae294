// The body of a request on its way in from uWebSockets.js.
import type { Exchange } from '../exchange.js';
import { HeldUpload } from './held-upload.js';
import type { UwsFlow } from './uws-flow.js';

/** What the engine has read off the socket when it is paused may be 512 KiB. */
export class UwsUpload extends HeldUpload {
  readonly #flow: UwsFlow;

  constructor(exchange: Exchange, flow: UwsFlow, length: number | null) {
    super(exchange, length);
    this.#flow = flow;
  }

  /** Takes a chunk of the engine, whose memory is valid only now. */
  receive(chunk: ArrayBuffer, last: boolean): void {
    if (last) this.#flow.uploadEnds();
    this.take(new Uint8Array(chunk), true, last);
  }

  /** Keeps the engine from cutting a slow client as well. */
  override checkIdle(nowMs: number, idleMs: number): void {
    if (!this.wanted || !this.unfinished) return;
    if (this.#flow.isHeld) this.forgive(nowMs);
    super.checkIdle(nowMs, idleMs);
    this.#flow.extend();
  }

  protected override pauseSource(): void {
    this.#flow.pauseUpload();
  }

  protected override resumeSource(): void {
    this.#flow.resumeUpload();
  }
}
