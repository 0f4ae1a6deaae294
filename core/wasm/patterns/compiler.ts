// From the patterns of a guest to the tables that it walks, within limits that no pattern can talk its way around.
import { getHeapStatistics } from 'node:v8';
import { type Automaton, type AutomatonLimits, buildAutomaton } from './automaton.js';
import { minimise } from './minimiser.js';
import { PatternNfa, TooLarge } from './nfa.js';
import { PatternSyntaxError, parseLiteral, parsePattern } from './parser.js';
import { type PatternAnchor, PatternError, type PatternFlags, type SetPattern } from './syntax.js';
import { encodeTable, tableBytes } from './table.js';

/** A pattern as a guest describes it. */
export interface PatternText {
  readonly text: string;
  /** It stands for itself. */
  readonly isLiteral: boolean;
  /** Letters out of `i` and `s`. */
  readonly flags: string;
  readonly anchor: PatternAnchor;
}

/** Most patterns of a set. */
const MOST_PATTERNS = 10_000;
/** A node, like a state, takes up to 1 KiB of the heap while an automaton is made. */
const HEAP_SHARE = Math.floor(getHeapStatistics().heap_size_limit / 4096);
const MOST_NODES = Math.min(65_536, HEAP_SHARE);
/**
 * States of one automaton, before it is minimised, and entries of its rows. Literals need about as many states as they
 * have nodes; patterns that need many more together multiply each other, and are better off apart.
 */
const MOST_STATES = Math.min(32_768, HEAP_SHARE);
const FEW_STATES = 2048;
const STATES_FOR_NODE = 4;
const MOST_CELLS = 2_097_152;
/** Making a smaller automaton smaller costs more time than it spares memory. */
const FEW_CELLS = 4096;
/** Nodes visited for one automaton, and for all of a set: about half a second, and two. */
const MOST_WORK = 25_000_000;
const MOST_SET_WORK = 100_000_000;
/** What a node costs before it is visited, when it is made of its pattern. */
const WORK_FOR_NODE = 100;
/** A pattern that has so much of the states by itself is what makes a set large; with less, all of them do. */
const LARGE_SHARE = 1 / 32;

/**
 * Compiles a set of patterns into one table. Patterns that are too large together, as those with a `.*` within soon
 * are, become several tables, each walked by itself.
 * @param mostBytes most that the tables may take
 * @throws PatternError
 */
export function compilePatterns(texts: readonly PatternText[], mostBytes: number): Uint8Array {
  if (texts.length > MOST_PATTERNS)
    throw new PatternError(`${texts.length} patterns, at most ${MOST_PATTERNS} may be in a set`, -1);
  return new SetCompiler(texts, mostBytes).compile();
}

/**
 * The automaton of one pattern.
 * @throws PatternError when it is too large
 */
export function buildPatternAutomaton(pattern: SetPattern): Automaton {
  try {
    const nfa = new PatternNfa([pattern], MOST_NODES);
    const limits = { states: MOST_STATES, cells: MOST_CELLS, work: MOST_WORK };
    const automaton = buildAutomaton(nfa, limits);
    return automaton.next.length > FEW_CELLS ? minimise(automaton) : automaton;
  } catch (cause) {
    if (cause instanceof TooLarge) throw new PatternError(`is too large: ${cause.message}`, 0);
    throw cause;
  }
}

function parse(pattern: PatternText, index: number): SetPattern {
  const { text, isLiteral, anchor } = pattern;
  const unknown = /[^is]/.exec(pattern.flags);
  if (unknown !== null)
    throw new PatternError(`found the flag ${JSON.stringify(unknown[0])}, expected i or s`, index);
  const flags: PatternFlags = {
    ignoreCase: pattern.flags.includes('i'),
    dotAll: pattern.flags.includes('s'),
  };
  try {
    return { node: isLiteral ? parseLiteral(text, flags) : parsePattern(text, flags), anchor };
  } catch (cause) {
    if (cause instanceof PatternSyntaxError) throw new PatternError(cause.message, index);
    throw cause;
  }
}

class SetCompiler {
  readonly #patterns: readonly PatternText[];
  readonly #mostBytes: number;
  readonly #tables: Uint8Array[] = [];
  #bytes = 0;
  #work = MOST_SET_WORK;

  constructor(patterns: readonly PatternText[], mostBytes: number) {
    this.#patterns = patterns;
    this.#mostBytes = mostBytes;
  }

  compile(): Uint8Array {
    if (this.#patterns.length > 0) this.#add([...this.#patterns.keys()]);
    return Buffer.concat(this.#tables);
  }

  /** Makes tables for the patterns of these indexes: one if it fits, else one without those that grow the most. */
  #add(indexes: readonly number[]): void {
    let together = indexes;
    const apart: number[] = [];
    for (;;) {
      try {
        this.#keep(minimise(this.#build(together)), together);
        break;
      } catch (cause) {
        if (!(cause instanceof TooLarge)) throw cause;
        const largest = together[cause.pattern]!;
        if (together.length === 1 || this.#work <= 0)
          throw new PatternError(`is too large: ${cause.message}`, largest);
        if (cause.share < LARGE_SHARE) {
          const middle = together.length >> 1;
          this.#add(together.slice(0, middle));
          this.#add(together.slice(middle));
          break;
        }
        apart.push(largest);
        together = together.filter((index) => index !== largest);
      }
    }
    if (apart.length > 0) this.#add(apart);
  }

  /** @throws TooLarge */
  #build(indexes: readonly number[]): Automaton {
    const nfa = new PatternNfa(this.#parse(indexes), MOST_NODES);
    this.#work -= nfa.size * WORK_FOR_NODE;
    const work = Math.max(0, Math.min(this.#work, MOST_WORK));
    const few = Math.min(Math.max(FEW_STATES, STATES_FOR_NODE * nfa.size), MOST_STATES);
    const limits: AutomatonLimits = {
      states: indexes.length === 1 ? MOST_STATES : few,
      cells: MOST_CELLS,
      work,
    };
    try {
      return buildAutomaton(nfa, limits);
    } finally {
      this.#work -= work - limits.work;
    }
  }

  /** One after the other: all trees at once would fill a small heap. */
  *#parse(indexes: readonly number[]): Generator<SetPattern> {
    for (const index of indexes) yield parse(this.#patterns[index]!, index);
  }

  /** @throws TooLarge */
  #keep(automaton: Automaton, indexes: readonly number[]): void {
    const bytes = tableBytes(automaton);
    const room = this.#mostBytes - this.#bytes;
    if (bytes > room) throw new TooLarge(`it needs a table of ${bytes} bytes, there is room for ${room}`, 0);
    this.#bytes += bytes;
    this.#tables.push(encodeTable(automaton, indexes));
  }
}
