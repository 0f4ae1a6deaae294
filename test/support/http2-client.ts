// A client of HTTP/2 on Node's own sessions, in clear text (prior knowledge) or over TLS.
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type SecureClientSessionOptions,
} from 'node:http2';
import type { ContractRequest, ContractResponse } from '../contract/listener.contract.js';

export interface Http2Response {
  /** 0 when the stream was reset before a head. */
  readonly status: number;
  /** Flat, without pseudo-fields. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly trailers: readonly string[];
  /** Code of RST_STREAM; 0 for a stream that came to its end. */
  readonly resetCode: number;
}

export interface Http2Request {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  readonly trailers?: Readonly<Record<string, string>>;
}

export class Http2Client {
  readonly session: ClientHttp2Session;
  /** Code of GOAWAY; null before one came. */
  goawayCode: number | null = null;

  private constructor(session: ClientHttp2Session) {
    this.session = session;
    session.on('error', () => {});
    session.on('goaway', (code) => {
      this.goawayCode = code;
    });
  }

  /** @param tls over TLS when set */
  static async open(port: number, tls?: SecureClientSessionOptions): Promise<Http2Client> {
    const session =
      tls === undefined
        ? connect(`http://127.0.0.1:${port}`)
        : connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, ...tls });
    const client = new Http2Client(session);
    await once(session, 'connect');
    return client;
  }

  start(path: string, request: Http2Request = {}): ClientHttp2Stream {
    const { body, headers, trailers } = request;
    const fields = { ':path': path, ':authority': 'a', ...headers } as Record<string, string | string[]>;
    const stream = this.session.request(fields, {
      endStream: body === undefined,
      waitForTrailers: trailers !== undefined,
    });
    stream.on('error', () => {});
    if (trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    if (body !== undefined) stream.end(body);
    return stream;
  }

  ask(path: string, request: Http2Request = {}): Promise<Http2Response> {
    return responseOf(this.start(path, request));
  }

  /** Waits until everything has come that was sent before the answer to a PING. */
  async settled(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.session.closed || this.session.destroyed || !this.session.ping(() => resolve())) resolve();
    });
  }

  async closed(): Promise<void> {
    if (!this.session.destroyed) await once(this.session, 'close');
  }

  destroy(): void {
    this.session.destroy();
  }
}

/** What comes on a stream until it closes. */
export async function responseOf(stream: ClientHttp2Stream): Promise<Http2Response> {
  let status = 0;
  let headers: readonly string[] = [];
  let trailers: readonly string[] = [];
  const parts: Buffer[] = [];
  stream.on('response', (fields: { readonly ':status'?: number }, _flags: number, raw: string[]) => {
    status = fields[':status'] ?? 0;
    headers = withoutPseudo(raw);
  });
  stream.on('trailers', (_fields: unknown, _flags: number, raw: string[]) => {
    trailers = withoutPseudo(raw);
  });
  stream.on('data', (bytes: Buffer) => parts.push(bytes));
  await new Promise((resolve) => stream.once('close', resolve));
  return { status, headers, body: Buffer.concat(parts), trailers, resetCode: stream.rstCode ?? 0 };
}

/** The client of the listener contract: one request on a connection of its own. */
export async function requestOverHttp2(
  port: number,
  request: ContractRequest,
  tls?: SecureClientSessionOptions,
): Promise<ContractResponse> {
  const client = await Http2Client.open(port, tls);
  try {
    const headers: Record<string, string | string[]> = { ':method': request.method };
    const given = request.headers ?? [];
    for (let i = 0; i < given.length; i += 2) {
      const name = given[i]!.toLowerCase();
      const known = headers[name];
      headers[name] = known === undefined ? given[i + 1]! : [known, given[i + 1]!].flat();
    }
    if (request.body !== undefined) headers['content-length'] = String(request.body.length);
    const stream = client.start(request.target, {
      headers,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    request.signal?.addEventListener('abort', () => client.destroy());
    const response = await responseOf(stream);
    const complete = response.status !== 0 && response.resetCode === 0 && !stream.aborted;
    await client.settled();
    // A connection that closes says so before the response is whole, and ends.
    if (client.goawayCode !== null) await client.closed();
    return {
      status: response.status,
      headers: response.headers,
      body: response.body.toString('latin1'),
      complete,
      closed: client.goawayCode !== null,
    };
  } finally {
    client.destroy();
  }
}

function withoutPseudo(raw: readonly string[]): string[] {
  const flat: string[] = [];
  for (let i = 0; i < raw.length; i += 2) if (!raw[i]!.startsWith(':')) flat.push(raw[i]!, raw[i + 1]!);
  return flat;
}
