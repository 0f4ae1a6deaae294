// After the heads of a message went through a chain, its body does, chunk by chunk: one visit to a thread for each. This
// knows which filters still see the body and what they have between two chunks; who makes the visits is the caller's
// business.
import type { ChainLink } from './chain-input.js';
import type { PhaseMessage, PhaseResult } from './guest-abi.js';
import { decodeState, encodeState } from './stream-state.js';

const NOTHING = new Uint8Array(0);

export class BodyVisits {
  readonly #message: PhaseMessage;
  /** Indexes in the chain of the filters that see the next chunk, and their links. */
  #places: readonly number[];
  #links: readonly ChainLink[];
  readonly #contexts: (Uint8Array | null)[];

  /**
   * @param message  the exchange as the filters left it
   * @param links    the whole chain
   * @param places   indexes in it of the filters that are to see the body
   * @param contexts by index in the chain, what the filters kept so far
   */
  constructor(
    message: PhaseMessage,
    links: readonly ChainLink[],
    places: readonly number[],
    contexts: readonly (Uint8Array | null)[],
  ) {
    // What leaves gets fields of its own later, in the same lists.
    const { requestHeaders, responseHeaders } = message;
    this.#message = {
      ...message,
      requestHeaders: requestHeaders.clone(),
      responseHeaders: responseHeaders.clone(),
    };
    this.#contexts = [...contexts];
    this.#places = places;
    this.#links = places.map((place) => {
      const { id, context } = links[place]!;
      const state = { context: contexts[place] ?? context, held: NOTHING };
      return { id, context: encodeState(state, Buffer.allocUnsafe), skip: false };
    });
  }

  /** No filter wants any more of the body. */
  get isOver(): boolean {
    return this.#links.length === 0;
  }

  /** The chain of the next visit. */
  get links(): readonly ChainLink[] {
    return this.#links;
  }

  /** Index in the whole chain of the one at `index` in `links`. */
  placeOf(index: number): number {
    return this.#places[index]!;
  }

  /** By index in the chain, what the filters kept last. */
  get contexts(): readonly (Uint8Array | null)[] {
    return this.#contexts;
  }

  /** What the next visit is about. */
  message(chunk: Uint8Array, last: boolean): PhaseMessage {
    return { ...this.#message, body: chunk, stage: last ? 'last' : 'chunk' };
  }

  /** Takes what the visit came to that `chunk` was for, and answers what goes on. */
  take(chunk: Uint8Array, { edits, contexts, passed }: PhaseResult): Uint8Array {
    contexts.forEach((state, index) => {
      this.#contexts[this.#places[index]!] = decodeState(state).context;
    });
    const stays = (_: unknown, index: number): boolean => !passed.includes(index);
    this.#links = this.#links
      .map((link, index) => ({ ...link, context: contexts[index] ?? null }))
      .filter(stays);
    this.#places = this.#places.filter(stays);
    return edits.body ?? chunk;
  }
}
