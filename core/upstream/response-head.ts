// The head of a response: what is forwarded of it, and what it says about its body and its connection. Both clients
// build it field by field, so both refuse the same framing.
import { isHopByHop, parseLength } from '../headers.js';
import { ProtocolError } from './failure.js';

const KEEP_ALIVE_TIMEOUT = /(?:^|[,\s])timeout\s*=\s*([0-9]{1,9})(?:$|[,;\s])/i;

/** What `keep-alive` said last, which most targets say again. */
let lastKeepAlive = '';
let lastTimeoutMs: number | null = null;

export class ResponseHead {
  readonly status: number;
  readonly ended: boolean;
  /** Flat, names lower case, without hop-by-hop fields. */
  fields: string[] = [];
  /** Value of `content-length`; null when absent. */
  contentLength: number | null = null;
  chunked = false;
  /** `connection` has the option `close`, or `keep-alive`. */
  closes = false;
  keepsAlive = false;
  /** What `keep-alive` says; null when it says nothing. */
  keepAliveTimeoutMs: number | null = null;
  #named: Set<string> | null = null;

  /** @param ended nothing follows it */
  constructor(status: number, ended = false) {
    this.status = status;
    this.ended = ended;
  }

  /** Neither a length nor chunks: the end of the connection ends the body (RFC 9112 §6.3), if there is one. */
  get untilClose(): boolean {
    return this.contentLength === null && !this.chunked;
  }

  /** Statuses without a body, whatever the fields say (RFC 9110 §6.4.1). */
  get bodiless(): boolean {
    return this.status === 204 || this.status === 304;
  }

  /**
   * @param name  lower case
   * @param value without white space at its ends
   * @throws ProtocolError when the fields could be framed in two ways, or in one that we do not know
   */
  add(name: string, value: string): void {
    if (isHopByHop(name)) {
      this.#addHopByHop(name, value);
      return;
    }
    if (name === 'content-length') this.#addLength(value);
    this.fields.push(name, value);
  }

  /** After the last field: takes away what a `connection` field named. */
  seal(): void {
    const named = this.#named;
    if (named === null) return;
    const kept: string[] = [];
    for (let i = 0; i < this.fields.length; i += 2) {
      if (!named.has(this.fields[i]!)) kept.push(this.fields[i]!, this.fields[i + 1]!);
    }
    this.fields = kept;
  }

  #addHopByHop(name: string, value: string): void {
    if (name === 'connection') this.#addOptions(value);
    else if (name === 'transfer-encoding') this.#addCoding(value);
    else if (name === 'keep-alive') this.#addKeepAlive(value);
    // No standard has it, but who says `close` means it.
    else if (name === 'proxy-connection' && /close/i.test(value)) this.closes = true;
  }

  #addLength(value: string): void {
    // Two that are equal would be harmless (RFC 9112 §6.3), but nobody sends them for a good reason.
    if (this.contentLength !== null) throw new ProtocolError('more than one content-length');
    const length = parseLength(value);
    if (length === null) throw new ProtocolError('a content-length that is no number');
    if (this.chunked) throw new ProtocolError('both content-length and transfer-encoding');
    this.contentLength = length;
  }

  #addCoding(value: string): void {
    // Its reader would not know of a coding that we cannot undo.
    if (value.toLowerCase() !== 'chunked')
      throw new ProtocolError(`an unknown transfer coding, ${value.slice(0, 100)}`);
    if (this.chunked) throw new ProtocolError('chunked twice');
    if (this.contentLength !== null) throw new ProtocolError('both content-length and transfer-encoding');
    this.chunked = true;
  }

  #addKeepAlive(value: string): void {
    if (value !== lastKeepAlive) {
      const match = KEEP_ALIVE_TIMEOUT.exec(value);
      lastTimeoutMs = match === null ? null : Number(match[1]) * 1000;
      lastKeepAlive = value;
    }
    if (lastTimeoutMs !== null) this.keepAliveTimeoutMs = lastTimeoutMs;
  }

  #addOptions(value: string): void {
    const text = value.toLowerCase();
    if (text === 'keep-alive') this.keepsAlive = true;
    else if (text === 'close') this.closes = true;
    else for (const option of text.split(',')) this.#addOption(option.trim());
  }

  #addOption(option: string): void {
    if (option === 'close') this.closes = true;
    else if (option === 'keep-alive') this.keepsAlive = true;
    else if (option !== '' && !isHopByHop(option)) {
      this.#named ??= new Set();
      this.#named.add(option);
    }
  }
}
