// Runs one phase of a test exchange: the visits of its chain, the callouts between them, and the chunks of the body.
import { BodyVisits } from '../../core/wasm/body-visits.js';
import { type CalloutOutcome, encodeOutcome } from '../../core/wasm/callout-outcome.js';
import type { FilterChain } from '../../core/wasm/chain.js';
import type { ChainLink } from '../../core/wasm/chain-input.js';
import { ChainVisits } from '../../core/wasm/chain-visits.js';
import { align8, FrameWriter, frameMemory } from '../../core/wasm/frame.js';
import type {
  Callout,
  FilterCall,
  FilterFailure,
  FilterLogLine,
  FilterResponse,
  PhaseMessage,
  PhaseResult,
} from '../../core/wasm/guest-abi.js';

/** What a phase came to. Edits are in its message. */
export interface TestPhaseOutcome {
  /** Set when a request filter answered; `respondedBy` is its index in the chain. */
  readonly response: FilterResponse | null;
  readonly respondedBy: number;
  /** Why a filter stopped the response. */
  readonly stop: string | null;
  /** By index in the chain. */
  readonly contexts: readonly (Uint8Array | null)[];
  readonly calls: readonly FilterCall[];
  readonly failures: readonly FilterFailure[];
  readonly logs: readonly FilterLogLine[];
}

export class TestPhase {
  readonly #chain: FilterChain;
  readonly #message: PhaseMessage;
  readonly #links: readonly ChainLink[];
  readonly #callOut: (callout: Callout) => CalloutOutcome;
  readonly #writer = new FrameWriter();
  readonly #calls: FilterCall[] = [];
  readonly #failures: FilterFailure[] = [];
  readonly #logs: FilterLogLine[] = [];

  constructor(
    chain: FilterChain,
    message: PhaseMessage,
    links: readonly ChainLink[],
    callOut: (callout: Callout) => CalloutOutcome,
  ) {
    this.#chain = chain;
    this.#message = message;
    this.#links = links;
    this.#callOut = callOut;
  }

  /**
   * Runs the chain to its end and applies its edits.
   * @param streaming indexes in it of the filters that see the body in chunks
   * @param chunks    of the body, when it follows in chunks
   */
  run(streaming: readonly number[], chunks: readonly Uint8Array[]): TestPhaseOutcome {
    const message = this.#message;
    const visits = new ChainVisits(message);
    let result = this.#visit(message, this.#links, null, (index) => index);
    for (let callout = visits.take(result); callout !== null; callout = visits.take(result)) {
      const { from, left } = visits;
      const outcome = encodeOutcome(this.#callOut(callout), callout.state, left);
      result = this.#visit(message, this.#links.slice(from), outcome, (index) => from + index);
    }
    const respondedBy = visits.answeredBy(result);
    const ended = result.response !== null || result.stop !== null || this.#hasFailed();
    if (message.stage !== 'follows' || ended) return this.#outcome(result, respondedBy, visits.contexts);
    const places = streaming.filter((index) => !visits.passed.includes(index));
    const body = new BodyVisits(message, this.#links, places, visits.contexts);
    return this.#stream(body, chunks, result);
  }

  #stream(visits: BodyVisits, chunks: readonly Uint8Array[], head: PhaseResult): TestPhaseOutcome {
    const output: Uint8Array[] = [];
    let result = head;
    for (const [index, chunk] of chunks.entries()) {
      if (visits.isOver) {
        output.push(chunk);
        continue;
      }
      const message = visits.message(chunk, index + 1 === chunks.length);
      const places = visits.links.map((_, place) => visits.placeOf(place));
      result = this.#visit(message, visits.links, null, (place) => places[place]!);
      const respondedBy = result.response === null ? -1 : places[result.respondedBy]!;
      output.push(visits.take(chunk, result));
      if (result.response !== null || result.stop !== null || this.#hasFailed())
        return this.#outcome(result, respondedBy, visits.contexts);
    }
    this.#message.body = Buffer.concat(output);
    return this.#outcome(result, -1, visits.contexts);
  }

  #hasFailed(): boolean {
    return this.#failures.some(({ skipped }) => !skipped);
  }

  /** @param placeOf index in the whole chain of the filter at an index of `links` */
  #visit(
    message: PhaseMessage,
    links: readonly ChainLink[],
    outcome: Uint8Array | null,
    placeOf: (index: number) => number,
  ): PhaseResult {
    const length = this.#writer.prepare(message);
    const memory = frameMemory(new ArrayBuffer(align8(length)));
    this.#writer.write(memory, 0);
    const { phase, stage, body } = message;
    const result = kept(this.#chain.run({ phase, stage, memory, at: 0, length, body, links, outcome }));
    this.#calls.push(...result.calls);
    for (const failure of result.failures) this.#failures.push({ ...failure, index: placeOf(failure.index) });
    this.#logs.push(...result.logs);
    return result;
  }

  #outcome(
    { response, stop }: PhaseResult,
    respondedBy: number,
    contexts: readonly (Uint8Array | null)[],
  ): TestPhaseOutcome {
    const calls = this.#calls;
    return { response, respondedBy, stop, contexts, calls, failures: this.#failures, logs: this.#logs };
  }
}

/** The result with bytes of its own: those of a run are there until the next run only. */
function kept(result: PhaseResult): PhaseResult {
  const { edits, response } = result;
  if (edits.body !== undefined) edits.body = Buffer.from(edits.body);
  return {
    ...result,
    response: response === null ? null : { ...response, body: Buffer.from(response.body) },
    contexts: result.contexts.map((bytes) => (bytes === null ? null : Buffer.from(bytes))),
  };
}
