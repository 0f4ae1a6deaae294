// What the parser accepts, llhttp accepts as well and with the same meaning. 20,000 responses with every run of the
// tests; `npm run test:fuzz` reads two million, from another seed each time, and a failure names its seed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isHopByHop } from '../../../core/headers.js';
import { ProtocolError } from '../../../core/upstream/failure.js';
import type { ResponseHead } from '../../../core/upstream/response-head.js';
import { ResponseParser, type ResponseSink } from '../../../core/upstream/response-parser.js';
import { emptyReading, Llhttp, type Reading } from '../../support/llhttp.js';
import { type FuzzCase, ResponseCorpus } from '../../support/response-corpus.js';

const RUNS = Number(process.env['SLUICE_FUZZ_RUNS'] ?? 20_000);
const SEED = Number(process.env['SLUICE_FUZZ_SEED'] ?? (RUNS > 20_000 ? Date.now() % 2 ** 32 : 1));

class OurReader implements ResponseSink {
  readonly #parser = new ResponseParser(this);
  #bytes: Buffer = Buffer.alloc(0);
  #reading = emptyReading();

  /** @param pieceBytes how many bytes the next read of the socket brings */
  read(bytes: Buffer, method: string, pieceBytes: () => number): Reading {
    this.#bytes = bytes;
    this.#reading = emptyReading();
    this.#parser.begin(method);
    try {
      let at = 0;
      while (at < bytes.length && !this.#parser.over) {
        at = this.#parser.execute(bytes, at, Math.min(bytes.length, at + pieceBytes()));
      }
      if (this.#parser.over || this.#parser.finish()) this.#complete(at);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, String(error));
      this.#reading.verdict = 'refused';
    }
    return this.#reading;
  }

  onHead(head: ResponseHead): void {
    this.#reading.status = head.status;
    this.#reading.fields = head.fields;
  }

  onBody(start: number, end: number): void {
    this.#reading.body += this.#bytes.toString('latin1', start, end);
  }

  #complete(bytes: number): void {
    this.#reading.verdict = 'complete';
    this.#reading.bytes = bytes;
    this.#reading.reusable = this.#parser.reusable;
  }
}

/** The fields that go on to the client, of all that were received. */
function forwarded(fields: readonly string[]): string[] {
  const named = fields
    .flatMap((value, i) => (i % 2 === 1 && fields[i - 1] === 'connection' ? value.split(',') : []))
    .map((option) => option.trim().toLowerCase())
    .filter((option) => option !== 'close' && option !== 'keep-alive');
  return fields.filter((_, i) => {
    const name = fields[i - (i % 2)]!;
    return !isHopByHop(name) && !named.includes(name);
  });
}

/** @throws when `ours` takes something for granted that llhttp does not */
function compare(ours: Reading, theirs: Reading): void {
  if (ours.status !== 0) {
    assert.equal(theirs.status, ours.status);
    assert.deepEqual(ours.fields, forwarded(theirs.fields));
  }
  if (ours.verdict !== 'complete') {
    assert.ok(theirs.body.startsWith(ours.body), 'a part of the body that llhttp did not see');
    return;
  }
  assert.equal(theirs.verdict, 'complete');
  assert.equal(ours.body, theirs.body);
  assert.equal(ours.bytes, theirs.bytes);
  if (ours.reusable) assert.equal(theirs.reusable, true);
}

function describeCase({ method, bytes }: FuzzCase, index: number): string {
  return `seed ${SEED}, response ${index} to ${method}: ${JSON.stringify(bytes.toString('latin1'))}`;
}

describe('ResponseParser beside llhttp', () => {
  it(`accepts nothing that llhttp does not, in ${RUNS} responses, and reads the same from it`, () => {
    const corpus = new ResponseCorpus(SEED);
    const llhttp = new Llhttp();
    const reader = new OurReader();
    const seen = { complete: 0, partial: 0, refused: 0, stricter: 0, reusable: 0 };
    for (let i = 0; i < RUNS; i++) {
      const fuzzed = corpus.next();
      const { bytes, method, sound, body } = fuzzed;
      const ours = reader.read(bytes, method, () => bytes.length);
      const theirs = llhttp.read(bytes, method);
      try {
        compare(ours, theirs);
        if (sound) assert.deepEqual([ours.verdict, ours.body.startsWith(body)], ['complete', true]);
        const inPieces = reader.read(bytes, method, () => 1 + corpus.below(9));
        assert.deepEqual(inPieces, ours, 'the borders of the pieces make a difference');
      } catch (error) {
        (error as Error).message += `\n${describeCase(fuzzed, i)}`;
        throw error;
      }
      seen[ours.verdict]++;
      if (ours.verdict === 'refused' && theirs.verdict === 'complete') seen.stricter++;
      if (ours.reusable) seen.reusable++;
    }
    // Proof that the corpus is neither all good nor all bad.
    for (const [what, count] of Object.entries(seen)) {
      assert.ok(count > RUNS / 100, `only ${count} of ${RUNS} were ${what}: ${JSON.stringify(seen)}`);
    }
  });
});
