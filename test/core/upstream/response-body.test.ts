import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WaitingBytes } from '../../../core/chunk-pool.js';
import { GatewayError } from '../../../core/errors.js';
import { type BodyConsumer, BufferedBody } from '../../../core/exchange.js';
import { type BodySource, ResponseBody } from '../../../core/upstream/response-body.js';
import { SPOILT } from '../../support/raw-body.js';
import { clientLeft, collect } from '../../support/upstream-client.js';

class Source implements BodySource {
  resumed = 0;
  cancelled: GatewayError[] = [];

  resume(): void {
    this.resumed++;
  }

  cancel(reason: GatewayError): void {
    this.cancelled.push(reason);
  }
}

/** Writes down what it hears; `onChunk` may stop the body. */
class Listener {
  heard: string[] = [];

  constructor(readonly onChunk: (text: string) => void = () => {}) {}

  chunk(bytes: Uint8Array): void {
    const text = Buffer.from(bytes).toString();
    this.heard.push(text);
    this.onChunk(text);
  }

  end(): void {
    this.heard.push('end');
  }

  fail(error: GatewayError): void {
    this.heard.push(error.code);
  }
}

function build(): { body: ResponseBody; source: Source } {
  const source = new Source();
  return { body: new ResponseBody(null, source), source };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const cut = (): GatewayError => new GatewayError('SLUICE_UPSTREAM_CUT', 'cut');

describe('ResponseBody', () => {
  it('keeps what comes before read and delivers it in order', () => {
    const { body, source } = build();
    assert.equal(body.push(bytes('a')), true);
    assert.equal(body.push(bytes('b')), true);
    const listener = new Listener();
    body.read(listener);
    assert.equal(body.push(bytes('c')), true);
    body.end(null);
    assert.deepEqual(listener.heard, ['a', 'b', 'c', 'end']);
    assert.equal(source.resumed, 0);
  });

  it('stops its source when 64 KiB wait for a reader, and starts it when one comes', () => {
    const { body, source } = build();
    assert.equal(body.push(new Uint8Array(64 * 1024 - 1)), true);
    assert.equal(body.push(new Uint8Array(1)), false);
    body.read(new Listener());
    assert.equal(source.resumed, 1);
  });

  it('delivers no chunk after a pause until resume', () => {
    const { body, source } = build();
    const listener = new Listener(() => body.pause());
    body.push(bytes('a'));
    body.push(bytes('b'));
    body.read(listener);
    assert.deepEqual(listener.heard, ['a']);
    assert.equal(body.push(bytes('c')), false);
    body.resume();
    assert.deepEqual(listener.heard, ['a', 'b']);
    assert.equal(source.resumed, 0, 'it stopped again');
    body.end(null);
    body.resume();
    assert.deepEqual(listener.heard, ['a', 'b', 'c', 'end']);
  });

  it('goes on by itself when it is paused and resumed inside a chunk', () => {
    const { body, source } = build();
    const listener = new Listener(() => {
      body.pause();
      body.resume();
    });
    body.push(bytes('a'));
    body.push(bytes('b'));
    body.read(listener);
    assert.equal(body.push(bytes('c')), true);
    assert.deepEqual(listener.heard, ['a', 'b', 'c']);
    assert.equal(source.resumed, 0);
  });

  it('delivers what is held before a resume tells the source', () => {
    const { body, source } = build();
    const listener = new Listener();
    body.read(listener);
    body.pause();
    assert.equal(body.push(bytes('a')), false);
    body.resume();
    assert.deepEqual(listener.heard, ['a']);
    assert.equal(source.resumed, 1);
  });

  it('fails a paused reader at once and says nothing after', () => {
    const { body } = build();
    const listener = new Listener();
    body.read(listener);
    body.pause();
    body.push(bytes('a'));
    body.fail(cut());
    body.resume();
    body.end(null);
    assert.deepEqual(listener.heard, ['SLUICE_UPSTREAM_CUT']);
  });

  it('tells a late reader of a failure, not of half a body', () => {
    const { body } = build();
    body.push(bytes('half'));
    body.fail(cut());
    const listener = new Listener();
    body.read(listener);
    assert.deepEqual(listener.heard, ['SLUICE_UPSTREAM_CUT']);
  });

  it('passes a cancel on once, and only while there is something to cancel', () => {
    const open = build();
    const reason = clientLeft();
    open.body.cancel(reason);
    open.body.cancel(clientLeft());
    assert.deepEqual(open.source.cancelled, [reason]);
    const ended = build();
    ended.body.push(bytes('a'));
    ended.body.end(null);
    ended.body.cancel(clientLeft());
    assert.deepEqual(ended.source.cancelled, []);
    const listener = new Listener();
    ended.body.read(listener);
    assert.deepEqual(listener.heard, []);
  });

  it('says nothing more to a reader that cancels inside a chunk', () => {
    const { body, source } = build();
    const listener = new Listener(() => body.cancel(clientLeft()));
    body.push(bytes('a'));
    body.push(bytes('b'));
    body.end(null);
    body.read(listener);
    assert.deepEqual(listener.heard, ['a']);
    assert.equal(source.resumed, 0);
  });

  it('settles into a body in memory when it ended before anybody read it', async () => {
    const { body } = build();
    assert.equal(body.settled(), body);
    body.push(bytes('a'));
    body.push(bytes('b'));
    body.end(null);
    const settled = body.settled();
    assert.ok(settled instanceof BufferedBody);
    assert.equal(settled.length, 2);
    assert.equal(await collect(settled), 'ab');
    assert.equal(await collect(body), 'ab', 'the other one still works');
  });

  describe('of memory that is lent', () => {
    /** Longer than what the pool has no pieces for. */
    const text = (letter: string): string => letter.repeat(25_000);
    const pushLent = (body: ResponseBody, letter: string): boolean => {
      const memory = bytes(text(letter));
      const more = body.pushLent(memory);
      memory.fill(SPOILT);
      return more;
    };

    it('keeps what comes before read, and lends what comes after', () => {
      const { body } = build();
      for (const letter of 'ab') assert.equal(pushLent(body, letter), true);
      const heard: string[] = [];
      const views: Uint8Array[] = [];
      body.read({
        chunk: () => assert.fail('it can do with lent bytes'),
        lentChunk: (lent) => {
          heard.push(Buffer.from(lent).toString());
          views.push(lent);
        },
        end: () => heard.push('end'),
        fail: assert.fail,
      });
      assert.equal(pushLent(body, 'c'), true);
      body.end(null);
      assert.deepEqual(heard, [text('a'), text('b'), text('c'), 'end']);
      assert.equal(views[2]![0], SPOILT);
    });

    it('gives copies to a consumer that keeps what it is given', () => {
      const { body } = build();
      const kept: Uint8Array[] = [];
      pushLent(body, 'a');
      body.read({ chunk: (chunk) => kept.push(chunk), end: () => {}, fail: assert.fail });
      for (const letter of 'bc') pushLent(body, letter);
      body.end(null);
      const others = Array.from({ length: 3 }, () => new WaitingBytes(bytes(text('x'))));
      assert.deepEqual(
        kept.map(String),
        ['a', 'b', 'c'].map((letter) => String(bytes(text(letter)))),
      );
      for (const other of others) other.release();
    });

    it('keeps what comes while it is paused, also when it is cancelled in the midst of handing that on', () => {
      const { body, source } = build();
      const heard: string[] = [];
      const listener: BodyConsumer = {
        chunk: () => assert.fail('it can do with lent bytes'),
        lentChunk: (lent) => {
          const before = Buffer.from(lent).toString();
          heard.push(before);
          if (heard.length === 2) {
            body.cancel(clientLeft());
            const other = new WaitingBytes(bytes(text('x')));
            assert.equal(Buffer.from(lent).toString(), before, 'nobody else has its memory yet');
            other.release();
          }
        },
        end: () => assert.fail('it was cancelled'),
        fail: assert.fail,
      };
      body.read(listener);
      pushLent(body, 'a');
      body.pause();
      for (const letter of 'bcd') assert.equal(pushLent(body, letter), false);
      body.resume();
      assert.deepEqual(heard, [text('a'), text('b')]);
      assert.equal(source.cancelled.length, 1);
    });

    it('has a body in memory that is nobody else’s, whole or in parts', async () => {
      for (const letters of ['a', 'ab']) {
        const { body } = build();
        for (const letter of letters) pushLent(body, letter);
        body.end(null);
        const settled = body.settled() as BufferedBody;
        const others = Array.from({ length: 3 }, () => new WaitingBytes(bytes(text('x'))));
        assert.equal(Buffer.from(settled.bytes).toString(), [...letters].map(text).join(''));
        assert.equal(await collect(body), [...letters].map(text).join(''));
        for (const other of others) other.release();
      }
    });
  });
});
