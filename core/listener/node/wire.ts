// What a reply needs of the protocol that Node speaks for it: HTTP/1.1 and HTTP/2 answer it.
import type { Readable, Writable } from 'node:stream';
import type { HeaderList } from '../../headers.js';
import type { Certificate } from '../../tls/certificate.js';

/** A response as a wire writes it. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: HeaderList;
  /** Of `content-length`; null for none. */
  readonly length: number | null;
  /** What follows: nothing but the end, all of it with the end, or pieces and perhaps trailers. */
  readonly payload: 'none' | 'whole' | 'stream';
  /** The connection ends after the response. */
  readonly closes: boolean;
}

/** One request and its response on their connection. */
export interface NodeWire {
  /** The body of the request. */
  readonly input: Readable;
  /** The body of the response; `write` and `end` of the wire put it there. */
  readonly output: Writable;
  /** Bytes of a response that are given to `output` at once. */
  readonly pieceBytes: number;
  /** Other requests share the connection: what becomes of this one does not touch it. */
  readonly multiplexed: boolean;
  /** The client waits for a word of ours before it sends the body (RFC 9110 §10.1.1). */
  readonly awaitsContinue: boolean;
  /** True when the client may be sent trailers (RFC 9110 §6.5.1). */
  readonly takesTrailers: boolean;
  sendContinue(): void;
  /** Sets the head, which leaves with the first byte, the end or `flushHead` at the latest. */
  writeHead(head: ResponseHead): void;
  flushHead(): void;
  /** False when `output` is full; it tells of `drain` then. */
  write(bytes: Uint8Array): boolean;
  end(bytes: Uint8Array | null, trailers: HeaderList | null): void;
  /** The response is whole and the client is still sending: makes it stop, where the protocol has a way short of cutting. */
  stopClient(): void;
  /** Cuts so that nothing that was sent can be taken for whole. */
  cut(): void;
}

/** What is known of a connection, read once. */
export interface Peer {
  readonly scheme: 'http' | 'https';
  /** In canonical form. */
  readonly address: string;
  /** Verified; null when the client showed none. */
  readonly certificate: Certificate | null;
}
