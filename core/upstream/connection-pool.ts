// The connections to one target. A request must be able to leave the queue,
// and the most recently used connection is the one least likely to have been closed by the target.
import type { Connection } from './connection.js';
import type { Census } from './upstream.js';

/** A request that needs a connection. */
export interface Waiter {
  /** How long it waits for that. */
  readonly connectMs: number;
  onConnection(connection: Connection): void;
}

/** A slot of the pool, which has no socket before its first request, and none after a failure. */
export interface PooledConnection extends Connection {
  /** It has a socket, or opens one. */
  readonly isOpen: boolean;
}

/** Where requests get their connections to one target from. */
export interface Connections {
  /** Hands the waiter a connection, at once or when one is released. */
  acquire(waiter: Waiter): void;
  /** @returns false when the waiter was not in the queue: it has its connection */
  leave(waiter: Waiter): boolean;
  /** Takes a connection back. The next waiter may be handed it before this returns. */
  release(connection: Connection): void;
  /** Counts them, which takes as long as there are many. */
  census(): Census;
  /** Nothing is under way, and nothing will be. */
  close(): Promise<void>;
}

export class ConnectionPool implements Connections {
  readonly #open: () => PooledConnection;
  readonly #limit: number;
  readonly #connections: PooledConnection[] = [];
  readonly #idle: PooledConnection[] = [];
  /** First come, first served; a set, so that leaving costs the same from anywhere. */
  readonly #waiting = new Set<Waiter>();

  /**
   * @param open  makes a connection
   * @param limit most connections
   */
  constructor(open: () => PooledConnection, limit: number) {
    this.#open = open;
    this.#limit = limit;
  }

  acquire(waiter: Waiter): void {
    const connection = this.#idle.pop() ?? this.#grow();
    if (connection === undefined) this.#waiting.add(waiter);
    else waiter.onConnection(connection);
  }

  leave(waiter: Waiter): boolean {
    return this.#waiting.delete(waiter);
  }

  release(connection: Connection): void {
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      next.onConnection(connection);
      return;
    }
    this.#idle.push(connection as PooledConnection);
  }

  census(): Census {
    return {
      open: this.#connections.filter(({ isOpen }) => isOpen).length,
      idle: this.#idle.filter(({ isOpen }) => isOpen).length,
      waiting: this.#waiting.size,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }

  #grow(): PooledConnection | undefined {
    if (this.#connections.length === this.#limit) return undefined;
    const connection = this.#open();
    this.#connections.push(connection);
    return connection;
  }
}
