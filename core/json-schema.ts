// What the judges of configs and of documents must agree on: which dialect a JSON Schema is written in.

const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;

/** True when a schema says that it is draft-07; everything else is taken as 2020-12. */
export function isDraft07(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const { $schema } = schema as { $schema?: unknown };
  return typeof $schema === 'string' && DRAFT_07.test($schema);
}
