import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BadDocument } from './bad-documents/bad-document.js';
import { BAD_FILTERS } from './bad-documents/filters.js';
import { BAD_LISTENERS } from './bad-documents/listeners.js';
import { BAD_ROUTES } from './bad-documents/routes.js';
import { BAD_SECRETS } from './bad-documents/secrets.js';
import { BAD_SYNTAX } from './bad-documents/syntax.js';
import { BAD_UPSTREAMS } from './bad-documents/upstreams.js';
import { BAD_VALUES } from './bad-documents/values.js';
import { errorsOf, summaryOf } from './validating.js';

const BAD: Readonly<Record<string, BadDocument>> = {
  ...BAD_SYNTAX,
  ...BAD_VALUES,
  ...BAD_LISTENERS,
  ...BAD_UPSTREAMS,
  ...BAD_FILTERS,
  ...BAD_ROUTES,
  ...BAD_SECRETS,
};

describe('refuses with its code and place', () => {
  for (const [name, { text, errors, says }] of Object.entries(BAD)) {
    test(name, () => {
      const found = errorsOf(text);
      assert.deepEqual(
        found.map(summaryOf),
        errors.map((error) => `SLUICE_${error}`),
        found.map((error) => error.message).join('\n'),
      );
      assert.match(found[0]!.message, says);
      assert.ok(found.every((error) => error.source === 'config' && error.place!.document === 'sluice.yaml'));
    });
  }
});

test('writes every message as file, line, column, pointer, found and expected', () => {
  for (const { text } of Object.values(BAD)) {
    for (const { message, place } of errorsOf(text)) {
      assert.match(message, /^sluice\.yaml:\d+:\d+(?: \/.*)?: found .+, expected .+/);
      const pointer = place!.pointer === '' ? '' : ` ${place!.pointer}`;
      assert.ok(message.startsWith(`sluice.yaml:${place!.line}:${place!.column}${pointer}: `));
    }
  }
});

test('reports all errors of a document at once, in the order of their places', () => {
  const text = [
    'listeners: [{ name: a }]',
    'upstreams: { u: { targets: [{ url: x }] } }',
    'routes:',
    '  - { id: r, match: { path: a, methods: [GET] }, upstream: w, filters: [f] }',
    '  - 5',
    'log: { level: loud, colour: true }',
  ].join('\n');
  assert.deepEqual(errorsOf(text).map(summaryOf), [
    'SLUICE_CONFIG_INVALID 1:13 /listeners/0',
    'SLUICE_CONFIG_INVALID 2:36 /upstreams/u/targets/0/url',
    'SLUICE_ROUTE_PATTERN 4:29 /routes/0/match/path',
    'SLUICE_CONFIG_REFERENCE 4:60 /routes/0/upstream',
    'SLUICE_CONFIG_REFERENCE 4:73 /routes/0/filters/0',
    'SLUICE_CONFIG_INVALID 5:5 /routes/1',
    'SLUICE_CONFIG_INVALID 6:15 /log/level',
    'SLUICE_CONFIG_INVALID 6:21 /log/colour',
  ]);
});
