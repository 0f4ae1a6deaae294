// What one visit of an exchange to the filters of a thread is about.
import type { FrameMemory } from './frame.js';
import type { BodyStage, PhaseName } from './guest-abi.js';

/** One filter of a chain, for one exchange. */
export interface ChainLink {
  /** Id of a filter that is loaded. */
  readonly id: number;
  /** What this filter kept for this exchange; with a chunk of the body, its StreamState. */
  readonly context: Uint8Array | null;
  /** Leave this filter out: it failed on another worker and its policy is `open`. */
  readonly skip: boolean;
}

export interface ChainInput {
  readonly phase: PhaseName;
  /** What `body` is of the body of the message. */
  readonly stage: BodyStage;
  /** Where the frame lies, without body. */
  readonly memory: FrameMemory;
  readonly at: number;
  readonly length: number;
  readonly body: Uint8Array | null;
  readonly links: readonly ChainLink[];
  /** What the callout came to that the first filter asked for; null when the chain begins. */
  readonly outcome: Uint8Array | null;
}
