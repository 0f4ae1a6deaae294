// The words that the schema of a configuration is written in: the kinds of values that a document knows.
import type { TextFormatName } from './formats.js';

export type JsonType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';

/** The part of JSON Schema that this document needs. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly description: string;
  readonly type?: JsonType | readonly ['string', 'array'];
  readonly format?: TextFormatName;
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly uniqueItems?: boolean;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | JsonSchema;
  readonly propertyNames?: { readonly format: TextFormatName };
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

type Properties = Readonly<Record<string, JsonSchema>>;

const DAY_MS = 86_400_000;

export function text(
  format: TextFormatName,
  description: string,
  ...examples: readonly string[]
): JsonSchema {
  return { type: 'string', format, description, ...(examples.length > 0 && { examples }) };
}

export function whole(minimum: number, maximum: number, byDefault: number, description: string): JsonSchema {
  return { type: 'integer', minimum, maximum, default: byDefault, description };
}

export function share(byDefault: number, description: string): JsonSchema {
  return { type: 'number', minimum: 0, maximum: 1, default: byDefault, description };
}

/** Milliseconds, at most a day: timers of the runtime overflow at 24 days. */
export function duration(byDefaultMs: number, description: string, minimumMs = 1): JsonSchema {
  return whole(minimumMs, DAY_MS, byDefaultMs, description);
}

export function flag(byDefault: boolean, description: string): JsonSchema {
  return { type: 'boolean', default: byDefault, description };
}

/** The first value is the default. */
export function choice(values: readonly [string, ...string[]], description: string): JsonSchema {
  return { type: 'string', enum: values, default: values[0], description };
}

export function record(
  description: string,
  properties: Properties,
  required: readonly string[] = [],
): JsonSchema {
  return { type: 'object', description, properties, required, additionalProperties: false };
}

/** A record whose every key has a default, so that it may be left out. */
export function optionalRecord(description: string, properties: Properties): JsonSchema {
  return { ...record(description, properties), default: {} };
}

export function mapOf(names: TextFormatName, description: string, values: JsonSchema): JsonSchema {
  return {
    type: 'object',
    description,
    propertyNames: { format: names },
    additionalProperties: values,
    default: {},
  };
}

export function listOf(description: string, items: JsonSchema): JsonSchema {
  return { type: 'array', description, items };
}

export function setOf(description: string, items: JsonSchema): JsonSchema {
  return { ...listOf(description, items), uniqueItems: true };
}

/** A list of texts, or the one text that would be in it. */
export function oneOrMore(description: string, item: JsonSchema): JsonSchema {
  const { format, examples } = item;
  return {
    ...setOf(description, item),
    type: ['string', 'array'],
    ...(format === undefined ? {} : { format }),
    ...(examples === undefined ? {} : { examples }),
  };
}
