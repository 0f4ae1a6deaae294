// HTTP/1.1 on node:http. Connections are opened by whoever owns the address and handed over; requests of one connection are
// handed on one after another, whatever the client sends ahead.
import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { GatewayError } from '../../errors.js';
import { MAX_HEAD_BYTES } from '../head-limit.js';
import { headProblem, readHead, upload, wholeBody } from './http1-request.js';
import { type Http1Pair, Http1Wire } from './http1-wire.js';
import type { NodeIntake } from './intake.js';
import type { NodeReply } from './reply.js';
import type { Peer } from './wire.js';

/** Requests that a client may send ahead on one connection; more cut it. */
const MAX_AHEAD = 64;
/** What Node's parser says when the client ends its side in the midst of a message. */
const ENDED_MIDWAY = 'HPE_INVALID_EOF_STATE';
/** How long a connection that closes is still read, so that a client that is sending gets to see the answer (RFC 9112 §9.6). */
const LINGER_MS = 2000;

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
  #ahead: Http1Pair[] = [];
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
    const isOver = error.code === ENDED_MIDWAY;
    if (isParsed && !isOver && this.#reply?.refuseUpload(`the body cannot be read: ${error.code}`)) {
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

  #begin(waiting: Http1Pair, known: GatewayError | null = null): void {
    try {
      this.#handOn(waiting, known);
    } catch (cause) {
      // A bug of ours, which must not take the process along.
      process.emitWarning(cause instanceof Error ? cause : String(cause));
      this.#socket.destroy();
    }
  }

  #handOn(waiting: Http1Pair, known: GatewayError | null): void {
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

function ignore(): void {}
