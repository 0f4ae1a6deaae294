// A response body without its content coding (RFC 9110 §8.4.1), for filters that read it. Decoded as it flows: a small body
// may become a very large one, and no more of that is made than its reader takes.
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { GatewayError } from '../errors.js';
import type { Body } from '../exchange.js';
import { DerivedBody } from './derived-body.js';

/** More codings than anybody applies, one upon the other. */
const MOST_CODINGS = 3;
/** Compression method of zlib, in the low four bits of its first byte. */
const DEFLATE = 8;

type MakeDecoder = (first: number) => Transform;

const DECODERS: ReadonlyMap<string, MakeDecoder> = new Map<string, MakeDecoder>([
  ['gzip', () => createGunzip()],
  ['x-gzip', () => createGunzip()],
  ['br', () => createBrotliDecompress()],
  // What is called deflate is zlib; some servers send it without zlib's frame.
  ['deflate', (first) => ((first & 0x0f) === DEFLATE ? createInflate() : createInflateRaw())],
]);

/**
 * The body without the codings of `content-encoding`; the same body when there are none.
 * @param encoding value of the field
 * @returns null when one of them is not known
 */
export function decodeBody(body: Body, encoding: string): Body | null {
  const codings = encoding
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length > MOST_CODINGS) return null;
  let decoded = body;
  // The last one was applied last.
  for (const coding of codings.reverse()) {
    const make = DECODERS.get(coding);
    if (make === undefined) return null;
    decoded = new DecodedBody(decoded, coding, make);
  }
  return decoded;
}

class DecodedBody extends DerivedBody {
  readonly length = null;
  readonly #coding: string;
  readonly #make: MakeDecoder;
  /** From the first byte on. */
  #decoder: Transform | null = null;

  constructor(source: Body, coding: string, make: MakeDecoder) {
    super(source);
    this.#coding = coding;
    this.#make = make;
  }

  protected override received(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.#decoder ??= this.#begin(bytes[0]!);
    if (!this.#decoder.write(bytes)) this.holdSource();
  }

  protected override sourceEnded(): void {
    this.dropDigests();
    if (this.#decoder === null) this.finish();
    else this.#decoder.end();
  }

  /** The source goes on until the decoder is full. */
  protected override readerStopped(): void {
    this.#decoder?.pause();
  }

  protected override readerReady(): void {
    this.#decoder?.resume();
  }

  protected override abandoned(): void {
    this.#decoder?.destroy();
  }

  #begin(first: number): Transform {
    const decoder = this.#make(first);
    decoder.on('data', (bytes: Uint8Array) => this.passOn(bytes));
    decoder.on('drain', () => this.releaseSource());
    decoder.on('end', () => this.finish());
    decoder.on('error', (cause) => {
      const message = `the body is not ${this.#coding}: ${cause.message}`;
      this.breakOff(new GatewayError('SLUICE_FILTER_RESPONSE_ENCODED', message, { cause }));
    });
    if (this.isPaused) decoder.pause();
    return decoder;
  }
}
