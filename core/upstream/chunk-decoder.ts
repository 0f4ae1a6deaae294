// Undoes the chunked coding (RFC 9112 §7.1). Extensions and trailers must be well-formed and are dropped.
import { isFramingField } from '../headers.js';
import { ProtocolError } from './failure.js';

/** Most bytes that extensions and trailers of one body may take, together. */
const MAX_EXTRA_BYTES = 16 * 1024;
/** 52 bits: every sum stays exact. */
const MAX_SIZE_DIGITS = 13;

const LF = 0x0a;
const CR = 0x0d;
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
const SIZE_LINE = new RegExp(
  `^([0-9A-Fa-f]{1,${MAX_SIZE_DIGITS}})(?:;${TOKEN}(?:=(?:${TOKEN}|${QUOTED}))?)*$`,
);
const TRAILER_LINE = new RegExp(`^(${TOKEN}):[\\t\\x20-\\x7e\\x80-\\xff]*$`);

/** Takes parts of the body: `start` to `end` of the bytes that are being decoded. It may stop the decoder meanwhile. */
export interface BodySink {
  onBody(start: number, end: number): void;
}

type State = 'size' | 'data' | 'data-end' | 'trailer' | 'over';

export class ChunkDecoder {
  readonly #sink: BodySink;
  #state: State = 'over';
  /** Bytes of the present chunk that are still to come. */
  #left = 0;
  /** The beginning of a line whose end has not come yet. */
  #held = '';
  #extraBytes = 0;

  constructor(sink: BodySink) {
    this.#sink = sink;
  }

  /** The last line of the last chunk has been read, or `stop` was called. */
  get over(): boolean {
    return this.#state === 'over';
  }

  begin(): void {
    this.#state = 'size';
    this.#held = '';
    this.#extraBytes = 0;
  }

  stop(): void {
    this.#state = 'over';
  }

  /**
   * @returns where it stopped: `end`, or before it when the body is over
   * @throws ProtocolError
   */
  decode(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && this.#state !== 'over') {
      at = this.#state === 'data' ? this.#passData(at, end) : this.#readLine(bytes, at, end);
    }
    return at;
  }

  #passData(at: number, end: number): number {
    const stop = Math.min(end, at + this.#left);
    this.#left -= stop - at;
    if (this.#left === 0) this.#state = 'data-end';
    this.#sink.onBody(at, stop);
    return stop;
  }

  /** Every line ends with CR LF; a bare LF ends none, and no pattern lets a bare CR pass. */
  #readLine(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && bytes[at] !== LF) at++;
    const part = bytes.toString('latin1', start, at);
    const line = this.#held === '' ? part : this.#held + part;
    if (line.length > MAX_EXTRA_BYTES) throw new ProtocolError('too much beside the data of its chunks');
    if (at === end) {
      this.#held = line;
      return end;
    }
    this.#held = '';
    if (line.charCodeAt(line.length - 1) !== CR) throw new ProtocolError('a bare LF between chunks');
    this.#onLine(line.slice(0, -1));
    return at + 1;
  }

  #onLine(line: string): void {
    if (this.#state === 'size') this.#onSize(line);
    else if (this.#state === 'trailer') this.#onTrailer(line);
    else if (line === '') this.#state = 'size';
    else throw new ProtocolError('a chunk longer than its size');
  }

  #onSize(line: string): void {
    const match = SIZE_LINE.exec(line);
    if (match === null) throw new ProtocolError('a chunk without a size');
    const digits = match[1]!;
    this.#count(line.length - digits.length);
    this.#left = Number.parseInt(digits, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'data';
  }

  #onTrailer(line: string): void {
    if (line === '') {
      this.#state = 'over';
      return;
    }
    const match = TRAILER_LINE.exec(line);
    // RFC 9110 §6.5.1: a trailer must not frame the message that it ends.
    if (match === null || isFramingField(match[1]!.toLowerCase())) throw new ProtocolError('a bad trailer');
    this.#count(line.length);
  }

  #count(bytes: number): void {
    this.#extraBytes += bytes;
    if (this.#extraBytes > MAX_EXTRA_BYTES) {
      throw new ProtocolError('too much beside the data of its chunks');
    }
  }
}
