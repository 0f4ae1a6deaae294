import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createRing, RingConsumer, RingProducer } from '../../../core/dispatch/ring.js';

const CAPACITY = 1024;

/** Large enough for a producer that begins anew before its end. */
const LARGE_CAPACITY = 1024 * 1024;

function pair(capacity = CAPACITY): { producer: RingProducer; consumer: RingConsumer } {
  const memory = createRing(capacity);
  return { producer: new RingProducer(memory), consumer: new RingConsumer(memory) };
}

function put(producer: RingProducer, length: number, mark: number): boolean {
  const at = producer.reserve(length);
  if (at === -1) return false;
  producer.words[(at >> 2) + 1] = mark;
  producer.commit(at, length);
  return true;
}

function take(consumer: RingConsumer): number | null {
  const at = consumer.peek();
  if (at === -1) return null;
  const mark = consumer.words[(at >> 2) + 1]!;
  consumer.release(at);
  return mark;
}

describe('a ring', () => {
  it('is empty at first', () => {
    assert.equal(take(pair().consumer), null);
  });

  it('gives records back in order, however they wrap', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.boolean()), { maxLength: 400 }),
        (steps) => {
          const { producer, consumer } = pair();
          const expected: number[] = [];
          let mark = 0;
          for (const [size, isTake] of steps) {
            if (isTake) assert.equal(take(consumer), expected.shift() ?? null);
            else if (put(producer, size * 8, ++mark)) expected.push(mark);
          }
          for (const next of expected) assert.equal(take(consumer), next);
          assert.equal(take(consumer), null);
        },
      ),
    );
  });

  it('gives them back in order from a large one, which begins anew when it is empty', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: LARGE_CAPACITY / 16 }), fc.integer({ min: 1, max: 3 })), {
          maxLength: 200,
        }),
        (steps) => {
          const { producer, consumer } = pair(LARGE_CAPACITY);
          const expected: number[] = [];
          for (const [mark, [size, takes]] of steps.entries()) {
            if (put(producer, size * 8, mark)) expected.push(mark);
            for (let i = 1; i < takes; i += 1) assert.equal(take(consumer), expected.shift() ?? null);
          }
          for (const next of expected) assert.equal(take(consumer), next);
          assert.equal(take(consumer), null);
          assert.ok(put(producer, LARGE_CAPACITY / 2, -1), 'once empty it takes a record of half of it');
        },
      ),
    );
  });

  it('touches its beginning alone when records are small', () => {
    const { producer, consumer } = pair(LARGE_CAPACITY);
    let last = 0;
    for (let count = 0; count < 20_000; count += 1) {
      const at = producer.reserve(1024);
      producer.commit(at, 1024);
      last = Math.max(last, at);
      assert.equal(consumer.peek(), at);
      consumer.release(at);
    }
    assert.ok(last < LARGE_CAPACITY / 2, `the last record was at ${last}`);
  });

  it('takes any record up to half of it once it is empty', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: CAPACITY / 16 }), { minLength: 1, maxLength: 200 }),
        (sizes) => {
          const { producer, consumer } = pair();
          for (const size of sizes) {
            assert.ok(producer.canHold(size * 8));
            assert.ok(put(producer, size * 8, size), `${size * 8} bytes fit an empty ring`);
            assert.equal(take(consumer), size);
          }
        },
      ),
    );
  });

  it('refuses what does not fit now and takes it after room was made', () => {
    const { producer, consumer } = pair();
    let count = 0;
    while (put(producer, 104, count)) count += 1;
    assert.equal(count, Math.floor((CAPACITY - 1) / 104));
    assert.equal(take(consumer), 0);
    assert.equal(take(consumer), 1);
    assert.ok(put(producer, 104, count));
  });

  it('says that a record of more than half of it may never fit', () => {
    const { producer } = pair();
    assert.equal(producer.canHold(CAPACITY / 2), true);
    assert.equal(producer.canHold(CAPACITY / 2 + 8), false);
  });
});
