// Replies whose frame is wrong, and replies that are none.
import {
  DECISION_REFUSE,
  EDIT_ADD_HEADER,
  EDIT_MESSAGE,
  EDIT_NAME,
  EDIT_OPERATION,
  EDIT_SET_BODY,
  EDIT_SET_HEADER,
  EDIT_VALUE,
  MAX_CONTEXT_BYTES,
  MAX_EDITS,
  REPLY_CONTEXT,
  REPLY_DECISION,
  REPLY_EDITS,
  REPLY_LENGTH,
} from '../../sdk/abi/abi.js';
import { order, replyOrder } from '../support/puppet-orders.js';
import { editAt, REPLY_AT, type WrittenReply } from '../support/reply-memory.js';
import { BOTH_PHASES, type Misbehaviour, PUPPET_BYTES, puppet } from './misbehaviour.js';

const BEYOND = 0xffffffff;
const HEADER: WrittenReply = { edits: [[EDIT_SET_HEADER, 'x-a', 'value']] };
const BODY: WrittenReply = { edits: [[EDIT_SET_BODY, '', 'body']] };

export const BAD_FRAMES: readonly Misbehaviour[] = puppet('SLUICE_ABI_FRAME', BOTH_PHASES, [
  ['a decision that does not exist', replyOrder({ decision: 3 }), /decision: found 3/],
  ['the largest decision', replyOrder({}, [[REPLY_AT + REPLY_DECISION, 0xffff]]), /decision: found 65535/],
  ['a refusal where no config is', replyOrder({ decision: DECISION_REFUSE }), /decision: found 2/],
  ['a status without an answer', replyOrder({ status: 200 }), /status: found 200, expected 0/],
  ['one edit too many', replyOrder({}, [[REPLY_AT + REPLY_EDITS, MAX_EDITS + 1]]), /edits: found 1025/],
  ['100000 edits', replyOrder({}, [[REPLY_AT + REPLY_EDITS, 100_000]]), /edits: found 100000/],
  ['the largest number of edits', replyOrder({}, [[REPLY_AT + REPLY_EDITS, BEYOND]]), /found 4294967295/],
  ['an edit that the length leaves out', replyOrder({}, [[REPLY_AT + REPLY_EDITS, 1]]), /length: found 20/],
  ['a length of nothing', replyOrder(HEADER, [[REPLY_AT + REPLY_LENGTH, 0]]), /length: found 0/],
  ['a length one too long', replyOrder(HEADER, [[REPLY_AT + REPLY_LENGTH, 41]]), /length: found 41/],
  ['the largest length', replyOrder(HEADER, [[REPLY_AT + REPLY_LENGTH, BEYOND]]), /found 4294967295/],
  ['a context from beyond the memory', contextOrder(PUPPET_BYTES - 4, 5), /context: 5 bytes at 262140 reach/],
  ['a context at a negative address', contextOrder(-8, 16), /context: 16 bytes at 4294967288 reach/],
  ['a context one byte too long', contextOrder(0, MAX_CONTEXT_BYTES + 1), /context: found 65537 bytes/],
  ['a context of 4 GiB', contextOrder(0, BEYOND), /context: found 4294967295 bytes/],
  ['an edit of operation 0', replyOrder(HEADER, [[editAt(0) + EDIT_OPERATION, 0]]), /operation: found 0/],
  ['an edit of operation 9', replyOrder(HEADER, [[editAt(0) + EDIT_OPERATION, 9]]), /operation: found 9/],
  [
    'an edit of the last operation',
    replyOrder(HEADER, [[editAt(0) + EDIT_OPERATION, BEYOND]]),
    /found 42949/,
  ],
  ['a message where no config is', replyOrder({ edits: [[EDIT_MESSAGE, '/a', 'b']] }), /operation: found 8/],
  ['a name at a negative address', replyOrder(HEADER, [[editAt(0) + EDIT_NAME, -1]]), /name: 3 bytes at/],
  ['a name that reaches beyond', replyOrder(HEADER, [[editAt(0) + EDIT_NAME, PUPPET_BYTES - 2]]), /reach/],
  ['a name of 4 GiB', replyOrder(HEADER, [[editAt(0) + EDIT_NAME + 4, BEYOND]]), /name: found 4294967295/],
  [
    'a value at the largest address',
    replyOrder(HEADER, [[editAt(0) + EDIT_VALUE, BEYOND]]),
    /value: 5 bytes/,
  ],
  ['a value of 4 GiB', replyOrder(HEADER, [[editAt(0) + EDIT_VALUE + 4, BEYOND]]), /value: found 4294967295/],
  ['a body of 4 GiB', replyOrder(BODY, [[editAt(0) + EDIT_VALUE + 4, BEYOND]]), /body: 4294967295 bytes/],
  ['a body of 4 GiB before a good one', twoBodies(), /body: 4294967295 bytes/],
  ['names and values of too many bytes', manyBytes(), /names and values have more than 262144/],
  ['a reply one byte beyond the memory', order('answer', [PUPPET_BYTES - 19]), /reply: 20 bytes at 262125/],
  ['a reply at the last byte', order('answer', [PUPPET_BYTES - 1]), /reply: 20 bytes at 262143/],
  ['a reply at the end of the memory', order('answer', [PUPPET_BYTES]), /reply: 20 bytes at 262144/],
  ['a reply at a negative address', order('answer', [-20]), /reply: 20 bytes at 4294967276/],
  ['a reply at the largest address', order('answer', [BEYOND]), /reply: 20 bytes at 4294967295/],
  ['a memory of zeros', order('wipe', [REPLY_AT, 0]), /length: found 0/],
  ['a memory of ones', order('wipe', [REPLY_AT, 0xff]), /edits: found 4294967295/],
  ['its own order for a reply', order('answer', [65536]), /reply frame: /],
]);

function contextOrder(address: number, length: number): Buffer {
  return replyOrder({}, [
    [REPLY_AT + REPLY_CONTEXT, address],
    [REPLY_AT + REPLY_CONTEXT + 4, length],
  ]);
}

function twoBodies(): Buffer {
  const edits = [...BODY.edits!, ...BODY.edits!];
  return replyOrder({ edits }, [[editAt(0) + EDIT_VALUE + 4, BEYOND]]);
}

/** As many edits as there may be, all with the same value, which is within the limit of a value. */
function manyBytes(): Buffer {
  const value = 'v'.repeat(300);
  const edits = Array.from({ length: MAX_EDITS }, (_, index) => {
    return [EDIT_ADD_HEADER, 'x-a', index === 0 ? value : ''] as const;
  });
  const valueAt = editAt(MAX_EDITS) + 'x-a'.length;
  const words = edits.flatMap((_, index) => [
    [editAt(index) + EDIT_VALUE, valueAt] as const,
    [editAt(index) + EDIT_VALUE + 4, value.length] as const,
  ]);
  return replyOrder({ edits }, words);
}
