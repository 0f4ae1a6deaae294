import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDocument } from '../../../core/config/document.js';
import { modulesOf, renameModules, type WrittenDocument } from '../../../core/config/module-names.js';
import { ConfigErrors } from '../../../core/errors.js';

const NEW = `etcd:a@sha256:${'0'.repeat(64)}`;
const NAMES = new Map([['./a.wasm', NEW]]);

function renamed(text: string): string {
  const { text: result, document } = renameModules(read(text), NAMES);
  assert.deepEqual(document.value, parseDocument(result, 'sluice.yaml').value);
  return result;
}

function read(text: string): WrittenDocument {
  return { text, document: parseDocument(text, 'sluice.yaml') };
}

describe('modules of a document', () => {
  it('are those of its filters, as written', () => {
    const text =
      'filters:\n  one: { module: ./a.wasm }\n  two: { module: "builtin:policy" }\n  three: {}\n  four: 5\n';
    assert.deepEqual(modulesOf(read(text).document), [
      { filter: 'one', module: './a.wasm' },
      { filter: 'two', module: 'builtin:policy' },
    ]);
    for (const text of ['', '5', 'filters: 5', '[]']) assert.deepEqual(modulesOf(read(text).document), []);
  });

  const cases: [string, string, string][] = [
    [
      'comments, blanks and quotes',
      "# head\nfilters:\n    one:   # first\n        module:   './a.wasm'   # why\n        config: { path: ./a.wasm }\n",
      `# head\nfilters:\n    one:   # first\n        module:   '${NEW}'   # why\n        config: { path: ./a.wasm }\n`,
    ],
    [
      'JSON',
      '{"filters":{"one":{"module":"./a.wasm","config":{}}}}',
      `{"filters":{"one":{"module":"${NEW}","config":{}}}}`,
    ],
    ['flows', 'filters: {one: {module: ./a.wasm}}', `filters: {one: {module: ${NEW}}}`],
    ['escapes', 'filters: { one: { module: "\\u002e/a.wasm" } }', `filters: { one: { module: "${NEW}" } }`],
    [
      'blocks',
      'filters:\n  one:\n    module: >-\n      ./a.wasm\n    config: 1\n',
      `filters:\n  one:\n    module: ${NEW}\n    config: 1\n`,
    ],
    [
      'a byte order mark',
      '\ufefffilters: { one: { module: ./a.wasm } }',
      `\ufefffilters: { one: { module: ${NEW} } }`,
    ],
    [
      'line ends of Windows',
      'filters:\r\n  one:\r\n    module: ./a.wasm\r\n',
      `filters:\r\n  one:\r\n    module: ${NEW}\r\n`,
    ],
    [
      'names with slashes and tildes',
      'filters: { "a/b~": { module: ./a.wasm } }',
      `filters: { "a/b~": { module: ${NEW} } }`,
    ],
    [
      'aliases of modules',
      'filters:\n  one: { module: &m ./a.wasm }\n  two: { module: *m }\n',
      `filters:\n  one: { module: &m ${NEW} }\n  two: { module: ${NEW} }\n`,
    ],
    [
      'aliases of filters, and what is merged',
      'filters:\n  one: &one { module: ./a.wasm }\n  two: *one\n  three: { <<: *one, config: 1 }\n',
      `filters:\n  one: &one { module: ${NEW} }\n  two: *one\n  three: { <<: *one, config: 1 }\n`,
    ],
    ['other modules', 'filters: { one: { module: ./b.wasm } }', 'filters: { one: { module: ./b.wasm } }'],
  ];
  for (const [what, before, after] of cases) {
    it(`are renamed with ${what} as they are`, () => assert.equal(renamed(before), after));
  }

  it('that are part of something else are refused with their place', () => {
    assert.throws(
      () => renamed('filters:\n  one: { module: &m ./a.wasm, config: { also: *m } }\n'),
      (error: ConfigErrors) => {
        assert.ok(error instanceof ConfigErrors);
        assert.match(
          error.message,
          /^sluice\.yaml:2:\d+ \/filters\/one\/module: found a module that an alias/,
        );
        return true;
      },
    );
  });
});
