// The filters of one thread, and the visits that exchanges pay to them, in the thread it is called in. Workers and the
// test harness of the SDK use the same code.
import type { ChainInput } from './chain-input.js';
import { ChunkRun } from './chunk-run.js';
import { type Clock, SystemClock } from './clock.js';
import { FilterThread, type Progress, UNWATCHED } from './filter-thread.js';
import { isChunk, type LoadReport, type PhaseResult } from './guest-abi.js';
import type { FilterSpec } from './instance.js';
import { PhaseRun, Scratch } from './phase-run.js';
import { ScratchBytes } from './scratch-bytes.js';
import type { TraceSink } from './trace-import.js';

/** The filters that one thread has loaded. */
export class FilterChain {
  readonly #thread: FilterThread;
  readonly #scratch = new Scratch();
  readonly #scratchBytes = new ScratchBytes();

  /**
   * @param clock what time it is for the filters; default: that of the machine
   * @param trace takes what the filters trace; for test harnesses, which alone have modules that do
   */
  constructor(progress: Progress = UNWATCHED, clock: Clock = new SystemClock(), trace?: TraceSink) {
    this.#thread = new FilterThread(progress, clock, this.#scratchBytes, trace);
  }

  /**
   * Instantiates and configures a filter.
   * @throws GatewayError of FilterInstance; then the filter is not loaded
   */
  load(spec: FilterSpec): LoadReport {
    return this.#thread.load(spec);
  }

  unload(id: number): void {
    this.#thread.unload(id);
  }

  /** Linear memory of all shared instances, in bytes. */
  get memoryBytes(): number {
    return this.#thread.memoryBytes;
  }

  /**
   * Runs a phase to its end, or one chunk of a body through the chain. Never throws for what a filter does. Bodies of the
   * result, and after a chunk its contexts as well, are there until the next run.
   */
  run(input: ChainInput): PhaseResult {
    this.#scratchBytes.reset();
    return isChunk(input.stage)
      ? new ChunkRun(input, this.#thread, this.#scratchBytes).run()
      : new PhaseRun(input, this.#thread, this.#scratch).run();
  }
}
