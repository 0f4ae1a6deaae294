import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createRing, RingConsumer, RingProducer } from '../../../core/dispatch/ring.js';

const CAPACITY = 1024;

function pair(): { producer: RingProducer; consumer: RingConsumer } {
  const memory = createRing(CAPACITY);
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
