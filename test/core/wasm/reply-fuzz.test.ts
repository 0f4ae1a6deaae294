// Whatever bytes a guest leaves in its memory, the decoder answers a reply that keeps the rules or throws a
// GatewayError of the ABI, and reads nothing beyond that memory.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GatewayError } from '../../../core/errors.js';
import { isFieldValue, isFramingField, isToken } from '../../../core/headers.js';
import { checkPath, checkQuery } from '../../../core/target.js';
import { type Reply, type ReplyRules, readReply } from '../../../core/wasm/reply.js';
import {
  EDIT_SECRET_HEADER,
  EDIT_SET_PATH,
  EDIT_SET_QUERY,
  EDIT_SET_STATUS,
  EDIT_SIZE,
  REPLY_FIXED,
} from '../../../sdk/abi/abi.js';
import { guestView, REPLY_AT, replyMemory } from '../../support/reply-memory.js';

/** Of each of the two; together a hundred thousand frames. */
const RUNS = 50_000;
const MEMORY_BYTES = 512;
const MARGIN_BYTES = 1024;
/** A back-quote: allowed in names, values, paths, queries and UTF-8, and never in the memory itself. */
const CANARY = 0x60;

const rules: fc.Arbitrary<ReplyRules> = fc.constantFrom<ReplyRules>(
  { call: 'configure', stage: 'none', chunkBytes: 0, upstreams: 2, secrets: 2, filterId: 7 },
  { call: 'request', stage: 'none', chunkBytes: 0, upstreams: 2, secrets: 2, filterId: 7 },
  { call: 'request', stage: 'whole', chunkBytes: 0, upstreams: 2, secrets: 2, filterId: 7 },
  { call: 'response', stage: 'none', chunkBytes: 0, upstreams: 2, secrets: 2, filterId: 7 },
  { call: 'response', stage: 'whole', chunkBytes: 0, upstreams: 2, secrets: 2, filterId: 7 },
  { call: 'request', stage: 'follows', chunkBytes: 0, upstreams: 2, secrets: 2, filterId: 7 },
  { call: 'request', stage: 'chunk', chunkBytes: 9, upstreams: 2, secrets: 2, filterId: 7 },
  { call: 'response', stage: 'chunk', chunkBytes: 9, upstreams: 2, secrets: 2, filterId: 7 },
  { call: 'response', stage: 'last', chunkBytes: 9, upstreams: 2, secrets: 2, filterId: 7 },
);
/** Words that lie on an edge of something. */
const word = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 7, 20, 40, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0xffff0000),
  fc.integer({ min: 0, max: 12 }),
  fc.integer({ min: MEMORY_BYTES - 24, max: MEMORY_BYTES + 24 }),
  fc.integer({ min: 0, max: 0xffffffff }),
);

/** `content` as a guest's memory, with other bytes of the process around it. */
function embed(content: Uint8Array): Buffer {
  const process = Buffer.alloc(MARGIN_BYTES * 2 + content.byteLength, CANARY);
  const memory = process.subarray(MARGIN_BYTES, MARGIN_BYTES + content.byteLength);
  content.forEach((byte, index) => {
    memory[index] = byte === CANARY ? 0x20 : byte;
  });
  return memory;
}

/** The reply if it is accepted; null when it is refused as it may be. */
function decode(content: Uint8Array, address: number, given: ReplyRules): Reply | null {
  const memory = embed(content);
  const before = Buffer.from(memory);
  try {
    const reply = readReply(guestView(memory), address, given);
    assertKeepsRules(reply, given);
    return reply;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    assert.match(error.code, /^SLUICE_ABI_(?:FRAME|EDIT)$/);
    assert.ok(error.message.length < 400, error.message);
    return null;
  } finally {
    assert.ok(before.equals(memory), 'the decoder wrote to the memory');
  }
}

function assertKeepsRules(reply: Reply, given: ReplyRules): void {
  const { edits, context, refusal, decision, status } = reply;
  const texts = [...edits.names, ...edits.values, refusal?.pointer ?? '', refusal?.reason ?? ''];
  assert.ok(!texts.some((text) => text.includes('`')), 'a text holds bytes from outside of the memory');
  assert.ok(!context?.includes(CANARY), 'the context holds bytes from outside of the memory');
  assert.ok(!edits.body?.includes(CANARY), 'the body holds bytes from outside of the memory');
  assert.ok(decision === 'respond' ? status >= 200 && status <= 599 : status === 0);
  if (given.call === 'configure') assert.equal(edits.size, 0);
  if (decision !== 'respond' && given.stage === 'none') assert.equal(edits.body, undefined);
  const isChunk = given.stage === 'chunk' || given.stage === 'last';
  assert.ok(reply.held <= (given.stage === 'chunk' ? given.chunkBytes : 0));
  if (isChunk && decision !== 'respond') assert.equal(edits.size, 0);
  if (isChunk && given.call === 'response') assert.notEqual(decision, 'respond');
  if (decision === 'stop') assert.ok(isChunk && given.call === 'response');
  edits.operations.forEach((operation, i) => {
    const value = edits.values[i]!;
    if (operation === EDIT_SET_PATH) assert.equal(checkPath(value), null);
    else if (operation === EDIT_SET_QUERY) assert.equal(checkQuery(value), null);
    else if (operation === EDIT_SET_STATUS) assert.match(value, /^[2-5]\d\d$/);
    else {
      const name = edits.names[i]!;
      if (operation === EDIT_SECRET_HEADER) assert.match(value, /^7:[01]:/);
      assert.ok(isToken(name) && name === name.toLowerCase() && !isFramingField(name) && isFieldValue(value));
    }
  });
}

describe('the decoder of replies', () => {
  it('survives random memory', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 96 }),
        fc.integer({ min: 0, max: MEMORY_BYTES }),
        fc.integer({ min: 0, max: 3 }),
        word,
        rules,
        (random, size, edits, address, given) => {
          const memory = new Uint8Array(size);
          for (let at = 0; at < size && random.byteLength > 0; at += random.byteLength) {
            memory.set(random.subarray(0, size - at), at);
          }
          // Length and count that agree now and then: else hardly one frame would get past them.
          const view = Buffer.from(memory.buffer);
          if (address + REPLY_FIXED <= size && edits > 0) {
            view.writeUInt32LE(REPLY_FIXED + (edits - 1) * EDIT_SIZE, address);
            view.writeUInt32LE(edits % 3, address + 4);
            view.writeUInt32LE(edits - 1, address + 8);
          }
          decode(memory, address, given);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('survives good replies of which words and bytes were changed', () => {
    const name = fc.constantFrom('x-a', 'Content-Type', 'host', '', 'a b');
    const value = fc.constantFrom('', '/a/%7e', '200', '/..', 'a=b', 'caf\xe9', 'a\r\n', '\xff\xfe');
    const change = fc.tuple(fc.boolean(), fc.nat({ max: 40 }), word);
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.record({
          decision: fc.constantFrom(0, 0, 1, 2, 3),
          status: fc.constantFrom(0, 0, 200, 403, 999),
          context: value,
          edits: fc.array(fc.tuple(fc.integer({ min: 1, max: 10 }), name, value), { maxLength: 4 }),
        }),
        fc.array(change, { maxLength: 3 }),
        rules,
        (reply, changes, given) => {
          const memory = replyMemory(reply, MEMORY_BYTES);
          for (const [whole, place, number] of changes) {
            if (whole) memory.writeUInt32LE(number, REPLY_AT + place * 4);
            else memory[REPLY_AT + place] = number & 0xff;
          }
          if (decode(memory, REPLY_AT, given) !== null) accepted += 1;
        },
      ),
      { numRuns: RUNS },
    );
    // Else the changes were so many that the deeper checks were never reached.
    assert.ok(accepted > RUNS / 100, `${accepted} of ${RUNS} replies were accepted`);
  });
});
