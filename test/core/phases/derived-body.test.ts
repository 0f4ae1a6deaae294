import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayError } from '../../../core/errors.js';
import { HeaderList } from '../../../core/headers.js';
import { DerivedBody } from '../../../core/phases/derived-body.js';
import { Collector, HandBody } from '../../support/raw-body.js';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const gone = new GatewayError('SLUICE_UPSTREAM_CUT', 'gone');

/** Keeps what comes until the test lets it go, as one that visits a worker does. */
class LateBody extends DerivedBody {
  readonly length = null;
  held = '';
  ended = false;
  wasAbandoned = false;

  letGo(): void {
    const text = this.held;
    this.held = '';
    if (this.ended) this.finish(bytes(text));
    else this.passOn(bytes(text));
  }

  stop(error: GatewayError): void {
    this.breakOff(error);
  }

  protected override received(chunk: Uint8Array): void {
    this.held += Buffer.from(chunk).toString();
  }

  protected override sourceEnded(): void {
    this.ended = true;
  }

  protected override abandoned(): void {
    this.wasAbandoned = true;
  }
}

/** Passes everything on at once, in capitals. */
class LoudBody extends DerivedBody {
  readonly length = null;

  protected override received(chunk: Uint8Array): void {
    this.passOn(bytes(Buffer.from(chunk).toString().toUpperCase()));
  }

  protected override sourceEnded(): void {
    this.finish(bytes('!'));
  }
}

class Reader extends Collector {
  ends = 0;
  failures = 0;

  override end(): void {
    this.ends++;
    super.end();
  }

  override fail(error: GatewayError): void {
    this.failures++;
    super.fail(error);
  }
}

function late(): { source: HandBody; body: LateBody; reader: Reader } {
  const source = new HandBody(null);
  return { source, body: new LateBody(source), reader: new Reader() };
}

function loud(): { source: HandBody; body: LoudBody; reader: Reader } {
  const source = new HandBody(null);
  return { source, body: new LoudBody(source), reader: new Reader() };
}

describe('a body made of another', () => {
  it('hands on what follows its source', () => {
    const source = new HandBody(null);
    const body = new LoudBody(source);
    let seen: readonly string[] | undefined;
    body.read({ chunk: () => {}, end: (trailers) => (seen = trailers?.flat), fail: assert.fail });
    source.consumer!.chunk(bytes('a'));
    source.consumer!.end(new HeaderList(['x-sum', '1']));
    assert.deepEqual(seen, ['x-sum', '1']);
  });

  it('does not begin before somebody asks, and is read once however often', async () => {
    const { source, body, reader } = loud();
    assert.equal(source.consumer, null);
    const first = body.first();
    assert.equal(source.consumer, body);
    source.consumer = null;
    body.chunk(bytes('a'));
    await first;
    body.read(reader);
    assert.equal(source.consumer, null);
    assert.equal(reader.text, 'A');
  });

  it('hands on what it is at once, without a pause of the source', () => {
    const { source, body, reader } = loud();
    body.read(reader);
    for (const text of ['a', 'b', '']) source.consumer!.chunk(bytes(text));
    assert.deepEqual(
      reader.chunks.map((chunk) => Buffer.from(chunk).toString()),
      ['A', 'B'],
    );
    source.consumer!.end();
    assert.deepEqual([reader.text, reader.ends, source.pauses], ['AB!', 1, 0]);
  });

  it('keeps it for a reader that is not there yet, and pauses the source meanwhile', () => {
    const { source, body, reader } = loud();
    void body.first();
    source.consumer!.chunk(bytes('a'));
    assert.ok(source.paused);
    source.onResume = () => source.consumer!.chunk(bytes('b'));
    body.read(reader);
    assert.deepEqual([reader.text, source.paused, source.pauses], ['AB', false, 1]);
  });

  it('keeps it for a reader that is paused, in order, and its end', () => {
    const { source, body, reader } = loud();
    reader.onChunk = () => body.pause();
    body.read(reader);
    // What was on its way already.
    for (const text of ['a', 'b', 'c']) source.consumer!.chunk(bytes(text));
    source.consumer!.end();
    for (const expected of ['A', 'AB', 'ABC', 'ABC!']) {
      assert.deepEqual([reader.text, reader.ends], [expected, 0]);
      body.resume();
    }
    assert.deepEqual([reader.text, reader.ends, source.paused], ['ABC!', 1, true]);
  });

  it('ends once for a reader that goes on in the midst of a chunk', () => {
    const { source, body, reader } = loud();
    void body.first();
    for (const text of ['a', 'b']) source.consumer!.chunk(bytes(text));
    source.consumer!.end();
    reader.onChunk = () => {
      body.pause();
      body.resume();
    };
    body.read(reader);
    body.resume();
    assert.deepEqual([reader.text, reader.ends], ['AB!', 1]);
  });

  it('may come late: the end does not overtake it', () => {
    const { source, body, reader } = late();
    body.read(reader);
    source.consumer!.chunk(bytes('a'));
    source.consumer!.chunk(bytes('b'));
    assert.equal(reader.text, '');
    body.letGo();
    assert.equal(reader.text, 'ab');
    source.consumer!.chunk(bytes('c'));
    source.consumer!.end();
    assert.deepEqual([reader.text, reader.ends], ['ab', 0]);
    body.letGo();
    assert.deepEqual([reader.text, reader.ends, body.wasAbandoned], ['abc', 1, false]);
  });

  it('is waited for until the first bytes are passed on, or the end', async () => {
    for (const ends of [false, true]) {
      const { source, body } = late();
      let waiting = true;
      const first = body.first().then(() => {
        waiting = false;
      });
      body.letGo();
      await Promise.resolve();
      assert.ok(waiting, 'nothing was passed on');
      if (ends) source.consumer!.end();
      else source.consumer!.chunk(bytes('a'));
      body.letGo();
      await first;
    }
  });

  it('fails with its source, whoever waits for it or reads it', async () => {
    const { source, body, reader } = late();
    const first = body.first();
    source.consumer!.fail(gone);
    await assert.rejects(first, gone);
    body.read(reader);
    assert.deepEqual([reader.error, reader.failures, body.wasAbandoned], [gone, 1, true]);

    const flowing = loud();
    flowing.body.read(flowing.reader);
    flowing.body.pause();
    flowing.source.consumer!.chunk(bytes('a'));
    flowing.source.consumer!.fail(gone);
    flowing.body.resume();
    assert.deepEqual([flowing.reader.text, flowing.reader.error, flowing.reader.ends], ['', gone, 0]);
  });

  it('that is broken off cancels its source, and nothing comes after', () => {
    const { source, body, reader } = late();
    body.read(reader);
    source.consumer!.chunk(bytes('a'));
    body.stop(gone);
    body.letGo();
    source.consumer!.chunk(bytes('b'));
    source.consumer!.end();
    body.letGo();
    body.stop(new GatewayError('SLUICE_INTERNAL', 'again'));
    assert.deepEqual([source.cancelled, reader.error, reader.failures], [gone, gone, 1]);
    assert.deepEqual([reader.text, reader.ends, body.wasAbandoned], ['', 0, true]);
  });

  it('that is cancelled lets its reader hear nothing more, from inside a chunk too', async () => {
    const { source, body, reader } = loud();
    const first = body.first();
    for (const text of ['a', 'b']) source.consumer!.chunk(bytes(text));
    await first;
    reader.onChunk = () => body.cancel(gone);
    body.read(reader);
    source.consumer!.chunk(bytes('c'));
    source.consumer!.end();
    source.consumer!.fail(new GatewayError('SLUICE_INTERNAL', 'again'));
    assert.deepEqual([source.cancelled, reader.text, reader.ends, reader.failures], [gone, 'A', 0, 0]);

    const left = late();
    const waited = left.body.first();
    left.body.cancel(gone);
    await assert.rejects(waited, gone);
  });

  it('that is cancelled when it has ended does not tell its source', () => {
    const { source, body, reader } = loud();
    body.read(reader);
    source.consumer!.end();
    body.cancel(gone);
    assert.deepEqual([reader.ends, source.cancelled], [1, null]);
  });
});
