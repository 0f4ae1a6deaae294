// The schemas that others refer to: each becomes one entry of `definitions`, named after where it stands in the
// specification and after nothing else, so that the order of an import does not show.
import { createHash } from 'node:crypto';
import { pointerKeys } from '../../config/error-at.js';
import { byText } from './findings.js';
import { isObject, type JsonObject, type Placed, type SpecDocument } from './spec-document.js';

/** Longest part of a place that is readable in a name. */
const MOST_READABLE = 60;
const HASH_DIGITS = 10;
const SCHEMAS = '#/components/schemas/';

export type ConvertedSchema = boolean | JsonObject;

export class SchemaDefinitions {
  readonly #spec: SpecDocument;
  readonly #suffix: string;
  readonly #names = new Map<string, string>();
  readonly #open: { name: string; placed: Placed }[] = [];
  readonly #converted = new Map<string, { place: string; schema: ConvertedSchema }>();

  /** @param suffix of every name, for a second set of definitions beside the first */
  constructor(spec: SpecDocument, suffix: string) {
    this.#spec = spec;
    this.#suffix = suffix;
  }

  /** The reference to write for the schema at a place; `drain` converts it later. */
  refer(placed: Placed): string {
    let name = this.#names.get(placed.place);
    if (name === undefined) {
      name = this.#nameOf(placed.place) + this.#suffix;
      this.#names.set(placed.place, name);
      this.#open.push({ name, placed });
    }
    return `#/definitions/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  }

  /** Converts what was referred to, and what that refers to in turn. */
  drain(convert: (placed: Placed) => ConvertedSchema): void {
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop())
      this.#converted.set(next.name, { place: next.placed.place, schema: convert(next.placed) });
  }

  /** In the order of their names. */
  entries(): [name: string, definition: { readonly place: string; readonly schema: ConvertedSchema }][] {
    return [...this.#converted].sort(([a], [b]) => byText(a, b));
  }

  #nameOf(place: string): string {
    const name = place.startsWith(SCHEMAS) ? pointerKeys(place.slice(1))[2]! : '';
    if (`${SCHEMAS}${name}` === place && /^[A-Za-z0-9._-]+$/.test(name)) return name;
    const readable = place.replace(/[^A-Za-z0-9]+/g, '-').slice(1, MOST_READABLE + 1);
    const digest = createHash('sha256').update(place).digest('hex');
    const derived = `${readable}.${digest.slice(0, HASH_DIGITS)}`;
    return this.#isComponent(derived) ? `${readable}.${digest}` : derived;
  }

  #isComponent(name: string): boolean {
    const schemas = this.#spec.find('#/components/schemas')?.value;
    return isObject(schemas) && Object.hasOwn(schemas, name);
  }
}
