// Jobs and results on their way through a ring: what is read is what was written, wherever in the ring it lies.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ResultExtra } from '../../../core/dispatch/control.js';
import { readJob, writeJob } from '../../../core/dispatch/job-record.js';
import { ResultRecord, readResult, splitExtra } from '../../../core/dispatch/result-record.js';
import { createRing, RingConsumer, RingProducer } from '../../../core/dispatch/ring.js';
import { HeaderList } from '../../../core/headers.js';
import { FrameWriter, readFrame } from '../../../core/wasm/frame.js';
import { type Callout, EditList, type PhaseMessage, type PhaseResult } from '../../../core/wasm/guest-abi.js';
import { KnownTexts } from '../../../core/wasm/known-texts.js';
import { phaseMessage } from '../../support/phase-messages.js';

const RUNS = 3000;
const CAPACITY = 8192;
const MOST_INLINE_BODY = CAPACITY / 8;
const STEP = 512;

const text = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
});
/** Empty bytes are the same as none. */
const context = fc.option(fc.uint8Array({ minLength: 1, maxLength: 100 }));
const headers = fc.array(fc.tuple(text, text), { maxLength: 6 }).map((pairs) => pairs.flat());
const ticket = fc.integer({ min: 1, max: 0x7fffffff });
const links = fc.array(
  fc.record({ id: fc.integer({ min: 1, max: 0x7fffffff }), context, skip: fc.boolean() }),
  { maxLength: 5 },
);
const message: fc.Arbitrary<PhaseMessage> = fc
  .record({
    phase: fc.constantFrom('request' as const, 'response' as const),
    path: text,
    query: text,
    requestHeaders: headers,
    responseHeaders: headers,
    params: headers,
    body: fc.option(fc.uint8Array({ maxLength: 5000, size: 'max' })),
    chunk: fc.constantFrom('whole' as const, 'chunk' as const, 'last' as const),
    nothing: fc.constantFrom('none' as const, 'follows' as const),
  })
  .map(({ chunk, nothing, ...parts }) => ({
    ...phaseMessage(parts.phase),
    ...parts,
    stage: parts.body === null ? nothing : chunk,
    requestHeaders: new HeaderList(parts.requestHeaders),
    responseHeaders: new HeaderList(parts.phase === 'request' ? [] : parts.responseHeaders),
  }));
const edits = fc
  .record({
    list: fc.array(fc.tuple(fc.integer({ min: 1, max: 7 }), text, text), { maxLength: 8 }),
    body: fc.option(fc.uint8Array({ maxLength: 2000, size: 'max' }), { nil: undefined }),
  })
  .map(({ list, body }) => {
    const made = new EditList();
    for (const [operation, name, value] of list) made.add(operation, name, value);
    made.body = body;
    return made;
  });
const response = fc.record({
  status: fc.integer({ min: 200, max: 599 }),
  headers: headers.map((flat) => new HeaderList(flat)),
  body: fc.uint8Array({ maxLength: 2000, size: 'max' }),
});
/** The prototype of a record that was read. */
const PLAIN = { noNullPrototype: true } as const;
const call = fc.record({ count: fc.nat(0x3fff), durationNs: fc.nat(0x7fffffff), edits: fc.nat(1024) }, PLAIN);
const failure = fc.record(
  {
    code: fc.constantFrom('SLUICE_FILTER_TRAP' as const, 'SLUICE_ABI_EDIT' as const),
    message: fc.string(),
    index: fc.nat(10),
    skipped: fc.boolean(),
  },
  PLAIN,
);
const log = fc.record({ filter: fc.string(), level: fc.nat(3), text: fc.string() }, PLAIN);
const callout: fc.Arbitrary<Callout> = fc.record(
  {
    index: fc.nat(10),
    upstream: text,
    method: text,
    target: text,
    headers,
    body: fc.option(fc.uint8Array({ maxLength: 2000, size: 'max' })),
    timeoutMs: fc.nat(60_000),
    state: context,
  },
  PLAIN,
);
const result: fc.Arbitrary<PhaseResult> = fc
  .record({
    edits,
    response: fc.option(response),
    callsAndContexts: fc.array(fc.tuple(call, context, fc.boolean()), { maxLength: 5 }),
    stop: fc.option(fc.string()),
    failures: fc.array(failure, { maxLength: 2 }),
    logs: fc.array(log, { maxLength: 2 }),
    callout: fc.option(callout),
  })
  .map(({ callsAndContexts, ...rest }) => {
    // Of an exchange that a filter answered, only the body of the answer travels.
    if (rest.response !== null) rest.edits.body = undefined;
    return {
      ...rest,
      respondedBy: rest.response === null ? -1 : 0,
      calls: callsAndContexts.map(([one]) => one),
      contexts: callsAndContexts.map(([, kept]) => kept),
      passed: callsAndContexts.flatMap(([, , passed], index) => (passed ? [index] : [])),
    };
  });
const beside = fc.record({ body: fc.boolean(), outcome: fc.boolean(), contexts: fc.boolean() });
const place = fc.nat(CAPACITY / STEP).map((steps) => steps * STEP);

/** A ring that is empty and whose next record lies at `offset`. */
function ringAt(offset: number): { producer: RingProducer; consumer: RingConsumer } {
  const memory = createRing(CAPACITY);
  const producer = new RingProducer(memory);
  const consumer = new RingConsumer(memory);
  for (let left = offset; left > 0; left -= STEP) {
    producer.commit(producer.reserve(STEP), STEP);
    consumer.release(consumer.peek());
  }
  return { producer, consumer };
}

function plain(value: Uint8Array | null | undefined): number[] | null {
  return value ? [...value] : null;
}

describe('a job', () => {
  it('is read as it was written', () => {
    let read = 0;
    fc.assert(
      fc.property(message, links, ticket, beside, place, (given, chain, number, wanted, offset) => {
        const { producer, consumer } = ringAt(offset);
        let posted = 0;
        const { outcome: hasOutcome, contexts: keeps } = wanted;
        const isBeside = wanted.body && given.body !== null;
        const post = (): void => {
          posted += 1;
        };
        const what = { body: isBeside, outcome: hasOutcome, contexts: keeps, post };
        const sent = isBeside || hasOutcome || keeps ? what : undefined;
        const outcome = writeJob(producer, new FrameWriter(), number, given, chain, sent);
        if (outcome !== 'written') {
          assert.equal(outcome, 'too-large');
          assert.equal(posted, 0);
          assert.equal(consumer.peek(), -1);
          return;
        }
        assert.equal(posted, sent === undefined ? 0 : 1);
        const job = readJob(consumer, consumer.peek());
        assert.equal(job.ticket, number);
        assert.equal(job.phase, given.phase);
        assert.equal(job.stage, given.stage);
        assert.equal(job.bodyBeside, isBeside);
        assert.equal(job.hasOutcome, hasOutcome);
        assert.equal(job.hasContexts, keeps);
        assert.deepEqual(plain(job.body), isBeside ? null : plain(given.body));
        assert.deepEqual(
          job.links.map((link) => ({ ...link, context: plain(link.context) })),
          chain.map((link) => ({ ...link, context: keeps ? null : plain(link.context) })),
        );
        assert.deepEqual(readFrame(consumer, job.frameAt), { ...given, body: null, stage: 'none' });
        read += 1;
      }),
      { numRuns: RUNS },
    );
    assert.ok(read > RUNS / 2 && read < RUNS, `${read} of ${RUNS} jobs fitted`);
  });
});

describe('a result', () => {
  it('is read as it was written, in the ring and beside it', () => {
    const texts = new KnownTexts();
    fc.assert(
      fc.property(result, ticket, place, (given, number, offset) => {
        const { producer, consumer } = ringAt(offset);
        const extra = splitExtra(given, MOST_INLINE_BODY);
        const record = new ResultRecord(given, extra);
        assert.ok(producer.canHold(record.length));
        assert.ok(record.write(producer, number));
        let taken = 0;
        const takeExtra = (): ResultExtra => {
          taken += 1;
          return structuredClone(extra!);
        };
        const read = readResult(consumer, consumer.peek(), texts, takeExtra);
        assert.equal(taken, extra === null ? 0 : 1);
        assert.deepEqual(read.edits.operations, given.edits.operations);
        assert.deepEqual(read.edits.names, given.edits.names);
        assert.deepEqual(read.edits.values, given.edits.values);
        assert.deepEqual(plain(read.edits.body), plain(given.edits.body));
        assert.equal(read.response?.status, given.response?.status);
        assert.deepEqual(read.response?.headers, given.response?.headers);
        assert.deepEqual(plain(read.response?.body), plain(given.response?.body));
        assert.deepEqual(read.contexts.map(plain), given.contexts.map(plain));
        assert.deepEqual(read.passed, given.passed);
        assert.equal(read.stop, given.stop);
        assert.equal(read.respondedBy, given.respondedBy);
        assert.deepEqual(read.calls, given.calls);
        assert.deepEqual(read.failures, given.failures);
        assert.deepEqual(read.logs, given.logs);
        assert.deepEqual(read.callout, given.callout);
      }),
      { numRuns: RUNS },
    );
  });
});
