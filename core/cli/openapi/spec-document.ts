// An OpenAPI document as a tree to walk: its dialect, and what its references lead to.
import { pointerKeys, pointerTo } from '../../config/error-at.js';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A value with its place, a JSON Pointer that begins with `#`. */
export interface Placed {
  readonly value: unknown;
  readonly place: string;
}

/** References one after another until something stands there. */
const MOST_HOPS = 32;

export class SpecDocument {
  readonly root: Placed;
  /** In 3.0 a schema is a dialect of its own, from 3.1 on it is JSON Schema. */
  readonly dialect: '3.0' | '3.1';

  /** @throws Error for anything that is no OpenAPI 3.0 or 3.1 */
  constructor(value: unknown) {
    if (!isObject(value)) throw new Error('found no object, expected an OpenAPI document');
    const version = value['openapi'];
    const dialect = typeof version === 'string' ? /^3\.[01](?=\.|$)/.exec(version)?.[0] : undefined;
    if (dialect === undefined) {
      const found =
        version === undefined && value['swagger'] !== undefined
          ? `Swagger ${String(value['swagger'])}`
          : `openapi: ${String(version)}`;
      throw new Error(`found ${found}, expected OpenAPI 3.0 or 3.1`);
    }
    this.root = { value, place: '#' };
    this.dialect = dialect as '3.0' | '3.1';
  }

  /** What a reference within the document leads to; undefined when that is nothing, or another document. */
  find(reference: string): Placed | undefined {
    if (reference !== '#' && !reference.startsWith('#/')) return undefined;
    let keys: string[];
    try {
      keys = pointerKeys(decodeURIComponent(reference.slice(1)));
    } catch {
      return undefined;
    }
    let value: unknown = this.root.value;
    for (const key of keys) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
      value = (value as Record<string, unknown>)[key];
    }
    return { value, place: keys.reduce<string>(pointerTo, '#') };
  }

  /** Follows `$ref` of anything but a schema; undefined when it leads nowhere. */
  follow(placed: Placed | undefined): Placed | undefined {
    let here = placed;
    for (let hops = 0; hops < MOST_HOPS && here !== undefined; hops += 1) {
      const reference: unknown = isObject(here.value) ? here.value['$ref'] : undefined;
      if (typeof reference !== 'string') return here;
      here = this.find(reference);
    }
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member with its place; undefined when it is not there, or nothing is. */
export function memberOf(placed: Placed | undefined, key: string): Placed | undefined {
  if (placed === undefined || !isObject(placed.value) || !Object.hasOwn(placed.value, key)) return undefined;
  return { value: placed.value[key], place: pointerTo(placed.place, key) };
}

/** Members by name, in the order of their names; none of what is no object, or not there. */
export function membersOf(placed: Placed | undefined): [name: string, member: Placed][] {
  if (placed === undefined || !isObject(placed.value)) return [];
  const { value, place } = placed;
  return Object.keys(value)
    .sort()
    .map((name) => [name, { value: value[name], place: pointerTo(place, name) }]);
}

/** Items of a list, in their order; none of what is no list, or not there. */
export function itemsOf(placed: Placed | undefined): Placed[] {
  if (placed === undefined || !Array.isArray(placed.value)) return [];
  const { value, place } = placed;
  return value.map((item, index) => ({ value: item as unknown, place: pointerTo(place, index) }));
}

/** The same members in the order of their names. */
export function sortedMembers(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.keys(object)
      .sort()
      .map((name) => [name, object[name]!]),
  );
}
