// The exchange frame of the current call, read in place. The layout is drawn in sdk/abi/abi.ts.
import { FRAME_PHASE, TABLE_ENTRY } from '../abi/abi';
import { ABSENT, Bytes } from './bytes';

let frame: usize = 0;

/** Makes `address` the frame of the current call. */
export function openFrame(address: usize): void {
  frame = address;
}

/** `PHASE_*` of the frame. */
export function framePhase(): u32 {
  return load<u8>(frame + FRAME_PHASE);
}

export function frameByte(offset: usize): u32 {
  return load<u8>(frame + offset);
}

export function frameWord(offset: usize): u32 {
  return load<u32>(frame + offset);
}

/** The bytes of the span at `offset` of the frame. */
export function frameSpan(offset: usize): Bytes {
  const at = frame + offset;
  return new Bytes(frame + load<u32>(at), load<u32>(at, 4));
}

// A table is read by its offset in the frame, so that nothing has to be allocated to look a name up.

export function tableSize(table: usize): i32 {
  return load<u32>(frame + table + 4);
}

// @ts-ignore: decorator
@inline function firstEntry(table: usize): usize {
  return frame + load<u32>(frame + table);
}

// @ts-ignore: decorator
@inline function valueOf(entry: usize): Bytes {
  return new Bytes(frame + load<u32>(entry, 8), load<u32>(entry, 12));
}

// @ts-ignore: decorator
@inline function entryAt(table: usize, index: i32): usize {
  if (<u32>index >= load<u32>(frame + table + 4)) throw new RangeError('index out of range');
  return firstEntry(table) + index * TABLE_ENTRY;
}

export function tableName(table: usize, index: i32): Bytes {
  const entry = entryAt(table, index);
  return new Bytes(frame + load<u32>(entry), load<u32>(entry, 4));
}

export function tableValue(table: usize, index: i32): Bytes {
  return valueOf(entryAt(table, index));
}

/** Address of the first entry called `name` (ASCII) at or after `from`, or 0. */
function findEntry(table: usize, name: string, from: i32): usize {
  const size = tableSize(table);
  const length = name.length;
  const units = changetype<usize>(name);
  let entry = firstEntry(table) + from * TABLE_ENTRY;
  for (let i = from; i < size; i++, entry += TABLE_ENTRY) {
    if (load<u32>(entry, 4) != length) continue;
    const at = frame + load<u32>(entry);
    let k = 0;
    while (k < length && load<u8>(at + k) == load<u16>(units + (k << 1))) k++;
    if (k == length) return entry;
  }
  return 0;
}

/** Index of the first entry called `name` (ASCII) at or after `from`, or -1. */
export function tableFind(table: usize, name: string, from: i32): i32 {
  const entry = findEntry(table, name, from);
  return entry == 0 ? -1 : <i32>((entry - firstEntry(table)) / TABLE_ENTRY);
}

/** Value of the first entry called `name`, or `ABSENT`. */
export function tableGet(table: usize, name: string): Bytes {
  const entry = findEntry(table, name, 0);
  return entry == 0 ? ABSENT : valueOf(entry);
}
