// A field that came in several lines, as one value (RFC 9110 §5.3).
import { ABSENT, Bytes } from './bytes';
import { Headers } from './headers';

/**
 * The values of all fields called `name` (lower case), in order, with `separator` between them: the comma of lists, or
 * `; ` for `cookie`. Absent when there is none; the view itself when there is one. Where a list decides something, read
 * this, not the first line alone: a client chooses how many it sends.
 */
export function combinedField(headers: Headers, name: string, separator: string = ', '): Bytes {
  const first = headers.find(name);
  if (first < 0) return ABSENT;
  let size: usize = 0;
  let lines = 0;
  for (let i = first; i >= 0; i = headers.find(name, i + 1)) {
    size += headers.valueAt(i).length;
    lines++;
  }
  if (lines == 1) return headers.valueAt(first);
  const between = Bytes.from(separator);
  size += <usize>between.length * (lines - 1);
  const to = __sluice_reserve(size);
  let out = to;
  for (let i = first; i >= 0; i = headers.find(name, i + 1)) {
    if (i != first) {
      memory.copy(out, between.address, between.length);
      out += between.length;
    }
    const value = headers.valueAt(i);
    memory.copy(out, value.address, value.length);
    out += value.length;
  }
  return new Bytes(to, <i32>size);
}
