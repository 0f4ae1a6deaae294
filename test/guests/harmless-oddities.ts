// What looks odd and is allowed: the call counts, and its reply has so many edits.
import { createHash, createHmac } from 'node:crypto';
import {
  EDIT_ADD_HEADER,
  EDIT_NAME,
  EDIT_SET_HEADER,
  EDIT_VALUE,
  MAX_CONTEXT_BYTES,
  MAX_EDITS,
  MAX_HASH_BYTES,
  REPLY_CONTEXT,
} from '../../sdk/abi/abi.js';
import { order, replyOrder } from '../support/puppet-orders.js';
import { editAt, REPLY_AT, replyMemory, type WrittenReply } from '../support/reply-memory.js';
import { LONG_DOMAIN, LONG_SPELLED_BYTES, PUPPET_BYTES } from './misbehaviour.js';

export interface Oddity {
  readonly name: string;
  readonly body: Uint8Array;
  readonly edits: number;
}

const BEYOND = 0xffffffff;
const HEADER: WrittenReply = { edits: [[EDIT_SET_HEADER, 'x-a', 'value']] };
const MISMATCH = 2;
const TEXT = Buffer.from('Bytes that are hashed, and that the result is written over.');
const DOMAIN = Buffer.from('b\u00fccher.example');
const SPELLED_BYTES = 'xn--bcher-kva.example'.length;
const NO_UTF8 = Buffer.from([0x61, 0xff]);
/** Zeros that a long body leaves in the memory, behind the head of its frame. */
const ZEROS = Buffer.alloc(MAX_HASH_BYTES);
const ZEROS_AT = 65_536 + 4096;

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
  { name: 'a digest over the bytes that it is made of', body: digestOver(TEXT.length, 80), edits: 0 },
  { name: 'a digest of nothing at the end of the memory', body: digestOver(0, PUPPET_BYTES - 32), edits: 0 },
  { name: 'as many bytes in one digest as there may be', body: longestDigest(), edits: 0 },
  { name: 'a code over its key and its bytes, which are the same', body: codeOver(TEXT), edits: 0 },
  { name: 'a code under a key of nothing', body: codeOver(Buffer.alloc(0)), edits: 0 },
  { name: 'the longest key, and as many bytes under it', body: longestCode(), edits: 0 },
  { name: 'a domain spelled over itself', body: domainTo(64, 64), edits: 0 },
  { name: 'a domain spelled where there is room for half', body: domainTo(PUPPET_BYTES - 8, 8), edits: 0 },
  { name: 'a domain for which there is no room', body: domainTo(PUPPET_BYTES, 0), edits: 0 },
  { name: 'a domain of 4 GiB', body: order('domain', [64, BEYOND, 64, 64, 0]), edits: 0 },
  {
    name: 'a domain of a megabyte',
    body: order('domain', [ZEROS_AT, 1 << 20, 64, 64, 0], longBody()),
    edits: 0,
  },
  { name: 'a domain as long as there may be', body: longestDomain(), edits: 0 },
  { name: 'a domain that is no UTF-8', body: order('domain', [64, 2, 64, 64, 0], NO_UTF8), edits: 0 },
  { name: 'a signature of nothing by nobody', body: order('verify', [0, 64, 0, 64, 0]), edits: 0 },
  {
    name: 'a signature of itself',
    body: order('verify', [0, 64, 64, 64, 64], Buffer.alloc(64, 7)),
    edits: 0,
  },
  {
    name: 'a signature as long as the memory, by none',
    body: order('verify', [0, PUPPET_BYTES, 0, 0, PUPPET_BYTES]),
    edits: 0,
  },
  { name: 'a signature of as many bytes as there may be', body: longestSigned(), edits: 0 },
  { name: 'tables of patterns taken after configure', body: order('take', [64, BEYOND]), edits: 0 },
];

/** Of `length` bytes at 64. */
function digestOver(length: number, to: number): Buffer {
  const digest = createHash('sha256').update(TEXT.subarray(0, length)).digest();
  return order('digest', [64, length, to, digest.readUInt32LE()], TEXT);
}

function codeOver(key: Buffer): Buffer {
  const code = createHmac('sha256', key).update(TEXT).digest();
  return order('code', [64, key.length, 64, TEXT.length, 80, code.readUInt32LE()], TEXT);
}

function longestDigest(): Buffer {
  const digest = createHash('sha256').update(ZEROS).digest();
  return order('digest', [ZEROS_AT, ZEROS.length, 64, digest.readUInt32LE()], longBody());
}

function longestSigned(): Buffer {
  return order('verify', [0, ZEROS_AT, ZEROS.length, ZEROS_AT, 64], longBody());
}

function longestCode(): Buffer {
  const code = createHmac('sha256', ZEROS).update(ZEROS).digest();
  const zeros = [ZEROS_AT, ZEROS.length];
  return order('code', [...zeros, ...zeros, 64, code.readUInt32LE()], longBody());
}

function longBody(): Buffer {
  return Buffer.alloc(ZEROS.length + 8192);
}

function domainTo(to: number, room: number): Buffer {
  return order('domain', [64, DOMAIN.length, to, room, SPELLED_BYTES], DOMAIN);
}

function longestDomain(): Buffer {
  return order('domain', [64, LONG_DOMAIN.length, 64, 8192, LONG_SPELLED_BYTES], LONG_DOMAIN);
}

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
