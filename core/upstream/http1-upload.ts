// Sends a request body on a socket of HTTP/1.1, with the head in front of its first bytes: a body that turns out to be
// empty is sent as one of length 0.
import type { Socket } from 'node:net';
import type { Body } from '../exchange.js';
import type { ConnectionEvents } from './connection.js';
import { writeJoined } from './joined-write.js';
import { Upload, type UploadHost } from './upload.js';

export class Http1Upload extends Upload {
  readonly #socket: Socket;
  readonly #announcesEmpty: boolean;
  #head: string;

  /**
   * @param head           request line and fields, without the framing ones and without the last CR LF
   * @param announcesEmpty an empty body is announced as such
   */
  constructor(
    body: Body,
    socket: Socket,
    head: string,
    announcesEmpty: boolean,
    events: ConnectionEvents,
    host: UploadHost,
  ) {
    super(body, events, host);
    this.#socket = socket;
    this.#head = head;
    this.#announcesEmpty = announcesEmpty;
  }

  /** Nothing is kept of what is written. */
  lentChunk(bytes: Uint8Array): void {
    this.chunk(bytes);
  }

  protected override write(bytes: Uint8Array, isFirst: boolean): boolean {
    return writeJoined(this.#socket, this.#prefix(isFirst, bytes.byteLength), bytes);
  }

  /** Trailers of the client are not passed on. */
  protected override finish(): void {
    if (this.sentBytes === 0) {
      this.#socket.write(
        `${this.#head}${this.#announcesEmpty ? '\r\ncontent-length: 0' : ''}\r\n\r\n`,
        'latin1',
      );
    } else if (this.length === null) {
      this.#socket.write('\r\n0\r\n\r\n', 'latin1');
    }
  }

  /** What stands before the bytes on the wire; a line break that ends the chunk before is the next one's to write. */
  #prefix(isFirst: boolean, bytes: number): string {
    const { length } = this;
    const head = this.#head;
    if (isFirst) this.#head = '';
    if (length !== null) return isFirst ? `${head}\r\ncontent-length: ${length}\r\n\r\n` : '';
    const size = bytes.toString(16);
    return isFirst ? `${head}\r\ntransfer-encoding: chunked\r\n\r\n${size}\r\n` : `\r\n${size}\r\n`;
  }
}
