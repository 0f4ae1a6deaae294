// Comparing what an attacker may guess at: signatures, tokens, digests.
import { Bytes } from '../bytes';

/**
 * True when both are there and the same. How long it takes tells their lengths, and nothing of what they hold.
 * What is absent equals nothing, so a signature that could not be made or decoded is never taken for a missing one.
 */
export function equalsConstantTime(one: Bytes, other: Bytes): bool {
  if (!one.exists || !other.exists || one.length != other.length) return false;
  let difference: u32 = 0;
  for (let i = 0; i < one.length; i++) {
    difference |= <u32>load<u8>(one.address + i) ^ <u32>load<u8>(other.address + i);
  }
  return difference == 0;
}
