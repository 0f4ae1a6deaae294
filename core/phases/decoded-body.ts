// A response body without its content coding (RFC 9110 §8.4.1), for filters that read it. Decoded as it flows: a small body
// may become a very large one, and no more of that is made than its reader takes.
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { GatewayError } from '../errors.js';
import type { Body, BodyConsumer } from '../exchange.js';

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

class DecodedBody implements Body, BodyConsumer {
  readonly length = null;
  readonly #source: Body;
  readonly #coding: string;
  readonly #make: MakeDecoder;
  #decoder: Transform | null = null;
  #consumer: BodyConsumer | null = null;
  #paused = false;
  #over = false;

  constructor(source: Body, coding: string, make: MakeDecoder) {
    this.#source = source;
    this.#coding = coding;
    this.#make = make;
  }

  read(consumer: BodyConsumer): void {
    this.#consumer = consumer;
    this.#source.read(this);
  }

  pause(): void {
    this.#paused = true;
    this.#decoder?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#decoder?.resume();
  }

  cancel(reason: GatewayError): void {
    if (this.#over) return;
    this.#stop();
    this.#source.cancel(reason);
  }

  // What the source calls.

  chunk(bytes: Uint8Array): void {
    if (this.#over || bytes.byteLength === 0) return;
    this.#decoder ??= this.#start(bytes[0]!);
    if (!this.#decoder.write(bytes)) this.#source.pause();
  }

  end(): void {
    if (this.#over) return;
    if (this.#decoder !== null) {
      this.#decoder.end();
      return;
    }
    this.#over = true;
    this.#consumer!.end();
  }

  fail(error: GatewayError): void {
    if (this.#over) return;
    this.#stop();
    this.#consumer!.fail(error);
  }

  #start(first: number): Transform {
    const decoder = this.#make(first);
    decoder.on('data', (bytes: Uint8Array) => {
      if (!this.#over) this.#consumer!.chunk(bytes);
    });
    decoder.on('drain', () => this.#source.resume());
    decoder.on('end', () => {
      if (this.#over) return;
      this.#over = true;
      this.#consumer!.end();
    });
    decoder.on('error', (cause) => {
      if (this.#over) return;
      const message = `the body is not ${this.#coding}: ${cause.message}`;
      const error = new GatewayError('SLUICE_FILTER_RESPONSE_ENCODED', message, { cause });
      this.#stop();
      this.#source.cancel(error);
      this.#consumer!.fail(error);
    });
    if (this.#paused) decoder.pause();
    return decoder;
  }

  #stop(): void {
    this.#over = true;
    this.#decoder?.destroy();
  }
}
