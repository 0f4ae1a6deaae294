// The calls of filters in one visit, and what there is to tell of them.
import { performance } from 'node:perf_hooks';
import { LOG_ERROR, MAX_CALLOUTS } from '../../sdk/abi/abi.js';
import { GatewayError } from '../errors.js';
import { calloutsLeft } from './callout-outcome.js';
import type { GuestLogLine } from './capabilities/log.js';
import type { ChainLink } from './chain-input.js';
import type { FilterThread, LoadedFilter } from './filter-thread.js';
import type { BodyStage, FilterCall, FilterFailure, FilterLogLine, PhaseName } from './guest-abi.js';
import type { FilterInstance, FilterSpec } from './instance.js';
import type { Reply } from './reply.js';

const PAGE_BYTES = 65536;
/**
 * Of one filter in one visit, which has a call for each chunk of a body that is in memory: as many as one call may write, and
 * the one that says how many were dropped.
 */
const MOST_LINES = 65;

export class GuestCalls {
  readonly #phase: PhaseName;
  readonly #thread: FilterThread;
  readonly #calls: { count: number; durationNs: number; edits: number }[] = [];
  readonly failures: FilterFailure[] = [];
  readonly logs: FilterLogLine[] = [];
  /** By index in the chain, how many of these the filter wrote; most visits have none. */
  #lines: number[] | undefined;
  /** When the last call ended: the next begins then, as to ask the time costs a tenth of a call. */
  #nowMs = performance.now();

  constructor(phase: PhaseName, thread: FilterThread) {
    this.#phase = phase;
    this.#thread = thread;
  }

  /** By index in the chain; a filter that was called several times has one entry. */
  get calls(): readonly FilterCall[] {
    return this.#calls;
  }

  /** The last failure is one that ends the exchange. */
  get failed(): boolean {
    const last = this.failures.at(-1);
    return last !== undefined && !last.skipped;
  }

  /** The filter at `index` is not called: it is left out, or there is nothing to show it. */
  skip(index: number): void {
    this.#note(index, 0, 0, 0);
  }

  /** The filter at `index` failed by what its calls came to together. */
  refuse(link: ChainLink, index: number, error: GatewayError): void {
    this.#fail(error, this.#thread.get(link.id)!.spec, index);
  }

  /** Most bytes of memory that the filter may have. */
  memoryOf({ id }: ChainLink): number {
    return (this.#thread.get(id)?.spec.maximumPages ?? 0) * PAGE_BYTES;
  }

  /** The reply of one filter; null when it says nothing, or failed: then `failures` has one more. */
  call(
    link: ChainLink,
    index: number,
    stage: BodyStage,
    frame: Uint8Array,
    body: Uint8Array | null,
    context: Uint8Array | null,
    outcome: Uint8Array | null,
  ): Reply | null {
    const loaded = this.#thread.get(link.id);
    if (loaded === undefined) return this.#missing(link, index);
    const { spec } = loaded;
    let instance: FilterInstance | undefined;
    let reply: Reply | null = null;
    this.#thread.enter(spec.id, index);
    try {
      instance = this.#thread.instanceOf(loaded);
      const said = instance.call(this.#phase, stage, frame, body, context, outcome);
      if (said?.decision === 'callout') checkCalloutsLeft(spec, outcome);
      reply = said;
    } catch (cause) {
      // The state of a guest that failed is unknown: the next call gets a fresh one.
      loaded.instance = undefined;
      this.#fail(GatewayError.from(cause), spec, index);
    } finally {
      this.#thread.leave();
    }
    this.#end(loaded, instance, index);
    const now = performance.now();
    const durationNs = Math.round((now - this.#nowMs) * 1e6);
    this.#nowMs = now;
    this.#note(index, 1, durationNs, reply === null ? 0 : reply.edits.size);
    return reply;
  }

  #end(loaded: LoadedFilter, instance: FilterInstance | undefined, index: number): void {
    this.#thread.accountMemory(loaded, instance);
    if (instance === undefined) return;
    const lines = instance.takeLines();
    if (lines.length > 0) this.#keepLines(loaded.spec.name, index, lines);
  }

  #keepLines(filter: string, index: number, lines: readonly GuestLogLine[]): void {
    this.#lines ??= [];
    const before = this.#lines[index] ?? 0;
    const room = MOST_LINES - before;
    this.#lines[index] = before + lines.length;
    for (const line of lines.slice(0, Math.max(room, 0))) this.logs.push({ filter, ...line });
    // Once, and not again by later calls.
    if (room >= 0 && lines.length > room)
      this.logs.push({
        filter,
        level: LOG_ERROR,
        text: 'all log lines of this visit from here on were dropped',
      });
  }

  #note(index: number, count: number, durationNs: number, edits: number): void {
    const before = this.#calls[index];
    if (before === undefined) this.#calls.push({ count, durationNs, edits });
    else {
      before.count += count;
      before.durationNs += durationNs;
      before.edits += edits;
    }
  }

  /** A thread that takes the place of another loads its filters again, and that may fail for want of memory. */
  #missing({ id }: ChainLink, index: number): null {
    const message = `filter ${id} is not loaded in this thread`;
    this.failures.push({ code: 'SLUICE_FILTER_TRAP', message, index, skipped: false });
    this.#note(index, 0, 0, 0);
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
    this.failures.push({ code, message: error.message, index, skipped });
  }
}

/** @param outcome of the last callout of the filter, which asks for another one; null at its first */
function checkCalloutsLeft({ name }: FilterSpec, outcome: Uint8Array | null): void {
  if (outcome === null || calloutsLeft(outcome) > 0) return;
  throw new GatewayError(
    'SLUICE_FILTER_CALLOUTS',
    `filter ${name} asked for more than ${MAX_CALLOUTS} callouts in one phase`,
  );
}
