// Runs one chunk of a body through the filters that see it in chunks. What one lets through is the next one's chunk.
import type { ChainInput, ChainLink } from './chain-input.js';
import { buildResponse } from './edits.js';
import type { FilterThread } from './filter-thread.js';
import { EditList, type PhaseResult } from './guest-abi.js';
import { GuestCalls } from './guest-calls.js';
import type { Reply } from './reply.js';
import { decodeState, encodeState, NO_STATE, type StreamState } from './stream-state.js';

const NOTHING = new Uint8Array(0);

/** What one filter did with one chunk. */
export interface ChunkOutcome {
  /** What goes on to the next filter. */
  readonly output: Uint8Array;
  readonly state: StreamState;
  /** The filter sees no more of the body. */
  readonly passed: boolean;
  /** The reply that answers or stops; null when the body goes on. */
  readonly end: Reply | null;
}

/**
 * Gives one filter one chunk. One that fails sees no more of the body, and what it was to see goes on as it is; whether
 * the exchange does is for the caller to say.
 */
export function runChunk(
  calls: GuestCalls,
  link: ChainLink,
  index: number,
  frame: Uint8Array,
  state: StreamState,
  input: Uint8Array,
  last: boolean,
): ChunkOutcome {
  const chunk = joined(state.held, input);
  const failures = calls.failures.length;
  const reply = calls.call(link, index, last ? 'last' : 'chunk', frame, chunk, state.context, null);
  if (calls.failures.length > failures) {
    return { output: chunk, state: { context: state.context, held: NOTHING }, passed: true, end: null };
  }
  if (reply === null) {
    return { output: chunk, state: { context: state.context, held: NOTHING }, passed: false, end: null };
  }
  const { held, passes, edits } = reply;
  const kept = chunk.byteLength - held;
  const output = edits.body ?? chunk.subarray(0, kept);
  const context = reply.context ?? state.context;
  if (reply.decision !== 'continue') return { output: NOTHING, state: NO_STATE, passed: true, end: reply };
  return { output, state: { context, held: chunk.subarray(kept) }, passed: passes, end: null };
}

export class ChunkRun {
  readonly #input: ChainInput;
  readonly #calls: GuestCalls;
  readonly #contexts: (Uint8Array | null)[] = [];
  readonly #passed: number[] = [];

  /** @param input with a stage for which `isChunk` */
  constructor(input: ChainInput, thread: FilterThread) {
    this.#input = input;
    this.#calls = new GuestCalls(input.phase, thread);
  }

  run(): PhaseResult {
    const { links, stage, memory, at, length, body } = this.#input;
    const frame = memory.bytes.subarray(at, at + length);
    const last = stage === 'last';
    let chunk = body!;
    for (let index = 0; index < links.length; index += 1) {
      const link = links[index]!;
      const state = decodeState(link.context);
      if (link.skip) {
        this.#calls.skip(index);
        chunk = joined(state.held, chunk);
        this.#keep(index, { context: state.context, held: NOTHING }, true);
        continue;
      }
      if (chunk.byteLength === 0 && !last) {
        this.#calls.skip(index);
        this.#contexts.push(link.context);
        continue;
      }
      const {
        output,
        state: next,
        passed,
        end,
      } = runChunk(this.#calls, link, index, frame, state, chunk, last);
      this.#keep(index, next, passed);
      if (this.#calls.failed) return this.#result(undefined, null, index);
      if (end !== null) return this.#result(undefined, end, index);
      chunk = output;
    }
    return this.#result(chunk === body ? undefined : chunk, null, -1);
  }

  #keep(index: number, state: StreamState, passed: boolean): void {
    // A copy: state and chunk may lie in the ring.
    this.#contexts.push(encodeState(state));
    if (passed) this.#passed.push(index);
  }

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
      stop: end?.decision === 'stop' ? (end.refusal?.reason ?? 'no reason given') : null,
      calls: this.#calls.calls,
      failures: this.#calls.failures,
      logs: this.#calls.logs,
    };
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.byteLength === 0) return second;
  return second.byteLength === 0 ? first : Buffer.concat([first, second]);
}
