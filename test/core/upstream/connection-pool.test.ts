import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openHttp1 } from '../../../core/upstream/balanced-upstream.js';
import type { Connection } from '../../../core/upstream/connection.js';
import { ConnectionPool, type Waiter } from '../../../core/upstream/connection-pool.js';
import { TargetConnector } from '../../../core/upstream/target-connector.js';

class Recorder implements Waiter {
  readonly connectMs = 1000;
  connection: Connection | null = null;

  onConnection(connection: Connection): void {
    this.connection = connection;
  }
}

function build(limit: number): ConnectionPool {
  // Connections open their socket at the first request: none is opened here.
  const connector = new TargetConnector('http://127.0.0.1:9', { allowPrivate: false });
  return new ConnectionPool(() => openHttp1(connector, 1000), limit);
}

function acquire(pool: ConnectionPool): Recorder {
  const waiter = new Recorder();
  pool.acquire(waiter);
  return waiter;
}

describe('ConnectionPool', () => {
  it('hands out the connection that was used last', async () => {
    const pool = build(3);
    const [a, b] = [acquire(pool), acquire(pool)];
    assert.notEqual(a.connection, b.connection);
    pool.release(a.connection!);
    pool.release(b.connection!);
    assert.equal(acquire(pool).connection, b.connection);
    assert.equal(acquire(pool).connection, a.connection);
    await pool.close();
  });

  it('serves those who wait in their order, without those who left', async () => {
    const pool = build(1);
    const { connection } = acquire(pool);
    const waiting = [acquire(pool), acquire(pool), acquire(pool)];
    assert.deepEqual(
      waiting.map((waiter) => waiter.connection),
      [null, null, null],
    );
    assert.equal(pool.leave(waiting[1]!), true);
    assert.equal(pool.leave(waiting[1]!), false);
    pool.release(connection!);
    assert.equal(waiting[0]!.connection, connection);
    assert.equal(pool.leave(waiting[0]!), false, 'it has its connection');
    pool.release(connection!);
    assert.equal(waiting[2]!.connection, connection);
    assert.equal(waiting[1]!.connection, null);
    await pool.close();
  });
});
