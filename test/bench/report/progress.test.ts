import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProgressBar } from '../../../bench/report/progress.js';

function shown(isTTY: boolean, show: (bar: ProgressBar) => void): string[] {
  const written: string[] = [];
  show(new ProgressBar({ isTTY, columns: 60, write: (text) => written.push(text) }));
  return written;
}

describe('a progress bar', () => {
  it('is one line on a terminal, no wider than that, and leaves nothing behind', () => {
    const written = shown(true, (bar) => {
      bar.show('gateway', 0, 4, 'warm-up');
      bar.show('gateway', 3, 4, 'a step with a name that is longer than there is room');
      bar.clear();
    });
    const [first, second, last] = written.map((text) => text.replace('\r\x1b[2K', ''));
    assert.equal(first, 'gateway [........................] 0/4 warm-up');
    assert.equal(second, 'gateway [##################......] 3/4 a step with a name t');
    assert.equal(last, '');
    assert.ok(written.every((text) => !text.includes('\n')));
  });

  it('is a line elsewhere, each time that it has grown', () => {
    const written = shown(false, (bar) => {
      for (let step = 0; step < 480; step += 1) bar.show('gateway', step, 480, `step ${step}`);
      bar.show('micro', 0, 0, 'the next one');
      bar.clear();
    });
    assert.equal(written.length, 26);
    assert.equal(written[0], 'gateway [........................] 0/480 step 0\n');
    assert.equal(written.at(-1), 'micro [........................] 0/0 the next one\n');
  });
});
