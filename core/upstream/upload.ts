// Sends a request body that arrives bit by bit, with the head in front of its first bytes: a body that turns out to be
// empty is sent as one of length 0.
import type { Socket } from 'node:net';
import { GatewayError } from '../errors.js';
import type { Body, BodyConsumer } from '../exchange.js';
import type { ConnectionEvents } from './connection.js';

/** Told that the body will never be whole. */
export interface UploadHost {
  onUploadFailed(error: GatewayError): void;
}

/** The body is not what was announced. */
export function wrongLength(how: 'longer' | 'shorter'): GatewayError {
  return new GatewayError('SLUICE_INTERNAL', `the request body is ${how} than its content-length`);
}

export class Upload implements BodyConsumer {
  readonly #body: Body;
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #host: UploadHost;
  readonly #announcesEmpty: boolean;
  #head: string;
  #sentBytes = 0;
  #blocked = false;
  #over = false;

  /**
   * @param head           request line and fields, without the framing ones and without the empty line
   * @param announcesEmpty an empty body is announced as such
   * @param events         told how far it is
   */
  constructor(
    body: Body,
    socket: Socket,
    head: string,
    announcesEmpty: boolean,
    events: ConnectionEvents,
    host: UploadHost,
  ) {
    this.#body = body;
    this.#socket = socket;
    this.#head = head;
    this.#announcesEmpty = announcesEmpty;
    this.#events = events;
    this.#host = host;
  }

  /** Everything has been handed to the socket, or nobody wants it any more. */
  get over(): boolean {
    return this.#over;
  }

  start(): void {
    this.#body.read(this);
  }

  chunk(bytes: Uint8Array): void {
    if (this.#over || bytes.byteLength === 0) return;
    const { length } = this.#body;
    const first = this.#sentBytes === 0;
    this.#sentBytes += bytes.byteLength;
    if (length !== null && this.#sentBytes > length) {
      this.#breakOff('longer');
      return;
    }
    this.#socket.cork();
    const prefix = this.#prefix(first, length, bytes.byteLength);
    if (prefix !== '') this.#socket.write(prefix, 'latin1');
    const more = this.#socket.write(bytes);
    this.#socket.uncork();
    this.#events.onUploadProgress();
    if (more) return;
    this.#blocked = true;
    this.#body.pause();
    this.#events.onUploadBlocked();
  }

  end(): void {
    if (this.#over) return;
    const { length } = this.#body;
    if (length !== null && this.#sentBytes < length) {
      this.#breakOff('shorter');
      return;
    }
    this.#over = true;
    if (this.#sentBytes === 0) {
      this.#socket.write(`${this.#head}${this.#announcesEmpty ? 'content-length: 0\r\n' : ''}\r\n`, 'latin1');
    } else if (length === null) {
      this.#socket.write('\r\n0\r\n\r\n', 'latin1');
    }
    this.#events.onUploadComplete();
  }

  fail(error: GatewayError): void {
    if (this.#over) return;
    this.#over = true;
    this.#host.onUploadFailed(error);
  }

  /** The socket has room again. */
  onDrain(): void {
    if (this.#over || !this.#blocked) return;
    this.#blocked = false;
    this.#events.onUploadWanted();
    this.#body.resume();
  }

  /** Lets go of the body, whose fate is somebody else's from now on. */
  detach(): void {
    this.#over = true;
  }

  /** The target has answered without it. */
  abandon(): void {
    if (this.#over) return;
    this.#over = true;
    this.#body.cancel(
      new GatewayError('SLUICE_UPSTREAM_CLOSED', 'the upstream does not want the rest of the request body'),
    );
  }

  /** What stands before the bytes on the wire; a line break that ends the chunk before is the next one's to write. */
  #prefix(first: boolean, length: number | null, bytes: number): string {
    const head = this.#head;
    if (first) this.#head = '';
    if (length !== null) return first ? `${head}content-length: ${length}\r\n\r\n` : '';
    const size = bytes.toString(16);
    return first ? `${head}transfer-encoding: chunked\r\n\r\n${size}\r\n` : `\r\n${size}\r\n`;
  }

  #breakOff(how: 'longer' | 'shorter'): void {
    this.#over = true;
    this.#host.onUploadFailed(wrongLength(how));
  }
}
