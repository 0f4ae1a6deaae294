// Merges states of an automaton that no text tells apart (Hopcroft's algorithm, 1971: n log n), and after that classes
// of bytes that no state tells apart.
import type { Automaton } from './automaton.js';

/** The smallest automaton that matches the same; its state 0 is the dead one again. */
export function minimise(automaton: Automaton): Automaton {
  return mergeClasses(mergeStates(automaton));
}

function mergeStates(automaton: Automaton): Automaton {
  const { width, next, states, matches } = automaton;
  const partition = new Partition(matches);
  const sources = invert(automaton);
  const splitters = Array.from({ length: partition.size }, (_, block) => block);
  for (let block = splitters.pop(); block !== undefined; block = splitters.pop()) {
    // A copy: the block itself may be split by what leads into it.
    const members = partition.members(block);
    for (let place = 0; place < width; place += 1) {
      for (const member of members) {
        const cell = member * width + place;
        for (let at = sources.begins[cell]!; at < sources.begins[cell + 1]!; at += 1)
          partition.mark(sources.states[at]!);
      }
      partition.splitMarked(splitters);
    }
  }

  const ids = partition.numbered();
  const kept = new Int32Array(partition.size * width);
  const keptMatches = new Int32Array(partition.size);
  for (let state = 0; state < states; state += 1) {
    const id = ids[state]!;
    keptMatches[id] = matches[state]!;
    for (let place = 0; place < width; place += 1)
      kept[id * width + place] = ids[next[state * width + place]!]!;
  }
  return {
    ...automaton,
    next: kept,
    states: partition.size,
    start: ids[automaton.start]!,
    matches: keptMatches,
  };
}

interface Sources {
  /** Where in `states` those begin that lead to a state with a class: `state * width + class`. */
  readonly begins: Int32Array;
  readonly states: Int32Array;
}

function invert({ next, width, states }: Automaton): Sources {
  const begins = new Int32Array(states * width + 1);
  const cellOf = (at: number): number => next[at]! * width + (at % width);
  for (let at = 0; at < next.length; at += 1) begins[cellOf(at) + 1]! += 1;
  for (let cell = 1; cell < begins.length; cell += 1) begins[cell]! += begins[cell - 1]!;
  const from = new Int32Array(next.length);
  const filled = begins.slice();
  for (let at = 0; at < next.length; at += 1) {
    const cell = cellOf(at);
    from[filled[cell]!] = Math.floor(at / width);
    filled[cell]! += 1;
  }
  return { begins, states: from };
}

/**
 * States in blocks, each block one stretch of `#order`; those marked stand first in it.
 *
 *   begin        begin + marked            end
 *   |   marked   |        not marked       |
 */
class Partition {
  readonly #order: Int32Array;
  readonly #places: Int32Array;
  readonly #blocks: Int32Array;
  readonly #begins: number[] = [];
  readonly #ends: number[] = [];
  readonly #marked: number[] = [];
  #touched: number[] = [];

  /** States of one colour are one block at first. */
  constructor(colours: Int32Array) {
    const byColour = new Map<number, number[]>();
    for (const [state, colour] of colours.entries()) {
      const states = byColour.get(colour);
      if (states === undefined) byColour.set(colour, [state]);
      else states.push(state);
    }
    this.#order = Int32Array.from([...byColour.values()].flat());
    this.#places = new Int32Array(colours.length);
    this.#blocks = new Int32Array(colours.length);
    let begin = 0;
    for (const { length } of byColour.values()) {
      this.#begins.push(begin);
      this.#ends.push(begin + length);
      this.#marked.push(0);
      begin += length;
    }
    for (let block = 0; block < this.size; block += 1) this.#settle(block);
  }

  /** Number of blocks. */
  get size(): number {
    return this.#begins.length;
  }

  members(block: number): Int32Array {
    return this.#order.slice(this.#begins[block]!, this.#ends[block]!);
  }

  mark(state: number): void {
    const block = this.#blocks[state]!;
    const border = this.#begins[block]! + this.#marked[block]!;
    const place = this.#places[state]!;
    if (place < border) return;
    if (this.#marked[block] === 0) this.#touched.push(block);
    this.#marked[block]! += 1;
    const other = this.#order[border]!;
    this.#order[border] = state;
    this.#order[place] = other;
    this.#places[state] = border;
    this.#places[other] = place;
  }

  /** Parts what is marked from what is not; of each two parts the smaller becomes a new block, which is pushed. */
  splitMarked(made: number[]): void {
    const touched = this.#touched;
    this.#touched = [];
    for (const block of touched) {
      const begin = this.#begins[block]!;
      const end = this.#ends[block]!;
      const border = begin + this.#marked[block]!;
      this.#marked[block] = 0;
      if (border === end) continue;
      const isFirstSmaller = border - begin <= end - border;
      if (isFirstSmaller) this.#begins[block] = border;
      else this.#ends[block] = border;
      this.#begins.push(isFirstSmaller ? begin : border);
      this.#ends.push(isFirstSmaller ? border : end);
      this.#marked.push(0);
      this.#settle(this.size - 1);
      made.push(this.size - 1);
    }
  }

  /** Numbers of the blocks of all states, in the order of their first states. */
  numbered(): Int32Array {
    const numbers = new Int32Array(this.size).fill(-1);
    let count = 0;
    return this.#blocks.map((block) => {
      if (numbers[block] === -1) numbers[block] = count++;
      return numbers[block]!;
    });
  }

  #settle(block: number): void {
    for (let place = this.#begins[block]!; place < this.#ends[block]!; place += 1) {
      const state = this.#order[place]!;
      this.#places[state] = place;
      this.#blocks[state] = block;
    }
  }
}

function mergeClasses(automaton: Automaton): Automaton {
  const { width, next, states, classes } = automaton;
  const bytes = width - 1;
  // Classes that all rows so far treat alike have one number.
  let alike: number[] = new Array<number>(bytes).fill(0);
  let count = 1;
  for (let state = 0; state < states && count < bytes; state += 1) {
    const numbers = new Map<number, number>();
    alike = alike.map((number, place) => {
      const key = number * states + next[state * width + place]!;
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, numbers.size);
      return numbers.size - 1;
    });
    count = numbers.size;
  }
  if (count === bytes) return automaton;
  const merged = new Int32Array(states * (count + 1));
  for (let state = 0; state < states; state += 1) {
    for (const [place, number] of alike.entries())
      merged[state * (count + 1) + number] = next[state * width + place]!;
    merged[state * (count + 1) + count] = next[state * width + bytes]!;
  }
  return { ...automaton, classes: classes.map((place) => alike[place]!), width: count + 1, next: merged };
}
