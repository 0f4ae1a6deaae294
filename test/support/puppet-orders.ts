// Orders for the guest test/guests/puppet, written as the bodies it reads them from.
import { REPLY_AT, replyMemory, type WrittenReply } from './reply-memory.js';

const WORDS = 7;

/** What the puppet can be told to do; the comments of its source name the arguments. */
export const ORDERS = {
  check: 0,
  answer: 1,
  spin: 2,
  unreachable: 3,
  dig: 4,
  grow: 5,
  abort: 6,
  log: 7,
  checkAt: 8,
  message: 9,
  compile: 10,
  load: 11,
  divide: 12,
  call: 13,
  throw: 14,
  wipe: 15,
  trapAtCall: 16,
  random: 17,
  counter: 18,
  metric: 19,
  digest: 20,
  code: 21,
  sign: 22,
  domain: 23,
  patterns: 24,
  take: 25,
  key: 26,
  verify: 27,
} as const;

/** An order with its arguments; `bytes` are put at address 64 of the puppet's memory. */
export function order(
  what: keyof typeof ORDERS,
  args: readonly number[] = [],
  bytes: Uint8Array = new Uint8Array(0),
): Buffer {
  const body = Buffer.alloc(WORDS * 4 + bytes.byteLength);
  [ORDERS[what], ...args].forEach((word, index) => {
    body.writeUInt32LE(word >>> 0, index * 4);
  });
  body.set(bytes, WORDS * 4);
  return body;
}

/** An order to record a value in a metric. */
export function metricOrder(id: number, value: number): Buffer {
  const body = order('metric', [id]);
  body.writeDoubleLE(value, 8);
  return body;
}

/** An order to answer with this reply, of which `words` (address, value) were changed. */
export function replyOrder(reply: WrittenReply, words: readonly (readonly [number, number])[] = []): Buffer {
  const memory = replyMemory(reply, 40_000);
  for (const [at, word] of words) memory.writeUInt32LE(word >>> 0, at);
  return order('answer', [REPLY_AT], memory.subarray(REPLY_AT));
}
