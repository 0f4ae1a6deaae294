import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TurnEnd } from '../../../core/upstream/turn-end.js';

describe('TurnEnd', () => {
  it('waits for the end of the turn and takes all in their order, those who come meanwhile a turn later', async () => {
    const turn = new TurnEnd();
    const taken: string[] = [];
    const late = { onTurn: () => taken.push('late') };
    turn.add({ onTurn: () => taken.push('first') });
    turn.add({
      onTurn: () => {
        taken.push('second');
        turn.add(late);
      },
    });
    turn.add({ onTurn: () => taken.push('third') });
    await Promise.resolve();
    assert.deepEqual(taken, []);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(taken, ['first', 'second', 'third']);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(taken, ['first', 'second', 'third', 'late']);
  });
});
