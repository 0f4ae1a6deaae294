// How much heap a JSON document may take once it is parsed, told from its bytes. A worker whose heap is full can end
// the whole process, and JSON.parse cannot be interrupted.

/** No document takes more for each of its bytes: `[{},{},…]` takes 23, objects of ever new keys about as much. */
const MOST_FOR_EACH_BYTE = 32;
/** An object with its place in the list it is in, or a property with its key and its share of a hidden class. */
const FOR_EACH_VALUE = 64;
/** Text in two-byte characters. */
const FOR_EACH_CHARACTER = 2;

const COMMA = 0x2c;
const COLON = 0x3a;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/** True when `JSON.parse` of these bytes takes at most `budget` bytes of heap; false when it might take more. */
export function fitsHeap(json: Uint8Array, budget: number): boolean {
  const length = json.byteLength;
  if (length * MOST_FOR_EACH_BYTE <= budget) return true;
  let left = budget - length * FOR_EACH_CHARACTER;
  for (let i = 0; i < length && left >= 0; i += 1) {
    const byte = json[i];
    if (byte === COMMA || byte === COLON || byte === BRACKET || byte === BRACE) left -= FOR_EACH_VALUE;
  }
  return left >= 0;
}
