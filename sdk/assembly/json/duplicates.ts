// Finds objects with two members of one name, which parsers read differently (RFC 8259 §4). Names are compared
// decoded. The work is n log n for any input: names are sorted object by object, so no input is a slow one.
import { Bytes } from '../bytes';
import { escaped, fail, Failure, MAX_DEPTH, scanColon, scanScalar, scanString, skipSpace, unexpected } from './scanner';
import { decodedString } from './string';

// A name: u64 hash and length, u32 address, 4 bytes free.
const NAME: usize = 16;
// Objects of up to this many names are compared pair by pair.
const FEW = 12;

// Odd, with bits all over: 2^64 divided by the golden ratio, and pi.
const FACTOR: u64 = 0x9e3779b97f4a7c15;
const SEED: u64 = 0x243f6a8885a308d3;

// One level of containers: u32 byte that closes it, u32 number of names before it.
const LEVEL: usize = 8;
const levels = memory.data(MAX_DEPTH * 8);

let names: usize = 0;
let count: i32 = 0;
let room: i32 = 0;

/** True for valid JSON in which no object has two members of one name. `parseProblem` tells why not. */
export function hasUniqueNames(document: Bytes): bool {
  names = 0;
  count = 0;
  room = 0;
  return walk(document.address, document.address + document.length) != 0;
}

function walk(at: usize, end: usize): usize {
  let depth = 0;
  let closer: u32 = 0;
  let first = 0;
  at = skipSpace(at, end);
  if (at == end) return unexpected(at, end);
  while (at != 0) {
    const byte = <u32>(at < end ? load<u8>(at) : 0);
    if (byte == 0x7b || byte == 0x5b) {
      if (depth == MAX_DEPTH) return fail(Failure.TooDeep, at);
      at = skipSpace(at + 1, end);
      if (at < end && load<u8>(at) == byte + 2) {
        at++;
      } else {
        const level = levels + <usize>(depth++) * LEVEL;
        store<u32>(level, closer);
        store<u32>(level, first, 4);
        closer = byte + 2;
        first = count;
        if (closer == 0x7d) at = addName(at, end);
        continue;
      }
    } else {
      at = byte == 0x22 ? scanString(at + 1, end) : scanScalar(at, end);
      if (at == 0) return 0;
    }
    for (;;) {
      at = skipSpace(at, end);
      if (depth == 0) return at == end ? end : unexpected(at, end);
      const after = <u32>(at < end ? load<u8>(at) : 0);
      if (after == 0x2c) {
        at = skipSpace(at + 1, end);
        if (closer == 0x7d) at = addName(at, end);
        break;
      }
      if (after != closer) return unexpected(at, end);
      if (closer == 0x7d && hasTwins(names + <usize>first * NAME, count - first)) return fail(Failure.DuplicateName, at);
      at++;
      count = first;
      const level = levels + <usize>--depth * LEVEL;
      closer = load<u32>(level);
      first = load<u32>(level, 4);
    }
  }
  return 0;
}

function addName(at: usize, end: usize): usize {
  if (at >= end || load<u8>(at) != 0x22) return unexpected(at, end);
  const start = at + 1;
  at = scanString(start, end);
  if (at == 0) return 0;
  let content = start;
  let length = <i32>(at - 1 - start);
  if (escaped) {
    const decoded = decodedString(new Bytes(start, length));
    content = decoded.address;
    length = decoded.length;
  }
  if (count == room) makeRoom();
  const entry = names + <usize>(count++) * NAME;
  store<u64>(entry, (<u64>hash(content, length) << 32) | length);
  store<u32>(entry, <u32>content, 8);
  return scanColon(at, end);
}

function makeRoom(): void {
  const wanted = room == 0 ? 64 : room * 2;
  const moved = __sluice_reserve(wanted * NAME);
  if (count > 0) memory.copy(moved, names, count * NAME);
  names = moved;
  room = wanted;
}

/** Takes 8 bytes a step. Names that collide cost a comparison of their bytes, no more. */
function hash(at: usize, length: i32): u32 {
  let value = (<u64>length ^ SEED) * FACTOR;
  let left = length;
  for (; left >= 8; left -= 8, at += 8) value = mix(value, load<u64>(at));
  if (left >= 4) value = mix(value, (<u64>load<u32>(at) << 32) | load<u32>(at + left - 4));
  else if (left > 0) value = mix(value, (<u64>load<u8>(at) << 16) | (<u64>load<u8>(at + (left >> 1)) << 8) | load<u8>(at + left - 1));
  return <u32>(value >> 32);
}

// @ts-ignore: decorator
@inline function mix(value: u64, block: u64): u64 {
  return rotl<u64>(value ^ block, 23) * FACTOR;
}

function hasTwins(from: usize, size: i32): bool {
  const end = from + <usize>size * NAME;
  if (size <= FEW) {
    for (let name = from + NAME; name < end; name += NAME) {
      const key = load<u64>(name);
      for (let other = from; other < name; other += NAME) {
        if (load<u64>(other) == key && order(other, name) == 0) return true;
      }
    }
    return false;
  }
  heapSort(from, size);
  for (let name = from + NAME; name < end; name += NAME) if (order(name - NAME, name) == 0) return true;
  return false;
}

/** By hash and length, then by bytes: 0 for the same name. */
function order(a: usize, b: usize): i32 {
  const left = load<u64>(a);
  const right = load<u64>(b);
  if (left != right) return left < right ? -1 : 1;
  return memory.compare(load<u32>(a, 8), load<u32>(b, 8), <u32>left);
}

function heapSort(from: usize, size: i32): void {
  for (let i = size / 2 - 1; i >= 0; i--) sink(from, i, size);
  for (let last = size - 1; last > 0; last--) {
    swap(from, from + <usize>last * NAME);
    sink(from, 0, last);
  }
}

function sink(from: usize, index: i32, size: i32): void {
  for (;;) {
    let child = index * 2 + 1;
    if (child >= size) return;
    if (child + 1 < size && order(from + <usize>(child + 1) * NAME, from + <usize>child * NAME) > 0) child++;
    if (order(from + <usize>index * NAME, from + <usize>child * NAME) >= 0) return;
    swap(from + <usize>index * NAME, from + <usize>child * NAME);
    index = child;
  }
}

function swap(a: usize, b: usize): void {
  const block = v128.load(a);
  v128.store(a, v128.load(b));
  v128.store(b, block);
}
