// Private keys in PEM (RFC 7468) and PGP armour, from the line that begins them to the line that ends them.
import { startsWith } from './text';

const HYPHENS: usize = 5;
const LONGEST_LABEL: usize = 48;

/** End of the key that begins at `at`, or 0. One that does not end takes all that follows. */
export function privateKeyEnd(at: usize, end: usize): usize {
  if (!startsWith(at, end, '-----BEGIN ')) return 0;
  const last = min(end, at + 11 + LONGEST_LABEL);
  let label = at + 11;
  while (label < last && !startsWith(label, end, 'PRIVATE KEY')) {
    if (load<u8>(label) == 0x2d) return 0;
    label++;
  }
  if (label >= last) return 0;
  for (let line = label; line < end; line++) {
    if (load<u8>(line) == 0x2d && startsWith(line, end, '-----END ')) {
      let close = line + 9;
      while (close < end && !startsWith(close, end, '-----')) close++;
      return min(end, close + HYPHENS);
    }
  }
  return end;
}
