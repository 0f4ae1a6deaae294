// The decoder of replies: what is allowed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readReply } from '../../../core/wasm/reply.js';
import {
  DECISION_REFUSE,
  DECISION_RESPOND,
  EDIT_ADD_HEADER,
  EDIT_MESSAGE,
  EDIT_REMOVE_HEADER,
  EDIT_SET_BODY,
  EDIT_SET_HEADER,
  EDIT_SET_PATH,
  EDIT_SET_QUERY,
  EDIT_SET_STATUS,
  EDIT_VALUE,
  MAX_EDITS,
  REPLY_FIXED,
} from '../../../sdk/abi/abi.js';
import { editAt, guestView, REPLY_AT, replyMemory } from '../../support/reply-memory.js';
import {
  assertRefused,
  CONFIGURE,
  editsOf,
  REQUEST,
  REQUEST_BODY,
  RESPONSE,
  RESPONSE_BODY,
  read,
} from './reading-replies.js';

describe('a reply', () => {
  it('continues without edits', () => {
    const reply = read({}, REQUEST);
    assert.equal(reply.decision, 'continue');
    assert.equal(reply.status, 0);
    assert.equal(reply.edits.size, 0);
    assert.equal(reply.edits.body, undefined);
    assert.equal(reply.context, null);
    assert.equal(reply.refusal, null);
  });

  it('edits a request in the order of its edits, names in lower case and paths normalised', () => {
    const edits = [
      [EDIT_SET_HEADER, 'X-A', 'one\t\xe9'],
      [EDIT_ADD_HEADER, 'x-a', ''],
      [EDIT_REMOVE_HEADER, 'Cookie', 'ignored'],
      [EDIT_SET_PATH, '', '/%7eme/%2a'],
      [EDIT_SET_QUERY, '', 'a=%2f&b'],
      [EDIT_SET_QUERY, '', ''],
    ] as const;
    assert.deepEqual(editsOf(read({ edits }, REQUEST)), [
      [EDIT_SET_HEADER, 'x-a', 'one\t\xe9'],
      [EDIT_ADD_HEADER, 'x-a', ''],
      [EDIT_REMOVE_HEADER, 'cookie', ''],
      [EDIT_SET_PATH, '', '/~me/%2A'],
      [EDIT_SET_QUERY, '', 'a=%2f&b'],
      [EDIT_SET_QUERY, '', ''],
    ]);
  });

  it('edits a response', () => {
    const edits = [
      [EDIT_SET_STATUS, '', '204'],
      [EDIT_REMOVE_HEADER, 'server', ''],
    ] as const;
    assert.deepEqual(editsOf(read({ edits }, RESPONSE)), [
      [EDIT_SET_STATUS, '', '204'],
      [EDIT_REMOVE_HEADER, 'server', ''],
    ]);
  });

  it('answers with a status, headers and a body that it was not asked for', () => {
    const edits = [
      [EDIT_SET_HEADER, 'content-type', 'text/plain'],
      [EDIT_SET_BODY, '', 'no'],
    ] as const;
    for (const rules of [REQUEST, RESPONSE]) {
      for (const status of [200, 599]) {
        const reply = read({ decision: DECISION_RESPOND, status, edits }, rules);
        assert.equal(reply.decision, 'respond');
        assert.equal(reply.status, status);
        assert.equal(Buffer.from(reply.edits.body!).toString(), 'no');
      }
    }
  });

  it('replaces a body that it was given, the last edit counting, also by nothing', () => {
    for (const rules of [REQUEST_BODY, RESPONSE_BODY]) {
      const both = read(
        {
          edits: [
            [EDIT_SET_BODY, '', 'one'],
            [EDIT_SET_BODY, '', 'two'],
          ],
        },
        rules,
      );
      assert.equal(Buffer.from(both.edits.body!).toString(), 'two');
      const none = read(
        {
          edits: [
            [EDIT_SET_BODY, '', 'one'],
            [EDIT_SET_BODY, '', ''],
          ],
        },
        rules,
      );
      assert.equal(none.edits.body?.byteLength, 0);
    }
  });

  it('refuses a config with a pointer and a reason in UTF-8', () => {
    const utf8 = Buffer.from('größer', 'utf8').toString('latin1');
    const reply = read({ decision: DECISION_REFUSE, edits: [[EDIT_MESSAGE, '/a', utf8]] }, CONFIGURE);
    assert.equal(reply.decision, 'refuse');
    assert.deepEqual(reply.refusal, { pointer: '/a', reason: 'größer' });
    assert.equal(read({ decision: DECISION_REFUSE }, CONFIGURE).refusal, null);
  });

  it('copies body and context out of the memory', () => {
    const memory = replyMemory({ context: 'kept', edits: [[EDIT_SET_BODY, '', 'body']] });
    const reply = readReply(guestView(memory), REPLY_AT, REQUEST_BODY);
    memory.fill(0);
    assert.equal(Buffer.from(reply.context!).toString(), 'kept');
    assert.equal(Buffer.from(reply.edits.body!).toString(), 'body');
  });

  it('copies one body however often it is set, so that a reply costs no more than its memory', () => {
    const size = 1 << 24;
    const memory = replyMemory({ edits: new Array(MAX_EDITS).fill([EDIT_SET_BODY, '', '']) }, size);
    for (let index = 0; index < MAX_EDITS; index += 1) {
      memory.writeUInt32LE(0, editAt(index) + EDIT_VALUE);
      memory.writeUInt32LE(size, editAt(index) + EDIT_VALUE + 4);
    }
    const before = process.memoryUsage().arrayBuffers;
    const reply = readReply(guestView(memory), REPLY_AT, REQUEST_BODY);
    assert.equal(reply.edits.body?.byteLength, size);
    assert.ok(process.memoryUsage().arrayBuffers - before <= 2 * size);
  });

  it('may lie at the very end of the memory, and at an address whose sign bit is set', () => {
    const memory = replyMemory({});
    const frame = memory.subarray(REPLY_AT, REPLY_AT + REPLY_FIXED);
    assert.equal(readReply(guestView(frame), 0, REQUEST).decision, 'continue');
    assertRefused(
      () => readReply(guestView(memory), -8, REQUEST),
      'SLUICE_ABI_FRAME',
      /20 bytes at 4294967288 reach beyond/,
    );
  });

  it('reads its numbers and spans where the ABI says', () => {
    const edits = [[EDIT_SET_HEADER, 'x-a', 'b']] as const;
    const memory = replyMemory({ edits, context: 'c' });
    const reply = readReply(guestView(memory), REPLY_AT, REQUEST);
    assert.deepEqual(
      [...memory.subarray(64, 104)],
      [
        ...[40, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 104, 0, 0, 0, 1, 0, 0, 0],
        ...[1, 0, 0, 0, 105, 0, 0, 0, 3, 0, 0, 0, 108, 0, 0, 0, 1, 0, 0, 0],
      ],
    );
    assert.deepEqual(editsOf(reply), [[EDIT_SET_HEADER, 'x-a', 'b']]);
    assert.equal(Buffer.from(reply.context!).toString(), 'c');
  });
});
