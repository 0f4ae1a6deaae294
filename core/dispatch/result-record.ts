// Results as records of the ring from a worker.
//
//   words 0 … 11 | calls: 3 words each | edits: 3 words each | header lengths | text | contexts | body
//   length kind ticket flags status responded-by edits headers calls text-length body-length unused
//
// Text is every name and value, in order, in latin1. Failures, log lines, callouts and large bodies are rare and travel
// beside the ring.

import { Buffer } from 'node:buffer';
import { HeaderList } from '../headers.js';
import { align8, type FrameMemory, viewOf } from '../wasm/frame.js';
import { EditList, type FilterCall, NONE, type PhaseResult } from '../wasm/guest-abi.js';
import type { KnownTexts } from '../wasm/known-texts.js';
import { copyInto } from '../wasm/shared-copy.js';
import type { ResultExtra } from './control.js';
import { RECORD_KIND, RECORD_TICKET } from './job-record.js';
import type { RingProducer } from './ring.js';

export const RESULT_DONE = 1;
/** Take one message from the port. */
export const RESULT_MESSAGE = 2;

const FLAGS = 3;
const STATUS = 4;
const RESPONDED_BY = 5;
const EDIT_COUNT = 6;
const HEADER_COUNT = 7;
const CALL_COUNT = 8;
const TEXT_LENGTH = 9;
const BODY_LENGTH = 10;
const FIXED_BYTES = 48;
const ENTRY_BYTES = 12;

const FLAG_EXTRA = 1;
const FLAG_HAS_BODY = 2;
/** Above the number of edits of a call: the filter wants no more of the body; then how often it was called. */
const CALL_PASSED = 0x10000;
const COUNT_SHIFT = 17;
const MOST_COUNT = 0x3fff;
const MOST_NS = 0x7fffffff;
const FEW_LETTERS = 64;

/** What of a result has to travel beside the ring; null when nothing does. */
export function splitExtra(result: PhaseResult, mostInline: number): ResultExtra | null {
  const body = resultBody(result);
  const large = body !== undefined && body.length > mostInline;
  const keeps = bytesOf(result.contexts) > mostInline;
  const { failures, logs, callout, stop } = result;
  const isPlain = failures.length === 0 && logs.length === 0 && callout === null && stop === null;
  if (!large && !keeps && isPlain) return null;
  return {
    body: large ? compact(body) : null,
    contexts: keeps ? result.contexts.map((context) => (context === null ? null : compact(context))) : null,
    failures,
    logs,
    callout,
    stop,
  };
}

/** A result laid out for the ring. */
export class ResultRecord {
  readonly #result: PhaseResult;
  readonly #hasExtra: boolean;
  readonly #headers: readonly string[];
  readonly #textLength: number;
  readonly #inlineBody: Uint8Array | undefined;
  readonly #contexts: readonly (Uint8Array | null)[];
  readonly #textAt: number;
  readonly #bodyAt: number;
  /** Bytes in the ring. */
  readonly length: number;

  constructor(result: PhaseResult, extra: ResultExtra | null) {
    const { edits, response, calls } = result;
    const contexts = extra?.contexts ? NONE : result.contexts;
    const headers = response === null ? [] : response.headers.flat;
    let textLength = 0;
    for (let i = 0; i < edits.size; i += 1) textLength += edits.names[i]!.length + edits.values[i]!.length;
    for (const part of headers) textLength += part.length;
    const entries = (calls.length + edits.size) * ENTRY_BYTES + headers.length * 4;
    this.#result = result;
    this.#hasExtra = extra !== null;
    this.#headers = headers;
    this.#contexts = contexts;
    this.#textLength = textLength;
    this.#inlineBody = extra?.body ? undefined : resultBody(result);
    this.#textAt = align8(FIXED_BYTES + entries);
    this.#bodyAt = this.#textAt + align8(textLength);
    for (const context of contexts) this.#bodyAt += context === null ? 0 : align8(context.length);
    this.length = this.#bodyAt + align8(this.#inlineBody?.length ?? 0);
  }

  /** Puts the record into the ring. False when it does not fit now. */
  write(ring: RingProducer, ticket: number): boolean {
    const at = ring.reserve(this.length);
    if (at === -1) return false;
    const { words, bytes } = ring;
    const { edits, response, respondedBy, calls, passed } = this.#result;
    const contexts = this.#contexts;
    const body = this.#inlineBody;
    const base = at >> 2;
    words[base + RECORD_KIND] = RESULT_DONE;
    words[base + RECORD_TICKET] = ticket;
    words[base + FLAGS] = (this.#hasExtra ? FLAG_EXTRA : 0) | (body === undefined ? 0 : FLAG_HAS_BODY);
    words[base + STATUS] = response === null ? 0 : response.status;
    words[base + RESPONDED_BY] = respondedBy;
    words[base + EDIT_COUNT] = edits.size;
    words[base + HEADER_COUNT] = this.#headers.length;
    words[base + CALL_COUNT] = calls.length;
    words[base + TEXT_LENGTH] = this.#textLength;
    words[base + BODY_LENGTH] = body === undefined ? 0 : body.length;
    let entry = (at + FIXED_BYTES) >> 2;
    let textAt = at + this.#textAt;
    let contextAt = textAt + align8(this.#textLength);
    for (let i = 0; i < calls.length; i += 1, entry += 3) {
      const context = contexts[i] ?? null;
      words[entry] = Math.min(calls[i]!.durationNs, MOST_NS);
      words[entry + 1] =
        calls[i]!.edits |
        (passed.includes(i) ? CALL_PASSED : 0) |
        (Math.min(calls[i]!.count, MOST_COUNT) << COUNT_SHIFT);
      words[entry + 2] = context === null ? 0 : context.length;
      if (context === null) continue;
      copyInto(bytes, context, contextAt);
      contextAt += align8(context.length);
    }
    for (let i = 0; i < edits.size; i += 1, entry += 3) {
      const name = edits.names[i]!;
      const value = edits.values[i]!;
      words[entry] = edits.operations[i]!;
      words[entry + 1] = name.length;
      words[entry + 2] = value.length;
      writeText(bytes, textAt, name);
      writeText(bytes, textAt + name.length, value);
      textAt += name.length + value.length;
    }
    for (const part of this.#headers) {
      words[entry] = part.length;
      entry += 1;
      writeText(bytes, textAt, part);
      textAt += part.length;
    }
    if (body !== undefined) copyInto(bytes, body, at + this.#bodyAt);
    ring.commit(at, this.length);
    return true;
  }
}

/** To call the engine for a few letters costs more than to put them down. */
function writeText(bytes: Buffer, at: number, text: string): void {
  if (text.length > FEW_LETTERS) bytes.write(text, at, 'latin1');
  else for (let i = 0; i < text.length; i += 1) bytes[at + i] = text.charCodeAt(i);
}

/** Puts a record into the ring that announces a message. False when it does not fit now. */
export function writeAnnouncement(ring: RingProducer): boolean {
  const at = ring.reserve(FIXED_BYTES);
  if (at === -1) return false;
  ring.words[(at >> 2) + RECORD_KIND] = RESULT_MESSAGE;
  ring.commit(at, FIXED_BYTES);
  return true;
}

/**
 * Reads the result at `at`. Nothing of it refers to the ring afterwards.
 * @param texts     what results said before
 * @param takeExtra takes the message that carries what travelled beside the ring
 */
export function readResult(
  ring: FrameMemory,
  at: number,
  texts: KnownTexts,
  takeExtra: () => ResultExtra,
): PhaseResult {
  const { words, bytes } = ring;
  const base = at >> 2;
  const flags = words[base + FLAGS]!;
  const editCount = words[base + EDIT_COUNT]!;
  const headerCount = words[base + HEADER_COUNT]!;
  const callCount = words[base + CALL_COUNT]!;
  const textLength = words[base + TEXT_LENGTH]!;
  const bodyLength = words[base + BODY_LENGTH]!;
  const status = words[base + STATUS]!;
  const textAt = at + align8(FIXED_BYTES + (callCount + editCount) * ENTRY_BYTES + headerCount * 4);
  let contextAt = textAt + align8(textLength);

  // Of their length at once: an array that grows makes room for sixteen more.
  const calls = new Array<FilterCall>(callCount);
  const contexts = new Array<Uint8Array | null>(callCount);
  let passed: readonly number[] = NONE;
  let entry = (at + FIXED_BYTES) >> 2;
  for (let i = 0; i < callCount; i += 1, entry += 3) {
    const facts = words[entry + 1]!;
    const count = facts >>> COUNT_SHIFT;
    calls[i] = { count, durationNs: words[entry]!, edits: facts & (CALL_PASSED - 1) };
    if ((facts & CALL_PASSED) !== 0) passed = [...passed, i];
    const size = words[entry + 2]!;
    contexts[i] = size === 0 ? null : copyOf(ring, contextAt, size);
    contextAt += align8(size);
  }
  const operations = new Array<number>(editCount);
  const names = new Array<string>(editCount);
  const values = new Array<string>(editCount);
  let part = textAt;
  for (let i = 0; i < editCount; i += 1, entry += 3) {
    const name = words[entry + 1]!;
    const value = words[entry + 2]!;
    operations[i] = words[entry]!;
    names[i] = texts.take(bytes, part, name);
    values[i] = texts.take(bytes, part + name, value);
    part += name + value;
  }
  const edits = new EditList(operations, names, values);
  const headers = new Array<string>(headerCount);
  for (let i = 0; i < headerCount; i += 1, entry += 1) {
    const length = words[entry]!;
    headers[i] = texts.take(bytes, part, length);
    part += length;
  }
  const extra = (flags & FLAG_EXTRA) === 0 ? null : takeExtra();
  const inline = (flags & FLAG_HAS_BODY) === 0 ? undefined : copyOf(ring, contextAt, bodyLength);
  const body = extra?.body ?? inline;
  if (status === 0 && body !== undefined) edits.body = body;
  return {
    edits,
    response:
      status === 0 ? null : { status, headers: new HeaderList(headers), body: body ?? new Uint8Array(0) },
    respondedBy: words[base + RESPONDED_BY]!,
    callout: extra === null ? null : extra.callout,
    contexts: extra?.contexts ?? contexts,
    passed,
    stop: extra === null ? null : extra.stop,
    calls,
    failures: extra === null ? [] : extra.failures,
    logs: extra === null ? [] : extra.logs,
  };
}

/** The body a result carries: that of its response, or else the one the filters set. */
function resultBody(result: PhaseResult): Uint8Array | undefined {
  return result.response === null ? result.edits.body : result.response.body;
}

function bytesOf(contexts: readonly (Uint8Array | null)[]): number {
  let bytes = 0;
  for (const context of contexts) if (context !== null) bytes += context.length;
  return bytes;
}

/** For a message: it takes the whole memory behind a view along, and shares what is shared. */
export function compact(bytes: Uint8Array): Uint8Array {
  const { buffer } = bytes;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
  return isWhole ? bytes : Uint8Array.from(bytes);
}

function copyOf(ring: FrameMemory, at: number, length: number): Uint8Array {
  const copy = Buffer.allocUnsafe(length);
  copyInto(copy, viewOf(ring, at, length), 0);
  return copy;
}
