// The one way to the log's file descriptor, which operator's lines and access lines share so that neither cuts
// the other in two. Our own because of the end: pino's stream tries for ever, and the process never exits, when
// the disk is full or the reader of the pipe is gone.
import { close, write, writeSync } from 'node:fs';

/** Takes whole lines, each with its end. Never blocks and never throws. */
export interface LineWriter {
  write(lines: string): void;
}

export interface LogDestinationOptions {
  /** File descriptor, default 1 (stdout). Others than 1 and 2 are closed with the destination. */
  readonly fd?: number;
  /** Most bytes that wait for a slow reader, default 16 MiB: a log that nobody reads must not eat the memory. */
  readonly maxBufferedBytes?: number;
  /** True when other processes write to the same descriptor, maybe a pipe. Default false. */
  readonly isShared?: boolean;
}

/** What the kernel writes to a pipe as a whole (PIPE_BUF on Linux); of more, other writers may come in between. */
const WHOLE_BYTES = 4096;
const LINE_END = 0x0a;

const RETRY_MS = 50;
/** How long an exit or a `close` waits for a reader that takes nothing. */
const PATIENCE_MS = 1_000;

/**
 * Writes in the background, one write at a time, in order; flushes when the process exits. While the
 * descriptor takes nothing (a full pipe, a full disk) lines wait up to the bound, those beyond it are dropped.
 */
export class LogDestination implements LineWriter {
  readonly #fd: number;
  readonly #maxBufferedBytes: number;
  readonly #isShared: boolean;
  readonly #flushAtExit = (): void => this.flushSync();
  #queue = '';
  #queuedBytes = 0;
  /** What is being written, without what was taken already; empty when nothing is. */
  #current: Uint8Array = new Uint8Array(0);
  #inKernel = false;
  #retry: NodeJS.Timeout | undefined;
  #broken = false;
  #droppedBytes = 0;
  #progressed = 0;
  #idle: (() => void) | undefined;

  constructor(options: LogDestinationOptions = {}) {
    this.#fd = options.fd ?? 1;
    this.#maxBufferedBytes = options.maxBufferedBytes ?? 16 * 1024 * 1024;
    this.#isShared = options.isShared ?? false;
    process.once('exit', this.#flushAtExit);
  }

  /** Bytes of lines that were given up. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  write(lines: string): void {
    const bytes = Buffer.byteLength(lines);
    if (this.#broken || this.#queuedBytes + this.#current.byteLength + bytes > this.#maxBufferedBytes) {
      this.#droppedBytes += bytes;
      return;
    }
    this.#queue += lines;
    this.#queuedBytes += bytes;
    if (!this.#inKernel && this.#retry === undefined) this.#next();
  }

  /** Writes what waits before it returns, for the end of the process. Gives up when nobody reads. */
  flushSync(): void {
    clearTimeout(this.#retry);
    // What the kernel has is written by then: the process joins its threads before it ends.
    const chunks = this.#inKernel ? [] : [this.#current];
    chunks.push(Buffer.from(this.#queue));
    this.#queue = '';
    this.#queuedBytes = 0;
    if (!this.#inKernel) this.#current = new Uint8Array(0);
    for (const chunk of chunks) this.#writeNow(chunk);
  }

  /** Resolves once everything was written, or nobody read for a second. Nothing may be written after. */
  async close(): Promise<void> {
    process.off('exit', this.#flushAtExit);
    while (this.#busy) {
      const progressed = this.#progressed;
      await this.#idleOrPatience();
      if (this.#busy && progressed === this.#progressed) this.#giveUp();
    }
    if (this.#fd > 2) await new Promise<void>((resolve) => close(this.#fd, () => resolve()));
  }

  get #busy(): boolean {
    return !this.#broken && (this.#current.byteLength > 0 || this.#queuedBytes > 0);
  }

  #idleOrPatience(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS);
      this.#idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #next(): void {
    if (this.#current.byteLength === 0) {
      if (this.#queuedBytes === 0) {
        this.#idle?.();
        return;
      }
      this.#current = Buffer.from(this.#queue);
      this.#queue = '';
      this.#queuedBytes = 0;
    }
    this.#inKernel = true;
    write(this.#fd, this.#pieceOf(this.#current), (error, written) => {
      this.#inKernel = false;
      if (error === null) this.#took(written);
      else this.#refused(error);
    });
  }

  /** Whole lines that nobody comes in between of; one that is longer goes alone. */
  #pieceOf(lines: Uint8Array): Uint8Array {
    if (!this.#isShared || lines.byteLength <= WHOLE_BYTES) return lines;
    const end = lines.lastIndexOf(LINE_END, WHOLE_BYTES - 1);
    return lines.subarray(0, (end === -1 ? lines.indexOf(LINE_END) : end) + 1);
  }

  #took(written: number): void {
    this.#progressed += written;
    this.#current = this.#current.subarray(written);
    this.#next();
  }

  #refused(error: NodeJS.ErrnoException): void {
    if (error.code === 'EPIPE' || error.code === 'EBADF') {
      this.#giveUp();
      return;
    }
    // A full pipe (EAGAIN) or a full disk (ENOSPC): both may pass.
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#next();
    }, RETRY_MS).unref();
  }

  #giveUp(): void {
    clearTimeout(this.#retry);
    this.#broken = true;
    this.#droppedBytes += this.#current.byteLength + this.#queuedBytes;
    this.#current = new Uint8Array(0);
    this.#queue = '';
    this.#queuedBytes = 0;
    this.#idle?.();
  }

  #writeNow(chunk: Uint8Array): void {
    const untilMs = performance.now() + PATIENCE_MS;
    let rest = chunk;
    while (rest.byteLength > 0 && !this.#broken) {
      try {
        rest = rest.subarray(writeSync(this.#fd, this.#pieceOf(rest)));
      } catch (error) {
        const again = (error as NodeJS.ErrnoException).code === 'EAGAIN';
        if (again && performance.now() < untilMs) pauseMs(RETRY_MS);
        else this.#broken = true;
      }
    }
    this.#droppedBytes += rest.byteLength;
  }
}

function pauseMs(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
