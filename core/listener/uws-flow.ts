// Back-pressure of one uWebSockets.js connection. The engine can only stop or poll both directions at once: a
// connection whose upload is paused cannot tell when it is writable, and a failed write starts it reading again.
// This class keeps the two apart, and keeps the engine's timer of about 10 s off the patient ones. With TLS it does not:
// while the engine keeps bytes that the socket did not take, it writes them in the middle of a read, which makes it forget
// what it has read but not decrypted (512 KiB at once, measured). There an upload rests until the response has moved on.
import type { UwsResponse } from './uws-engine.js';

/** How often a stalled response is tried again while the upload of the same connection is paused. */
const RETRY_MS = 10;

/** Continues a stalled response. Calls `stalled` again or `drained` before it returns. */
export type Retry = () => void;

let primed = false;

export class UwsFlow {
  #res: UwsResponse | null;
  readonly #encrypted: boolean;
  #uploading = false;
  #paused = false;
  /** Paused for the response's sake. */
  #held = false;
  #retry: Retry | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(res: UwsResponse, encrypted: boolean) {
    this.#res = res;
    this.#encrypted = encrypted;
  }

  /** True while the engine must not be left with bytes of a response: whoever writes must hear of it at once. */
  get isFragile(): boolean {
    return this.#encrypted && this.#uploading;
  }

  /** True while the upload rests for the response's sake: its silence is not the client's. */
  get isHeld(): boolean {
    return this.#held;
  }

  /** Bytes of a body will come. */
  uploadBegins(): void {
    this.#uploading = true;
  }

  /** All of them came, wanted or not. */
  uploadEnds(): void {
    this.#uploading = false;
  }

  /**
   * Before the first upload, later calls do nothing: the engine remembers what to poll per process, from the last
   * pause, and before the first pause it polls nothing.
   */
  prime(): void {
    if (primed) return;
    primed = true;
    this.#res?.pause();
    this.#res?.resume();
  }

  /** True while a response waits for its client to take more. */
  get waitsForClient(): boolean {
    return this.#retry !== null;
  }

  pauseUpload(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#res?.pause();
    this.#armTimer();
  }

  resumeUpload(): void {
    if (!this.#paused) return;
    this.#paused = false;
    clearTimeout(this.#timer);
    this.#res?.resume();
    // What the engine polls now may not include writability: a write that fails makes it do so.
    this.#retry?.();
  }

  /** The socket did not take everything: `retry` runs when it may take more. */
  stalled(retry: Retry): void {
    this.#retry = retry;
    this.#held = this.isFragile;
    if (!this.#paused && !this.#held) return;
    this.#res?.pause();
    this.#armTimer();
  }

  drained(): void {
    this.#retry = null;
    clearTimeout(this.#timer);
    if (this.#held && !this.#paused) this.#res?.resume();
    this.#held = false;
  }

  /** To be called when the engine says that the socket is writable. Returns false when nothing waited for that. */
  writable(): boolean {
    const retry = this.#retry;
    retry?.();
    return retry !== null;
  }

  /** Starts the engine's timer anew for a connection that is slow but welcome. */
  extend(): void {
    if (this.#paused || this.#held) return;
    this.#res?.pause();
    this.#res?.resume();
  }

  /** The response is complete or the client left: the engine's object must not be touched any more. */
  stop(): void {
    this.#res = null;
    this.drained();
  }

  #armTimer(): void {
    if (this.#retry === null) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#retry?.(), RETRY_MS);
  }
}
