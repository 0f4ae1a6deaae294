// Writes an automaton as the table that guests walk; sdk/abi draws its layout.
import {
  PATTERN_CLASSES,
  PATTERN_DEAD,
  PATTERN_LENGTH,
  PATTERN_LIST_ENTRIES,
  PATTERN_LIST_SIZE,
  PATTERN_ROW,
  PATTERN_ROWS,
  PATTERN_START,
} from '../../../sdk/abi/abi.js';
import type { Automaton } from './automaton.js';

const WORD_BYTES = 4;

/** Bytes that `encodeTable` makes of an automaton. */
export function tableBytes({ width, states, matchSets }: Automaton): number {
  const lists = matchSets.reduce((sum, matchSet) => sum + listBytes(matchSet), 0);
  return PATTERN_ROWS + WORD_BYTES * states * (width + 1) + lists;
}

function listBytes({ length }: readonly number[]): number {
  return length === 0 ? 0 : PATTERN_LIST_ENTRIES + WORD_BYTES * length;
}

/**
 * Rows come in the order: where nothing is to be done, the dead one, those that tell matches. So one comparison for each
 * byte finds both.
 * @param indexes of the patterns of the automaton in the set that the guest compiles
 */
export function encodeTable(automaton: Automaton, indexes: readonly number[]): Uint8Array {
  const { width, states, next, matches, matchSets } = automaton;
  const table = new Uint8Array(tableBytes(automaton));
  const words = new DataView(table.buffer);
  const put = (at: number, value: number): void => words.setUint32(at, value, true);
  const rowBytes = WORD_BYTES * (width + 1);
  const lists: number[] = [];
  let end = PATTERN_ROWS + states * rowBytes;
  for (const matchSet of matchSets) {
    lists.push(matchSet.length === 0 ? 0 : end);
    if (matchSet.length === 0) continue;
    put(end + PATTERN_LIST_SIZE, matchSet.length);
    for (const [place, match] of matchSet.entries())
      put(end + PATTERN_LIST_ENTRIES + place * WORD_BYTES, indexes[match >> 1]! * 2 + (match & 1));
    end += listBytes(matchSet);
  }

  const order = rowOrder(automaton);
  const rows = new Int32Array(states);
  for (const [place, state] of order.entries()) rows[state] = place * rowBytes;
  for (const [place, state] of order.entries()) {
    const row = PATTERN_ROWS + place * rowBytes;
    for (let at = 0; at < width; at += 1) put(row + at * WORD_BYTES, rows[next[state * width + at]!]!);
    put(row + width * WORD_BYTES, lists[matches[state]!]!);
  }
  put(PATTERN_LENGTH, table.byteLength);
  put(PATTERN_ROW, rowBytes);
  put(PATTERN_START, rows[automaton.start]!);
  put(PATTERN_DEAD, rows[0]!);
  table.set(automaton.classes, PATTERN_CLASSES);
  return table;
}

function rowOrder({ states, matches }: Automaton): number[] {
  const plain: number[] = [];
  const telling: number[] = [];
  for (let state = 1; state < states; state += 1) (matches[state] === 0 ? plain : telling).push(state);
  return [...plain, 0, ...telling];
}
