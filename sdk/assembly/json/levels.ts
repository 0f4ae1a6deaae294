// The containers that a walk is in the midst of, from the outside in: what it goes on with in each when what lies in it is over.

/** Bytes of a level: u32 byte that closes the container, i32 state of the path set in it, i32 index of the current item. */
export const LEVEL: usize = 12;

/** What became of the members or items before the one at hand, in the same container. */
export enum Before {
  /** There are none. */
  Nothing,
  /** There are none but those that were added, with a comma behind them. */
  Added,
  Kept,
  AllRemoved,
  /** As `Added`, but for some that were removed. */
  AllButAddedRemoved,
}

// @ts-ignore: decorator
@inline export function storeLevel(level: usize, closer: u32, state: i32, index: i32): void {
  store<u32>(level, closer);
  store<i32>(level, state, 4);
  store<i32>(level, index, 8);
}

// @ts-ignore: decorator
@inline export function closerAt(level: usize): u32 {
  return load<u32>(level);
}

// @ts-ignore: decorator
@inline export function stateAt(level: usize): i32 {
  return load<i32>(level, 4);
}

/** The index of the item that begins, in the container of this level. */
// @ts-ignore: decorator
@inline export function takeIndex(level: usize): i32 {
  const index = load<i32>(level, 8);
  store<i32>(level, index + 1, 8);
  return index;
}

// @ts-ignore: decorator
@inline export function indexAt(level: usize): i32 {
  return load<i32>(level, 8);
}
