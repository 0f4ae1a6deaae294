// Runs one phase of one exchange through a chain of filters, in the thread it is called in. Workers and the test
// harness of the SDK use the same code.
import { EDIT_REMOVE_HEADER, EDIT_SET_STATUS, MAX_CALLOUTS } from '../../sdk/abi/abi.js';
import { GatewayError } from '../errors.js';
import { calloutsLeft } from './callout-outcome.js';
import { type Clock, SystemClock } from './clock.js';
import { applyEdits, buildCallout, buildResponse } from './edits.js';
import { align8, type FrameMemory, FrameWriter, readFrame } from './frame.js';
import {
  EditList,
  type FilterCall,
  type FilterFailure,
  type FilterLogLine,
  type LoadReport,
  type PhaseMessage,
  type PhaseName,
  type PhaseResult,
} from './guest-abi.js';
import type { HostServices } from './guest-host.js';
import { FilterInstance, type FilterSpec } from './instance.js';
import { PatternStore } from './pattern-store.js';
import type { Reply } from './reply.js';
import { SchemaStore } from './schema-store.js';

/** One filter of a chain, for one exchange. */
export interface ChainLink {
  /** Id of a filter that is loaded. */
  readonly id: number;
  /** What the request phase of this filter kept. */
  readonly context: Uint8Array | null;
  /** Leave this filter out: it failed on another worker and its policy is `open`. */
  readonly skip: boolean;
}

export interface ChainInput {
  readonly phase: PhaseName;
  /** Where the frame lies, without body. */
  readonly memory: FrameMemory;
  readonly at: number;
  readonly length: number;
  readonly body: Uint8Array | null;
  readonly links: readonly ChainLink[];
  /** What the callout came to that the first filter asked for; null when the chain begins. */
  readonly outcome: Uint8Array | null;
}

/** Told which filter is running, so that a supervisor on another thread can see it. */
export interface Progress {
  enter(filterId: number, index: number): void;
  leave(): void;
  /** An instance of the filter has more linear memory than any before it; no filter runs. */
  memoryPeaked(filterId: number, bytes: number): void;
}

const UNSUPERVISED: Progress = { enter: () => {}, leave: () => {}, memoryPeaked: () => {} };

interface Loaded {
  readonly spec: FilterSpec;
  /** Undefined after a trap, and always with isolation `exchange`. */
  instance: FilterInstance | undefined;
  /** Linear memory of `instance` when it was last looked at, and the most of any instance so far. */
  memoryBytes: number;
  peakMemoryBytes: number;
}

/** What all runs of one thread share. */
interface Thread {
  readonly filters: Map<number, Loaded>;
  readonly services: HostServices;
  readonly progress: Progress;
  readonly scratch: Scratch;
  /** Linear memory of all shared instances. */
  memoryBytes: number;
}

/** The filters that one thread has loaded. */
export class FilterChain {
  readonly #thread: Thread;

  /** @param clock what time it is for the filters; default: that of the machine */
  constructor(progress: Progress = UNSUPERVISED, clock: Clock = new SystemClock()) {
    this.#thread = {
      filters: new Map(),
      services: { schemas: new SchemaStore(), patterns: new PatternStore(), clock },
      progress,
      scratch: new Scratch(),
      memoryBytes: 0,
    };
  }

  /**
   * Instantiates and configures a filter.
   * @throws GatewayError of FilterInstance; then the filter is not loaded
   */
  load(spec: FilterSpec): LoadReport {
    const { filters, services, progress } = this.#thread;
    let instance: FilterInstance;
    progress.enter(spec.id, 0);
    try {
      instance = new FilterInstance(spec, services);
    } catch (cause) {
      services.schemas.release(spec.id);
      services.patterns.release(spec.id);
      throw cause;
    } finally {
      progress.leave();
    }
    const loaded: Loaded = {
      spec,
      instance: spec.isolation === 'shared' ? instance : undefined,
      memoryBytes: 0,
      peakMemoryBytes: 0,
    };
    filters.set(spec.id, loaded);
    accountMemory(this.#thread, loaded, instance);
    return {
      logs: instance.takeLines().map((line) => ({ filter: spec.name, ...line })),
      metrics: instance.metrics,
    };
  }

  /** Answers the bytes of linear memory that this leaves to the collector. */
  unload(id: number): number {
    const bytes = this.#thread.filters.get(id)?.memoryBytes ?? 0;
    this.#thread.memoryBytes -= bytes;
    this.#thread.filters.delete(id);
    this.#thread.services.schemas.release(id);
    this.#thread.services.patterns.release(id);
    return bytes;
  }

  /** Linear memory of all shared instances, in bytes. */
  get memoryBytes(): number {
    return this.#thread.memoryBytes;
  }

  /** Runs a phase to its end. Never throws for what a filter does. */
  run(input: ChainInput): PhaseResult {
    return new PhaseRun(input, this.#thread).run();
  }
}

/** Memory for frames that have to be written again because a filter edited the exchange. */
class Scratch {
  readonly writer = new FrameWriter();
  memory: FrameMemory = allocate(16384);

  reserve(length: number): FrameMemory {
    if (length > this.memory.bytes.byteLength) this.memory = allocate(align8(length * 2));
    return this.memory;
  }
}

function allocate(length: number): FrameMemory {
  const buffer = new ArrayBuffer(length);
  return { bytes: Buffer.from(buffer), words: new Int32Array(buffer) };
}

/** @param instance the one that was running, whether it lives on or not */
function accountMemory(thread: Thread, loaded: Loaded, instance: FilterInstance | undefined): void {
  const living = loaded.instance?.memoryBytes ?? 0;
  thread.memoryBytes += living - loaded.memoryBytes;
  loaded.memoryBytes = living;
  const bytes = instance?.memoryBytes ?? 0;
  if (bytes <= loaded.peakMemoryBytes) return;
  loaded.peakMemoryBytes = bytes;
  thread.progress.memoryPeaked(loaded.spec.id, bytes);
}

/** @param outcome of the last callout of the filter, which asks for another one; null at its first */
function checkCalloutsLeft({ name }: FilterSpec, outcome: Uint8Array | null): void {
  if (outcome === null || calloutsLeft(outcome) > 0) return;
  throw new GatewayError(
    'SLUICE_FILTER_CALLOUTS',
    `filter ${name} asked for more than ${MAX_CALLOUTS} callouts in one phase`,
  );
}

class PhaseRun {
  readonly #input: ChainInput;
  readonly #thread: Thread;

  #frame: Uint8Array;
  #body: Uint8Array | null;
  readonly #edits = new EditList();
  readonly #contexts: (Uint8Array | null)[] = [];
  readonly #calls: FilterCall[] = [];
  readonly #failures: FilterFailure[] = [];
  readonly #logs: FilterLogLine[] = [];

  constructor(input: ChainInput, thread: Thread) {
    this.#input = input;
    this.#thread = thread;
    this.#frame = input.memory.bytes.subarray(input.at, input.at + input.length);
    this.#body = input.body;
  }

  run(): PhaseResult {
    const { links } = this.#input;
    for (let index = 0; index < links.length; index += 1) {
      const link = links[index]!;
      if (link.skip) this.#calls.push({ durationNs: 0, edits: 0 });
      const reply = link.skip ? null : this.#call(link, index);
      if (reply?.decision === 'callout') return this.#stopFor(reply, link, index);
      this.#contexts.push(reply?.context ?? null);
      if (this.#failed()) return this.#result(null, index);
      if (reply === null) continue;
      const isLast = index + 1 === links.length;
      if (reply.decision === 'continue') this.#keep(reply.edits, !isLast);
      else if (this.#input.phase === 'response') this.#keep(this.#replacement(reply), !isLast);
      else return this.#result(buildResponse(reply.status, reply.edits), index);
    }
    return this.#result(null, -1);
  }

  /** The reply of one filter; null when it says nothing or failed. */
  #call(link: ChainLink, index: number): Reply | null {
    const loaded = this.#thread.filters.get(link.id);
    if (loaded === undefined) return this.#missing(link, index);
    const { spec } = loaded;
    const { phase } = this.#input;
    const { progress } = this.#thread;
    const started = performance.now();
    let instance: FilterInstance | undefined;
    let reply: Reply | null = null;
    progress.enter(spec.id, index);
    try {
      instance = loaded.instance ?? new FilterInstance(spec, this.#thread.services);
      if (spec.isolation === 'shared') loaded.instance = instance;
      const body = spec.phases[phase]?.body === 'buffer' ? this.#body : null;
      const outcome = index === 0 ? this.#input.outcome : null;
      const said = instance.call(phase, this.#frame, body, link.context, outcome);
      if (said?.decision === 'callout') checkCalloutsLeft(spec, outcome);
      reply = said;
    } catch (cause) {
      // The state of a guest that failed is unknown: the next call gets a fresh one.
      loaded.instance = undefined;
      this.#fail(GatewayError.from(cause), spec, index);
    } finally {
      progress.leave();
    }
    accountMemory(this.#thread, loaded, instance);
    const lines = instance === undefined ? [] : instance.takeLines();
    for (const line of lines) this.#logs.push({ filter: spec.name, ...line });
    const durationNs = Math.round((performance.now() - started) * 1e6);
    this.#calls.push({ durationNs, edits: reply === null ? 0 : reply.edits.size });
    return reply;
  }

  #stopFor(reply: Reply, { id }: ChainLink, index: number): PhaseResult {
    const { callouts } = this.#thread.filters.get(id)!.spec;
    return { ...this.#result(null, -1), callout: buildCallout(reply, index, callouts) };
  }

  /** A thread that takes the place of another loads its filters again, and that may fail for want of memory. */
  #missing({ id }: ChainLink, index: number): null {
    const message = `filter ${id} is not loaded in this thread`;
    this.#failures.push({ code: 'SLUICE_FILTER_TRAP', message, index, skipped: false });
    this.#calls.push({ durationNs: 0, edits: 0 });
    return null;
  }

  #fail(error: GatewayError, spec: FilterSpec, index: number): void {
    const code =
      error.code === 'SLUICE_ABI_FRAME' ||
      error.code === 'SLUICE_ABI_EDIT' ||
      error.code === 'SLUICE_FILTER_CALLOUTS'
        ? error.code
        : 'SLUICE_FILTER_TRAP';
    const skipped = spec.onFailure === 'open';
    this.#failures.push({ code, message: error.message, index, skipped });
  }

  #failed(): boolean {
    const last = this.#failures.at(-1);
    return last !== undefined && !last.skipped;
  }

  #keep(edits: EditList, moreFollow: boolean): void {
    for (let i = 0; i < edits.size; i += 1) {
      this.#edits.add(edits.operations[i]!, edits.names[i]!, edits.values[i]!);
    }
    if (edits.body !== undefined) {
      this.#edits.body = edits.body;
      this.#body = edits.body;
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
    return readFrame({ bytes: Buffer.from(buffer), words: new Int32Array(buffer) }, byteOffset);
  }

  /** Later filters see the exchange as the earlier ones left it. */
  #rewriteFrame(edits: EditList): void {
    const message = this.#readFrame();
    applyEdits(edits, message);
    const length = this.#thread.scratch.writer.prepare(message);
    const memory = this.#thread.scratch.reserve(length);
    this.#thread.scratch.writer.write(memory, 0);
    this.#frame = memory.bytes.subarray(0, length);
  }

  #result(response: PhaseResult['response'], respondedBy: number): PhaseResult {
    return {
      edits: this.#edits,
      response,
      respondedBy: response === null ? -1 : respondedBy,
      callout: null,
      contexts: this.#contexts,
      calls: this.#calls,
      failures: this.#failures,
      logs: this.#logs,
    };
  }
}
