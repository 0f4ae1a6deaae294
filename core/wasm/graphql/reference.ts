// The reference implementation of GraphQL, loaded when the first schema is built: most threads never have one.
import { createRequire } from 'node:module';

type Reference = typeof import('graphql');

let loaded: Reference | null = null;

export function reference(): Reference {
  loaded ??= createRequire(import.meta.url)('graphql') as Reference;
  return loaded;
}
