// Walks tables as sdk/abi draws them, for tests of what the host makes of patterns.
import {
  PATTERN_CLASSES,
  PATTERN_LENGTH,
  PATTERN_LIST_ENTRIES,
  PATTERN_LIST_SIZE,
  PATTERN_ROW,
  PATTERN_ROWS,
  PATTERN_START,
} from '../../../../sdk/abi/abi.js';

/** Tables one after the other, as views of their own. */
export function tablesOf(bytes: Uint8Array): DataView[] {
  const tables: DataView[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const length = Buffer.from(bytes).readUInt32LE(at + PATTERN_LENGTH);
    tables.push(new DataView(bytes.buffer, bytes.byteOffset + at, length));
    at += length;
  }
  return tables;
}

/** Number of rows of a table, from the place of its first list. */
export function rowsOf(table: DataView): number {
  const rowBytes = table.getUint32(PATTERN_ROW, true);
  let rows = 0;
  let lists = table.byteLength;
  for (let at = PATTERN_ROWS; at < lists; at += rowBytes) {
    const list = table.getUint32(at + rowBytes - 4, true);
    if (list !== 0) lists = Math.min(lists, list);
    rows += 1;
  }
  return rows;
}

/** By the index of each pattern that matches, all places where a match ends. */
export function endsIn(bytes: Uint8Array, text: Uint8Array): Map<number, Set<number>> {
  const ends = new Map<number, Set<number>>();
  for (const table of tablesOf(bytes)) {
    const word = (at: number): number => table.getUint32(at, true);
    const note = (row: number, end: number): void => {
      const list = word(PATTERN_ROWS + row + word(PATTERN_ROW) - 4);
      if (list === 0) return;
      for (let entry = 0; entry < word(list + PATTERN_LIST_SIZE); entry += 1) {
        const match = word(list + PATTERN_LIST_ENTRIES + 4 * entry);
        const places = ends.get(match >> 1) ?? new Set();
        ends.set(match >> 1, places.add(end - (match & 1)));
      }
    };
    let row = word(PATTERN_START);
    note(row, 0);
    for (const [at, byte] of text.entries()) {
      row = word(PATTERN_ROWS + row + 4 * table.getUint8(PATTERN_CLASSES + byte));
      note(row, at + 1);
    }
    note(word(PATTERN_ROWS + row + word(PATTERN_ROW) - 8), text.byteLength + 1);
  }
  return ends;
}
