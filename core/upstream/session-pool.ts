// The sessions of HTTP/2 to one target: a request goes on the first that has room, further ones are opened as those fill up.
import type { Connection } from './connection.js';
import type { Connections, Waiter } from './connection-pool.js';
import type { DeadlineWheel } from './deadline-wheel.js';
import { Http2Connection, type SessionSource } from './http2-connection.js';
import { Http2Session, type SessionHost, type SessionTimes } from './http2-session.js';
import type { TargetConnector } from './target-connector.js';
import type { Census } from './upstream.js';

/** Streams that a peer is taken to allow before it has said: RFC 9113 §6.5.2 asks for no fewer. */
const EXPECTED_STREAMS = 100;
/** Of a session that no request is behind: one that was left when its session closed. */
const CONNECT_MS = 10_000;

export class SessionPool implements Connections, SessionSource, SessionHost {
  readonly origin: URL;
  readonly #connector: TargetConnector;
  readonly #limit: number;
  readonly #times: SessionTimes;
  readonly #wheel: DeadlineWheel;
  readonly #sessions: Http2Session[] = [];
  /** Requests that had a session, and need another one. */
  readonly #displaced = new Set<Http2Connection>();
  readonly #waiting = new Set<Waiter>();
  /** What the peer allowed last. */
  #expected = EXPECTED_STREAMS;

  /** @param limit most sessions */
  constructor(connector: TargetConnector, limit: number, times: SessionTimes, wheel: DeadlineWheel) {
    this.origin = connector.origin;
    this.#connector = connector;
    this.#limit = limit;
    this.#times = times;
    this.#wheel = wheel;
  }

  acquire(waiter: Waiter): void {
    const session = this.#choose(waiter.connectMs);
    if (session === null) {
      this.#waiting.add(waiter);
      return;
    }
    const connection = new Http2Connection(this);
    connection.bind(session);
    waiter.onConnection(connection);
  }

  leave(waiter: Waiter): boolean {
    return this.#waiting.delete(waiter);
  }

  release(connection: Connection): void {
    (connection as Http2Connection).unbind();
    this.#serve();
  }

  place(connection: Http2Connection, connectMs: number): void {
    const session = this.#choose(connectMs);
    if (session === null) this.#displaced.add(connection);
    else connection.bind(session);
  }

  displace(connection: Http2Connection): void {
    this.#displaced.delete(connection);
  }

  onSessionRoom(session: Http2Session): void {
    this.#expected = Math.max(1, session.capacity);
    for (const taker of session.excess) {
      const connection = taker as Http2Connection;
      connection.unbind();
      this.place(connection, CONNECT_MS);
    }
    this.#serve();
  }

  onSessionClosed(session: Http2Session): void {
    this.#sessions.splice(this.#sessions.indexOf(session), 1);
    this.#serve();
  }

  census(): Census {
    return {
      open: this.#sessions.length,
      idle: this.#sessions.filter(({ taken }) => taken === 0).length,
      waiting: this.#waiting.size + this.#displaced.size,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#sessions.slice().map((session) => session.close()));
  }

  #serve(): void {
    for (const connection of this.#displaced) {
      const session = this.#choose(CONNECT_MS);
      if (session === null) return;
      this.#displaced.delete(connection);
      connection.bind(session);
    }
    for (const waiter of this.#waiting) {
      if (!this.#hasRoom()) return;
      this.#waiting.delete(waiter);
      this.acquire(waiter);
    }
  }

  #hasRoom(): boolean {
    return this.#sessions.length < this.#limit || this.#sessions.some(({ hasRoom }) => hasRoom);
  }

  #choose(connectMs: number): Http2Session | null {
    const open = this.#sessions.find(({ hasRoom }) => hasRoom);
    if (open !== undefined) return open;
    if (this.#sessions.length >= this.#limit) return null;
    const session = new Http2Session(
      this.#connector,
      this,
      this.#wheel,
      this.#times,
      this.#expected,
      connectMs,
    );
    this.#sessions.push(session);
    return session;
  }
}
