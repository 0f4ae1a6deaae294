import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Dispatcher } from '../../core/dispatch/dispatcher.js';
import type { Exchange } from '../../core/exchange.js';
import type { Reply } from '../../core/listener/listener.js';
import { MemoryListener } from '../../core/listener/memory-listener.js';
import { Pipeline, type PipelineObserver } from '../../core/pipeline.js';
import type { Snapshot } from '../../core/snapshot.js';
import { SnapshotStore } from '../../core/store.js';

/** A snapshot without routes, as far as a refused exchange needs one. */
class BareSnapshot implements Pick<Snapshot, 'revision' | 'router' | 'acquire' | 'release'> {
  readonly revision = 'bare';
  readonly router = { match: () => ({ kind: 'none' }) } as unknown as Snapshot['router'];
  held = 0;

  acquire(): void {
    this.held += 1;
  }

  release(): void {
    this.held -= 1;
  }
}

describe('the pipeline', () => {
  it('lets go of an exchange whose reply has a bug, cuts its client and hands the bug on', async () => {
    const snapshot = new BareSnapshot();
    const store = new SnapshotStore();
    store.swap(snapshot as unknown as Snapshot);
    const finished: Exchange[] = [];
    const observer = { exchangeFinished: (exchange) => void finished.push(exchange) } as PipelineObserver;
    const pipeline = new Pipeline(store, null as unknown as Dispatcher, observer);
    const bug = new Error('a reply never throws');
    let seen: unknown = null;

    const listener = new MemoryListener();
    await listener.listen((exchange, reply, refusal) => {
      const broken: Reply = {
        send: () => {
          throw bug;
        },
        abort: () => reply.abort(),
      };
      try {
        pipeline.handle(exchange, broken, refusal);
      } catch (cause) {
        seen = cause;
      }
    });
    const response = await listener.inject({ target: '/' });

    assert.equal(seen, bug);
    assert.equal(response.status, 0);
    assert.equal(pipeline.running, 0);
    assert.equal(snapshot.held, 0);
    assert.equal(finished.length, 1);
  });
});
