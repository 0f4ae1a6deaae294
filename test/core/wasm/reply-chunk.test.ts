// The decoder of replies to a chunk of a body.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReplyRules } from '../../../core/wasm/reply.js';
import {
  DECISION_CALLOUT,
  DECISION_RESPOND,
  DECISION_STOP,
  EDIT_HOLD,
  EDIT_MESSAGE,
  EDIT_PASS,
  EDIT_SET_BODY,
  EDIT_SET_HEADER,
  EDIT_SET_PATH,
  MAX_HELD_BYTES,
} from '../../../sdk/abi/abi.js';
import {
  assertRefused,
  CONFIGURE,
  REQUEST,
  REQUEST_BODY,
  RESPONSE,
  RESPONSE_BODY,
  read,
} from './reading-replies.js';

describe('a chunk of a body', () => {
  const CHUNK: ReplyRules = { ...REQUEST, stage: 'chunk', chunkBytes: 9 };
  const LAST: ReplyRules = { ...REQUEST, stage: 'last', chunkBytes: 9 };
  const hold = (bytes: number) => {
    const value = Buffer.alloc(4);
    value.writeUInt32LE(bytes);
    return { edits: [[EDIT_HOLD, '', value.toString('latin1')]] } as const;
  };
  const pass = { edits: [[EDIT_PASS, '', '']] } as const;

  it('may be held, up to all of it, and the last one not at all', () => {
    assert.equal(read(hold(9), CHUNK).held, 9);
    assert.equal(read(hold(0), LAST).held, 0);
    assertRefused(() => read(hold(10), CHUNK), 'SLUICE_ABI_EDIT', /at most 9 of this chunk/);
    assertRefused(() => read(hold(1), LAST), 'SLUICE_ABI_EDIT', /that others follow/);
    const long = { ...CHUNK, chunkBytes: 1_000_000 };
    assert.equal(read(hold(MAX_HELD_BYTES), long).held, MAX_HELD_BYTES);
    assertRefused(() => read(hold(MAX_HELD_BYTES + 1), long), 'SLUICE_ABI_EDIT', /at most 65536/);
    for (const rules of [REQUEST, REQUEST_BODY, { ...REQUEST, stage: 'follows' } as const])
      assertRefused(() => read(hold(1), rules), 'SLUICE_ABI_EDIT', /hold/);
  });

  it('may be the last that the filter sees, if it holds nothing of it', () => {
    for (const rules of [CHUNK, LAST, REQUEST, { ...RESPONSE, stage: 'follows' } as const])
      assert.equal(read(pass, rules).passes, true);
    const both = { edits: [...pass.edits, ...hold(1).edits] };
    assertRefused(() => read(both, CHUNK), 'SLUICE_ABI_EDIT', /for a call that will not come/);
    for (const rules of [CONFIGURE, REQUEST_BODY])
      assertRefused(
        () => read(pass, rules),
        'SLUICE_ABI_EDIT',
        /pass: there is no body that comes in chunks/,
      );
  });

  it('may be replaced, and answered in the request; the head has left', () => {
    const replaced = read({ edits: [[EDIT_SET_BODY, '', 'new']] }, CHUNK).edits.body!;
    assert.deepEqual(Buffer.from(replaced), Buffer.from('new'));
    const answer = {
      decision: DECISION_RESPOND,
      status: 403,
      edits: [[EDIT_SET_HEADER, 'x-a', '1']],
    } as const;
    assert.equal(read(answer, LAST).status, 403);
    assertRefused(
      () => read(answer, { ...CHUNK, call: 'response' }),
      'SLUICE_ABI_FRAME',
      /a chunk of the response/,
    );
    for (const edits of [[[EDIT_SET_HEADER, 'x-a', '1']], [[EDIT_SET_PATH, '', '/a']]] as const)
      assertRefused(() => read({ edits }, CHUNK), 'SLUICE_ABI_EDIT', /head: it has left/);
  });

  it('may end a response, and nothing else', () => {
    const stop = { decision: DECISION_STOP, edits: [[EDIT_MESSAGE, '', 'why']] } as const;
    const reply = read(stop, { ...CHUNK, call: 'response' });
    assert.equal(reply.decision, 'stop');
    assert.equal(reply.refusal?.reason, 'why');
    for (const rules of [CHUNK, REQUEST, RESPONSE, RESPONSE_BODY, CONFIGURE])
      assertRefused(() => read(stop, rules), 'SLUICE_ABI_FRAME', /decision: found 4/);
  });

  it('is no time for a callout', () => {
    const rules = { ...CHUNK, upstreams: 2 };
    assertRefused(() => read({ decision: DECISION_CALLOUT }, rules), 'SLUICE_ABI_FRAME', /decision: found 3/);
  });
});
