// Reads the responses on one connection, in pieces as the socket gives them (RFC 9112). Strict: what it accepts, llhttp
// accepts with the same meaning; test/core/upstream/response-parser-fuzz.test.ts holds it to that.
import { type BodySink, ChunkDecoder } from './chunk-decoder.js';
import { ProtocolError } from './failure.js';
import { HeadScanner, MAX_HEAD_BYTES } from './head-scanner.js';
import type { ResponseHead } from './response-head.js';

/** Told what a response consists of. It may call `stop` meanwhile. */
export interface ResponseSink extends BodySink {
  /** The head of the final response; informational ones are skipped. */
  onHead(head: ResponseHead): void;
}

/** `idle` until a response is expected; `over` after its last byte. */
type State = 'idle' | 'head' | 'sized' | 'chunked' | 'until-close' | 'over';

export class ResponseParser {
  readonly #sink: ResponseSink;
  readonly #scanner = new HeadScanner();
  readonly #chunks: ChunkDecoder;
  #state: State = 'idle';
  #isHead = false;
  #reusable = false;
  /** Bytes of a sized body that are still to come. */
  #left = 0;
  /** A head that did not come in one piece. */
  #held: Buffer | null = null;
  #heldBytes = 0;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
    this.#chunks = new ChunkDecoder(sink);
  }

  /** The last byte of the response has been read. */
  get over(): boolean {
    return this.#state === 'over';
  }

  /** Once it is over: the sender keeps the connection open, and both agree where the response ended. */
  get reusable(): boolean {
    return this.#reusable;
  }

  /** @param method of the request that the next response answers */
  begin(method: string): void {
    this.#state = 'head';
    this.#isHead = method === 'HEAD';
    this.#reusable = false;
    this.#held = null;
  }

  /** Reads no further; safe inside of what the sink is told. */
  stop(): void {
    this.#state = 'idle';
    this.#chunks.stop();
    this.#held = null;
  }

  /**
   * @returns where it stopped: `end`, or before it when bytes follow the end of the response
   * @throws ProtocolError
   */
  execute(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      switch (this.#state) {
        case 'head':
          at = this.#held === null ? this.#readHead(bytes, at, end) : this.#readHeldHead(bytes, at, end);
          break;
        case 'sized':
          at = this.#passSized(at, end);
          break;
        case 'chunked':
          at = this.#chunks.decode(bytes, at, end);
          if (this.#chunks.over && this.#state === 'chunked') this.#state = 'over';
          break;
        case 'until-close':
          this.#sink.onBody(at, end);
          return end;
        default:
          return at;
      }
    }
    return at;
  }

  /**
   * The sender has ended the connection.
   * @returns true when that is where the response ends
   */
  finish(): boolean {
    if (this.#state !== 'until-close') return false;
    this.#state = 'over';
    return true;
  }

  #readHead(bytes: Buffer, at: number, end: number): number {
    const head = this.#scanner.scan(bytes, at, Math.min(end, at + MAX_HEAD_BYTES));
    if (head !== null) {
      const { next } = this.#scanner;
      this.#onHead(head);
      return next;
    }
    if (end - at >= MAX_HEAD_BYTES) throw new ProtocolError(`a head of more than ${MAX_HEAD_BYTES} bytes`);
    this.#held = Buffer.allocUnsafe(MAX_HEAD_BYTES);
    this.#heldBytes = bytes.copy(this.#held, 0, at, end);
    return end;
  }

  /** Scans from the beginning with every piece: 16 KiB at most, and that costs less than reading the piece did. */
  #readHeldHead(bytes: Buffer, at: number, end: number): number {
    const held = this.#held!;
    const before = this.#heldBytes;
    this.#heldBytes += bytes.copy(held, before, at, end);
    const head = this.#scanner.scan(held, 0, this.#heldBytes);
    if (head !== null) {
      const next = at + this.#scanner.next - before;
      this.#held = null;
      this.#onHead(head);
      return next;
    }
    if (this.#heldBytes === MAX_HEAD_BYTES) {
      throw new ProtocolError(`a head of more than ${MAX_HEAD_BYTES} bytes`);
    }
    return end;
  }

  #onHead(head: ResponseHead): void {
    const old = this.#scanner.minorVersion === 0;
    // HTTP/1.0 knows no chunks: such a message may be framed in two ways (RFC 9112 §6.1).
    if (old && head.chunked) throw new ProtocolError('chunks in HTTP/1.0');
    if (head.status < 200) {
      checkInformational(head, old);
      return;
    }
    this.#reusable = !head.closes && (!old || head.keepsAlive);
    this.#state = this.#framing(head);
    this.#sink.onHead(head);
  }

  /** RFC 9112 §6.3 */
  #framing(head: ResponseHead): State {
    if (this.#isHead || head.bodiless) {
      // A 204 must not announce a body; one that does may send it later, and so may a target that is asked with HEAD.
      const announced = head.chunked || (head.contentLength ?? 0) > 0;
      if (this.#isHead || (head.status === 204 && announced)) this.#reusable = false;
      return 'over';
    }
    if (head.chunked) {
      this.#chunks.begin();
      return 'chunked';
    }
    if (head.contentLength === null) {
      this.#reusable = false;
      return 'until-close';
    }
    this.#left = head.contentLength;
    return this.#left === 0 ? 'over' : 'sized';
  }

  #passSized(at: number, end: number): number {
    const stop = Math.min(end, at + this.#left);
    this.#left -= stop - at;
    if (this.#left === 0) this.#state = 'over';
    this.#sink.onBody(at, stop);
    return stop;
  }
}

function checkInformational(head: ResponseHead, old: boolean): void {
  // We never ask for an upgrade, so nothing that follows a 101 could be understood.
  if (head.status === 101) throw new ProtocolError('it switches protocols unasked');
  // HTTP/1.0 has none of them (RFC 9110 §15.2), and nothing follows on a connection that closes.
  if (old || head.closes) throw new ProtocolError('an informational response that nothing follows');
  if (!head.untilClose) throw new ProtocolError('an informational response with a body');
}
