// Lines for those who test a filter. `sluice filter test` builds modules that write them; any other build takes the calls out
// of the source before it compiles, so they cost nothing, and no gateway offers the import.
import { Bytes, bytesOf } from './bytes';
import { Json } from './json/json';

// @ts-ignore: decorator
@external('sluice', 'trace')
declare function hostTrace(label: usize, labelLength: u32, value: usize, valueLength: i32): void;

/** Lengths that say that there is no value: none was given, or it is absent. */
const NOT_GIVEN: i32 = -1;
const NOT_THERE: i32 = -2;

/** Stands for a value that was not given. */
class Nothing {}

/**
 * Prints a line in tests, with the place of the call. `sluice filter build` takes the call out, and with it whatever its
 * arguments would have done. It must be a statement of its own.
 * @param label what the line is about. Without the place, unless it is a text that stands there in the source
 * @param value `Bytes`, text, a number, a boolean or `Json`; null counts as absent. Default: none
 */
export function trace<T = Nothing | null>(label: string, value: T = changetype<T>(0)): void {
  const name = Bytes.from(label);
  const shown = shownAs(value);
  hostTrace(name.address, name.length, shown.address, shown.length);
}

function shownAs<T>(value: T): Bytes {
  if (isFloat<T>()) return Bytes.from(value.toString());
  if (!isReference<T>()) return bytesOf(value);
  if (idof<NonNullable<T>>() == idof<Nothing>()) return new Bytes(0, NOT_GIVEN);
  if (changetype<usize>(value) == 0) return new Bytes(0, NOT_THERE);
  if (isString<T>()) return bytesOf(value);
  if (value instanceof Json) return shownAs(changetype<Json>(value).raw);
  if (!(value instanceof Bytes)) ERROR('trace takes Bytes, text, a number, a boolean or Json');
  const bytes = changetype<Bytes>(value);
  return bytes.exists ? bytes : new Bytes(0, NOT_THERE);
}
