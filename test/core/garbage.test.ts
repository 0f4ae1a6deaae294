import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { getHeapSpaceStatistics } from 'node:v8';
import { collectAll, collectYoung } from '../../core/garbage.js';

const MANY = 20_000;

function usedBytes(space: string): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === space)!.space_used_size;
}

function litter(): void {
  for (let i = 0; i < MANY; i++) void { at: [i] };
}

describe('the collector', () => {
  it('takes away what was made since the last time', () => {
    collectYoung();
    const before = usedBytes('new_space');
    litter();
    assert.ok(usedBytes('new_space') > before);
    collectYoung();
    assert.ok(usedBytes('new_space') < before + MANY);
  });

  it('takes away what has been there for long', () => {
    let kept: unknown = Array.from({ length: MANY }, (_, at) => ({ at: [at] }));
    collectYoung();
    collectYoung();
    const before = usedBytes('old_space');
    assert.equal((kept as unknown[]).length, MANY);
    kept = null;
    collectAll();
    assert.ok(usedBytes('old_space') < before);
  });
});
