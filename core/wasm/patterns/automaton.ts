// Makes the automaton of a set deterministic: one state for each set of nodes that can be reached together, each with
// what matches there. A state of its own stands for the end of the text.
import { holds, OTHER, SIDES, sideOf, TEXT_END, TEXT_START, WORD, WORD_BORDERS } from './edges.js';
import {
  MOVE,
  NODE_BYTES,
  NODE_END,
  NODE_INSIDE,
  NODE_MATCH,
  NODE_SPLIT,
  NODE_START,
  NODE_WORD,
  type PatternNfa,
  TooLarge,
} from './nfa.js';

/** A deterministic automaton. */
export interface Automaton {
  /** Class of each byte. */
  readonly classes: Uint8Array;
  /** Entries of a row of `next`: one for each class, and the last for the end of the text. */
  readonly width: number;
  /** States in rows; state 0 leads nowhere and matches nothing. */
  readonly next: Int32Array;
  readonly states: number;
  readonly start: number;
  /** Of each state the place in `matchSets`; 0 is the empty one. */
  readonly matches: Int32Array;
  /** Pattern times two, plus one when the match ended before the byte that led here; those come first. */
  readonly matchSets: readonly (readonly number[])[];
}

/** What making an automaton may cost. */
export interface AutomatonLimits {
  readonly states: number;
  /** Entries of `next`. */
  readonly cells: number;
  /** Visits of nodes. */
  work: number;
}

interface State {
  /** Sorted, without those that every searching state has. */
  readonly nodes: Uint16Array;
  /** Patterns may still begin. */
  readonly isSearching: boolean;
  /** Of the place, when some node asks for it; else `OTHER`. */
  readonly before: number;
  /** Patterns that matched up to the byte that led here. */
  readonly late: readonly number[];
}

/** Where a class of bytes leads. */
interface Step {
  readonly nodes: Uint16Array;
  readonly late: readonly number[];
}

const NONE: readonly number[] = [];
const NO_NODES = new Uint16Array(0);
const DEAD: State = { nodes: NO_NODES, isSearching: false, before: OTHER, late: NONE };

/** @throws TooLarge */
export function buildAutomaton(nfa: PatternNfa, limits: AutomatonLimits): Automaton {
  return new Builder(nfa, limits).build();
}

class Builder {
  readonly #nfa: PatternNfa;
  readonly #limits: AutomatonLimits;
  readonly #classes = new Uint8Array(256);
  /** What each class of bytes, and the end of the text behind them, is to an edge before it. */
  readonly #sides: number[] = [];
  readonly #states: State[] = [];
  /** By hash the last state that has it; by state the one before with the same. */
  readonly #byHash = new Map<number, number>();
  readonly #sameHash: number[] = [];
  readonly #matchIds = new Map<string, number>();
  readonly #matchSets: number[][] = [];
  readonly #matches: number[] = [];
  readonly #width: number;
  #next = new Int32Array(1024);
  /** Where patterns begin in the midst of a text: nodes of every searching state. */
  readonly #search: Uint16Array;
  readonly #isOfSearch: Uint8Array;
  readonly #searchMatches: readonly number[];
  readonly #asksBefore: boolean;
  readonly #stepsOfSearch: (readonly Step[] | undefined)[] = [];
  /** States where a class leads when nothing had begun before it. */
  readonly #freshIds: (number | undefined)[] = [];
  /** What is reached from one node in the midst of a text. */
  readonly #reached: (Uint16Array | undefined)[] = [];
  readonly #seen: Int32Array;
  #round = 0;

  constructor(nfa: PatternNfa, limits: AutomatonLimits) {
    this.#nfa = nfa;
    this.#limits = limits;
    this.#seen = new Int32Array(nfa.size);
    this.#isOfSearch = new Uint8Array(nfa.size);
    this.#search = this.#closure(nfa.anywhere, OTHER, null);
    // Those passed on the way as well: what follows them is known.
    for (let node = 0; node < nfa.size; node += 1)
      if (this.#seen[node] === this.#round) this.#isOfSearch[node] = 1;
    this.#searchMatches = this.#matchesAmong(this.#search);
    this.#asksBefore = this.#search.some((node) => this.#isPending(node));
    this.#classify();
    this.#width = this.#sides.length;
  }

  build(): Automaton {
    const { anywhere, anchored } = this.#nfa;
    this.#matchId([]);
    this.#id(DEAD);
    const isSearching = anywhere.length > 0;
    const first = this.#closure([...anywhere, ...anchored], TEXT_START, null);
    const nodes = first.filter((node) => this.#isOfSearch[node] === 0);
    const start = this.#id(this.#state(nodes, isSearching, TEXT_START, NONE));
    for (let id = 0; id < this.#states.length; id += 1) this.#expand(id);
    return {
      classes: this.#classes,
      width: this.#width,
      next: this.#next.subarray(0, this.#states.length * this.#width),
      states: this.#states.length,
      start,
      matches: Int32Array.from(this.#matches),
      matchSets: this.#matchSets,
    };
  }

  #expand(id: number): void {
    const state = this.#states[id]!;
    const row = id * this.#width;
    if (row + this.#width > this.#next.length) {
      const larger = new Int32Array(Math.max(this.#next.length * 2, row + this.#width));
      larger.set(this.#next);
      this.#next = larger;
    }
    this.#count(this.#width);
    const own = this.#steps(state.nodes, state.before);
    const begun = state.isSearching ? this.#searchSteps(state.before) : null;
    for (let place = 0; place < this.#width; place += 1) {
      const { nodes, late } = own[place]!;
      const isFresh = begun !== null && nodes.length === 0 && late.length === 0;
      const fresh = state.before * this.#width + place;
      const known = isFresh ? this.#freshIds[fresh] : undefined;
      const id =
        known ?? this.#target(state, place, begun === null ? own[place]! : union(own[place]!, begun[place]!));
      if (isFresh) this.#freshIds[fresh] = id;
      this.#next[row + place] = id;
    }
  }

  #target(from: State, place: number, { nodes, late }: Step): number {
    const side = this.#sides[place]!;
    this.#count(nodes.length);
    return this.#id(this.#state(nodes, from.isSearching && side !== TEXT_END, side, late));
  }

  #searchSteps(before: number): readonly Step[] {
    const known = this.#stepsOfSearch[before];
    if (known !== undefined) return known;
    const steps = this.#steps(this.#search, before);
    this.#stepsOfSearch[before] = steps;
    return steps;
  }

  /** What each class of bytes, and the end of the text, makes of a set of nodes. */
  #steps(nodes: Uint16Array, before: number): Step[] {
    const moved: number[][] = this.#sides.map(() => []);
    if (!nodes.some((node) => this.#isPending(node))) {
      this.#take(nodes, null, moved);
      return moved.map((reached) => ({ nodes: this.#reach(reached), late: NONE }));
    }
    const already = new Set(this.#matchesAmong(nodes));
    const late = SIDES.map((side) => {
      const ready = this.#closure(nodes, before, side);
      this.#take(ready, side, moved);
      return this.#matchesAmong(ready)
        .filter((pattern) => !already.has(pattern))
        .sort(ascending);
    });
    return moved.map((reached, place) => ({
      nodes: this.#reach(reached),
      late: late[this.#sides[place]!]!,
    }));
  }

  /** Adds to each class what follows the nodes that take its bytes; only to classes of `side`, if there is one. */
  #take(nodes: Uint16Array, side: number | null, moved: readonly number[][]): void {
    const { kinds, targets } = this.#nfa;
    for (const node of nodes) {
      if (kinds[node] !== NODE_BYTES) continue;
      const moves = targets[node]!;
      for (let move = 0; move < moves.length; move += MOVE) {
        const first = this.#classes[moves[move]!]!;
        const last = this.#classes[moves[move + 1]!]!;
        this.#count(last - first + 1);
        for (let place = first; place <= last; place += 1)
          if (side === null || this.#sides[place] === side) moved[place]!.push(moves[move + 2]!);
      }
    }
  }

  /** All that is reached in the midst of a text without a byte, but for what every searching state has. */
  #reach(from: readonly number[]): Uint16Array {
    if (from.length === 0) return NO_NODES;
    if (from.length > 1) return this.#closure(from, OTHER, null, this.#isOfSearch);
    const known = this.#reached[from[0]!];
    if (known !== undefined) return known;
    const nodes = this.#closure(from, OTHER, null, this.#isOfSearch);
    this.#reached[from[0]!] = nodes;
    return nodes;
  }

  /**
   * All that is reached from `from` without a byte: nodes that take one, matches, and edges that ask for what follows.
   * @param after edges are decided by it; null when it is not known yet
   * @param known marks nodes not to go to
   */
  #closure(
    from: readonly number[] | Uint16Array,
    before: number,
    after: number | null,
    known: Uint8Array | null = null,
  ): Uint16Array {
    const { kinds, nexts, targets } = this.#nfa;
    this.#round += 1;
    const found: number[] = [];
    const open: number[] = [];
    const visit = (node: number): void => {
      if (this.#seen[node] === this.#round || known?.[node] === 1) return;
      this.#seen[node] = this.#round;
      open.push(node);
    };
    for (const node of from) visit(node);
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      const kind = kinds[node]!;
      this.#count(1);
      if (kind === NODE_SPLIT) for (const target of targets[node]!) visit(target);
      else if (kind === NODE_START) {
        if (before === TEXT_START) visit(nexts[node]!);
      } else if (kind === NODE_BYTES || kind === NODE_MATCH || after === null) found.push(node);
      else if (holds(kind, before, after)) visit(nexts[node]!);
    }
    return Uint16Array.from(found).sort();
  }

  #count(work: number): void {
    this.#limits.work -= work;
    if (this.#limits.work < 0) throw this.#tooLarge();
  }

  #isPending(node: number): boolean {
    const kind = this.#nfa.kinds[node]!;
    return kind === NODE_END || kind === NODE_WORD || kind === NODE_INSIDE;
  }

  #state(nodes: Uint16Array, isSearching: boolean, side: number, late: readonly number[]): State {
    const asks = (isSearching && this.#asksBefore) || nodes.some((node) => this.#isPending(node));
    const before = asks && (side === WORD || side === TEXT_START) ? side : OTHER;
    return { nodes, isSearching, before, late };
  }

  #id(state: State): number {
    const { nodes, isSearching, before, late } = state;
    const hash = hashOf(nodes, hashOf(late, before * 2 + (isSearching ? 1 : 0)));
    const last = this.#byHash.get(hash);
    for (let id = last ?? -1; id !== -1; id = this.#sameHash[id]!) {
      if (isSame(this.#states[id]!, state)) return id;
    }
    const id = this.#states.length;
    if (id >= this.#limits.states || (id + 1) * this.#width > this.#limits.cells) throw this.#tooLarge();
    this.#byHash.set(hash, id);
    this.#sameHash.push(last ?? -1);
    this.#states.push(state);
    this.#matches.push(this.#matchId(this.#matchesOf(state)));
    return id;
  }

  #matchesOf({ nodes, isSearching, late }: State): number[] {
    const patterns = new Set(this.#matchesAmong(nodes));
    if (isSearching) for (const pattern of this.#searchMatches) patterns.add(pattern);
    const now = [...patterns].sort(ascending).map((pattern) => pattern * 2);
    return [...late.map((pattern) => pattern * 2 + 1), ...now];
  }

  #matchesAmong(nodes: Uint16Array): number[] {
    const { kinds, nexts } = this.#nfa;
    const patterns: number[] = [];
    for (const node of nodes) if (kinds[node] === NODE_MATCH) patterns.push(nexts[node]!);
    return patterns;
  }

  #matchId(matches: number[]): number {
    const key = matches.join();
    const known = this.#matchIds.get(key);
    if (known !== undefined) return known;
    this.#matchIds.set(key, this.#matchSets.length);
    this.#matchSets.push(matches);
    return this.#matchSets.length - 1;
  }

  /** Bytes that no node tells apart are one class. */
  #classify(): void {
    const { kinds, targets } = this.#nfa;
    const begins = new Uint8Array(257);
    for (const [node, kind] of kinds.entries()) {
      if (kind === NODE_BYTES) {
        for (let move = 0; move < targets[node]!.length; move += MOVE) {
          begins[targets[node]![move]!] = 1;
          begins[targets[node]![move + 1]! + 1] = 1;
        }
      } else if (kind === NODE_WORD || kind === NODE_INSIDE) {
        for (const byte of WORD_BORDERS) begins[byte] = 1;
      }
    }
    begins[0] = 1;
    for (let byte = 0; byte < 256; byte += 1) {
      if (begins[byte] === 1) this.#sides.push(sideOf(byte));
      this.#classes[byte] = this.#sides.length - 1;
    }
    this.#sides.push(TEXT_END);
  }

  /** Blames the pattern that is in the most different conditions over all states. */
  #tooLarge(): TooLarge {
    const { owners } = this.#nfa;
    const conditions = new Map<number, Set<number>>();
    for (const { nodes } of this.#states) {
      for (let at = 0; at < nodes.length; ) {
        const owner = owners[nodes[at]!]!;
        const from = at;
        while (at < nodes.length && owners[nodes[at]!] === owner) at += 1;
        const known = conditions.get(owner) ?? new Set();
        conditions.set(owner, known.add(hashOf(nodes.subarray(from, at), 0)));
      }
    }
    let pattern = 0;
    let most = 0;
    for (const [owner, { size }] of conditions) if (size > most) [pattern, most] = [owner, size];
    return new TooLarge(
      `the automaton grew beyond ${this.#states.length} states, ${most} of them come of this pattern`,
      pattern,
      most / Math.max(1, this.#states.length),
    );
  }
}

function union(one: Step, other: Step): Step {
  if (other.nodes.length === 0 && other.late.length === 0) return one;
  return {
    nodes: Uint16Array.from(new Set([...one.nodes, ...other.nodes])).sort(),
    late: [...new Set([...one.late, ...other.late])].sort(ascending),
  };
}

/** FNV-1a over the 16-bit units of a state, begun with `seed`. */
function hashOf(units: Uint16Array | readonly number[], seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = 0; at < units.length; at += 1) hash = Math.imul(hash ^ units[at]!, 0x01000193);
  return hash;
}

function isSame(one: State, other: State): boolean {
  if (one.isSearching !== other.isSearching || one.before !== other.before) return false;
  if (one.late.length !== other.late.length || one.nodes.length !== other.nodes.length) return false;
  for (let at = 0; at < one.nodes.length; at += 1) if (one.nodes[at] !== other.nodes[at]) return false;
  return one.late.every((pattern, at) => pattern === other.late[at]);
}

function ascending(one: number, other: number): number {
  return one - other;
}
