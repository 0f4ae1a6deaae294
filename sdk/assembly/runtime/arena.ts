// The memory manager of every filter: a bump arena that is rewound before each call, so nothing is ever freed
// and no client's bytes outlive its exchange. `asc --runtime` compiles it; it exports nothing from the module.
//
//   0            __heap_base                base                       top             maximum
//   | static data | globals, configure's    | frame, objects of this    |      free     |
//   |             | objects: kept for ever  | call: gone at the next    |               |
//
// An object is preceded by 8 bytes: u32 class id, u32 size. Every object is 8-aligned.
// Invariant: base <= top <= memory size, both multiples of 8.

// @ts-ignore: decorator
@inline const HEADER: usize = 8;
// @ts-ignore: decorator
@inline const LARGEST: usize = 0x7fff_ff00;

// @ts-ignore: decorator
@lazy let top: usize = (__heap_base + 7) & ~7;
// @ts-ignore: decorator
@lazy let base: usize = 0;
// Zero until configure is over; then equal to base, and what lies below it is closed to objects of a call.
// @ts-ignore: decorator
@lazy let wall: usize = 0;

// @ts-ignore: decorator
@inline function align8(size: usize): usize {
  return (size + 7) & ~7;
}

/** Ends the call. */
function exhausted(): void {
  throw new Error('out of memory: the call needs more than the maximum');
}

function grow(end: usize): void {
  const present = memory.size();
  const needed = <i32>(((end - 1) >>> 16) + 1) - present;
  // Doubling keeps the number of grows small; near the maximum only what is needed may still fit.
  if (memory.grow(max(needed, present)) < 0 && memory.grow(needed) < 0) exhausted();
}

/** Room of `size` bytes with whatever was there before: the caller overwrites all of it. */
// @ts-ignore: decorator
@global @unsafe
function __sluice_reserve(size: usize): usize {
  if (size > LARGEST) exhausted();
  const at = top;
  const end = at + align8(size);
  if (end < at) exhausted();
  if (end > at && <i32>((end - 1) >>> 16) >= memory.size()) grow(end);
  top = end;
  return at;
}

/** Starts a call: forgets the last one and reserves the room for its frame. */
// @ts-ignore: decorator
@global @unsafe
function __sluice_begin(length: usize): usize {
  // What module-level initialisers allocated lies below the first base.
  if (base == 0) base = top;
  top = base;
  return __sluice_reserve(length);
}

/** Keeps all that the current call allocated, for the life of the instance. */
// @ts-ignore: decorator
@global @unsafe
function __sluice_keep(): void {
  base = top;
  wall = top;
}

// @ts-ignore: decorator
@global @unsafe
function __new(size: usize, id: u32): usize {
  if (size > LARGEST) exhausted();
  const at = __sluice_reserve(HEADER + size);
  store<u32>(at, id);
  store<u32>(at, <u32>size, 4);
  const pointer = at + HEADER;
  const room = align8(size);
  if (room <= 64) for (let i: usize = 0; i < room; i += 8) store<u64>(pointer + i, 0);
  else memory.fill(pointer, 0, room);
  return pointer;
}

// @ts-ignore: decorator
@global @unsafe
function __renew(pointer: usize, size: usize): usize {
  if (size > LARGEST) exhausted();
  const oldSize = <usize>load<u32>(pointer - 4);
  const oldEnd = pointer + align8(oldSize);
  // The last object may grow in place, unless it is a kept one that would reach over the wall.
  if (oldEnd == top && pointer >= base) {
    if (size > oldSize) {
      __sluice_reserve(align8(size) - align8(oldSize));
      memory.fill(pointer + oldSize, 0, align8(size) - oldSize);
    } else {
      top = pointer + align8(size);
    }
    store<u32>(pointer - 4, <u32>size);
    return pointer;
  }
  if (size <= oldSize) {
    store<u32>(pointer - 4, <u32>size);
    return pointer;
  }
  const moved = __new(size, load<u32>(pointer - 8));
  memory.copy(moved, pointer, oldSize);
  return moved;
}

/** Called by the compiler when `parent` begins to refer to `child`. */
// @ts-ignore: decorator
@global @unsafe
function __link(parent: usize, child: usize, expectMultiple: bool): void {
  if (parent < wall && child >= wall) {
    throw new Error('an object of this call was put into an object kept from configure');
  }
}

// @ts-ignore: decorator
@global @unsafe
function __alloc(size: usize): usize {
  return __new(size, 0);
}

// @ts-ignore: decorator
@global @unsafe
function __realloc(pointer: usize, size: usize): usize {
  return __renew(pointer, size);
}

// @ts-ignore: decorator
@global @unsafe
function __free(pointer: usize): void {}

// @ts-ignore: decorator
@global @unsafe
function __reset(): void {}

// @ts-ignore: decorator
@global @unsafe
function __pin(pointer: usize): usize {
  return pointer;
}

// @ts-ignore: decorator
@global @unsafe
function __unpin(pointer: usize): void {}

// @ts-ignore: decorator
@global @unsafe
function __visit(pointer: usize, cookie: u32): void {}

// @ts-ignore: decorator
@global @unsafe
function __collect(): void {}
