import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestHeaders } from '../../../sdk/testing/index.js';
import { chainOf, schemaFindings } from '../built-in.js';
import { postOf, send } from './send.js';

const SCHEMA = `
  interface Node { id: ID }
  type User implements Node { id: ID  name: String  mail: String  posts: [Post] }
  type Post implements Node { id: ID  title: String }
  union Found = User | Post
  type Query { me: User  node: Node  found: [Found]  posts: [Post] }
  type Mutation { rename: User  remove: User }
`;
const PERMISSIONS = [
  { allow: ['Query.posts', 'Post'] },
  { headers: { 'x-role': { oneOf: ['user', 'admin'] } }, allow: ['Query', 'User'], deny: ['User.mail'] },
  { headers: { 'x-role': 'editor' }, allow: ['*'], deny: ['Mutation.remove'] },
  { headers: { 'x-role': 'node' }, allow: ['Query.node', 'Node'] },
  { headers: { 'x-frozen': { present: true } }, deny: ['Mutation'] },
];

describe('graphql: permissions', () => {
  const chain = chainOf('graphql', { schema: SCHEMA, permissions: PERMISSIONS, introspection: true });
  const FORBIDDEN = '403 GRAPHQL_FORBIDDEN';
  const cases: readonly [expected: string, query: string, headers?: TestHeaders][] = [
    ['passed', '{ posts { id title } }'],
    ['passed', '{ __typename }'],
    ['passed', '{ __schema { types { name } } }'],
    [FORBIDDEN, '{ me { id } }'],
    [FORBIDDEN, '{ posts { id } me { id } }'],
    [FORBIDDEN, '{ posts { id } ... @skip(if: true) { me { id } } }'],
    ['passed', '{ me { id name } }', { 'x-role': 'user' }],
    ['passed', '{ me { posts { title } } }', { 'x-role': 'admin' }],
    ['passed', '{ found { ... on User { name } ... on Post { title } } }', { 'x-role': 'user' }],
    ['passed', '{ node { id } }', { 'x-role': 'user' }],
    [FORBIDDEN, '{ me { mail } }', { 'x-role': 'user' }],
    [FORBIDDEN, '{ me { name: mail } }', { 'x-role': 'user' }],
    [
      FORBIDDEN,
      '{ me { ...F } } fragment F on User { ...G } fragment G on User { mail }',
      { 'x-role': 'user' },
    ],
    [FORBIDDEN, 'mutation { rename { id } }', { 'x-role': 'user' }],
    [FORBIDDEN, '{ me { id } }', { 'x-role': 'guest' }],
    [FORBIDDEN, '{ me { id } }', { 'x-role': ['user', 'guest'] }],
    ['passed', '{ me { mail } }', { 'x-role': 'editor' }],
    ['passed', 'mutation { rename { mail } }', { 'x-role': 'editor' }],
    [FORBIDDEN, 'mutation { remove { id } }', { 'x-role': 'editor' }],
    [FORBIDDEN, 'mutation { a: rename { id } b: remove { id } }', { 'x-role': 'editor' }],
    [FORBIDDEN, 'mutation { rename { mail } }', { 'x-role': 'editor', 'x-frozen': '' }],
    [FORBIDDEN, 'mutation { rename { mail } }', { 'x-role': 'editor', x_frozen: '1' }],
    [FORBIDDEN, '{ me { id } }', { 'x-role': 'user', x_role: 'user' }],
    [FORBIDDEN, '{ posts { id } }', { x_role: 'user' }],
    ['passed', '{ node { id } }', { 'x-role': 'node' }],
    [FORBIDDEN, '{ me { id } }', { 'x-role': 'node' }],
    [FORBIDDEN, '{ node { id ... on User { name } } }', { 'x-role': 'node' }],
  ];
  for (const [expected, query, headers = {}] of cases) {
    it(`${expected}: ${query} ${JSON.stringify(headers)}`, () => {
      assert.equal(send(chain, postOf({ query }, headers)), expected);
    });
  }

  it('let nothing through where no rule fits, and nothing without a rule', () => {
    const one = chainOf('graphql', { schema: SCHEMA, permissions: [{ headers: { a: 'b' }, allow: ['*'] }] });
    assert.equal(send(one, postOf({ query: '{ __typename }' })), FORBIDDEN);
    assert.equal(send(one, postOf({ query: '{ __typename }' }, { a: 'b' })), 'passed');
    const none = chainOf('graphql', { schema: SCHEMA, permissions: [] });
    assert.equal(send(none, postOf({ query: '{ posts { id } }' })), FORBIDDEN);
  });

  it('hold for the operation that runs', () => {
    const own = chainOf('graphql', { schema: SCHEMA, permissions: PERMISSIONS, limits: { operations: 2 } });
    const query = 'query A { posts { id } } query B { me { id } }';
    assert.equal(send(own, postOf({ query, operationName: 'A' })), 'passed');
    assert.equal(send(own, postOf({ query, operationName: 'B' })), FORBIDDEN);
    assert.equal(send(own, postOf({ query })), '400 GRAPHQL_OPERATION');
    assert.equal(send(own, postOf({ query, operationName: 'C' })), '400 GRAPHQL_OPERATION');
  });

  it('hold for every request of a list', () => {
    const list = [{ query: '{ posts { id } }' }, { query: '{ me { id } }' }];
    assert.equal(send(chain, postOf(list)), FORBIDDEN);
    assert.equal(send(chain, postOf(list, { 'x-role': 'user' })), 'passed');
  });

  it('stand behind denyFields, which nothing allows', () => {
    const own = chainOf('graphql', {
      schema: SCHEMA,
      denyFields: ['Node.id', 'Mutation'],
      permissions: [{ allow: ['*'] }],
    });
    assert.equal(send(own, postOf({ query: '{ me { name } }' })), 'passed');
    for (const query of [
      '{ me { id } }',
      '{ node { id } }',
      '{ posts { id } }',
      'mutation { rename { name } }',
    ]) {
      assert.equal(send(own, postOf({ query })), FORBIDDEN, query);
    }
  });

  const refused: readonly [config: object, place: string][] = [
    [{ denyFields: ['User.email'] }, 'denyFields/0'],
    [{ denyFields: ['User.name', 'user.name'] }, 'denyFields/1'],
    [{ denyFields: ['Found'] }, 'denyFields/0'],
    [{ denyFields: ['User.__typename'] }, 'denyFields/0'],
    [{ permissions: [{ allow: ['Querry'] }] }, 'permissions/0/allow/0'],
    [{ permissions: [{ allow: ['*'] }, { deny: ['Query.You'] }] }, 'permissions/1/deny/0'],
    [{ permissions: [{ allow: ['__Schema'] }] }, 'permissions/0/allow/0'],
  ];
  for (const [config, place] of refused) {
    it(`are refused where the schema has no such name: ${JSON.stringify(config)}`, () => {
      assert.throws(() => chainOf('graphql', { schema: SCHEMA, ...config }), {
        code: 'SLUICE_FILTER_CONFIG',
        message: new RegExp(
          `config/${place}: the schema has no object type, interface or field of this name`,
        ),
      });
    });
  }

  it('need a schema, and headers that filters see', () => {
    assert.throws(() => chainOf('graphql', { permissions: [] }), {
      message: /config\/permissions: needs a schema/,
    });
    const permissions = [{ headers: { connection: 'close' }, allow: ['*'] }];
    assert.throws(() => chainOf('graphql', { schema: SCHEMA, permissions }), {
      message: /config\/permissions\/0\/headers\/connection: no filter sees this header/,
    });
  });

  it('are described by the schema of the manifest', () => {
    assert.deepEqual(schemaFindings('graphql', { schema: SCHEMA, permissions: PERMISSIONS }), []);
    assert.deepEqual(schemaFindings('graphql', { permissions: [{}] }), ['/permissions/0']);
    assert.deepEqual(schemaFindings('graphql', { permissions: [{ deny: ['*'] }] }), [
      '/permissions/0/deny/0',
    ]);
    assert.deepEqual(schemaFindings('graphql', { permissions: [{ allow: ['a.b.c'] }] }), [
      '/permissions/0/allow/0',
    ]);
  });
});
