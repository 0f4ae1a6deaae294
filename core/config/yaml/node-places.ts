// The way back from a JSON Pointer to where a value stands in the text.
import { type Alias, isAlias, isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import type { ConfigPlace } from '../../errors.js';
import { pointerKeys } from '../error-at.js';
import { type AnyNode, type AnyPair, isMergeKey, mergeSources, type NodeTree } from './node-tree.js';

/** Finds places in a tree that was read. */
export class NodePlaces {
  readonly #tree: NodeTree;
  readonly #targets: ReadonlyMap<Alias, AnyNode>;
  /** Members by key of the maps that were walked through: a document may have as many errors as keys. */
  readonly #members = new Map<YAMLMap, ReadonlyMap<string, AnyPair>>();

  /** @param targets the node that each alias stands for */
  constructor(tree: NodeTree, targets: ReadonlyMap<Alias, AnyNode>) {
    this.#tree = tree;
    this.#targets = targets;
  }

  place(pointer: string): ConfigPlace {
    return this.#tree.locate(this.#walk(pointer).valueAt, pointer);
  }

  placeOfKey(pointer: string): ConfigPlace {
    return this.#tree.locate(this.#walk(pointer).keyAt, pointer);
  }

  span(pointer: string): { start: number; end: number } | null {
    const { written } = this.#walk(pointer);
    const { mark } = this.#tree;
    return written?.range ? { start: mark + written.range[0], end: mark + written.range[1] } : null;
  }

  /** `written` is the node at the pointer, null where there is none. */
  #walk(pointer: string): { keyAt: number; valueAt: number; written: AnyNode | null } {
    let written = this.#tree.root;
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
    while (isAlias(resolved)) resolved = this.#targets.get(resolved) ?? null;
    return resolved;
  }
}
