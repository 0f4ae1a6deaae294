// Leads from a place in the code of a module to the line of the author's that it was compiled from, by the source map
// (ECMA-426) that a build leaves beside the module.
import { createHash } from 'node:crypto';
import { BinaryReader, HEADER_BYTES } from './binary-reader.js';

/** The members of a source map that are read here. Columns of its one line are offsets in the module. */
export interface ModuleSourceMap {
  readonly sources: readonly string[];
  readonly mappings: string;
  /** SHA-256 of the module that it belongs to, in hex. */
  readonly x_module: string;
}

/** Libraries and the runtime: a line of theirs does not tell an author what to mend. */
const NOT_THE_AUTHORS = /^(?:~|sluice-)/;
/** A frame of a stack as V8 writes it: the offset is that in the module. */
const FRAME = /at (\S+) \(wasm:(?:[^\s)]*:)?0x([0-9a-f]+)\)/g;
/** The frames in the message of a failure. */
const STACK = / \(at \S+ \(wasm:[^\s)]*\)(?: at \S+ \(wasm:[^\s)]*\))*\)/g;
/** What the compiler puts in front of the name of a function: the file that it is in. */
const MODULE_PATH = /^.*\//;
const SECTION_CODE = 10;

interface Mapping {
  readonly offset: number;
  readonly source: number;
  readonly line: number;
}

export class SourcePlaces {
  readonly #sources: readonly string[];
  readonly #mappings: readonly Mapping[];
  /** Where the bodies of functions begin, rising. */
  readonly #functions: readonly number[];

  /** Null when the map is not one of this module. */
  static of(module: Uint8Array, json: string): SourcePlaces | null {
    const map = parse(json);
    return map === null || map.x_module !== moduleDigest(module) ? null : new SourcePlaces(module, map);
  }

  private constructor(module: Uint8Array, { sources, mappings }: ModuleSourceMap) {
    this.#sources = sources;
    this.#mappings = readMappings(mappings);
    this.#functions = functionStarts(module);
  }

  /**
   * `assembly/index.ts:12`: the author's line that an offset in the code was made from, or, where a library was
   * compiled into it, the last one before in the same function. Null where there is none.
   */
  at(offset: number): string | null {
    const start = this.#functions[lastIndexUpTo(this.#functions, offset, (at) => at)] ?? 0;
    for (let i = lastIndexUpTo(this.#mappings, offset, (mapping) => mapping.offset); i >= 0; i--) {
      const mapping = this.#mappings[i]!;
      if (mapping.offset < start) return null;
      const source = this.#sources[mapping.source]!;
      if (!NOT_THE_AUTHORS.test(source)) return `${source}:${mapping.line}`;
    }
    return null;
  }

  /**
   * A text in which the stack of each failure, ` (at assembly/index/onRequest (wasm://…) at …)`, has become the author's
   * lines, ` (at onRequest (assembly/index.ts:12))`. A stack without any stays as it is.
   */
  explain(text: string): string {
    return text.replace(STACK, (stack: string) => {
      const frames: string[] = [];
      for (const [, name, offset] of stack.matchAll(FRAME)) {
        const place = this.at(Number.parseInt(offset!, 16));
        const frame = `at ${name!.replace(MODULE_PATH, '')} (${place})`;
        if (place !== null && frame !== frames.at(-1)) frames.push(frame);
      }
      return frames.length === 0 ? stack : ` (${frames.join(' ')})`;
    });
  }
}

/** What `x_module` of the map of a module is. */
export function moduleDigest(module: Uint8Array): string {
  return createHash('sha256').update(module).digest('hex');
}

function parse(json: string): ModuleSourceMap | null {
  try {
    return JSON.parse(json) as ModuleSourceMap;
  } catch {
    return null;
  }
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VLQ = new Map([...DIGITS].map((digit, value) => [digit, value]));

/** Of a map with one line: fields of segments count from those of the segment before. */
function readMappings(text: string): Mapping[] {
  const fields = [0, 0, 0, 0, 0];
  return text.split(',').flatMap((segment) => {
    const deltas = readVlq(segment);
    for (const [index, delta] of deltas.entries()) fields[index]! += delta;
    const [offset, source, line] = fields as [number, number, number];
    return deltas.length < 4 ? [] : [{ offset, source, line: line + 1 }];
  });
}

function readVlq(segment: string): number[] {
  const values: number[] = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = VLQ.get(digit) ?? 0;
    value += (bits & 31) * 2 ** shift;
    shift += 5;
    if (bits >= 32) continue;
    values.push(value % 2 === 1 ? -Math.floor(value / 2) : value / 2);
    value = 0;
    shift = 0;
  }
  return values;
}

function functionStarts(module: Uint8Array): number[] {
  const reader = new BinaryReader(module, HEADER_BYTES);
  while (reader.at < module.length) {
    const id = reader.byte();
    const bytes = reader.leb();
    if (id !== SECTION_CODE) {
      reader.skip(bytes);
      continue;
    }
    return Array.from({ length: reader.leb() }, () => {
      const size = reader.leb();
      const { at } = reader;
      reader.skip(size);
      return at;
    });
  }
  return [];
}

/** Index of the last entry of a rising list that is not above `limit`, or -1. */
function lastIndexUpTo<T>(list: readonly T[], limit: number, offsetOf: (entry: T) => number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsetOf(list[middle]!) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
