// Numbers that states give to people, where they have a check digit, or in the United States a format with gaps.
import { byteAt, isDigit, numberAt, readFormat, SCRATCH } from './text';

/** End of the number that begins at `at`, or 0. */
export function nationalIdEnd(at: usize, end: usize): usize {
  return isDigit(byteAt(at, end)) ? digitsFirst(at, end) : lettersFirst(at, end);
}

function digitsFirst(at: usize, end: usize): usize {
  let found = readFormat(at, end, 'ddd-dd-dddd');
  if (found == 0) found = readFormat(at, end, 'ddd dd dddd');
  if (found != 0) return isUnitedStates() ? found : 0;
  found = readFormat(at, end, 'dddddddd[-]a');
  if (found != 0) return isSpanish(numberAt(SCRATCH, 8), 8) ? found : 0;
  found = readFormat(at, end, 'ddd.ddd.ddd-dd');
  if (found != 0) return isBrazilian() ? found : 0;
  found = readFormat(at, end, 'ddddddddddd');
  if (found != 0) return isBrazilian() || isPolish() || isGerman() ? found : 0;
  found = readFormat(at, end, 'dd ddd ddd ddd');
  if (found != 0) return isGerman() ? found : 0;
  found = readFormat(at, end, 'd[ ]dd[ ]dd[ ]dx[ ]ddd[ ]ddd[ ]dd');
  if (found != 0) return isFrench() ? found : 0;
  found = swedishEnd(at, end);
  if (found != 0) return found;
  found = readFormat(at, end, 'dddddddddddddddddx');
  return found != 0 && isChinese() ? found : 0;
}

function lettersFirst(at: usize, end: usize): usize {
  let found = readFormat(at, end, 'a[-]ddddddd[-]a');
  if (found != 0) {
    // X, Y and Z stand for 0, 1 and 2.
    const first = <u64>load<u8>(SCRATCH) - 0x58;
    return first < 3 && isSpanish(first * 10000000 + numberAt(SCRATCH + 1, 7), 8) ? found : 0;
  }
  found = readFormat(at, end, 'aa[ ]dd[ ]dd[ ]dd[ ]a');
  if (found != 0) return isBritish() ? found : 0;
  found = readFormat(at, end, 'aaaaaaxxaxxaxxxa');
  return found != 0 && isItalian() ? found : 0;
}

/** Social security number: no area is 000, 666 or 9xx, no group 00, no serial 0000. */
function isUnitedStates(): bool {
  const area = numberAt(SCRATCH, 3);
  return (
    area != 0 && area != 666 && area < 900 && numberAt(SCRATCH + 3, 2) != 0 && numberAt(SCRATCH + 5, 4) != 0
  );
}

/** DNI and NIE: the letter tells the remainder by 23. */
function isSpanish(number: u64, letterAt: i32): bool {
  return <u32>'TRWAGMYFPDXBNJZSQVHLCKE'.charCodeAt(<i32>(number % 23)) == <u32>load<u8>(SCRATCH + letterAt);
}

/** CPF: two check digits; eleven times the same digit has them too, and is nobody's. */
function isBrazilian(): bool {
  let same = true;
  for (let i = 1; i < 11; i++) if (load<u8>(SCRATCH + i) != load<u8>(SCRATCH)) same = false;
  return !same && brazilianDigit(9) == digit(9) && brazilianDigit(10) == digit(10);
}

function brazilianDigit(count: i32): u32 {
  let sum: u32 = 0;
  for (let i = 0; i < count; i++) sum += digit(i) * (count + 1 - i);
  const rest = (sum * 10) % 11;
  return rest == 10 ? 0 : rest;
}

/** PESEL: weights 1, 3, 7, 9, and a date of birth whose month tells the century. */
function isPolish(): bool {
  const month = numberAt(SCRATCH + 2, 2) % 20;
  const day = numberAt(SCRATCH + 4, 2);
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  let sum: u32 = 0;
  for (let i = 0; i < 10; i++) sum += digit(i) * ((0x9731 >> ((i & 3) << 2)) & 15);
  return (10 - (sum % 10)) % 10 == digit(10);
}

/** Tax number: of the first ten digits one comes twice or three times and no other does; ISO 7064, MOD 11,10. */
function isGerman(): bool {
  if (digit(0) == 0) return false;
  let twice = 0;
  for (let wanted: u32 = 0; wanted < 10; wanted++) {
    let count = 0;
    for (let i = 0; i < 10; i++) if (digit(i) == wanted) count++;
    if (count > 3) return false;
    if (count > 1) twice++;
  }
  if (twice != 1) return false;
  let product: u32 = 10;
  for (let i = 0; i < 10; i++) {
    const sum = (digit(i) + product) % 10;
    product = ((sum == 0 ? 10 : sum) * 2) % 11;
  }
  return (11 - product) % 10 == digit(10);
}

/** NIR: a key of two digits by 97; the departments 2A and 2B of Corsica count as 19 and 18. */
function isFrench(): bool {
  const sex = digit(0);
  const department = load<u8>(SCRATCH, 6);
  if (sex < 1 || sex > 2) return false;
  if (department > 0x39) {
    if (digit(5) != 2 || department > 0x42) return false;
    store<u8>(SCRATCH, department == 0x41 ? 0x39 : 0x38, 6);
    store<u8>(SCRATCH, 0x31, 5);
  }
  return 97 - (numberAt(SCRATCH, 13) % 97) == numberAt(SCRATCH + 13, 2);
}

/** Personnummer, with ten digits or twelve, of which the last ten have Luhn's check digit. */
function swedishEnd(at: usize, end: usize): usize {
  let from = SCRATCH;
  let found = readFormat(at, end, 'dddddd-dddd');
  if (found == 0) found = readFormat(at, end, 'dddddd+dddd');
  if (found == 0) {
    found = readFormat(at, end, 'dddddddd-dddd');
    from += 2;
  }
  if (found == 0) return 0;
  const month = numberAt(from + 2, 2);
  const day = numberAt(from + 4, 2) % 60;
  if (month < 1 || month > 12 || day < 1 || day > 31) return 0;
  let sum: u32 = 0;
  for (let i = 0; i < 10; i++) {
    const doubled = (<u32>(load<u8>(from + i) - 0x30)) << ((i & 1) ^ 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 == 0 ? found : 0;
}

/** Resident identity number (GB 11643): ISO 7064, MOD 11-2, and a date of birth. */
function isChinese(): bool {
  const year = numberAt(SCRATCH + 6, 4);
  const month = numberAt(SCRATCH + 10, 2);
  const day = numberAt(SCRATCH + 12, 2);
  if (year < 1800 || year > 2199 || month < 1 || month > 12 || day < 1 || day > 31) return false;
  let rest: u32 = 0;
  for (let i = 0; i < 17; i++) rest = ((rest + digit(i)) * 2) % 11;
  const check = (12 - rest) % 11;
  return <u32>load<u8>(SCRATCH, 17) == (check == 10 ? 0x58 : 0x30 + check);
}

/** National insurance number: letters that are not given out, and A to D at the end. It has no check digit. */
function isBritish(): bool {
  const first = <u32>load<u8>(SCRATCH);
  const second = <u32>load<u8>(SCRATCH, 1);
  if (indexIn('DFIQUV', first) >= 0 || indexIn('DFIOQUV', second) >= 0) return false;
  const withheld = 'BGGBKNNKNTTNZZ';
  for (let i = 0; i < withheld.length; i += 2) {
    if (<u32>withheld.charCodeAt(i) == first && <u32>withheld.charCodeAt(i + 1) == second) return false;
  }
  return load<u8>(SCRATCH, 8) <= 0x44;
}

/** Codice fiscale: letters L to V may stand for digits; the last letter checks the others. */
function isItalian(): bool {
  // Places of digits, a bit for each.
  const digits = 0b111_0110_1100_0000;
  let sum: u32 = 0;
  for (let i = 0; i < 15; i++) {
    const byte = <u32>load<u8>(SCRATCH + i);
    if (((digits >> i) & 1) != 0 && !isDigit(byte) && indexIn('LMNPQRSTUV', byte) < 0) return false;
    const value = isDigit(byte) ? byte - 0x30 : byte - 0x41;
    sum += (i & 1) == 1 ? value : <u32>indexIn('BAKPLCQDREVOSFTGUHMINJWZYX', value + 0x41);
  }
  return <u32>load<u8>(SCRATCH, 15) == 0x41 + (sum % 26);
}

function indexIn(text: string, byte: u32): i32 {
  for (let i = 0; i < text.length; i++) if (<u32>text.charCodeAt(i) == byte) return i;
  return -1;
}

function digit(index: i32): u32 {
  return <u32>load<u8>(SCRATCH + index) - 0x30;
}
