// Random bytes from the cryptographic generator of the system. Needs the capability `random`.
import { Bytes } from './bytes';
import { hexEncode } from './codec/hex';
import { hostRandom } from './host';

/** Random values that nobody can foresee. Needs the capability `random`. */
export namespace random {
  /** New bytes; at most 65,536 at once. */
  export function bytes(length: i32): Bytes {
    const at = __sluice_reserve(length);
    hostRandom(at, length);
    return new Bytes(at, length);
  }

  /** A whole number from 0 up to, not including, 2^32. */
  export function integer(): u32 {
    return load<u32>(bytes(4).address);
  }

  /** A number from 0 up to, not including, 1. */
  export function number(): f64 {
    return <f64>(load<u64>(bytes(8).address) >>> 11) * (1.0 / 9007199254740992.0);
  }

  /** `length` random bytes in lower-case hex digits, two for each: an id, a nonce. */
  export function hex(length: i32): Bytes {
    return hexEncode(bytes(length));
  }
}
