// Text of a configuration (YAML 1.2, or JSON, which is part of it) to a JSON value, and the way back from a JSON Pointer
// to line and column, which only errors need. Knows nothing of what the value means.
import { ConfigErrors, type ConfigPlace } from '../errors.js';
import { NOT_SIMPLE, readSimpleYaml } from './simple-yaml.js';
import { type ConfigDocument, MAX_CHARACTERS, parseYamlDocument, withoutMark } from './yaml-document.js';

/**
 * Parses one document. Beside the grammar it refuses what YAML allows and JSON does not (tags, keys that are
 * no strings, several documents, numbers that JSON cannot hold), duplicate keys, and aliases without bound.
 * @throws ConfigErrors of SLUICE_CONFIG_SYNTAX
 */
export function parseDocument(text: string, name: string): ConfigDocument {
  const value = text.length > MAX_CHARACTERS ? NOT_SIMPLE : readSimpleYaml(withoutMark(text));
  return value === NOT_SIMPLE ? parseYamlDocument(text, name) : new SimpleDocument(text, name, value);
}

/** A document that has no places before somebody asks for one. */
class SimpleDocument implements ConfigDocument {
  readonly name: string;
  readonly value: unknown;
  readonly #text: string;
  /** Undefined before it is asked for; null when the parser that knows places does not take so many words. */
  #located: ConfigDocument | null | undefined;

  constructor(text: string, name: string, value: unknown) {
    this.name = name;
    this.value = value;
    this.#text = text;
  }

  place(pointer: string): ConfigPlace {
    return this.#locate()?.place(pointer) ?? this.#nowhere(pointer);
  }

  placeOfKey(pointer: string): ConfigPlace {
    return this.#locate()?.placeOfKey(pointer) ?? this.#nowhere(pointer);
  }

  /** @throws ConfigErrors when there are no places */
  span(pointer: string): { start: number; end: number } | null {
    return (this.#locate() ?? parseYamlDocument(this.#text, this.name)).span(pointer);
  }

  #nowhere(pointer: string): ConfigPlace {
    return { document: this.name, line: 0, column: 0, pointer };
  }

  #locate(): ConfigDocument | null {
    if (this.#located !== undefined) return this.#located;
    try {
      this.#located = parseYamlDocument(this.#text, this.name);
    } catch (cause) {
      if (!(cause instanceof ConfigErrors)) throw cause;
      this.#located = null;
    }
    return this.#located;
  }
}
