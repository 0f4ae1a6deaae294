// Nodes of the YAML parser to a JSON value. Refuses what YAML allows and JSON does not.
import { type Alias, isAlias, isMap, isScalar, type Node, type Scalar, type YAMLMap } from 'yaml';
import { ConfigErrors, type GatewayError } from '../../errors.js';
import { describe, errorAt, pointerTo, quote } from '../error-at.js';
import {
  type AnyNode,
  type AnyPair,
  isMergeKey,
  MAX_DEPTH,
  mergeSources,
  type NodeTree,
} from './node-tree.js';

/** Most values that all aliases together may stand for: nine lines of aliases can stand for billions. */
const MAX_ALIASED_VALUES = 100_000;

/** Marks an anchor whose node is still being read: an alias to it would hold itself. */
const OPEN = Symbol('open');

/** Reads one tree, once. */
export class ValueReader {
  /** The node that each alias stands for, for the way back from a pointer. */
  readonly targets = new Map<Alias, AnyNode>();
  readonly #tree: NodeTree;
  readonly #anchors = new Map<string, AnyNode | typeof OPEN>();
  readonly #errors: GatewayError[] = [];
  readonly #path: string[] = [];
  #aliasDepth = 0;
  #aliasedValues = 0;

  constructor(tree: NodeTree) {
    this.#tree = tree;
  }

  /** @throws ConfigErrors of SLUICE_CONFIG_SYNTAX, all that there are */
  read(): unknown {
    const value = this.#read(this.#tree.root, 0);
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
      errorAt('SLUICE_CONFIG_SYNTAX', this.#tree.locate(node?.range?.[0] ?? 0, pointer), found, expected),
    );
  }

  #abort(node: AnyNode, found: string, expected: string): never {
    this.#fail(node, found, expected);
    throw new ConfigErrors(this.#errors);
  }
}

/** Assignment would take `__proto__` for the prototype. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
