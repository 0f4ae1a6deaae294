// Schemas that refer to themselves about the same value: `Cat` is a `Pet` and more, and a `Pet` is one of `Cat` and
// `Dog`. Whoever checks such a schema never ends, so the cycle is cut where it says least.
import { byText, type Findings } from './findings.js';
import type { ConvertedSchema } from './schema-definitions.js';
import { isObject, type Json, type JsonObject } from './spec-document.js';

type Definition = { readonly place: string; readonly schema: ConvertedSchema };

/** A reference that speaks about the same value as the schema it stands in. */
interface Edge {
  readonly from: string;
  readonly to: string;
  readonly role: Role;
}

/** How a schema counts where it stands: all of them must fit, one of them, or something else. */
type Role = 'condition' | 'choice' | 'other';

const ROLES: Readonly<Record<string, Role>> = {
  allOf: 'condition',
  anyOf: 'choice',
  oneOf: 'choice',
  not: 'other',
  if: 'other',
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, never awaited
  then: 'other',
  else: 'other',
  dependentSchemas: 'other',
};
const PREFIX = '#/definitions/';

/** The definitions without such cycles, in the order of their names. */
export function breakCycles(
  entries: readonly (readonly [name: string, definition: Definition])[],
  findings: Findings,
): [name: string, schema: ConvertedSchema][] {
  const definitions = new Map(entries);
  const edges = new Map<string, readonly Edge[]>();
  const define = (name: string, definition: Definition): void => {
    definitions.set(name, definition);
    edges.set(name, edgesOf(name, definition.schema));
  };
  for (const [name, definition] of entries) define(name, definition);
  for (let cycle = findCycle(edges); cycle !== null; cycle = findCycle(edges)) {
    const cut = weakest(cycle);
    const { place, schema } = definitions.get(cut.from)!;
    const target = definitions.get(cut.to)!;
    const base = cut.role === 'condition' && cut.from !== cut.to ? withoutChoices(target.schema) : null;
    if (base === null) {
      // What is a choice of itself has the other choices; what is a condition of itself has the other conditions.
      const isChoice = cut.role === 'choice';
      const effect =
        cut.role === 'other' ? 'wider' : cut.from === cut.to ? 'note' : isChoice ? 'narrower' : 'wider';
      findings.add(
        effect,
        place,
        `refers to itself about the same value: ${isChoice ? 'no' : 'any'} value fits there`,
      );
      define(cut.from, { place, schema: replace(schema, cut.to, !isChoice) });
      continue;
    }
    let name = `${cut.to}.base`;
    while (
      definitions.has(name) &&
      definitions.get(name)!.schema !== base &&
      !isSame(definitions.get(name)!.schema, base)
    )
      name += '_';
    define(name, { place: target.place, schema: base });
    findings.add('note', place, `is checked against ${cut.to} without the choice that leads back to it`);
    define(cut.from, { place, schema: replace(schema, cut.to, { $ref: `${PREFIX}${name}` }) });
  }
  return [...definitions]
    .map(([name, { schema }]): [string, ConvertedSchema] => [name, schema])
    .sort(([a], [b]) => byText(a, b));
}

function isSame(a: ConvertedSchema, b: ConvertedSchema): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** References of a schema about its own value. */
function edgesOf(from: string, schema: Json, role: Role = 'condition'): Edge[] {
  if (!isObject(schema)) return [];
  const found: Edge[] = [];
  const reference = schema['$ref'];
  if (typeof reference === 'string') found.push({ from, to: nameIn(reference), role });
  for (const [keyword, here] of Object.entries(ROLES)) {
    const inside = role === 'condition' ? here : here === 'condition' ? role : 'other';
    for (const inner of schemasUnder(keyword, schema[keyword])) found.push(...edgesOf(from, inner, inside));
  }
  return found;
}

function schemasUnder(keyword: string, value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value as readonly Json[];
  return keyword === 'dependentSchemas' ? Object.values(value as JsonObject) : [value];
}

function nameIn(reference: string): string {
  return reference.slice(PREFIX.length).replaceAll('~1', '/').replaceAll('~0', '~');
}

/** The edges of one cycle, or null. Without recursion: a chain of references is as long as its author likes. */
function findCycle(edges: ReadonlyMap<string, readonly Edge[]>): readonly Edge[] | null {
  const done = new Set<string>();
  for (const start of [...edges.keys()].sort(byText)) {
    if (done.has(start)) continue;
    const path: { name: string; next: number }[] = [{ name: start, next: 0 }];
    const onPath = new Set([start]);
    while (path.length > 0) {
      const here = path[path.length - 1]!;
      const edge = edges.get(here.name)?.[here.next];
      if (edge === undefined) {
        done.add(here.name);
        onPath.delete(here.name);
        path.pop();
        continue;
      }
      here.next += 1;
      if (onPath.has(edge.to)) {
        const first = path.findIndex(({ name }) => name === edge.to);
        return path.slice(first).map(({ name, next }) => edges.get(name)![next - 1]!);
      }
      if (done.has(edge.to)) continue;
      onPath.add(edge.to);
      path.push({ name: edge.to, next: 0 });
    }
  }
  return null;
}

/** What a cycle loses least by: a condition rather than a choice, and the same one wherever the cycle was entered. */
function weakest(cycle: readonly Edge[]): Edge {
  const byName = [...cycle].sort((a, b) => byText(a.from, b.from) || byText(a.to, b.to));
  return byName.find(({ role }) => role === 'condition') ?? byName[0]!;
}

/** A schema without `anyOf` and `oneOf`; null when it has neither. */
function withoutChoices(schema: ConvertedSchema): JsonObject | null {
  if (!isObject(schema) || !('anyOf' in schema || 'oneOf' in schema)) return null;
  const { anyOf: _any, oneOf: _one, ...base } = schema;
  return base;
}

/** Replaces the references to `to` that speak about the value of the schema itself. */
function replace(schema: ConvertedSchema, to: string, by: ConvertedSchema): ConvertedSchema {
  if (!isObject(schema)) return schema;
  const replaced: Record<string, Json> = { ...schema };
  const reference = schema['$ref'];
  if (typeof reference === 'string' && nameIn(reference) === to) {
    if (by === false) return false;
    if (by === true) delete replaced['$ref'];
    else Object.assign(replaced, by);
  }
  for (const keyword of Object.keys(ROLES)) {
    const value = schema[keyword];
    if (Array.isArray(value))
      replaced[keyword] = value.map((inner) => replace(inner as ConvertedSchema, to, by));
    else if (keyword === 'dependentSchemas' && isObject(value)) {
      const inner = Object.entries(value).map(([name, one]) => [
        name,
        replace(one as ConvertedSchema, to, by),
      ]);
      replaced[keyword] = Object.fromEntries(inner) as JsonObject;
    } else if (value !== undefined) replaced[keyword] = replace(value as ConvertedSchema, to, by);
  }
  return replaced;
}
