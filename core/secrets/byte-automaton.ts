// Finds any of many byte strings in one pass (Aho and Corasick, "Efficient string matching", 1975). A hot path: the trie lies
// in flat arrays, the states near the root, where almost every byte of a text ends up, have a row with an entry for each byte.

/** A state with more children gets a row: walking them would cost more. */
const MOST_WALKED = 4;
const ROW = 256;

export class ByteAutomaton {
  // By state; 0 is the root, and means "none" among children and siblings, which it never is.
  readonly #child: Int32Array;
  readonly #sibling: Int32Array;
  readonly #byte: Uint8Array;
  readonly #failure: Int32Array;
  readonly #row: Int32Array;
  #rows = new Int32Array(ROW);
  /** By state, the length of the longest end of the text that may become a string with what comes next. */
  readonly open: Int32Array;
  /** By state, the length of the longest string that ends here; 0 for none. */
  readonly matched: Int32Array;
  /** By state, the index of that string. */
  readonly string: Int32Array;

  /** @param strings none of them empty; of equal ones the first counts */
  constructor(strings: readonly Uint8Array[]) {
    const most = 1 + strings.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#child = new Int32Array(most);
    this.#sibling = new Int32Array(most);
    this.#byte = new Uint8Array(most);
    this.#failure = new Int32Array(most);
    this.#row = new Int32Array(most).fill(-1);
    this.open = new Int32Array(most);
    this.matched = new Int32Array(most);
    this.string = new Int32Array(most);
    let states = 1;
    for (const [index, string] of strings.entries()) {
      let state = 0;
      for (const byte of string) {
        let next = this.#childOf(state, byte);
        if (next === 0) {
          next = states;
          states += 1;
          this.#byte[next] = byte;
          this.#sibling[next] = this.#child[state]!;
          this.#child[state] = next;
          this.open[next] = this.open[state]! + 1;
        }
        state = next;
      }
      if (this.matched[state] !== 0) continue;
      this.matched[state] = string.byteLength;
      this.string[state] = index;
    }
    this.#makeRows(states);
    this.#link(states);
  }

  /**
   * Reads on from a state; a text begins in state 0.
   * @param found told of the state after each byte that ends a string, with the number of bytes read by then
   * @returns the state at the end
   */
  run(state: number, bytes: Uint8Array, found: (state: number, read: number) => void): number {
    const { matched } = this;
    let current = state;
    for (let i = 0; i < bytes.length; i += 1) {
      current = this.#next(current, bytes[i]!);
      if (matched[current] !== 0) found(current, i + 1);
    }
    return current;
  }

  #next(from: number, byte: number): number {
    let state = from;
    while (true) {
      const next = this.#childOf(state, byte);
      if (next !== 0 || state === 0) return next;
      state = this.#failure[state]!;
    }
  }

  #childOf(state: number, byte: number): number {
    const row = this.#row[state]!;
    if (row !== -1) return this.#rows[row + byte]!;
    let child = this.#child[state]!;
    while (child !== 0 && this.#byte[child] !== byte) child = this.#sibling[child]!;
    return child;
  }

  #makeRows(states: number): void {
    const wide: number[] = [];
    for (let state = 0; state < states; state += 1)
      if (state === 0 || this.#children(state).length > MOST_WALKED) wide.push(state);
    this.#rows = new Int32Array(ROW * wide.length);
    for (const [index, state] of wide.entries()) {
      for (const child of this.#children(state)) this.#rows[index * ROW + this.#byte[child]!] = child;
      this.#row[state] = index * ROW;
    }
  }

  /** Of each state the one for the longest end of its text that begins a string, too. Nearer to the root comes first. */
  #link(states: number): void {
    const order = new Int32Array(states);
    let known = 1;
    for (let at = 0; at < known; at += 1) {
      const state = order[at]!;
      for (const child of this.#children(state)) {
        const failure = state === 0 ? 0 : this.#next(this.#failure[state]!, this.#byte[child]!);
        this.#failure[child] = failure;
        if (this.#child[child] === 0) this.open[child] = this.open[failure]!;
        if (this.matched[child] === 0) {
          this.matched[child] = this.matched[failure]!;
          this.string[child] = this.string[failure]!;
        }
        order[known] = child;
        known += 1;
      }
    }
  }

  #children(state: number): number[] {
    const children: number[] = [];
    for (let child = this.#child[state]!; child !== 0; child = this.#sibling[child]!) children.push(child);
    return children;
  }
}
