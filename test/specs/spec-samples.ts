// Values for schemas of a specification: what the document gives as an example, else one made up from type and format.
// The oracle has the last word; a schema for which nothing fits has no sample.
import type { Json, SpecOracle, Spot } from './spec-oracle.js';

const BY_FORMAT: Readonly<Record<string, string>> = {
  'date-time': '2026-01-02T03:04:05Z',
  date: '2026-01-02',
  uuid: 'ab0e7a2c-7b0c-4d59-9c0e-0f6a8b7f3d11',
  email: 'a@example.com',
  uri: 'https://example.com/',
  ipv4: '192.0.2.1',
};
const MOST_DEPTH = 8;

/** Examples that a media type or a parameter has, or its schema where it has none. */
export function examplesOf(oracle: SpecOracle, owner: Spot): unknown[] {
  const found: unknown[] = [];
  const add = (spot: Spot | undefined): void => {
    if (spot !== undefined) found.push(spot.value);
  };
  add(oracle.at(owner, 'example'));
  for (const [, example] of oracle.members(oracle.at(owner, 'examples'))) add(oracle.at(example, 'value'));
  if (found.length > 0) return found;
  add(oracle.at(owner, 'schema', 'example'));
  for (const [, example] of oracle.members(oracle.at(owner, 'schema', 'examples'))) add(example);
  return found;
}

/** A value that fits, or undefined. */
export function sampleOf(oracle: SpecOracle, schema: Spot, depth = 0): unknown {
  return candidates(oracle, schema, depth).find(
    (value) => value !== undefined && oracle.allows(schema, value),
  );
}

function candidates(oracle: SpecOracle, schema: Spot, depth: number): unknown[] {
  if (depth > MOST_DEPTH || typeof schema.value !== 'object' || schema.value === null) return ['x'];
  const { type, format, minimum, minLength, default: byDefault, example } = schema.value as Json;
  const types = Array.isArray(type) ? type : [type];
  const found: unknown[] = [example, byDefault];
  for (const key of ['examples', 'enum'])
    for (const [, one] of oracle.members(oracle.at(schema, key))) found.push(one.value);
  found.push(oracle.at(schema, 'const')?.value);
  for (const key of ['oneOf', 'anyOf', 'allOf'])
    for (const [, choice] of oracle.members(oracle.at(schema, key)))
      found.push(...candidates(oracle, choice, depth + 1));
  if (types.includes('integer') || types.includes('number')) found.push(minimum ?? 1, 1, 10);
  if (types.includes('boolean')) found.push(true);
  if (types.includes('array')) {
    const items = oracle.at(schema, 'items');
    const item = items === undefined ? 'x' : sampleOf(oracle, items, depth + 1);
    found.push(item === undefined ? [] : [item], []);
  }
  const properties = oracle.members(oracle.at(schema, 'properties'));
  if (types.includes('object') || properties.length > 0) {
    const required = new Set(oracle.members(oracle.at(schema, 'required')).map(([, name]) => name.value));
    const wanted = properties.filter(([name]) => required.has(name));
    const value = wanted.map(([name, inner]) => [name, sampleOf(oracle, inner, depth + 1)] as const);
    found.push(Object.fromEntries(value.filter(([, inner]) => inner !== undefined)));
  }
  if (types.includes('string') || found.every((value) => value === undefined)) {
    found.push(BY_FORMAT[String(format)], 'x'.repeat(Math.max(1, Number(minLength ?? 1))), '1', 'abc-1');
  }
  return found;
}
