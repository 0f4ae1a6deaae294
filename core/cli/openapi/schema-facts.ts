// What can be told of a schema of the specification before it is converted, references and compositions followed.
import { isObject, itemsOf, memberOf, membersOf, type Placed, type SpecDocument } from './spec-document.js';

/** What has a member in responses alone, and in requests alone. */
export type OneWay = 'readOnly' | 'writeOnly';

/** Names of members that go one way, in the schema or in what it is composed of. */
export function oneWayMembers(spec: SpecDocument, schema: Placed, way: OneWay): ReadonlySet<string> {
  const names = new Set<string>();
  for (const part of partsOf(spec, schema, ['allOf'])) {
    for (const [name, member] of membersOf(memberOf(part, 'properties')))
      if (isOneWay(spec, member, way)) names.add(name);
  }
  return names;
}

/** True when a schema, or one that it is composed of, names members. */
export function namesMembers(spec: SpecDocument, schema: Placed): boolean {
  return partsOf(spec, schema, ['allOf', 'anyOf', 'oneOf']).some((part) =>
    ['properties', 'patternProperties'].some((keyword) => membersOf(memberOf(part, keyword)).length > 0),
  );
}

/** True for a schema that says `readOnly: true`, or `writeOnly: true`, itself or where it refers to. */
export function isOneWay(spec: SpecDocument, schema: Placed, way: OneWay): boolean {
  return partsOf(spec, schema, []).some(({ value }) => isObject(value) && value[way] === true);
}

/** A schema, what it refers to, and what it is composed of by these keywords; each place once. */
function partsOf(spec: SpecDocument, schema: Placed, keywords: readonly string[]): Placed[] {
  const parts = new Map<string, Placed>();
  const open: Placed[] = [schema];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (parts.has(next.place) || !isObject(next.value)) continue;
    parts.set(next.place, next);
    const reference = next.value['$ref'];
    const target = typeof reference === 'string' ? spec.find(reference) : undefined;
    if (target !== undefined) open.push(target);
    for (const keyword of keywords) open.push(...itemsOf(memberOf(next, keyword)));
  }
  return [...parts.values()];
}
