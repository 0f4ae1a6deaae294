// Writes a plain schema down as the walk over documents reads it (plain-layout.ts).
import { Buffer } from 'node:buffer';
import type { ValidateFunction } from '../../json-schema.js';
import {
  BLOCK,
  KEY_LENGTH,
  KEY_NODE,
  KEY_SIZE,
  KEY_TEXT,
  NODE_ABOVE,
  NODE_ASKS_NUMBER,
  NODE_ASKS_TEXT,
  NODE_BELOW,
  NODE_FEWEST_ITEMS,
  NODE_ITEMS,
  NODE_KEY_COUNT,
  NODE_KEYS,
  NODE_LEAST,
  NODE_LONGEST,
  NODE_MATCHER,
  NODE_MOST,
  NODE_MOST_ITEMS,
  NODE_MOST_PROPERTIES,
  NODE_OTHERS,
  NODE_REQUIRED,
  NODE_SHORTEST,
  NODE_SIZE,
  NODE_TEXT_COUNT,
  NODE_TEXTS,
  NODE_TYPES,
  TEXT_LENGTH,
  TEXT_PLACE,
  TEXT_SIZE,
} from './plain-layout.js';
import type { PlainSchema } from './plain-schema.js';

/** No document has so many of anything. */
const MOST = 0x7fffffff;

/** A plain schema in bytes. */
export interface PlainTable {
  /** Its length is a multiple of a block. */
  readonly bytes: Buffer;
  /** Place of the node of the whole document. */
  readonly root: number;
  /** Judges of texts, by the index that nodes have of them. */
  readonly matchers: readonly ValidateFunction[];
}

/** @param start where the table will lie: the places in it are addresses */
export function writeTable(schema: PlainSchema, start: number): PlainTable {
  return new TableWriter(schema, start).write();
}

class TableWriter {
  readonly #root: PlainSchema;
  /** Places of nodes. One that stands at several places of the schema is written once, and may refer to itself. */
  readonly #nodes = new Map<PlainSchema, number>();
  readonly #matchers: ValidateFunction[] = [];
  readonly #start: number;
  #end: number;
  #bytes = Buffer.alloc(0);

  constructor(root: PlainSchema, start: number) {
    this.#root = root;
    this.#start = start;
    this.#end = start;
  }

  write(): PlainTable {
    this.#place(this.#root);
    let end = this.#end;
    for (const { keys, texts } of this.#nodes.keys()) {
      for (const { name } of keys) end += KEY_SIZE + sizeOf(name);
      for (const text of texts ?? []) end += TEXT_SIZE + sizeOf(text);
    }
    this.#bytes = Buffer.alloc(blocks(end - this.#start));
    for (const [node, place] of this.#nodes) this.#writeNode(node, place);
    return { bytes: this.#bytes, root: this.#nodes.get(this.#root)!, matchers: this.#matchers };
  }

  #place(node: PlainSchema): void {
    if (this.#nodes.has(node)) return;
    this.#nodes.set(node, this.#take(NODE_SIZE));
    for (const key of node.keys) this.#place(key.schema);
    this.#place(node.others);
    this.#place(node.items);
  }

  #writeNode(node: PlainSchema, place: number): void {
    const { keys, texts, matches } = node;
    this.#number(place + NODE_TYPES, node.types);
    this.#number(place + NODE_KEYS, this.#writeKeys(node));
    this.#number(place + NODE_KEY_COUNT, keys.length);
    this.#number(place + NODE_REQUIRED, node.required);
    this.#number(place + NODE_OTHERS, this.#nodes.get(node.others)!);
    this.#number(place + NODE_MOST_PROPERTIES, node.mostProperties);
    this.#number(place + NODE_ITEMS, this.#nodes.get(node.items)!);
    this.#number(place + NODE_FEWEST_ITEMS, node.fewestItems);
    this.#number(place + NODE_MOST_ITEMS, node.mostItems);
    this.#number(place + NODE_ASKS_TEXT, Number(node.asksText));
    this.#number(place + NODE_SHORTEST, node.shortest);
    this.#number(place + NODE_LONGEST, node.longest);
    this.#number(place + NODE_TEXTS, texts === null ? 0 : this.#writeTexts(texts));
    this.#number(place + NODE_TEXT_COUNT, texts === null ? -1 : texts.length);
    this.#number(place + NODE_MATCHER, matches === null ? -1 : this.#matchers.push(matches) - 1);
    this.#number(place + NODE_ASKS_NUMBER, Number(node.asksNumber));
    const bounds = place - this.#start;
    this.#bytes.writeDoubleLE(node.least, bounds + NODE_LEAST);
    this.#bytes.writeDoubleLE(node.most, bounds + NODE_MOST);
    this.#bytes.writeDoubleLE(node.above, bounds + NODE_ABOVE);
    this.#bytes.writeDoubleLE(node.below, bounds + NODE_BELOW);
  }

  #writeKeys({ keys }: PlainSchema): number {
    const first = this.#take(keys.length * KEY_SIZE);
    keys.forEach(({ name, schema }, index) => {
      const key = first + index * KEY_SIZE;
      this.#number(key + KEY_NODE, this.#nodes.get(schema)!);
      this.#number(key + KEY_TEXT, this.#writeText(name));
      this.#number(key + KEY_LENGTH, name.length);
    });
    return first;
  }

  #writeTexts(texts: readonly Uint8Array[]): number {
    const first = this.#take(texts.length * TEXT_SIZE);
    texts.forEach((bytes, index) => {
      const text = first + index * TEXT_SIZE;
      this.#number(text + TEXT_PLACE, this.#writeText(bytes));
      this.#number(text + TEXT_LENGTH, bytes.length);
    });
    return first;
  }

  #writeText(text: Uint8Array): number {
    const place = this.#take(sizeOf(text));
    this.#bytes.set(text, place - this.#start);
    return place;
  }

  #take(size: number): number {
    const place = this.#end;
    this.#end += size;
    return place;
  }

  #number(place: number, value: number): void {
    this.#bytes.writeInt32LE(Math.min(value, MOST), place - this.#start);
  }
}

/** Blocks of it can be read wherever one begins. */
function sizeOf(text: Uint8Array): number {
  return blocks(text.length) + BLOCK;
}

function blocks(length: number): number {
  return Math.ceil(length / BLOCK) * BLOCK;
}
