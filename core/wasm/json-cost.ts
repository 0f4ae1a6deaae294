// How much heap a JSON document may take once it is parsed, told from its bytes. A worker whose heap is full can end
// the whole process, and JSON.parse cannot be interrupted. And how deep it is nested.

/**
 * Deepest nesting of a schema or a manifest. What compiles, prints or copies JSON calls itself for each level, and code
 * for a schema that is nested a thousand deep fills a heap.
 */
export const MOST_DEPTH = 100;

/** No document takes more for each of its bytes: `[{},{},…]` takes 23, objects of ever new keys about as much. */
const MOST_FOR_EACH_BYTE = 32;
/** An object with its place in the list it is in, or a property with its key and its share of a hidden class. */
const FOR_EACH_VALUE = 64;
/** Text in two-byte characters. */
const FOR_EACH_CHARACTER = 2;

const COMMA = 0x2c;
const COLON = 0x3a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const BRACE = 0x7b;
const BRACE_END = 0x7d;

/** True when `JSON.parse` of these bytes takes at most `budget` bytes of heap; false when it might take more. */
export function fitsHeap(json: Uint8Array, budget: number): boolean {
  const length = json.length;
  if (length * MOST_FOR_EACH_BYTE <= budget) return true;
  let left = budget - length * FOR_EACH_CHARACTER;
  for (let i = 0; i < length && left >= 0; i += 1) {
    const byte = json[i];
    if (byte === COMMA || byte === COLON || byte === BRACKET || byte === BRACE) left -= FOR_EACH_VALUE;
  }
  return left >= 0;
}

/** How deep lists and objects are nested in a JSON text: 0 for a number, 1 for `[]`. */
export function jsonDepth(json: string): number {
  let depth = 0;
  let most = 0;
  let inString = false;
  for (let i = 0; i < json.length; i += 1) {
    const code = json.charCodeAt(i);
    if (inString) {
      if (code === BACKSLASH) i += 1;
      else inString = code !== QUOTE;
    } else if (code === QUOTE) inString = true;
    else if (code === BRACKET || code === BRACE) {
      depth += 1;
      if (depth > most) most = depth;
    } else if (code === BRACKET_END || code === BRACE_END) depth -= 1;
  }
  return most;
}
