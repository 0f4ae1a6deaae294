// Has documents held to a plain schema by a walk over their bytes (assembly/plain-walk.ts), which takes an eighth of what
// JSON.parse and ajv do, and makes no garbage. It is a module of ours in WebAssembly, as only that compares 16 bytes at
// once. A thread has one of it for all schemas.
import { Buffer, isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { ValidateFunction } from '../../json-schema.js';
import { BLOCK, WALK_BEYOND_ASCII, WALK_UNIQUE, WALK_UNSURE } from './plain-layout.js';
import type { PlainSchema } from './plain-schema.js';
import { type PlainTable, writeTable } from './plain-table.js';

/** `fits`: it is JSON and fits the schema. `unique`: besides, no object in it has two members of one name. */
export type PlainVerdict = 'unsure' | 'fits' | 'unique';

const MODULE = new URL('./plain-walk.wasm', import.meta.url);
const PAGE_BYTES = 65536;
/** Memory never shrinks, and tables stay in it: a walker that has more of either is left to the collector. */
const MOST_TABLE_BYTES = 8 * 1024 * 1024;
const MOST_DOCUMENT_BYTES = 1024 * 1024;
/** Longer texts are made by a call into the engine. */
const FEW_LETTERS = 48;

type Walk = (node: number, document: number, length: number) => number;

/** Of this thread; made when there is a schema to walk for. */
let compiled: WebAssembly.Module | undefined;
let present: Walker | undefined;

/** Walks documents for one schema. It says yes only where JSON.parse and ajv would, and leaves the others to them. */
export class PlainWalk {
  readonly #schema: PlainSchema;
  #walker: Walker;
  /** In the memory of the walker. */
  #table: PlainTable;

  constructor(schema: PlainSchema) {
    this.#schema = schema;
    this.#walker = presentWalker();
    this.#table = this.#walker.lay(schema);
  }

  judge(document: Uint8Array): PlainVerdict {
    const walker = presentWalker();
    if (walker !== this.#walker) {
      this.#table = walker.lay(this.#schema);
      this.#walker = walker;
    }
    const answer = walker.walk(this.#table, document);
    if (answer === WALK_UNSURE || ((answer & WALK_BEYOND_ASCII) !== 0 && !isUtf8(document))) return 'unsure';
    return (answer & WALK_UNIQUE) !== 0 ? 'unique' : 'fits';
  }
}

function presentWalker(): Walker {
  if (present === undefined || present.isFull) present = new Walker();
  return present;
}

/** The module at work. In its memory the tables of schemas lie one behind the other, and the document behind them. */
class Walker {
  readonly #memory: WebAssembly.Memory;
  readonly #walk: Walk;
  #bytes: Buffer;
  readonly #start: number;
  /** Behind the last table. */
  #top: number;
  /** Of the schema that is walked for. */
  #matchers: readonly ValidateFunction[] = [];

  constructor() {
    compiled ??= new WebAssembly.Module(readFileSync(MODULE));
    const host = { matches: this.#matches, numberAt: this.#numberAt };
    const { memory, start, walk } = new WebAssembly.Instance(compiled, { host }).exports;
    this.#memory = memory as WebAssembly.Memory;
    this.#walk = walk as Walk;
    this.#bytes = Buffer.from(this.#memory.buffer);
    this.#start = (start as () => number)();
    this.#top = this.#start;
  }

  /** Another one is to take its place. */
  get isFull(): boolean {
    return this.#top > MOST_TABLE_BYTES || this.#bytes.length > this.#top + MOST_DOCUMENT_BYTES;
  }

  /** The schema is there from now on. @throws RangeError when there is no memory for it */
  lay(schema: PlainSchema): PlainTable {
    const table = writeTable(schema, this.#top);
    this.#reserve(this.#top + table.bytes.length);
    this.#bytes.set(table.bytes, this.#top);
    this.#top += table.bytes.length;
    return table;
  }

  /** Answers `WALK_*`. @throws RangeError when there is no memory for the document */
  walk({ root, matchers }: PlainTable, document: Uint8Array): number {
    // What the walk reads at once may begin at the end of the document.
    this.#reserve(this.#top + document.length + 2 * BLOCK);
    this.#matchers = matchers;
    this.#bytes.set(document, this.#top);
    return this.#walk(root, this.#top, document.length);
  }

  #reserve(end: number): void {
    const missing = end - this.#bytes.length;
    if (missing <= 0) return;
    this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.#bytes = Buffer.from(this.#memory.buffer);
  }

  readonly #matches = (index: number, at: number, length: number): number =>
    Number(this.#matchers[index]!(this.#latin1(at, length)) === true);

  readonly #numberAt = (at: number, length: number): number => Number(this.#latin1(at, length));

  #latin1(at: number, length: number): string {
    if (length > FEW_LETTERS) return this.#bytes.toString('latin1', at, at + length);
    const codes: number[] = [];
    for (let i = 0; i < length; i += 1) codes.push(this.#bytes[at + i]!);
    return String.fromCharCode(...codes);
  }
}
