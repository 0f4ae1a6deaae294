// A chain is run in one visit to a thread, and in one more after each callout. This adds up what the visits come to and
// says where the next one begins; who makes visits and callouts, and how, is the caller's business.
import { MAX_CALLOUTS } from '../../sdk/abi/abi.js';
import { applyEdits } from './edits.js';
import { type Callout, NONE, type PhaseMessage, type PhaseResult } from './guest-abi.js';

export class ChainVisits {
  /** Index in the chain of the filter that the present visit begins with. */
  from = 0;
  /** Callouts that this filter may still make. */
  left = MAX_CALLOUTS;
  /** By index in the chain, as far as it came. */
  contexts: readonly (Uint8Array | null)[] = NONE;
  /** Index in the chain of each filter that is to see no more of the body. */
  passed: readonly number[] = NONE;
  /** The last body that a filter set. */
  body: Uint8Array | undefined = undefined;
  readonly #message: PhaseMessage;

  /** @param message what the chain runs over; edits are applied to it */
  constructor(message: PhaseMessage) {
    this.#message = message;
  }

  /** Takes what a visit came to. Answers the callout to make before the next one; null when the chain is over. */
  take({ edits, contexts, passed, callout }: PhaseResult): Callout | null {
    applyEdits(edits, this.#message);
    this.contexts = this.contexts.length === 0 ? contexts : [...this.contexts, ...contexts];
    if (passed.length > 0) this.passed = [...this.passed, ...passed.map((index) => this.from + index)];
    this.body = edits.body ?? this.body;
    if (callout === null) return null;
    // The first filter of a visit is the one that goes on; any other asks for its first.
    this.left = callout.index === 0 ? this.left - 1 : MAX_CALLOUTS - 1;
    this.from += callout.index;
    return callout;
  }

  /** Index in the chain of the filter that answered in a visit, or gave the response its status; -1 for none. Before `take` goes on. */
  answeredBy({ respondedBy }: PhaseResult): number {
    return respondedBy === -1 ? -1 : this.from + respondedBy;
  }
}
