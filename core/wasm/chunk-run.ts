// Runs one chunk of a body through the filters that see it in chunks. What one lets through is the next one's chunk.
import { MAX_CHUNK_BYTES } from '../../sdk/abi/abi.js';
import { GatewayError } from '../errors.js';
import type { ChainInput, ChainLink } from './chain-input.js';
import { buildResponse } from './edits.js';
import type { FilterThread } from './filter-thread.js';
import { viewOf } from './frame.js';
import { EditList, type PhaseResult } from './guest-abi.js';
import { GuestCalls } from './guest-calls.js';
import type { Reply } from './reply.js';
import type { ScratchBytes } from './scratch-bytes.js';
import { decodeState, encodeState, NO_STATE, type StreamState } from './stream-state.js';

const NOTHING = new Uint8Array(0);
const MOST_REASON = 1024;

/** What one filter did with bytes of a body. */
export interface ChunkOutcome {
  /** What goes on to the next filter. */
  readonly output: Uint8Array;
  readonly state: StreamState;
  /** The filter sees no more of the body. */
  readonly passed: boolean;
  /** The reply that answers or stops; null when the body goes on. */
  readonly end: Reply | null;
}

/** Puts what was held in front of what came. */
type Join = (held: Uint8Array, bytes: Uint8Array) => Uint8Array;

/**
 * Gives one filter bytes of a body, in chunks as large as they may be. A filter that fails sees no more of the body, and what
 * it was to see goes on as it is; whether the exchange does is for the caller to say.
 * @param last the body ends with these bytes
 */
export function runChunks(
  calls: GuestCalls,
  link: ChainLink,
  index: number,
  frame: Uint8Array,
  state: StreamState,
  input: Uint8Array,
  last: boolean,
  join: Join,
): ChunkOutcome {
  const most = Math.max(input.byteLength, calls.memoryOf(link));
  const output: Uint8Array[] = [];
  let outputBytes = 0;
  let { context, held } = state;
  let at = 0;
  let passed = false;
  do {
    const rest =
      at === 0 && input.byteLength <= MAX_CHUNK_BYTES ? input : input.subarray(at, at + MAX_CHUNK_BYTES);
    at += rest.byteLength;
    const isLast = last && at === input.byteLength;
    const outcome = runChunk(calls, link, index, frame, context, join(held, rest), isLast);
    if (outcome.end !== null) return outcome;
    output.push(outcome.output);
    outputBytes += outcome.output.byteLength;
    ({ context, held } = outcome.state);
    ({ passed } = outcome);
    if (!passed && outputBytes > most) {
      const problem = `body: ${outputBytes} bytes for ${at}, and the filter may make no more than its memory holds`;
      calls.refuse(link, index, new GatewayError('SLUICE_ABI_EDIT', problem));
      passed = true;
    }
  } while (!passed && at < input.byteLength);
  if (at < input.byteLength) output.push(input.subarray(at));
  const whole = output.length === 1 ? output[0]! : Buffer.concat(output);
  return { output: whole, state: { context, held: passed ? NOTHING : held }, passed, end: null };
}

function runChunk(
  calls: GuestCalls,
  link: ChainLink,
  index: number,
  frame: Uint8Array,
  context: Uint8Array | null,
  chunk: Uint8Array,
  last: boolean,
): ChunkOutcome {
  const failures = calls.failures.length;
  const reply = calls.call(link, index, last ? 'last' : 'chunk', frame, chunk, context, null);
  if (reply === null) {
    const passed = calls.failures.length > failures;
    return { output: chunk, state: { context, held: NOTHING }, passed, end: null };
  }
  if (reply.decision !== 'continue') return { output: NOTHING, state: NO_STATE, passed: true, end: reply };
  const kept = chunk.byteLength - reply.held;
  const output = reply.edits.body ?? chunk.subarray(0, kept);
  const state = { context: reply.context ?? context, held: chunk.subarray(kept) };
  return { output, state, passed: reply.passes, end: null };
}

/** The reason of a reply that stops, as long as a line of the log may be. */
export function stopReason({ refusal }: Reply): string {
  return refusal?.reason.slice(0, MOST_REASON) || 'no reason given';
}

export class ChunkRun {
  readonly #input: ChainInput;
  readonly #calls: GuestCalls;
  readonly #scratch: ScratchBytes;
  readonly #contexts: (Uint8Array | null)[] = [];
  readonly #passed: number[] = [];

  /**
   * @param input   with a stage for which `isChunk`
   * @param scratch where bytes of the result lie
   */
  constructor(input: ChainInput, thread: FilterThread, scratch: ScratchBytes) {
    this.#input = input;
    this.#calls = new GuestCalls(input.phase, thread);
    this.#scratch = scratch;
  }

  run(): PhaseResult {
    const { links, stage, memory, at, length, body } = this.#input;
    const frame = viewOf(memory, at, length);
    const last = stage === 'last';
    let chunk = body!;
    for (let index = 0; index < links.length; index += 1) {
      const link = links[index]!;
      if (chunk.byteLength === 0 && !last && !link.skip) {
        this.#calls.skip(index);
        this.#contexts.push(link.context);
        continue;
      }
      const { context, held } = decodeState(link.context);
      if (link.skip) {
        this.#calls.skip(index);
        this.#keep(index, { context, held: NOTHING }, true);
        chunk = this.#join(held, chunk);
        continue;
      }
      const given = { context, held };
      const outcome = runChunks(this.#calls, link, index, frame, given, chunk, last, this.#join);
      const { output, state, passed, end } = outcome;
      this.#keep(index, state, passed);
      if (this.#calls.failed || end !== null) return this.#result(undefined, end, index);
      chunk = output;
    }
    return this.#result(chunk === body ? undefined : chunk, null, -1);
  }

  #keep(index: number, state: StreamState, passed: boolean): void {
    this.#contexts.push(encodeState(state, this.#take));
    if (passed) this.#passed.push(index);
  }

  readonly #take = (length: number): Uint8Array => this.#scratch.take(length);
  readonly #join: Join = (held, bytes) => this.#scratch.join(held, bytes);

  #result(body: Uint8Array | undefined, end: Reply | null, index: number): PhaseResult {
    const edits = new EditList();
    edits.body = body;
    const response = end?.decision === 'respond' ? buildResponse(end.status, end.edits) : null;
    return {
      edits,
      response,
      respondedBy: response === null ? -1 : index,
      callout: null,
      contexts: this.#contexts,
      passed: this.#passed,
      stop: end?.decision === 'stop' ? stopReason(end) : null,
      calls: this.#calls.calls,
      failures: this.#calls.failures,
      logs: this.#calls.logs,
    };
  }
}
