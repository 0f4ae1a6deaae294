// Twenty values of a document of 100 KB redacted by the built-in sanitise, next to JSON.parse, an edit and JSON.stringify,
// from bytes to bytes.
import assert from 'node:assert/strict';
import { HeaderList } from '../../core/headers.js';
import { FilterChain } from '../../core/wasm/chain.js';
import type { ChainInput } from '../../core/wasm/chain-input.js';
import { writeFrame } from '../../test/support/phase-frame.js';
import { linksTo, phaseMessage } from '../../test/support/phase-messages.js';
import { SAMPLE_USER } from '../harness/sample.js';
import { pairwise, spreadOf } from '../harness/statistics.js';
import { builtinSpec } from './rule.js';
import type { Part, Subject } from './subject.js';

const DOCUMENT_BYTES = 100 * 1024;
const REDACTED = 20;
const KEY = 'socialSecurityNumber';
const REPLACEMENT = '[redacted]';
/** Different documents that take turns. */
const DOCUMENTS = 4;
/** Calls after which the memory of the guest has to be what it was. */
const MEMORY_CALLS = 20_000;

/** A page of users as an API sends it, 20 of them with a field that must not leave. */
function document(variant: number): Buffer {
  const users: Record<string, unknown>[] = [];
  const text = (): string => JSON.stringify({ total: 5000, page: variant, users });
  while (text().length < DOCUMENT_BYTES) users.push({ ...SAMPLE_USER, id: 5000 + users.length });
  for (let i = 0; i < REDACTED; i += 1) users[i * 4 + variant]![KEY] = `078-05-${1000 + i}`;
  return Buffer.from(text());
}

export function redactInJavaScript(body: Buffer): Buffer {
  const page = JSON.parse(body.toString()) as { users: Record<string, unknown>[] };
  for (const user of page.users) if (KEY in user) user[KEY] = REPLACEMENT;
  return Buffer.from(JSON.stringify(page));
}

/** The filter, as a worker calls it: frame and body go into the guest, the new body comes out. */
export class Redaction {
  readonly #chain: FilterChain;
  readonly #links: ReturnType<typeof linksTo>;
  #peakBytes = 0;

  private constructor(spec: Awaited<ReturnType<typeof builtinSpec>>) {
    this.#chain = new FilterChain({
      enter: () => {},
      leave: () => {},
      goOn: () => {},
      memoryPeaked: (_filter, bytes) => {
        this.#peakBytes = bytes;
      },
    });
    this.#chain.load(spec);
    this.#links = linksTo(spec);
  }

  static async load(): Promise<Redaction> {
    return new Redaction(await builtinSpec('sanitise', { config: { json: { keys: [KEY] } } }));
  }

  /** Most linear memory of the guest so far. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  of(body: Buffer): () => Uint8Array {
    const { memory, frame } = writeFrame({
      ...phaseMessage('response', {}, body),
      responseHeaders: new HeaderList(['content-type', 'application/json']),
    });
    const links = this.#links;
    const input: ChainInput = {
      ...{ phase: 'response', stage: 'whole', memory, at: 0, length: frame.length, body, links },
      outcome: null,
    };
    return () => this.#chain.run(input).edits.body!;
  }
}

export const redactionSubject: Subject = {
  name: 'redaction',
  contests: 1,
  async measure(track) {
    const redaction = await Redaction.load();
    const bodies = Array.from({ length: DOCUMENTS }, (_, variant) => document(variant));
    const redact = bodies.map((body) => redaction.of(body));
    for (const [index, body] of bodies.entries())
      assert.deepEqual(Buffer.from(redact[index]!()), redactInJavaScript(body));
    checkMemory(redaction);
    const { own, javascript } = await track.contest('redaction', {
      own: {
        operations: DOCUMENTS,
        call: () => redact.reduce((sum, one) => sum + one().length, 0),
      },
      javascript: {
        operations: DOCUMENTS,
        call: () => bodies.reduce((sum, body) => sum + redactInJavaScript(body).length, 0),
      },
    });
    return partOf(own, javascript, bodies[0]!.length);
  },
};

/** @throws AssertionError when the guest needs more memory the more often it is called */
function checkMemory(redaction: Redaction): void {
  const small = redaction.of(Buffer.from(JSON.stringify({ ...SAMPLE_USER, [KEY]: '078-05-1120' })));
  const before = redaction.peakBytes;
  for (let i = 0; i < MEMORY_CALLS; i += 1) small();
  assert.equal(redaction.peakBytes, before);
}

function partOf(own: readonly number[], javascript: readonly number[], bytes: number): Part {
  const us = (ns: readonly number[]) => spreadOf(ns.map((value) => value / 1000));
  const value = pairwise(own, javascript, (left, right) => left / right);
  return {
    tables: [
      {
        title: `Redaction: ${REDACTED} values of ${(bytes / 1024).toFixed(0)} KB of JSON`,
        head: 'by',
        columns: [{ name: 'a document', unit: 'us', digits: 0 }],
        rows: [
          { name: 'sanitise, in the chain of a worker', cells: [us(own)] },
          { name: 'JSON.parse, edit, JSON.stringify', cells: [us(javascript)] },
        ],
      },
    ],
    charts: [],
    ratios: [
      {
        id: 'micro/redaction/javascript',
        name: 'redaction of 100 KB, next to JSON.parse, edit, JSON.stringify',
        value,
        atMost: null,
      },
    ],
    notes: [`Redaction: ${MEMORY_CALLS} more calls left the memory of the guest as it was.`],
  };
}
