// International bank account numbers (ISO 13616): the length that the country has, and a remainder of 1 by 97.
import { byteAt, isWord, isWordEnd, SCRATCH, upper } from './text';

const LENGTHS =
  'AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22' +
  'GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31' +
  'MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24' +
  'XK20YE30';

/** End of the IBAN that begins at `at`, or 0. Groups of four may have a space or a hyphen in between. */
export function ibanEnd(at: usize, end: usize): usize {
  if (end - at < 15) return 0;
  const length = lengthIn(upper(load<u8>(at)), upper(load<u8>(at, 1)));
  for (let i = 0; i < length; i++) {
    let byte = byteAt(at, end);
    if (i > 0 && (i & 3) == 0 && (byte == 0x20 || byte == 0x2d)) byte = byteAt(++at, end);
    if (!isWord(byte)) return 0;
    store<u8>(SCRATCH + i, upper(byte));
    at++;
  }
  return length > 0 && isWordEnd(at, end) && remainder(length) == 1 ? at : 0;
}

function lengthIn(first: u32, second: u32): i32 {
  for (let i = 0; i < LENGTHS.length; i += 4) {
    if (<u32>LENGTHS.charCodeAt(i) != first || <u32>LENGTHS.charCodeAt(i + 1) != second) continue;
    return (LENGTHS.charCodeAt(i + 2) - 0x30) * 10 + LENGTHS.charCodeAt(i + 3) - 0x30;
  }
  return 0;
}

/** By 97, of the number that comes of moving the first four to the end and taking A for 10, B for 11 … */
function remainder(length: i32): u32 {
  let rest: u32 = 0;
  for (let i = 0; i < length; i++) {
    const byte = <u32>load<u8>(SCRATCH + ((i + 4) % length));
    rest = byte < 0x41 ? (rest * 10 + byte - 0x30) % 97 : (rest * 100 + byte - 0x37) % 97;
  }
  return rest;
}
