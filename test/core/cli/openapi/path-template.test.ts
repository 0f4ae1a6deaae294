import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basePathOf, readPathTemplate } from '../../../../core/cli/openapi/path-template.js';

describe('a path template', () => {
  const patterns: readonly [template: string, pattern: string, ...parameters: string[]][] = [
    ['/', '/'],
    ['/pets', '/pets'],
    ['/pets/', '/pets/'],
    ['/pets/{id}', '/pets/:id', 'id'],
    ['/a/{x}/b/{y}', '/a/:x/b/:y', 'x', 'y'],
    ['/a/{pet-id}/{pet_id}', '/a/:pet_id/:pet_id_2', 'pet_id', 'pet_id_2'],
    ['/{1st}', '/:_1st', '_1st'],
    ['/a/{x}.json', '/a/:x', 'x ^.+\\.json$'],
    ['/{from}..{to}', '/:from_to', 'from_to ^.+\\.\\..+$'],
    ['/jobs/{id}:cancel', '/jobs/:id', 'id ^.+:cancel$'],
    ['/jobs:list', '/jobs:list'],
    ['/:all', '/:literal', 'literal ^:all$'],
    ['/a*b', '/:literal', 'literal ^a\\*b$'],
    ['/a b/{c}', '/a%20b/:c', 'c'],
    ['/50%', '/50%25'],
    ['/caf\u00e9/%C3%A9', '/caf\u00e9/%C3%A9'],
  ];
  for (const [template, pattern, ...parameters] of patterns) {
    it(`${template} becomes ${pattern}`, () => {
      const read = readPathTemplate(template);
      assert.ok(typeof read === 'object', String(read));
      const found = read.parameters.map(({ name, rule }) => (rule === null ? name : `${name} ${rule}`));
      assert.deepEqual([read.pattern, ...found], [pattern, ...parameters]);
    });
  }

  const refused: readonly [template: string, problem: RegExp][] = [
    ['pets', /begin with "\/"/],
    ['/?Action=List', /a query or a fragment/],
    ['/pets#list', /a query or a fragment/],
    ['/a//b', /empty segment/],
    ['/a/../b', /"\.\."/],
    ['/a%2Fb', /%2F/],
  ];
  for (const [template, problem] of refused) {
    it(`${template} is no route`, () => assert.match(String(readPathTemplate(template)), problem));
  }
});

describe('the base path', () => {
  const cases: readonly [url: string, path: string][] = [
    ['https://api.example.com', ''],
    ['https://api.example.com/', ''],
    ['https://api.example.com/v1/', '/v1'],
    ['/v1', '/v1'],
    ['v1/x', '/v1/x'],
    ['//api.example.com/v1?x=/y', '/v1'],
    ['{scheme}://{host}/v{n}', '/v2'],
  ];
  for (const [url, path] of cases) {
    it(`of ${url} is ${JSON.stringify(path)}`, () => {
      const variables: Record<string, string> = { scheme: 'https', host: 'a.b', n: '2' };
      assert.equal(
        basePathOf(url, (name) => variables[name]),
        path,
      );
    });
  }

  it('is not there for a variable without a default', () => {
    assert.deepEqual(
      basePathOf('/v{n}', () => undefined),
      { problem: 'the variable "n" has no default' },
    );
  });
});
