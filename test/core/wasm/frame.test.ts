import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HeaderList } from '../../../core/headers.js';
import {
  align8,
  type FrameMemory,
  FrameWriter,
  frameMemory,
  patchTail,
  readFrame,
} from '../../../core/wasm/frame.js';
import type { BodyStage, PhaseMessage } from '../../../core/wasm/guest-abi.js';
import {
  ABI_VERSION,
  FLAG_BODY,
  FLAG_CERTIFICATE,
  FLAG_CHUNK,
  FLAG_FOLLOWS,
  FLAG_LAST,
  FRAME_AUTHORITY,
  FRAME_BODY,
  FRAME_CERTIFICATE,
  FRAME_CLIENT,
  FRAME_CONTEXT,
  FRAME_FIXED,
  FRAME_FIXED_WITH_CERTIFICATE,
  FRAME_FLAGS,
  FRAME_ID,
  FRAME_LENGTH,
  FRAME_METHOD,
  FRAME_PARAMS,
  FRAME_PATH,
  FRAME_PHASE,
  FRAME_QUERY,
  FRAME_REQUEST_HEADERS,
  FRAME_RESPONSE_HEADERS,
  FRAME_ROUTE,
  FRAME_SCHEME,
  FRAME_STATUS,
  FRAME_VERSION,
  PHASE_REQUEST,
  PHASE_RESPONSE,
  TABLE_ENTRY,
} from '../../../sdk/abi/abi.js';

const CANARY = 0xa5;

function memoryOf(length: number): FrameMemory {
  const memory = frameMemory(new ArrayBuffer(align8(length)));
  memory.bytes.fill(CANARY);
  return memory;
}

/** The bytes of `message` as a frame. */
function frameOf(message: PhaseMessage): Buffer {
  const writer = new FrameWriter();
  const length = writer.prepare(message);
  const memory = memoryOf(length);
  writer.write(memory, 0);
  return memory.bytes.subarray(0, length);
}

const SMALL: PhaseMessage = {
  phase: 'response',
  id: 'r1',
  routeId: 'home',
  scheme: 'http',
  method: 'GET',
  authority: 'a.example',
  clientAddress: '192.0.2.1',
  certificate: [],
  params: ['id', '7'],
  path: '/x',
  query: 'q=\xe9',
  requestHeaders: new HeaderList(['accept', '*/*', 'x-empty', '']),
  status: 404,
  responseHeaders: new HeaderList(['server', 'us']),
  body: null,
  stage: 'none',
};

const EMPTY: PhaseMessage = {
  ...SMALL,
  phase: 'request',
  id: '',
  routeId: '',
  scheme: '',
  method: '',
  authority: '',
  clientAddress: '',
  params: [],
  path: '',
  query: '',
  requestHeaders: new HeaderList(),
  status: 0,
  responseHeaders: new HeaderList(),
};

const latin1 = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 24,
});
const pairs = fc.array(fc.tuple(latin1, latin1), { maxLength: 12 }).map((list) => list.flat());
const messages: fc.Arbitrary<PhaseMessage> = fc.record(
  {
    phase: fc.constantFrom('request' as const, 'response' as const),
    id: latin1,
    routeId: latin1,
    scheme: fc.constantFrom('http', 'https'),
    method: latin1,
    authority: latin1,
    clientAddress: latin1,
    certificate: pairs,
    params: pairs,
    path: latin1,
    query: latin1,
    requestHeaders: pairs.map((flat) => new HeaderList(flat)),
    status: fc.integer({ min: 0, max: 599 }),
    responseHeaders: pairs.map((flat) => new HeaderList(flat)),
    body: fc.constant(null),
    stage: fc.constant('none' as const),
  },
  { noNullPrototype: true },
);

describe('a frame', () => {
  it('is read back as it was written, at any place of a larger memory, and touches nothing around it', () => {
    const writer = new FrameWriter();
    fc.assert(
      fc.property(messages, fc.integer({ min: 0, max: 9 }), (message, place) => {
        const length = writer.prepare(message);
        const at = place * 8;
        const memory = memoryOf(at + length + 64);
        writer.write(memory, at);
        assert.deepEqual(readFrame(memory, at), message);
        assert.ok(memory.bytes.subarray(0, at).every((byte) => byte === CANARY));
        assert.ok(memory.bytes.subarray(at + length).every((byte) => byte === CANARY));
      }),
      { numRuns: 1000 },
    );
  });

  it('has the layout that the ABI draws', () => {
    const frame = frameOf(SMALL);
    // 116 fixed, 4 entries of 16, then the text in this order.
    const text = 'GEThttpa.example/xq=\xe9192.0.2.1r1homeaccept*/*x-emptyserverusid7';
    assert.equal(frame.byteLength, 180 + text.length);
    assert.equal(frame.toString('latin1', 180), text);

    assert.equal(frame.readUInt16LE(FRAME_VERSION), ABI_VERSION);
    assert.equal(frame[FRAME_PHASE], PHASE_RESPONSE);
    assert.equal(frame[FRAME_FLAGS], 0);
    assert.equal(frame.readUInt32LE(FRAME_LENGTH), frame.byteLength);
    assert.equal(frame.readUInt32LE(FRAME_STATUS), 404);

    const span = (at: number): number[] => [frame.readUInt32LE(at), frame.readUInt32LE(at + 4)];
    assert.deepEqual(span(FRAME_REQUEST_HEADERS), [FRAME_FIXED, 2]);
    assert.deepEqual(span(FRAME_RESPONSE_HEADERS), [FRAME_FIXED + 2 * TABLE_ENTRY, 1]);
    assert.deepEqual(span(FRAME_PARAMS), [FRAME_FIXED + 3 * TABLE_ENTRY, 1]);
    assert.deepEqual(span(FRAME_METHOD), [180, 3]);
    assert.deepEqual(span(FRAME_SCHEME), [183, 4]);
    assert.deepEqual(span(FRAME_AUTHORITY), [187, 9]);
    assert.deepEqual(span(FRAME_PATH), [196, 2]);
    assert.deepEqual(span(FRAME_QUERY), [198, 3]);
    assert.deepEqual(span(FRAME_CLIENT), [201, 9]);
    assert.deepEqual(span(FRAME_ID), [210, 2]);
    assert.deepEqual(span(FRAME_ROUTE), [212, 4]);
    assert.deepEqual(span(FRAME_BODY), [0, 0]);
    assert.deepEqual(span(FRAME_CONTEXT), [0, 0]);

    // accept: */*, x-empty: (empty), server: us, id = 7
    assert.deepEqual([...span(116), ...span(124)], [216, 6, 222, 3]);
    assert.deepEqual([...span(132), ...span(140)], [225, 7, 232, 0]);
    assert.deepEqual([...span(148), ...span(156)], [232, 6, 238, 2]);
    assert.deepEqual([...span(164), ...span(172)], [240, 2, 242, 1]);
  });

  it('tells of a certificate behind everything else, and is what it was for those that do not ask', () => {
    const plain = frameOf(SMALL);
    const frame = frameOf({ ...SMALL, certificate: ['subject', 'CN=a', 'dns', 'a.example'] });
    const added = FRAME_FIXED_WITH_CERTIFICATE - FRAME_FIXED + 2 * TABLE_ENTRY;
    const text = 'GEThttpa.example/xq=\xe9192.0.2.1r1homeaccept*/*x-emptyserverusid7subjectCN=adnsa.example';
    assert.equal(frame.toString('latin1', 180 + added), text);
    assert.equal(frame[FRAME_FLAGS], FLAG_CERTIFICATE);

    const words = (at: number, count: number): number[] =>
      Array.from({ length: count }, (_, index) => frame.readUInt32LE(at + 4 * index));
    const table = FRAME_FIXED_WITH_CERTIFICATE + 4 * TABLE_ENTRY;
    assert.deepEqual(words(FRAME_CERTIFICATE, 2), [table, 2]);
    const end = frame.byteLength;
    assert.deepEqual(words(table, 8), [end - 23, 7, end - 16, 4, end - 12, 3, end - 9, 9]);

    // Whoever does not know the flag finds all else by the offsets that the frame has.
    const span = (bytes: Buffer, at: number): string => {
      const start = bytes.readUInt32LE(at);
      return bytes.toString('latin1', start, start + bytes.readUInt32LE(at + 4));
    };
    const entries = (bytes: Buffer, head: number): string[] => {
      const start = bytes.readUInt32LE(head);
      return Array.from({ length: 2 * bytes.readUInt32LE(head + 4) }, (_, index) =>
        span(bytes, start + 8 * index),
      );
    };
    for (const at of [
      FRAME_METHOD,
      FRAME_SCHEME,
      FRAME_AUTHORITY,
      FRAME_PATH,
      FRAME_QUERY,
      FRAME_CLIENT,
      FRAME_ID,
      FRAME_ROUTE,
    ])
      assert.equal(span(frame, at), span(plain, at));
    for (const head of [FRAME_REQUEST_HEADERS, FRAME_RESPONSE_HEADERS, FRAME_PARAMS])
      assert.deepEqual(entries(frame, head), entries(plain, head));
  });

  it('without a single header, parameter or character is its fixed part', () => {
    const frame = frameOf(EMPTY);
    assert.equal(frame.byteLength, FRAME_FIXED);
    assert.equal(frame[FRAME_PHASE], PHASE_REQUEST);
    assert.deepEqual(readFrame(memoryHolding(frame), 0), EMPTY);
  });

  it('leaves nothing of the frame that was there before', () => {
    const writer = new FrameWriter();
    const memory = memoryOf(4096);
    writer.prepare({ ...SMALL, certificate: ['subject', 'CN=a'] });
    writer.write(memory, 0);
    patchTail(memory.words, 0, 500, 'whole', Buffer.from('body'), Buffer.from('context'));
    const length = writer.prepare(EMPTY);
    writer.write(memory, 0);
    assert.deepEqual(memory.bytes.subarray(0, length), frameOf(EMPTY));
  });

  it('starts at a multiple of 8 or not at all, and is written once for each time it is prepared', () => {
    const writer = new FrameWriter();
    const memory = memoryOf(4096);
    writer.prepare(SMALL);
    for (const at of [1, 4, 12]) assert.throws(() => writer.write(memory, at), { name: 'AssertionError' });
    writer.write(memory, 8);
    assert.throws(() => writer.write(memory, 8), { name: 'AssertionError' });
  });
});

describe('the tail of a frame', () => {
  function tailOf(
    body: Uint8Array | null,
    context: Uint8Array | null,
    stage: BodyStage = body === null ? 'none' : 'whole',
  ): Buffer {
    const frame = frameOf(SMALL);
    const memory = memoryOf(frame.byteLength + 64);
    frame.copy(memory.bytes);
    patchTail(memory.words, 0, frame.byteLength, stage, body, context);
    return memory.bytes;
  }
  const frameEnd = align8(frameOf(SMALL).byteLength);

  it('begins with the body and then the context, each at a multiple of 8', () => {
    const bytes = tailOf(new Uint8Array(5), new Uint8Array(3));
    assert.equal(bytes.readUInt32LE(FRAME_BODY), frameEnd);
    assert.equal(bytes.readUInt32LE(FRAME_BODY + 4), 5);
    assert.equal(bytes.readUInt32LE(FRAME_CONTEXT), frameEnd + 8);
    assert.equal(bytes.readUInt32LE(FRAME_CONTEXT + 4), 3);
    assert.equal(bytes.readUInt32LE(FRAME_LENGTH), frameEnd + 11);
  });

  it('tells an empty body from none', () => {
    assert.equal(tailOf(new Uint8Array(0), null)[FRAME_FLAGS], FLAG_BODY);
    assert.equal(tailOf(null, null)[FRAME_FLAGS], 0);
  });

  it('tells a body that follows, a chunk of it, and the last one', () => {
    assert.equal(tailOf(null, null, 'follows')[FRAME_FLAGS], FLAG_FOLLOWS);
    assert.equal(tailOf(new Uint8Array(5), null, 'chunk')[FRAME_FLAGS], FLAG_CHUNK);
    assert.equal(tailOf(new Uint8Array(0), null, 'last')[FRAME_FLAGS], FLAG_CHUNK | FLAG_LAST);
  });

  it('takes back the flag of a body that the filter before was given', () => {
    const frame = memoryHolding(frameOf(SMALL));
    patchTail(frame.words, 0, 0, 'whole', new Uint8Array(1), null);
    patchTail(frame.words, 0, 0, 'none', null, null);
    assert.equal(frame.bytes[FRAME_FLAGS], 0);
    assert.equal(frame.bytes[FRAME_PHASE], PHASE_RESPONSE);
    assert.equal(frame.bytes.readUInt16LE(FRAME_VERSION), ABI_VERSION);
  });

  it('leaves the flag of a certificate', () => {
    const frame = memoryHolding(frameOf({ ...SMALL, certificate: ['subject', 'CN=a'] }));
    patchTail(frame.words, 0, 0, 'whole', new Uint8Array(1), null);
    assert.equal(frame.bytes[FRAME_FLAGS], FLAG_CERTIFICATE | FLAG_BODY);
    patchTail(frame.words, 0, 0, 'none', null, null);
    assert.equal(frame.bytes[FRAME_FLAGS], FLAG_CERTIFICATE);
  });
});

describe('align8', () => {
  it('rounds up to the next multiple of 8', () => {
    assert.deepEqual([0, 1, 7, 8, 9, 116].map(align8), [0, 8, 8, 8, 16, 120]);
  });
});

function memoryHolding(frame: Uint8Array): FrameMemory {
  const memory = memoryOf(frame.byteLength);
  memory.bytes.set(frame);
  return memory;
}
