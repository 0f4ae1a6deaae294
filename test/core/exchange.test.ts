import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayError } from '../../core/errors.js';
import { type Body, BufferedBody, Cancellation, Exchange } from '../../core/exchange.js';
import { HeaderList } from '../../core/headers.js';

const REASON = new GatewayError('SLUICE_LISTEN_ABORTED', 'the client left');
const LATER = new GatewayError('SLUICE_LISTEN_ABORTED', 'the drain ended');

/** Reads a body and notes what its consumer hears. */
function heard(body: Body, onChunk: () => void = () => {}): string[] {
  const events: string[] = [];
  body.read({
    chunk: (bytes) => {
      events.push(`chunk ${Buffer.from(bytes).toString()}`);
      onChunk();
    },
    end: () => events.push('end'),
    fail: (error) => events.push(`fail ${error.code}`),
  });
  return events;
}

describe('a cancellation', () => {
  it('tells everybody once, in the order of their subscription', () => {
    const cancellation = new Cancellation();
    const told: string[] = [];
    cancellation.subscribe((reason) => told.push(`a ${reason.code}`));
    cancellation.subscribe((reason) => told.push(`b ${reason.code}`));
    assert.equal(cancellation.reason, undefined);
    cancellation.cancel(REASON);
    cancellation.cancel(LATER);
    assert.deepEqual(told, ['a SLUICE_LISTEN_ABORTED', 'b SLUICE_LISTEN_ABORTED']);
    assert.equal(cancellation.reason, REASON);
  });

  it('tells those that come after it at once, with the first reason', () => {
    const cancellation = new Cancellation();
    cancellation.cancel(REASON);
    cancellation.cancel(LATER);
    const told: GatewayError[] = [];
    cancellation.subscribe((reason) => told.push(reason));
    assert.deepEqual(told, [REASON]);
  });

  it('may be asked for again, or subscribed to, by those that it tells', () => {
    const cancellation = new Cancellation();
    const told: string[] = [];
    cancellation.subscribe(() => {
      told.push('outer');
      cancellation.cancel(LATER);
      cancellation.subscribe(() => told.push('inner'));
    });
    cancellation.subscribe(() => told.push('last'));
    cancellation.cancel(REASON);
    assert.deepEqual(told, ['outer', 'inner', 'last']);
    assert.equal(cancellation.reason, REASON);
  });
});

describe('a buffered body', () => {
  it('arrives in one piece and ends', () => {
    const body = new BufferedBody(Buffer.from('hello'));
    assert.equal(body.length, 5);
    assert.deepEqual(heard(body), ['chunk hello', 'end']);
  });

  it('without bytes ends without a chunk', () => {
    const body = new BufferedBody(new Uint8Array(0));
    assert.equal(body.length, 0);
    assert.deepEqual(heard(body), ['end']);
  });

  it('says nothing more to a consumer that cancels it while it hears a chunk', () => {
    const body = new BufferedBody(Buffer.from('hello'));
    assert.deepEqual(
      heard(body, () => body.cancel(REASON)),
      ['chunk hello'],
    );
  });

  it('can be sent again after an attempt that was cancelled', () => {
    const body = new BufferedBody(Buffer.from('hello'));
    heard(body, () => body.cancel(REASON));
    assert.deepEqual(heard(body), ['chunk hello', 'end']);
    body.cancel(REASON);
    assert.deepEqual(heard(body), ['chunk hello', 'end']);
  });

  it('may be paused and resumed at any time', () => {
    const body = new BufferedBody(Buffer.from('hello'));
    body.pause();
    body.resume();
    assert.deepEqual(
      heard(body, () => body.pause()),
      ['chunk hello', 'end'],
    );
    body.resume();
  });
});

describe('an exchange', () => {
  it('begins as its listener knows it, with nothing matched and nothing answered', () => {
    const headers = new HeaderList(['accept', '*/*']);
    const body = new BufferedBody(new Uint8Array(0));
    const exchange = new Exchange({
      id: 'r1',
      listener: 'public',
      scheme: 'https',
      method: 'POST',
      authority: 'a.example',
      path: '/a',
      query: 'b=c',
      headers,
      clientAddress: '192.0.2.1',
      body,
    });
    exchange.path = '/rewritten';
    assert.equal(exchange.requestPath, '/a');
    assert.equal(exchange.query, 'b=c');
    assert.equal(exchange.requestHeaders, headers);
    assert.equal(exchange.requestBody, body);
    assert.deepEqual(
      [exchange.response, exchange.error, exchange.routeId, exchange.revision, exchange.cancellation.reason],
      [null, null, '', '', undefined],
    );
    assert.ok(exchange.startedAtMs <= performance.now());
  });
});
