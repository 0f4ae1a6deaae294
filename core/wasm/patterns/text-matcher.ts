// Judges texts of JavaScript by one pattern, a step for each byte of their UTF-8: what schemas ask of strings and names.
// What a pattern means is that of ECMAScript with the flag `u`, halves of characters that stand alone included.

import type { Automaton } from './automaton.js';
import { buildPatternAutomaton } from './compiler.js';
import { type PatternCase, parseCases } from './parser.js';

/** A pattern that is compiled. */
export interface TextMatcher {
  /** What its automata take outside of the heap. */
  readonly bytes: number;
  /** True when the pattern matches somewhere in the text; in time linear to it. */
  test(text: string): boolean;
}

/**
 * Compiles a pattern of ECMAScript with the flag `u`. It may look ahead where it begins with `^`, as those do that want
 * a digit and a letter at any place: `^(?=.*\d)(?=.*[a-z])`.
 * @throws PatternSyntaxError for what is no pattern, and for what needs more than an automaton: back-references, and
 *   other looking ahead or behind
 * @throws PatternError when its automaton is too large
 */
export function compileTextMatcher(source: string): TextMatcher {
  const cases = parseCases(source).map((parts) => new CaseMatcher(parts));
  if (cases.length === 1) return cases[0]!;
  const bytes = cases.reduce((sum, one) => sum + one.bytes, 0);
  return { bytes, test: (text) => cases.some((one) => one.test(text)) };
}

/** All parts of a case have to agree. */
class CaseMatcher implements TextMatcher {
  readonly #parts: readonly { readonly walk: AutomatonWalk; readonly isNegated: boolean }[];

  constructor(parts: PatternCase) {
    this.#parts = parts.map(({ pattern, isNegated }) => ({
      walk: new AutomatonWalk(buildPatternAutomaton(pattern)),
      isNegated,
    }));
  }

  get bytes(): number {
    return this.#parts.reduce((sum, { walk }) => sum + walk.bytes, 0);
  }

  test(text: string): boolean {
    for (const { walk, isNegated } of this.#parts) if (walk.finds(text) === isNegated) return false;
    return true;
  }
}

const DEAD = 0;

class AutomatonWalk {
  readonly #classes: Uint8Array;
  readonly #width: number;
  readonly #next: Uint16Array;
  readonly #start: number;
  readonly #matches: Int32Array;

  constructor({ classes, width, next, start, matches }: Automaton) {
    this.#classes = classes;
    this.#width = width;
    // There are fewer than 65536 states. What tells a match is left no more, so that none is passed within a character.
    this.#next = Uint16Array.from(next, (to, at) => {
      const from = Math.floor(at / width);
      return matches[from] === 0 ? to : from;
    });
    this.#start = start;
    this.#matches = matches;
  }

  get bytes(): number {
    return this.#classes.byteLength + this.#next.byteLength + this.#matches.byteLength;
  }

  finds(text: string): boolean {
    const matches = this.#matches;
    let state = this.#start;
    for (let at = 0; at < text.length; at += 1) {
      if (matches[state] !== 0) return true;
      if (state === DEAD) return false;
      const unit = text.charCodeAt(at);
      if (unit <= 0x7f) state = this.#step(state, unit);
      else {
        const point = text.codePointAt(at)!;
        if (point > 0xffff) at += 1;
        state = this.#character(state, point);
      }
    }
    // What is known only behind the end, such as `$`, is told by a state of its own.
    return matches[state] !== 0 || matches[this.#next[state * this.#width + this.#width - 1]!] !== 0;
  }

  /** A character beyond ASCII; a lone surrogate takes three bytes, as any other of its size would. */
  #character(from: number, point: number): number {
    let state = from;
    if (point <= 0x7ff) state = this.#step(state, 0xc0 | (point >> 6));
    else {
      if (point <= 0xffff) state = this.#step(state, 0xe0 | (point >> 12));
      else {
        state = this.#step(state, 0xf0 | (point >> 18));
        state = this.#step(state, 0x80 | ((point >> 12) & 0x3f));
      }
      state = this.#step(state, 0x80 | ((point >> 6) & 0x3f));
    }
    return this.#step(state, 0x80 | (point & 0x3f));
  }

  #step(state: number, byte: number): number {
    return this.#next[state * this.#width + this.#classes[byte]!]!;
  }
}
