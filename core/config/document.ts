// Text of a configuration (YAML 1.2, or JSON, which is part of it) to a JSON value, and the way back from a
// JSON Pointer to line and column. Knows nothing of what the value means.
import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { ConfigErrors, type ConfigPlace, type GatewayError } from '../errors.js';
import { describe, errorAt, pointerKeys, pointerTo, quote } from './error-at.js';

/** Largest document, in characters. */
const MAX_CHARACTERS = 16 * 1024 * 1024;
/** Most words and marks of the grammar: each costs the parser up to half a kilobyte. 10 000 full routes have 1.2 million. */
const MAX_WORDS = 2_000_000;
/** Most lists and objects around each other, aliases followed. What reads the tree after the parser is recursive. */
const MAX_DEPTH = 64;
/** Most values that all aliases together may stand for: nine lines of aliases can stand for billions. */
const MAX_ALIASED_VALUES = 100_000;
/** A text that is not YAML at all breaks the grammar on every line; the first breaks say enough. */
const MAX_SYNTAX_ERRORS = 20;
/** The parser repeats what it did not understand. */
const MAX_MESSAGE_CHARACTERS = 160;

/** A parsed configuration document. */
export interface ConfigDocument {
  /** File path or etcd key, for people. */
  readonly name: string;
  /** A tree of plain objects, arrays, strings, finite numbers, booleans and nulls, shared with nobody. */
  readonly value: unknown;
  /** Where the value at `pointer` stands; when there is none, where the nearest value around it stands. */
  place(pointer: string): ConfigPlace;
  /** Where the key of the object member at `pointer` stands. */
  placeOfKey(pointer: string): ConfigPlace;
  /**
   * Where in the text the value at `pointer` begins and ends, as it is written there: an alias is what it is, and not
   * what it stands for. Null when there is no such value.
   */
  span(pointer: string): { readonly start: number; readonly end: number } | null;
}

/**
 * Parses one document. Beside the grammar it refuses what YAML allows and JSON does not (tags, keys that are
 * no strings, several documents, numbers that JSON cannot hold), duplicate keys, and aliases without bound.
 * @throws ConfigErrors of SLUICE_CONFIG_SYNTAX
 */
export function parseDocument(text: string, name: string): ConfigDocument {
  const lines = new LineCounter();
  const locate = (offset: number, pointer: string): ConfigPlace => {
    const { line, col } = lines.linePos(offset);
    return { document: name, line: Math.max(line, 1), column: Math.max(col, 1), pointer };
  };
  const root = composeTree(text, lines, locate);
  const reader = new ValueReader(locate);
  const value = reader.read(root);
  const mark = text.length - withoutMark(text).length;
  return new LocatedDocument({ name, value, root, targets: reader.targets, locate, mark });
}

function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/**
 * A document whose text was parsed before. Places are found when somebody asks for one, which takes as long as parsing
 * does; line and column are 0 when the text cannot be parsed.
 * @param value what the parser said of the text
 */
export function parsedDocument(text: string, name: string, value: unknown): ConfigDocument {
  let located: ConfigDocument | null | undefined;
  const locate = (): ConfigDocument | null => {
    if (located !== undefined) return located;
    try {
      located = parseDocument(text, name);
    } catch (cause) {
      if (!(cause instanceof ConfigErrors)) throw cause;
      located = null;
    }
    return located;
  };
  const nowhere = (pointer: string): ConfigPlace => ({ document: name, line: 0, column: 0, pointer });
  return {
    name,
    value,
    place: (pointer) => locate()?.place(pointer) ?? nowhere(pointer),
    placeOfKey: (pointer) => locate()?.placeOfKey(pointer) ?? nowhere(pointer),
    span: (pointer) => locate()?.span(pointer) ?? null,
  };
}

type Locate = (offset: number, pointer: string) => ConfigPlace;
type AnyNode = Alias | Scalar | YAMLMap | YAMLSeq;
type AnyPair = Pair<AnyNode, AnyNode | null>;

function composeTree(text: string, lines: LineCounter, locate: Locate): AnyNode | null {
  const fail = (offset: number, found: string, expected: string): never => {
    throw new ConfigErrors([errorAt('SLUICE_CONFIG_SYNTAX', locate(offset, ''), found, expected)]);
  };
  if (text.length > MAX_CHARACTERS) {
    fail(0, `${text.length} characters`, `at most ${MAX_CHARACTERS}`);
  }
  const source = withoutMark(text);
  const tokens: CST.Token[] = [];
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let words = 0;
  for (const word of new Lexer().lex(source)) {
    if (++words > MAX_WORDS) fail(parser.offset, 'a larger document', `at most ${MAX_WORDS} words and marks`);
    tokens.push(...parser.next(word));
  }
  tokens.push(...parser.end());
  const deep = findTooDeep(tokens, MAX_DEPTH);
  if (deep !== null) fail(deep, 'deeper nesting', `at most ${MAX_DEPTH} levels`);

  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, lineCounter: lines });
  const documents = [...composer.compose(tokens, true, source.length)] as Document.Parsed[];
  const [document, second] = documents;
  const errors = documents.flatMap((parsed) => syntaxErrors(parsed, locate));
  if (errors.length > 0) throw new ConfigErrors(errors.slice(0, MAX_SYNTAX_ERRORS));
  if (second !== undefined) fail(second.range[0], 'a second document', 'one document');
  if (document!.directives.yaml.version !== '1.2') {
    fail(0, `YAML ${document!.directives.yaml.version}`, 'YAML 1.2, in which "yes" is a word');
  }
  return document!.contents as AnyNode | null;
}

function syntaxErrors(document: Document.Parsed, locate: Locate): GatewayError[] {
  // A tag that nobody knows is only a warning; the reader refuses tags by their place.
  const warnings = document.warnings.filter((warning) => warning.code !== 'TAG_RESOLVE_FAILED');
  // One tab is an error on each line that follows.
  const tab = document.errors.find(({ code }) => code === 'TAB_AS_INDENT');
  return (tab === undefined ? [...document.errors, ...warnings] : [tab]).map((error) => {
    const message = error.message.slice(0, MAX_MESSAGE_CHARACTERS).replace(/\s+/g, ' ');
    return errorAt('SLUICE_CONFIG_SYNTAX', locate(error.pos[0], ''), message, 'YAML 1.2 or JSON');
  });
}

/** Offset of a collection that stands too deep, or null. Without recursion, which is what it protects. */
export function findTooDeep(tokens: readonly CST.Token[], mostDepth: number): number | null {
  const open: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (token.type === 'document' && token.value) open.push({ token: token.value, depth });
    if (!('items' in token)) continue;
    if (depth >= mostDepth) return token.offset;
    for (const item of token.items) {
      if (item.key) open.push({ token: item.key, depth: depth + 1 });
      if (item.value) open.push({ token: item.value, depth: depth + 1 });
    }
  }
  return null;
}

/** Marks an anchor whose node is still being read: an alias to it would hold itself. */
const OPEN = Symbol('open');

class ValueReader {
  /** The node that each alias stands for, for the way back from a pointer. */
  readonly targets = new Map<Alias, AnyNode>();
  readonly #locate: Locate;
  readonly #anchors = new Map<string, AnyNode | typeof OPEN>();
  readonly #errors: GatewayError[] = [];
  readonly #path: string[] = [];
  #aliasDepth = 0;
  #aliasedValues = 0;

  constructor(locate: Locate) {
    this.#locate = locate;
  }

  read(root: AnyNode | null): unknown {
    const value = this.#read(root, 0);
    if (this.#errors.length > 0) throw new ConfigErrors(this.#errors);
    return value;
  }

  #read(node: AnyNode | null, depth: number): unknown {
    if (node === null) return null;
    if (this.#aliasDepth > 0 && ++this.#aliasedValues > MAX_ALIASED_VALUES) {
      this.#abort(node, 'aliases of aliases', `at most ${MAX_ALIASED_VALUES} values behind all aliases`);
    }
    if (isAlias(node)) return this.#readAlias(node, depth);
    if (node.tag !== undefined) this.#fail(node, `the tag ${quote(node.tag)}`, 'a value without a tag');
    // Inside an alias the anchors are those of an earlier place and were seen there.
    const anchor = this.#aliasDepth === 0 ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, OPEN);
    const value = this.#readContent(node, depth);
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    return value;
  }

  #readContent(node: Exclude<AnyNode, Alias>, depth: number): unknown {
    if (isScalar(node)) return this.#readScalar(node);
    if (depth >= MAX_DEPTH) this.#abort(node, 'deeper nesting', `at most ${MAX_DEPTH} levels`);
    if (isMap(node)) return this.#readMap(node as YAMLMap, depth);
    return node.items.map((item, index) => {
      this.#path.push(String(index));
      const value = this.#read(item as AnyNode | null, depth + 1);
      this.#path.pop();
      return value;
    });
  }

  #readAlias(alias: Alias, depth: number): unknown {
    let target: AnyNode | typeof OPEN | undefined = this.targets.get(alias);
    target ??= this.#anchors.get(alias.source);
    if (target === undefined || target === OPEN) {
      this.#fail(alias, `the alias *${alias.source}`, `the anchor &${alias.source} on a value before it`);
      return null;
    }
    this.targets.set(alias, target);
    this.#aliasDepth++;
    const value = this.#read(target, depth);
    this.#aliasDepth--;
    return value;
  }

  #readScalar(node: Scalar): unknown {
    const { value, source } = node;
    if (typeof value !== 'number') return value;
    if (!Number.isFinite(value)) this.#fail(node, source ?? String(value), 'a finite number');
    else if (!Number.isSafeInteger(value) && /^[-+]?\d+$/.test(source ?? '')) {
      this.#fail(node, source!, 'a whole number within ±(2^53 - 1), or the digits in quotes');
    }
    return value;
  }

  #readMap(map: YAMLMap, depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    const merged: AnyNode[] = [];
    for (const pair of map.items as AnyPair[]) {
      if (isMergeKey(pair.key)) {
        merged.push(...mergeSources(pair));
        continue;
      }
      const key = this.#readKey(pair, object);
      if (key === null) continue;
      this.#path.push(key);
      define(object, key, this.#read(pair.value, depth + 1));
      this.#path.pop();
    }
    for (const node of merged) this.#merge(object, node, depth);
    return object;
  }

  #readKey(pair: AnyPair, object: object): string | null {
    const { key } = pair;
    if (!isScalar(key) || typeof key.value !== 'string' || key.tag !== undefined) {
      const found =
        isScalar(key) && key.tag === undefined ? `the key ${describe(key.value)}` : 'a key that is no string';
      this.#fail(key ?? pair.value, found, 'a string as key, in quotes if need be');
      return null;
    }
    if (Object.hasOwn(object, key.value)) {
      this.#path.push(key.value);
      this.#fail(key, `the key ${quote(key.value)} again`, 'each key once');
      this.#path.pop();
      return null;
    }
    return key.value;
  }

  /** Merge key: what the object does not say itself, it takes from the first source that says it. */
  #merge(object: Record<string, unknown>, node: AnyNode, depth: number): void {
    const value = this.#read(node, depth);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.#fail(node, describe(value), 'an object to merge');
      return;
    }
    for (const [key, member] of Object.entries(value))
      if (!Object.hasOwn(object, key)) define(object, key, member);
  }

  #fail(node: Node | null, found: string, expected: string): void {
    const pointer = this.#path.reduce<string>(pointerTo, '');
    this.#errors.push(
      errorAt('SLUICE_CONFIG_SYNTAX', this.#locate(node?.range?.[0] ?? 0, pointer), found, expected),
    );
  }

  #abort(node: AnyNode, found: string, expected: string): never {
    this.#fail(node, found, expected);
    throw new ConfigErrors(this.#errors);
  }
}

function isMergeKey(key: AnyNode | null): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

/** What a merge key takes from; `<<:` with nothing behind it is refused at the key. */
function mergeSources(pair: AnyPair): AnyNode[] {
  const { key, value } = pair;
  return isSeq(value) ? (value.items as AnyNode[]) : [value ?? key];
}

/** Assignment would take `__proto__` for the prototype. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

interface LocatedParts {
  readonly name: string;
  readonly value: unknown;
  readonly root: AnyNode | null;
  readonly targets: ReadonlyMap<Alias, AnyNode>;
  readonly locate: Locate;
  /** Characters before the first one that was parsed. */
  readonly mark: number;
}

class LocatedDocument implements ConfigDocument {
  readonly name: string;
  readonly value: unknown;
  readonly #parts: LocatedParts;
  /** Members by key of the maps that were walked through: a document may have as many errors as keys. */
  readonly #members = new Map<YAMLMap, ReadonlyMap<string, AnyPair>>();

  constructor(parts: LocatedParts) {
    this.name = parts.name;
    this.value = parts.value;
    this.#parts = parts;
  }

  place(pointer: string): ConfigPlace {
    return this.#parts.locate(this.#walk(pointer).valueAt, pointer);
  }

  placeOfKey(pointer: string): ConfigPlace {
    return this.#parts.locate(this.#walk(pointer).keyAt, pointer);
  }

  span(pointer: string): { start: number; end: number } | null {
    const { written } = this.#walk(pointer);
    const { mark } = this.#parts;
    return written?.range ? { start: mark + written.range[0], end: mark + written.range[1] } : null;
  }

  /** `written` is the node at the pointer, null where there is none. */
  #walk(pointer: string): { keyAt: number; valueAt: number; written: AnyNode | null } {
    let written = this.#parts.root;
    let node = this.#resolve(written);
    let valueAt = node?.range?.[0] ?? 0;
    let keyAt = valueAt;
    for (const key of pointerKeys(pointer)) {
      const pair = isMap(node) ? this.#membersOf(node as YAMLMap).get(key) : undefined;
      const item = isSeq(node) ? (node.items[Number(key)] as AnyNode | undefined) : undefined;
      if (pair === undefined && item === undefined) return { keyAt, valueAt, written: null };
      written = pair === undefined ? item! : pair.value;
      node = this.#resolve(written);
      keyAt = pair?.key.range?.[0] ?? item?.range?.[0] ?? valueAt;
      valueAt = node?.range?.[0] ?? keyAt;
    }
    return { keyAt, valueAt, written };
  }

  #membersOf(map: YAMLMap): ReadonlyMap<string, AnyPair> {
    const known = this.#members.get(map);
    if (known !== undefined) return known;
    const members = new Map<string, AnyPair>();
    const pairs = map.items as AnyPair[];
    for (const pair of pairs) {
      if (isScalar(pair.key) && !isMergeKey(pair.key)) members.set(String(pair.key.value), pair);
    }
    for (const source of pairs.filter((pair) => isMergeKey(pair.key)).flatMap(mergeSources)) {
      const target = this.#resolve(source);
      if (!isMap(target)) continue;
      for (const [key, pair] of this.#membersOf(target as YAMLMap))
        if (!members.has(key)) members.set(key, pair);
    }
    this.#members.set(map, members);
    return members;
  }

  #resolve(node: AnyNode | null): AnyNode | null {
    let resolved = node;
    while (isAlias(resolved)) resolved = this.#parts.targets.get(resolved) ?? null;
    return resolved;
  }
}
