// How a plain schema lies in the memory of the walk over documents. Both compilers read this file, `tsc` for the host that
// writes it (plain-table.ts) and `asc` for the walk (assembly/plain-walk.ts), so it holds plain constants only.
//
//   | static data of the walk | nodes, keys and texts of the schema | document | 16 zeros |

// Types, as bits.
export const OBJECT = 1;
export const ARRAY = 2;
export const STRING = 4;
/** A number that is written without a fraction. */
export const WHOLE = 8;
export const FRACTION = 16;
export const BOOLEAN = 32;
export const NULL = 64;

// A node: what one value must be. Numbers are i32 where nothing else is said, places are addresses.
export const NODE_TYPES = 0; //            bits of the types that it may have
export const NODE_KEYS = 4; //             place of the first key
export const NODE_KEY_COUNT = 8;
export const NODE_REQUIRED = 12; //        bits of the keys that must be there; the first key is bit 0
export const NODE_OTHERS = 16; //          place of the node of properties that are not among the keys
export const NODE_MOST_PROPERTIES = 20;
export const NODE_ITEMS = 24; //           place of the node of items
export const NODE_FEWEST_ITEMS = 28;
export const NODE_MOST_ITEMS = 32;
export const NODE_ASKS_TEXT = 36; //       0: any text will do
export const NODE_SHORTEST = 40;
export const NODE_LONGEST = 44;
export const NODE_TEXTS = 48; //           place of the first text
export const NODE_TEXT_COUNT = 52; //      -1: any
export const NODE_MATCHER = 56; //         index of the judge of texts; -1: there is none
export const NODE_ASKS_NUMBER = 60; //     0: any number will do
export const NODE_LEAST = 64; //           f64
export const NODE_MOST = 72; //            f64
export const NODE_ABOVE = 80; //           f64
export const NODE_BELOW = 88; //           f64
export const NODE_SIZE = 96;

// A key: its name between quotes, with a colon behind it, as nearly all documents have it.
export const KEY_NODE = 0; //   place of the node of its value
export const KEY_TEXT = 4; //   place of the name
export const KEY_LENGTH = 8; // bytes of the name, quotes and colon included
export const KEY_SIZE = 12;

// A text that a value may be.
export const TEXT_PLACE = 0;
export const TEXT_LENGTH = 4;
export const TEXT_SIZE = 8;

/** Texts and documents are compared in blocks of so many bytes, so that many can be read behind each. */
export const BLOCK = 16;

// What a walk answers.
export const WALK_UNSURE = 0;
/** It is JSON and fits the schema. */
export const WALK_FITS = 1;
/** Besides, no object in it has two members of one name. */
export const WALK_UNIQUE = 2;
/** A bit beside these two: that holds if the document is UTF-8. */
export const WALK_BEYOND_ASCII = 4;
