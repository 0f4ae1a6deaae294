// A client that speaks bytes: it sends exactly what a test says and parses responses with its own eyes.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';

export interface RawResponse {
  readonly status: number;
  /** Flat `[name, value, …]`, names as sent, one character per byte. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** False when the connection ended before the body did. */
  readonly complete: boolean;
}

/** All values of a field of a response; names compare without case. */
export function valuesOf(response: { readonly headers: readonly string[] }, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < response.headers.length; i += 2) {
    if (response.headers[i]!.toLowerCase() === name) values.push(response.headers[i + 1]!);
  }
  return values;
}

export class RawClient {
  readonly socket: Socket;
  #parts: Buffer[] = [];
  #size = 0;
  #ended = false;
  #changed: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => {
      this.#parts.push(bytes);
      this.#size += bytes.length;
      this.#changed();
    });
    const ended = (): void => {
      this.#ended = true;
      this.#changed();
    };
    socket.on('end', ended);
    socket.on('close', ended);
    // A cut connection is an outcome that tests look at, not a failure of theirs.
    socket.on('error', ended);
  }

  static async open(port: number, host = '127.0.0.1'): Promise<RawClient> {
    const socket = connect({ port, host, allowHalfOpen: true });
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return new RawClient(socket);
  }

  /**
   * Believes any server, unless the options say otherwise.
   * @throws Error of the socket when the handshake fails; what refuses a client of TLS 1.3 comes after it
   */
  static async openTls(port: number, options: ConnectionOptions = {}): Promise<RawClient> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
    await once(socket, 'secureConnect');
    socket.setNoDelay(true);
    return new RawClient(socket);
  }

  /** Of a client that was opened with TLS. */
  get tls(): TLSSocket {
    return this.socket as TLSSocket;
  }

  /** One request on a connection of its own: sends `text`, waits for a response, closes. */
  static async exchange(port: number, text: string): Promise<RawResponse & { readonly closed: boolean }> {
    const client = await RawClient.open(port);
    try {
      client.send(text);
      const response = await client.response(text.startsWith('HEAD '));
      const closed = valuesOf(response, 'connection').includes('close');
      if (closed) await client.closed();
      return { ...response, closed };
    } finally {
      client.destroy();
    }
  }

  /** Everything that has arrived and was not taken by `response`. */
  get received(): string {
    return this.#join().toString('latin1');
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Sends text, one byte per character, or bytes. */
  send(data: string | Uint8Array): void {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  }

  /** Resolves when the other side has closed. */
  async closed(): Promise<void> {
    await this.until(() => this.#ended);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** Waits for the next final response; informational ones are skipped. */
  async response(toHead = false): Promise<RawResponse> {
    await this.until(() => this.#join().includes('\r\n\r\n') || this.#ended);
    const end = this.#join().indexOf('\r\n\r\n');
    if (end < 0) return { status: 0, headers: [], body: this.#join(), complete: false };
    const lines = this.#join().subarray(0, end).toString('latin1').split('\r\n');
    this.#drop(end + 4);
    const status = Number(lines[0]!.split(' ')[1]);
    if (status < 200) return this.response(toHead);
    const headers = lines.slice(1).flatMap((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    const bodiless = toHead || status === 204 || status === 304;
    const body = bodiless ? Buffer.alloc(0) : await this.#body(headers);
    return { status, headers, body: body ?? Buffer.alloc(0), complete: body !== null };
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Joins what arrived only when somebody looks: bodies of many megabytes would be copied over and over. */
  #join(): Buffer {
    if (this.#parts.length !== 1) this.#parts = [Buffer.concat(this.#parts)];
    return this.#parts[0]!;
  }

  #drop(size: number): void {
    this.#parts = [this.#join().subarray(size)];
    this.#size -= size;
  }

  async #body(headers: readonly string[]): Promise<Buffer | null> {
    const [length] = valuesOf({ headers }, 'content-length');
    if (length !== undefined) return this.#take(Number(length));
    if (valuesOf({ headers }, 'transfer-encoding').includes('chunked')) return this.#chunks();
    // Such a message ends with its connection, like the error pages of the engine itself.
    await this.closed();
    return this.#take(this.#size);
  }

  async #chunks(): Promise<Buffer | null> {
    const chunks: Buffer[] = [];
    for (;;) {
      await this.until(() => this.#join().includes('\r\n') || this.#ended);
      const end = this.#join().indexOf('\r\n');
      const size = Number.parseInt(this.#join().subarray(0, Math.max(end, 0)).toString('latin1'), 16);
      if (end < 0 || Number.isNaN(size)) return null;
      this.#drop(end + 2);
      const chunk = await this.#take(size);
      const lineEnd = await this.#take(2);
      if (chunk === null || lineEnd?.toString('latin1') !== '\r\n') return null;
      if (size === 0) return Buffer.concat(chunks);
      chunks.push(chunk);
    }
  }

  async #take(size: number): Promise<Buffer | null> {
    await this.until(() => this.#size >= size || this.#ended);
    if (this.#size < size) return null;
    const bytes = this.#join().subarray(0, size);
    this.#drop(size);
    return bytes;
  }
}
