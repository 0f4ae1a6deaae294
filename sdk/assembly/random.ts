// Random bytes from the cryptographic generator of the system. Needs the capability `random`.
import { Bytes } from './bytes';
import { hostRandom } from './host';

const HEX = memory.data<u8>([0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66]);

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
    const drawn = bytes(length);
    const at = __sluice_reserve(length * 2);
    for (let i = 0; i < length; i++) {
      const byte = load<u8>(drawn.address + i);
      store<u8>(at + 2 * i, load<u8>(HEX + (byte >> 4)));
      store<u8>(at + 2 * i + 1, load<u8>(HEX + (byte & 15)));
    }
    return new Bytes(at, length * 2);
  }
}
