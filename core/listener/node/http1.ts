// HTTP/1.1 on node:http. Connections are opened by whoever owns the address and handed over; requests of one connection are
// handed on one after another, whatever the client sends ahead.
import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { GatewayError } from '../../errors.js';
import { BufferedBody, type Exchange } from '../../exchange.js';
import type { HeaderList } from '../../headers.js';
import { MAX_HEAD_BYTES } from '../head-limit.js';
import { isBodiless, sendableFields } from '../response-head.js';
import type { NodeIntake, RequestHead } from './intake.js';
import type { NodeReply } from './reply.js';
import type { NodeUpload } from './upload.js';
import type { NodeWire, Peer, ResponseHead } from './wire.js';

const MAX_FIELDS = 256;
/** Requests that a client may send ahead on one connection; more cut it. */
const MAX_AHEAD = 64;
/** How long a connection that closes is still read, so that a client that is sending gets to see the answer (RFC 9112 §9.6). */
const LINGER_MS = 2000;
/** What a piece of a response may keep in memory beside the socket's own buffer. */
const PIECE_BYTES = 64 * 1024;

interface Waiting {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly awaitsContinue: boolean;
}

export class NodeHttp1 {
  readonly #intake: NodeIntake;
  readonly #waitMs: number;
  readonly #server: Server;
  readonly #connections = new Map<Socket, Http1Connection>();

  /** @param waitMs longest wait for a first or next request on a connection, and then for the end of its head */
  constructor(intake: NodeIntake, waitMs: number) {
    this.#intake = intake;
    this.#waitMs = waitMs;
    const server = createServer({
      insecureHTTPParser: false,
      // Ours says it in a problem document.
      requireHostHeader: false,
      maxHeaderSize: MAX_HEAD_BYTES,
      noDelay: true,
      // Times are kept by `checkIdle`.
      headersTimeout: 0,
      requestTimeout: 0,
      keepAliveTimeout: 0,
    });
    // Node would leave out what is beyond; ours refuses.
    server.maxHeadersCount = 0;
    server.on('request', (req, res) => this.#connections.get(req.socket)?.take(req, res, false));
    server.on('checkExpectation', (req, res) => this.#connections.get(req.socket)?.take(req, res, false));
    server.on('checkContinue', (req, res) => this.#connections.get(req.socket)?.take(req, res, true));
    server.on('connect', (req, socket) => this.#connections.get(socket as Socket)?.takeConnect(req));
    server.on('clientError', (error, socket) => this.#connections.get(socket as Socket)?.failed(error));
    this.#server = server;
  }

  accept(socket: Socket, peer: Peer): void {
    const connection = new Http1Connection(this.#intake, socket, peer);
    this.#connections.set(socket, connection);
    socket.once('close', () => {
      this.#connections.delete(socket);
      connection.left();
    });
    this.#server.emit('connection', socket);
  }

  /** Whoever drains counts the exchanges that have begun. */
  drain(): void {
    for (const connection of this.#connections.values()) connection.stopExpecting();
  }

  /** Called every now and then. */
  checkIdle(nowMs: number): void {
    for (const connection of this.#connections.values()) connection.checkIdle(nowMs, this.#waitMs);
  }
}

class Http1Connection {
  readonly #intake: NodeIntake;
  readonly #socket: Socket;
  readonly #peer: Peer;
  #reply: NodeReply | null = null;
  #busy = false;
  /** Hands the request on whose body may have come with its head. */
  #expected: (() => void) | null = null;
  #ahead: Waiting[] = [];
  /** No further request is read. */
  #closing = false;
  #waitingSinceMs = performance.now();
  #bytesRead = 0;
  #headBegan = false;

  constructor(intake: NodeIntake, socket: Socket, peer: Peer) {
    this.#intake = intake;
    this.#socket = socket;
    this.#peer = peer;
    // Heads go out one character per byte.
    socket.setDefaultEncoding('latin1');
    socket.destroySoon = () => this.#linger();
  }

  take(req: IncomingMessage, res: ServerResponse, awaitsContinue: boolean): void {
    req.on('error', ignore);
    res.on('error', ignore);
    if (this.#closing) return;
    const waiting = { req, res, awaitsContinue };
    if (!this.#busy) this.#begin(waiting);
    else if (this.#ahead.push(waiting) > MAX_AHEAD) this.#socket.destroy();
  }

  /** Node lets go of the connection; the refusal is the last that is written to it. */
  takeConnect(req: IncomingMessage): void {
    if (this.#closing) return;
    if (this.#busy) {
      this.#socket.destroy();
      return;
    }
    this.#socket.on('error', ignore);
    this.#socket.resume();
    const res = this.#lastResponse(req);
    this.#begin(
      { req, res, awaitsContinue: false },
      new GatewayError('SLUICE_LISTEN_METHOD', 'CONNECT is not forwarded'),
    );
  }

  /** The parser refused what came, or the socket failed. */
  failed(error: NodeJS.ErrnoException): void {
    const isParsed = error.code?.startsWith('HPE_') ?? false;
    // The last answer is on its way, and nothing that comes counts.
    if (this.#closing && isParsed) return;
    if (isParsed && this.#reply?.refuseUpload(`the body cannot be read: ${error.code}`)) {
      this.#closing = true;
      return;
    }
    if (!isParsed || this.#busy || !this.#socket.writable) {
      this.#socket.destroy();
      return;
    }
    const req = new IncomingMessage(this.#socket);
    req.httpVersion = '1.1';
    req.httpVersionMajor = 1;
    req.httpVersionMinor = 1;
    req.method = '';
    req.url = '';
    const refusal =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? new GatewayError('SLUICE_LISTEN_HEAD_TOO_LARGE', `the head has more than ${MAX_HEAD_BYTES} bytes`)
        : new GatewayError('SLUICE_LISTEN_MALFORMED', `the head cannot be read: ${error.code}`);
    this.#begin({ req, res: this.#lastResponse(req), awaitsContinue: false }, refusal);
  }

  left(): void {
    this.#closing = true;
    this.stopExpecting();
    this.#ahead = [];
    this.#reply?.leave();
  }

  checkIdle(nowMs: number, waitMs: number): void {
    const { bytesRead } = this.#socket;
    if (this.#busy) {
      // A response that is whole and not yet taken counts as waiting for the next request.
      if (!this.#reply?.over) this.#waitingSinceMs = nowMs;
    } else if (bytesRead !== this.#bytesRead && !this.#headBegan) {
      this.#headBegan = true;
      this.#waitingSinceMs = nowMs;
    }
    if (nowMs - this.#waitingSinceMs > waitMs) this.#socket.destroy();
  }

  #begin(waiting: Waiting, known: GatewayError | null = null): void {
    const { req, res } = waiting;
    this.#busy = true;
    const head = readHead(req);
    const wire = new Http1Wire(waiting, this.#socket);
    const taken = this.#intake.take(head, this.#peer, wire, known ?? headProblem(req, head));
    const { exchange, reply, refusal, bodyLength } = taken;
    this.#reply = reply;
    this.#closing = taken.closes;
    res.once('finish', () => this.#finished(wire));
    if (refusal !== null || bodyLength === 0) {
      this.#intake.begin(exchange, reply, refusal);
    } else if (bodyLength === null || waiting.awaitsContinue) {
      exchange.requestBody = upload(req, reply, bodyLength);
      this.#intake.begin(exchange, reply, null);
    } else {
      // A body of known length comes, as a rule, in the read that its head came in.
      this.#expected = () => {
        exchange.requestBody = wholeBody(req, exchange, bodyLength) ?? upload(req, reply, bodyLength);
        this.#intake.begin(exchange, reply, null);
      };
      setImmediate(this.stopExpecting);
    }
  }

  /** Hands a request on without a further look whether its body has come. */
  readonly stopExpecting = (): void => {
    const begin = this.#expected;
    this.#expected = null;
    begin?.();
  };

  #finished(wire: Http1Wire): void {
    // The rest of a body that nobody reads.
    wire.input.resume();
    this.#reply = null;
    if (wire.closes) {
      this.#closing = true;
      this.#linger();
      return;
    }
    this.#busy = false;
    this.#headBegan = false;
    this.#waitingSinceMs = performance.now();
    this.#bytesRead = this.#socket.bytesRead;
    const next = this.#ahead.shift();
    if (next !== undefined) this.#begin(next);
  }

  #lastResponse(req: IncomingMessage): ServerResponse {
    const res = new ServerResponse(req);
    res.shouldKeepAlive = false;
    res.on('error', ignore);
    res.assignSocket(this.#socket);
    return res;
  }

  /** Ends our side, and the connection when the client has ended its own: cut at once, it might lose the answer. */
  #linger(): void {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return;
    socket.end();
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
    socket.once('end', () => socket.destroy());
  }
}

class Http1Wire implements NodeWire {
  readonly pieceBytes = PIECE_BYTES;
  readonly multiplexed = false;
  readonly input: Readable;
  readonly output: Writable;
  readonly awaitsContinue: boolean;
  readonly takesTrailers: boolean;
  /** The connection ends after the response. */
  closes = false;
  readonly #res: ServerResponse;
  readonly #socket: Socket;

  constructor({ req, res, awaitsContinue }: Waiting, socket: Socket) {
    this.input = req;
    this.output = res;
    this.awaitsContinue = awaitsContinue;
    this.takesTrailers = /(?:^|,)[\t ]*trailers[\t ]*(?:,|$)/i.test(String(req.headers.te ?? ''));
    this.#res = res;
    this.#socket = socket;
  }

  sendContinue(): void {
    this.#res.writeContinue();
  }

  writeHead({ status, headers, length, closes }: ResponseHead): void {
    this.closes = closes;
    const fields = sendableFields(headers);
    if (length !== null && !isBodiless(status)) fields.push('content-length', String(length));
    if (closes) fields.push('connection', 'close');
    // Or Node would write `connection: keep-alive` and how long, which HTTP/1.1 has no need of.
    else this.#res.removeHeader('connection');
    this.#res.writeHead(status, fields);
  }

  flushHead(): void {
    this.#res.flushHeaders();
  }

  write(bytes: Uint8Array): boolean {
    return this.#res.write(bytes);
  }

  end(bytes: Uint8Array | null, trailers: HeaderList | null): void {
    if (trailers !== null && this.takesTrailers) this.#addTrailers(trailers);
    if (bytes === null) this.#res.end();
    else this.#res.end(bytes);
  }

  stopClient(): void {
    this.closes = true;
  }

  cut(): void {
    this.#socket.destroy();
  }

  #addTrailers(trailers: HeaderList): void {
    const fields = sendableFields(trailers);
    const pairs: [string, string][] = [];
    for (let i = 0; i < fields.length; i += 2) pairs.push([fields[i]!, fields[i + 1]!]);
    this.#res.addTrailers(pairs);
  }
}

function readHead(req: IncomingMessage): RequestHead {
  const target = req.url ?? '';
  const question = target.indexOf('?');
  return {
    method: req.method ?? '',
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
    flat: lowerNames(req.rawHeaders),
  };
}

function lowerNames(raw: readonly string[]): string[] {
  const flat: string[] = [];
  for (let i = 0; i < raw.length; i += 2) flat.push(raw[i]!.toLowerCase(), raw[i + 1]!);
  return flat;
}

function upload(req: IncomingMessage, reply: NodeReply, length: number | null): NodeUpload {
  const body = reply.openUpload(length);
  if (length === null) req.prependListener('end', () => body.setTrailers(lowerNames(req.rawTrailers)));
  return body;
}

/** The body when it is here already, null otherwise. */
function wholeBody(req: IncomingMessage, exchange: Exchange, length: number): BufferedBody | null {
  if (!req.complete || req.readableLength !== length) return null;
  const bytes = req.read() as Buffer;
  exchange.bytesIn = length;
  // Lets it end.
  req.resume();
  return new BufferedBody(bytes);
}

function headProblem(req: IncomingMessage, { flat }: RequestHead): GatewayError | null {
  if (req.httpVersion !== '1.1') {
    return new GatewayError('SLUICE_LISTEN_MALFORMED', `HTTP/${req.httpVersion} is not spoken`);
  }
  if (flat.length <= 2 * MAX_FIELDS) return null;
  return new GatewayError('SLUICE_LISTEN_HEAD_TOO_LARGE', `there are more than ${MAX_FIELDS} fields`);
}

function ignore(): void {}
