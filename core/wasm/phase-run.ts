// Runs one phase of one exchange through a chain of filters. A body that is there whole is given to filters that want it
// in chunks here as well, so that each filter of the chain sees what the ones before it made of it.
import { EDIT_REMOVE_HEADER, EDIT_SET_STATUS } from '../../sdk/abi/abi.js';
import type { ChainInput, ChainLink } from './chain-input.js';
import { runChunks, stopReason } from './chunk-run.js';
import { applyEdits, buildCallout, buildResponse } from './edits.js';
import type { FilterThread } from './filter-thread.js';
import { align8, type FrameMemory, FrameWriter, frameMemory, readFrame, viewOf } from './frame.js';
import {
  type BodyStage,
  EditList,
  type FilterResponse,
  NONE,
  type PhaseMessage,
  type PhaseResult,
} from './guest-abi.js';
import { GuestCalls } from './guest-calls.js';
import type { BodyMode } from './manifest.js';
import type { Reply } from './reply.js';
import { NO_STATE, type StreamState } from './stream-state.js';

/** Memory for frames that have to be written again because a filter edited the exchange. */
export class Scratch {
  readonly writer = new FrameWriter();
  memory: FrameMemory = frameMemory(new ArrayBuffer(16384));

  reserve(length: number): FrameMemory {
    if (length > this.memory.bytes.length) this.memory = frameMemory(new ArrayBuffer(align8(length * 2)));
    return this.memory;
  }
}

export class PhaseRun {
  readonly #input: ChainInput;
  readonly #thread: FilterThread;
  readonly #scratch: Scratch;
  readonly #calls: GuestCalls;

  #frame: Uint8Array;
  #body: Uint8Array | null;
  #stage: BodyStage;
  #edits: EditList | null = null;
  readonly #contexts: (Uint8Array | null)[] = [];
  #passed: readonly number[] = NONE;
  /** Index of the response filter that gave the response its status; -1 when none did. */
  #statusBy = -1;

  constructor(input: ChainInput, thread: FilterThread, scratch: Scratch) {
    this.#input = input;
    this.#thread = thread;
    this.#scratch = scratch;
    this.#calls = new GuestCalls(input.phase, thread);
    this.#frame = viewOf(input.memory, input.at, input.length);
    this.#body = input.body;
    this.#stage = input.stage;
  }

  run(): PhaseResult {
    const { links, phase } = this.#input;
    for (let index = 0; index < links.length; index += 1) {
      const link = links[index]!;
      const mode = this.#modeOf(link);
      const failures = this.#calls.failures.length;
      const reply = link.skip ? null : this.#call(link, index, mode);
      if (link.skip) this.#calls.skip(index);
      if (reply?.decision === 'callout') return this.#stopFor(reply, link, index);
      this.#contexts.push(reply?.context ?? null);
      if (this.#calls.failed) return this.#result(null, index);
      const left = link.skip || this.#calls.failures.length > failures;
      const isLast = index + 1 === links.length;
      if (reply?.decision === 'continue') this.#keep(reply.edits, index, !isLast || mode === 'stream');
      else if (reply !== null && phase === 'response') this.#keep(this.#replacement(reply), index, !isLast);
      else if (reply !== null) return this.#result(buildResponse(reply.status, reply.edits), index);
      if (mode !== 'stream') continue;
      if (left || reply?.passes || reply?.decision === 'respond') this.#pass(index);
      else if (this.#stage === 'whole') {
        const end = this.#stream(link, index);
        if (this.#calls.failed) return this.#result(null, index);
        if (end !== null) return this.#endWith(end, index);
      }
    }
    return this.#result(null, -1);
  }

  #modeOf({ id }: ChainLink): BodyMode {
    const phases = this.#thread.get(id)?.spec.phases;
    // No look-up by a variable: the engine would make one by hash of it, for each call.
    const wants = this.#input.phase === 'request' ? phases?.request : phases?.response;
    return wants?.body ?? 'none';
  }

  #call(link: ChainLink, index: number, mode: BodyMode): Reply | null {
    const whole = mode === 'buffer' && this.#stage === 'whole';
    const stage = whole ? 'whole' : mode === 'stream' && this.#stage !== 'none' ? 'follows' : 'none';
    const outcome = index === 0 ? this.#input.outcome : null;
    return this.#calls.call(
      link,
      index,
      stage,
      this.#frame,
      whole ? this.#body : null,
      link.context,
      outcome,
    );
  }

  /** The filter at `index` sees no more of the body. */
  #pass(index: number): void {
    this.#passed = [...this.#passed, index];
  }

  /** Gives a filter the body in chunks. Answers the reply that ends the phase; null when it goes on. */
  #stream(link: ChainLink, index: number): Reply | null {
    const body = this.#body!;
    const state: StreamState = { ...NO_STATE, context: this.#contexts[index] ?? link.context };
    const outcome = runChunks(this.#calls, link, index, this.#frame, state, body, true, joined);
    if (outcome.end !== null) return outcome.end;
    this.#pass(index);
    this.#contexts[index] = outcome.state.context;
    // Most filters let most bodies through; what is as it was need not travel.
    if (Buffer.compare(outcome.output, body) === 0) return null;
    this.#edits ??= new EditList();
    this.#edits.body = outcome.output;
    this.#body = outcome.output;
    return null;
  }

  #endWith(end: Reply, index: number): PhaseResult {
    if (end.decision === 'respond') return this.#result(buildResponse(end.status, end.edits), index);
    return { ...this.#result(null, -1), stop: stopReason(end) };
  }

  #stopFor(reply: Reply, { id }: ChainLink, index: number): PhaseResult {
    const { callouts } = this.#thread.get(id)!.spec;
    return { ...this.#result(null, -1), callout: buildCallout(reply, index, callouts) };
  }

  #keep(edits: EditList, index: number, moreFollow: boolean): void {
    if (this.#input.phase === 'response' && edits.operations.includes(EDIT_SET_STATUS))
      this.#statusBy = index;
    // As a rule one filter of a phase edits.
    if (this.#edits === null) this.#edits = edits;
    else this.#edits.append(edits);
    if (edits.body !== undefined) {
      this.#body = edits.body;
      this.#stage = 'whole';
    }
    if (moreFollow && edits.size > 0) this.#rewriteFrame(edits);
  }

  /** The answer of a response filter, as edits that leave nothing of the response it replaces. */
  #replacement(reply: Reply): EditList {
    const edits = new EditList();
    for (const name of new Set(this.#readFrame().responseHeaders.names()))
      edits.add(EDIT_REMOVE_HEADER, name, '');
    edits.add(EDIT_SET_STATUS, '', String(reply.status));
    for (let i = 0; i < reply.edits.size; i += 1) {
      edits.add(reply.edits.operations[i]!, reply.edits.names[i]!, reply.edits.values[i]!);
    }
    edits.body = reply.edits.body ?? new Uint8Array(0);
    return edits;
  }

  #readFrame(): PhaseMessage {
    const { buffer, byteOffset } = this.#frame;
    return readFrame(frameMemory(buffer), byteOffset);
  }

  /** Later filters see the exchange as the earlier ones left it. */
  #rewriteFrame(edits: EditList): void {
    const message = this.#readFrame();
    applyEdits(edits, message);
    const length = this.#scratch.writer.prepare(message);
    const memory = this.#scratch.reserve(length);
    this.#scratch.writer.write(memory, 0);
    this.#frame = viewOf(memory, 0, length);
  }

  #result(response: FilterResponse | null, respondedBy: number): PhaseResult {
    return {
      edits: this.#edits ?? new EditList(),
      response,
      respondedBy: response === null ? this.#statusBy : respondedBy,
      callout: null,
      contexts: this.#contexts,
      passed: this.#passed,
      stop: null,
      calls: this.#calls.calls,
      failures: this.#calls.failures,
      logs: this.#calls.logs,
    };
  }
}

function joined(held: Uint8Array, bytes: Uint8Array): Uint8Array {
  return held.length === 0 ? bytes : Buffer.concat([held, bytes]);
}
