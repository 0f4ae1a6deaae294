// Room on the stack for work of the host that must not end in its midst.

/** Two turns of these, of eight bytes each, are half a megabyte: an eighth of what a worker has. */
const WORDS: readonly number[] = new Array<number>(32_768).fill(0);

/**
 * To be called before work that begins something all filters of the thread share, such as compiling a schema. A guest may
 * call itself until next to nothing is left, and that work would end at any of its steps.
 * @throws RangeError unless half a megabyte is free
 */
export function needStackRoom(): void {
  Reflect.apply(firstTurn, undefined, WORDS);
}

function firstTurn(): void {
  Reflect.apply(lastTurn, undefined, WORDS);
}

function lastTurn(): void {}
