import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { CONFIG_SCHEMA } from '../../../core/config/schema.js';
import type { JsonSchema } from '../../../core/config/schema-words.js';

function* subschemas(schema: JsonSchema, at: string): Generator<[string, JsonSchema]> {
  yield [at, schema];
  for (const [key, member] of Object.entries(schema.properties ?? {}))
    yield* subschemas(member, `${at}/${key}`);
  if (schema.items) yield* subschemas(schema.items, `${at}/*`);
  if (schema.additionalProperties) yield* subschemas(schema.additionalProperties, `${at}/*`);
}

const ALL = [...subschemas(CONFIG_SCHEMA, '')];

test('is a schema of the dialect that it names', () => {
  const ajv = new Ajv2020();
  assert.ok(ajv.validateSchema(CONFIG_SCHEMA as object), JSON.stringify(ajv.errors));
});

test('describes everything in one sentence, with the unit where the name has one', () => {
  const units: Readonly<Record<string, RegExp>> = { Ms: /milliseconds/, Bytes: /bytes/, Mb: /MiB/ };
  for (const [at, { description }] of ALL) {
    assert.match(description, /^[A-Z][^\n]*[A-Za-z0-9)]\.$/, at);
    for (const [suffix, unit] of Object.entries(units))
      if (at.endsWith(suffix)) assert.match(description, unit, at);
  }
});

test('knows every key of every object', () => {
  for (const [at, schema] of ALL) {
    if (schema.type === 'object') assert.notEqual(schema.additionalProperties, undefined, at);
  }
});

test('gives defaults that fit', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false });
  for (const [at, schema] of ALL) {
    if (schema.default !== undefined) assert.ok(ajv.validate(schema as object, schema.default), at);
  }
});

test('is what the build writes for editors', async () => {
  const dist = new URL('../../../', import.meta.url);
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL('core/cli/write-schema.js', dist))]);
  const written = await readFile(new URL('sluice.schema.json', dist), 'utf8');
  assert.deepEqual(JSON.parse(written), JSON.parse(JSON.stringify(CONFIG_SCHEMA)));
});
