import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inSlices, Slices } from '../../core/time-slices.js';

/** Takes longer than a slice. */
function dawdle(): void {
  const end = performance.now() + 2;
  while (performance.now() < end);
}

describe('inSlices', () => {
  it('works on every item, in order', async () => {
    const seen: number[] = [];
    await inSlices([1, 2, 3], (item) => {
      seen.push(item);
    });
    assert.deepEqual(seen, [1, 2, 3]);
  });

  it('lets events be handled before the work is done', async () => {
    let events = 0;
    const count = (): void => {
      events += 1;
      setImmediate(count).unref();
    };
    setImmediate(count);
    const eventsBefore: number[] = [];
    await inSlices([1, 2, 3, 4], () => {
      eventsBefore.push(events);
      dawdle();
    });
    assert.deepEqual(eventsBefore, [...eventsBefore].sort());
    assert.ok(eventsBefore.at(-1)! >= 2, `${eventsBefore}`);
  });

  it('ends with what the work throws', async () => {
    const seen: number[] = [];
    await assert.rejects(
      inSlices([1, 2, 3], (item) => {
        if (item === 2) throw new Error('two');
        seen.push(item);
      }),
      /two/,
    );
    assert.deepEqual(seen, [1]);
  });
});

describe('slices', () => {
  it('are over when the work has taken long enough, until events were handled', async () => {
    const slices = new Slices();
    dawdle();
    assert.ok(slices.isOver);
    let isHandled = false;
    setImmediate(() => {
      isHandled = true;
    });
    await slices.next();
    assert.ok(isHandled);
  });
});
