// Text of a configuration (YAML 1.2, or JSON, which is part of it) to a JSON value, and the way back from a
// JSON Pointer to line and column. Knows nothing of what the value means; yaml/ has the parser.
import { ConfigErrors, type ConfigPlace } from '../errors.js';
import { NodePlaces } from './yaml/node-places.js';
import { composeTree } from './yaml/node-tree.js';
import { ValueReader } from './yaml/value-reader.js';

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
  const tree = composeTree(text, name);
  const reader = new ValueReader(tree);
  const value = reader.read();
  const places = new NodePlaces(tree, reader.targets);
  return {
    name,
    value,
    place: (pointer) => places.place(pointer),
    placeOfKey: (pointer) => places.placeOfKey(pointer),
    span: (pointer) => places.span(pointer),
  };
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
