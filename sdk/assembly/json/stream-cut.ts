// Tokens that the end of a chunk cuts off.
import { failedAt, Failure, failure, isScalar } from './scanner';

/** A token that is cut off by the end of a chunk may look broken in its last bytes. */
const LONGEST_CUT: usize = 6;

/** Whether a scan that failed may have failed because the chunk ends at `end`. */
export function mayBeCut(end: usize): bool {
  return failure == Failure.UnexpectedEnd || failedAt + LONGEST_CUT > end;
}

/** Whether a number, or a literal, that may go on behind the end of the chunk begins at `at`. */
export function isOpenNumber(at: usize): bool {
  return load<u8>(at) != 0x22 && isScalar(load<u8>(at));
}

/** End of the last character or escape that is whole, in valid content of a string. */
export function wholeEnd(at: usize, end: usize): usize {
  const tail = max(at, end - min(end - at, LONGEST_CUT));
  let last = tail;
  while (last < end && load<u8>(last) != 0x5c) last++;
  if (last == end) return end;
  // Which backslash begins an escape is told from the left only.
  while (at < end) {
    let next = at + 1;
    if (load<u8>(at) == 0x5c) next = at + 2 > end ? end + 1 : load<u8>(at, 1) == 0x75 ? at + 6 : at + 2;
    if (next > end) return at;
    at = next;
  }
  return end;
}
