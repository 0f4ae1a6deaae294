// The name that a client of TLS asks for, read from its first message before the handshake begins (RFC 8446 §4.1.2, RFC 6066
// §3): Node's own callback can change one certificate only, and leaves those of other key types that the first name has.

import type { Socket } from 'node:net';
import { takeFirstBytes } from './first-bytes.js';

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;
const RECORD_HEAD = 5;
const MESSAGE_HEAD = 4;
/** Of a message that is looked into; those of real clients have 2 KiB, in one record. */
const MAX_HELLO_BYTES = 16 * 1024;
const MAX_RECORDS = 4;

/** Reads big-endian numbers and vectors with a length before them, and goes nowhere beyond its bytes. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** @throws RangeError beyond the end */
  uint(size: number): number {
    return this.bytes(size).readUIntBE(0, size);
  }

  bytes(size: number): Buffer {
    if (size > this.left) throw new RangeError('the message ends early');
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  /** A vector whose length has `size` bytes. */
  vector(size: number): Reader {
    return new Reader(this.bytes(this.uint(size)));
  }
}

/**
 * @param bytes of a connection so far
 * @returns null when more must come; '' for a message without a name, and for what is none: OpenSSL says what is wrong
 */
export function serverNameOf(bytes: Buffer): string | null {
  const message = messageOf(bytes);
  if (message === null) return bytes.length > MAX_HELLO_BYTES ? '' : null;
  try {
    return nameIn(new Reader(message));
  } catch {
    return '';
  }
}

/** The first handshake message, put together of its records; empty for what is none, null when more must come. */
function messageOf(bytes: Buffer): Buffer | null {
  let message: Buffer = Buffer.alloc(0);
  for (let at = 0, records = 0; records < MAX_RECORDS; records++) {
    if (at < bytes.length && bytes[at] !== HANDSHAKE_RECORD) break;
    if (at + RECORD_HEAD > bytes.length) return null;
    const end = at + RECORD_HEAD + bytes.readUInt16BE(at + 3);
    message = Buffer.concat([message, bytes.subarray(at + RECORD_HEAD, end)]);
    if (message.length > 0 && message[0] !== CLIENT_HELLO) break;
    if (message.length >= MESSAGE_HEAD) {
      const length = MESSAGE_HEAD + message.readUIntBE(1, 3);
      if (message.length >= length) return message.subarray(MESSAGE_HEAD, length);
    }
    if (end > bytes.length) return null;
    at = end;
  }
  return Buffer.alloc(0);
}

function nameIn(hello: Reader): string {
  // Version and random; session, suites and compression methods.
  hello.bytes(2 + 32);
  hello.vector(1);
  hello.vector(2);
  hello.vector(1);
  if (hello.left === 0) return '';
  const extensions = hello.vector(2);
  while (extensions.left > 0) {
    const type = extensions.uint(2);
    const extension = extensions.vector(2);
    if (type !== SERVER_NAME) continue;
    const names = extension.vector(2);
    if (names.uint(1) !== HOST_NAME) return '';
    const name = names.vector(2);
    return name.bytes(name.left).toString('latin1');
  }
  return '';
}

/**
 * Reads the first message of a connection, puts its bytes back and tells the name in it.
 * @param waitMs longest wait for all of it; then, and when the client leaves before, the connection is cut
 */
export function tellServerName(socket: Socket, waitMs: number, told: (name: string) => void): void {
  takeFirstBytes(socket, waitMs, (seen) => {
    const name = serverNameOf(seen);
    return name === null ? 'more' : { rest: seen, goOn: () => told(name) };
  });
}
