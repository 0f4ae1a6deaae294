// The patterns of a set as one nondeterministic automaton over bytes. It is built from its ends backwards, so that each
// node is made with the node that follows it.
import assert from 'node:assert/strict';
import type { CodePoints, PatternEdge, PatternNode, SetPattern } from './syntax.js';
import { type ByteRange, utf8Sequences } from './utf8.js';

/** What a node does. */
export const NODE_BYTES = 0; //  takes a byte and goes on at the target of the move that has it
export const NODE_SPLIT = 1; //  goes on at each of `targets`, without a byte
export const NODE_START = 2; //  goes on at `next` where the text begins
export const NODE_END = 3; //    … where it ends
export const NODE_WORD = 4; //   … between a word character and another one
export const NODE_INSIDE = 5; // … where there is no such change, and not within a character
export const NODE_MATCH = 6; //  pattern `next` matches

/** A move of a node that takes bytes has three numbers in `targets`: smallest byte, largest byte, target. */
export const MOVE = 3;

const EDGE_NODES: Readonly<Record<PatternEdge, number>> = {
  start: NODE_START,
  end: NODE_END,
  word: NODE_WORD,
  'not-word': NODE_INSIDE,
};

/** A set that does not fit one automaton; the message says why, of the pattern that has the largest part in it. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';

  /** @param share of the states, that the pattern has by itself; 0 when it is not known */
  constructor(
    message: string,
    readonly pattern: number,
    readonly share = 0,
  ) {
    super(message);
  }
}

export class PatternNfa {
  readonly kinds: number[] = [];
  readonly nexts: number[] = [];
  /** Of nodes that split or take bytes. */
  readonly targets: (readonly number[])[] = [];
  /** Where the patterns begin that may begin anywhere. */
  readonly anywhere: readonly number[];
  /** Where those begin that begin with the text only. */
  readonly anchored: readonly number[];
  /** Index of the pattern that each node is of. */
  readonly owners: number[] = [];
  #pattern = 0;

  readonly #mostNodes: number;

  /**
   * @param mostNodes 65,536 at most: states keep them in 16 bits
   * @throws TooLarge
   */
  constructor(patterns: Iterable<SetPattern>, mostNodes: number) {
    assert(mostNodes <= 65_536);
    this.#mostNodes = mostNodes;
    const anywhere: number[] = [];
    const anchored: number[] = [];
    for (const { node, anchor } of patterns) {
      const match = this.#add(NODE_MATCH, this.#pattern);
      const end = anchor === 'both' ? this.#add(NODE_END, match) : match;
      (anchor === 'none' ? anywhere : anchored).push(this.#build(node, end));
      this.#pattern += 1;
    }
    this.anywhere = anywhere;
    this.anchored = anchored;
  }

  get size(): number {
    return this.kinds.length;
  }

  #build(node: PatternNode, next: number): number {
    switch (node.kind) {
      case 'character':
        return this.#characters(node.set, next);
      case 'sequence':
        return node.parts.reduceRight((after, part) => this.#build(part, after), next);
      case 'choice':
        return this.#split(node.options.map((option) => this.#build(option, next)));
      case 'repeat':
        return this.#repeat(node.part, node.least, node.most, next);
      case 'edge':
        return this.#add(EDGE_NODES[node.edge], next);
    }
  }

  #repeat(part: PatternNode, least: number, most: number, next: number): number {
    // `(?:){1000000000}` would take its time to add nothing.
    if (isEmpty(part)) return next;
    let after = next;
    let left = least;
    if (most === Number.POSITIVE_INFINITY) {
      const loop = this.#split([]);
      const entry = this.#build(part, loop);
      this.targets[loop] = [entry, next];
      after = least === 0 ? loop : entry;
      left -= 1;
    } else {
      for (let count = least; count < most; count += 1) after = this.#split([this.#build(part, after), next]);
    }
    for (; left > 0; left -= 1) after = this.#build(part, after);
    return after;
  }

  #characters(set: readonly CodePoints[], next: number): number {
    const sequences = set.flatMap(({ min, max }) => utf8Sequences(min, max));
    return this.#bytes(sequences, 0, next, new Map());
  }

  /**
   * A node that takes the byte at `place` of some sequences, which are sorted. Their ranges at one place are the same or
   * have no byte in common, because the characters of two sequences differ; so no two moves of a node take one byte.
   * @param made nodes of the same characters, by their moves
   */
  #bytes(sequences: readonly ByteRange[][], place: number, next: number, made: Map<string, number>): number {
    const moves: number[] = [];
    for (let at = 0; at < sequences.length; ) {
      const { min, max } = sequences[at]![place]!;
      const from = at;
      while (at < sequences.length && sequences[at]![place]!.min === min) at += 1;
      const isLast = sequences[from]!.length === place + 1;
      const target = isLast ? next : this.#bytes(sequences.slice(from, at), place + 1, next, made);
      const before = moves.length - MOVE;
      if (before >= 0 && moves[before + 1] === min - 1 && moves[before + 2] === target)
        moves[before + 1] = max;
      else moves.push(min, max, target);
    }
    const key = moves.join();
    const known = made.get(key);
    if (known !== undefined) return known;
    const node = this.#add(NODE_BYTES, next);
    this.targets[node] = moves;
    made.set(key, node);
    return node;
  }

  #split(targets: readonly number[]): number {
    const node = this.#add(NODE_SPLIT, 0);
    this.targets[node] = targets;
    return node;
  }

  #add(kind: number, next: number): number {
    const node = this.kinds.length;
    if (node >= this.#mostNodes)
      throw new TooLarge(`it has more than ${this.#mostNodes} parts`, this.#pattern);
    this.kinds.push(kind);
    this.owners.push(this.#pattern);
    this.nexts.push(next);
    this.targets.push(NO_TARGETS);
    return node;
  }
}

const NO_TARGETS: readonly number[] = [];

/** Takes no byte and asks for nothing. */
function isEmpty(node: PatternNode): boolean {
  switch (node.kind) {
    case 'sequence':
      return node.parts.every(isEmpty);
    case 'choice':
      return node.options.every(isEmpty);
    case 'repeat':
      return node.most === 0 || isEmpty(node.part);
    default:
      return false;
  }
}
