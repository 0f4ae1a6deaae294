// What looks odd and is allowed: the call counts, and its reply has so many edits.
import {
  EDIT_ADD_HEADER,
  EDIT_NAME,
  EDIT_SET_HEADER,
  EDIT_VALUE,
  MAX_CONTEXT_BYTES,
  MAX_EDITS,
  REPLY_CONTEXT,
} from '../../sdk/abi/abi.js';
import { order, replyOrder } from '../support/puppet-orders.js';
import { editAt, REPLY_AT, replyMemory, type WrittenReply } from '../support/reply-memory.js';
import { PUPPET_BYTES } from './misbehaviour.js';

export interface Oddity {
  readonly name: string;
  readonly body: Uint8Array;
  readonly edits: number;
}

const BEYOND = 0xffffffff;
const HEADER: WrittenReply = { edits: [[EDIT_SET_HEADER, 'x-a', 'value']] };
const MISMATCH = 2;

export const HARMLESS_ODDITIES: readonly Oddity[] = [
  { name: 'a reply that is not aligned', body: unaligned(), edits: 1 },
  { name: 'edits whose names and values are the same bytes', body: overlapping(), edits: 2 },
  { name: 'an empty text at the end of the memory', body: emptyAtEnd(), edits: 1 },
  { name: 'as many edits as there may be', body: mostEdits(), edits: MAX_EDITS },
  { name: 'the longest context', body: longestContext(), edits: 0 },
  { name: 'a memory that grew as far as it may before the reply', body: grown(), edits: 1 },
  { name: 'a hundred thousand log lines', body: order('log', [100_000, 3, 64, 8]), edits: 0 },
  { name: 'log lines of 4 GiB', body: order('log', [1000, BEYOND, 64, BEYOND]), edits: 0 },
  { name: 'a document that is nested deeper than the stack', body: nested(50_000), edits: 0 },
  { name: 'a document larger than the heap of its thread', body: manyValues(8 << 20), edits: 0 },
  { name: 'a counter of the longest window', body: order('counter', [64, 8, BEYOND, 1, 64]), edits: 0 },
  { name: 'a counter of the shortest window', body: order('counter', [64, 8, 1, -0x80000000, 64]), edits: 0 },
  { name: 'a counter without a key', body: order('counter', [64, 0, 0, 0x7fffffff, 65]), edits: 0 },
  { name: 'random bytes over all of its own data', body: order('random', [4096, 55_000]), edits: 0 },
  { name: 'room for a message of 4 GiB', body: order('message', [64, BEYOND]), edits: 0 },
];

function unaligned(): Buffer {
  const memory = replyMemory(HEADER);
  for (const spanAt of [editAt(0) + EDIT_NAME, editAt(0) + EDIT_VALUE]) {
    memory.writeUInt32LE(memory.readUInt32LE(spanAt) + 1, spanAt);
  }
  return order('answer', [REPLY_AT + 1], Buffer.concat([Buffer.alloc(1), memory.subarray(REPLY_AT)]));
}

function overlapping(): Buffer {
  const edits = [...HEADER.edits!, [EDIT_ADD_HEADER, '', ''] as const];
  const nameAt = editAt(2);
  return replyOrder({ edits }, [
    [editAt(0) + EDIT_VALUE, nameAt],
    [editAt(0) + EDIT_VALUE + 4, 3],
    [editAt(1) + EDIT_NAME, nameAt + 2],
    [editAt(1) + EDIT_NAME + 4, 1],
    [editAt(1) + EDIT_VALUE, nameAt + 1],
    [editAt(1) + EDIT_VALUE + 4, 2],
  ]);
}

function emptyAtEnd(): Buffer {
  return replyOrder(HEADER, [
    [editAt(0) + EDIT_VALUE, PUPPET_BYTES],
    [editAt(0) + EDIT_VALUE + 4, 0],
  ]);
}

function mostEdits(): Buffer {
  return replyOrder({
    edits: Array.from({ length: MAX_EDITS }, () => [EDIT_ADD_HEADER, 'x-a', ''] as const),
  });
}

function longestContext(): Buffer {
  return replyOrder({}, [[REPLY_AT + REPLY_CONTEXT + 4, MAX_CONTEXT_BYTES]]);
}

function grown(): Buffer {
  return order('grow', [1, REPLY_AT], replyMemory(HEADER).subarray(REPLY_AT));
}

function nested(depth: number): Buffer {
  return order('check', [0, MISMATCH], Buffer.from('['.repeat(depth) + ']'.repeat(depth)));
}

function manyValues(bytes: number): Buffer {
  return order('check', [0, MISMATCH], Buffer.from(`[${'1,'.repeat(bytes / 2)}1]`));
}
