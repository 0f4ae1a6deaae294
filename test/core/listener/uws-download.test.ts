import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Body, type BodyConsumer, Exchange } from '../../../core/exchange.js';
import { HeaderList } from '../../../core/headers.js';
import { UwsDownload } from '../../../core/listener/uws-download.js';
import type { UwsResponse } from '../../../core/listener/uws-engine.js';
import { UwsFlow } from '../../../core/listener/uws-flow.js';

/** Stands for the engine, whose socket cannot be made to be full at a byte of our choice. */
class ScriptedResponse {
  readonly written: number[] = [];
  readonly #taken: boolean[];
  writable: () => boolean = () => false;

  /** @param taken what `write` answers, one after another */
  constructor(taken: boolean[]) {
    this.#taken = taken;
  }

  cork(write: () => void): void {
    write();
  }
  write(bytes: Uint8Array): boolean {
    this.written.push(bytes.length);
    return this.#taken.shift()!;
  }
  onWritable(handler: () => boolean): void {
    this.writable = handler;
  }
  writeStatus(): void {}
  pause(): void {}
  resume(): void {}
}

class OpenBody implements Body {
  readonly length = null;
  consumer!: BodyConsumer;
  isPaused = false;

  read(consumer: BodyConsumer): void {
    this.consumer = consumer;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  cancel(): void {}
}

const exchange = new Exchange({
  ...{ id: '1', listener: 'main', scheme: 'https', method: 'POST', authority: 'a', path: '/', query: '' },
  ...{ headers: new HeaderList([]), clientAddress: '127.0.0.1', body: null },
});

describe('the body of a response through uWebSockets.js', () => {
  it('goes on over TLS when all that was left of it is the byte that shows what the socket took', async () => {
    const response = new ScriptedResponse([false, true]);
    const res = response as unknown as UwsResponse;
    const flow = new UwsFlow(res, true);
    flow.uploadBegins();
    const body = new OpenBody();
    const nothing = (): void => {};
    const download = new UwsDownload(res, exchange, flow, 'HTTP/1.1 200 OK', body, nothing, nothing);
    download.start();
    body.consumer.chunk(new Uint8Array(1001));
    await nextTurn();
    assert.equal(body.isPaused, true, 'the socket is full');
    assert.equal(response.writable(), true);
    assert.deepEqual(response.written, [1000, 1]);
    assert.equal(body.isPaused, false);
    flow.stop();
  });
});
