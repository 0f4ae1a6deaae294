import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GraphqlStore, type GraphqlVerdict } from '../../../../core/wasm/graphql/graphql-store.js';
import { graphqlNesting } from '../../../../core/wasm/graphql/nesting.js';

const OWNER = 1;
const SCHEMA = `
  interface Node { id: ID! }
  type User implements Node { id: ID!  name(short: Boolean): String  friends(first: Int!): [User!]!  card: Card }
  type Card implements Node { id: ID!  number: String }
  union Found = User | Card
  type Query { user(id: ID!): User  node(id: ID!): Node  found: [Found!]! }
  type Mutation { rename(id: ID!, name: String!): User }
  type Subscription { renamed: User }
`;
const schema = new GraphqlStore().compile(SCHEMA, OWNER);

function check(document: string | Uint8Array, operation = ''): GraphqlVerdict {
  return schema.check(typeof document === 'string' ? Buffer.from(document) : document, operation);
}

function findings(verdict: GraphqlVerdict): { rule: string; line: number; column: number }[] {
  assert.ok(verdict.kind !== 'valid', verdict.kind);
  return JSON.parse(verdict.findings);
}

function fields(verdict: GraphqlVerdict): string[] {
  assert.ok(verdict.kind === 'valid', JSON.stringify(verdict));
  return JSON.parse(verdict.fields);
}

describe('a GraphQL document', () => {
  const broken: readonly [
    name: string,
    document: string | Uint8Array,
    rule: string,
    line: number,
    column: number,
  ][] = [
    ['nothing', '', 'Syntax', 1, 1],
    ['a selection that is not closed', '{\n  user(id: 1) { id ', 'Syntax', 2, 20],
    ['a character that GraphQL has not', '{ user(id: 1) { id ~ } }', 'Syntax', 1, 20],
    ['what is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'Encoding', 1, 1],
  ];
  for (const [name, document, rule, line, column] of broken) {
    it(`is not GraphQL when it is ${name}`, () => {
      const verdict = check(document);
      assert.equal(verdict.kind, 'not-graphql');
      assert.deepEqual(findings(verdict), [{ rule, line, column }]);
    });
  }

  const misfits: readonly [rule: string, document: string][] = [
    ['FieldsOnCorrectType', '{ secretField }'],
    ['ProvidedRequiredArguments', '{ user { id } }'],
    ['ScalarLeafs', '{ user(id: 1) }'],
    ['ValuesOfCorrectType', '{ user(id: 1) { name(short: "secret") } }'],
    ['KnownArgumentNames', '{ user(id: 1, secret: 2) { id } }'],
    ['NoFragmentCycles', '{ user(id: 1) { ...A } } fragment A on User { friends(first: 1) { ...A } }'],
    ['NoUndefinedVariables', '{ user(id: $secret) { id } }'],
    ['NoUnusedVariables', 'query ($secret: ID) { user(id: 1) { id } }'],
    ['VariablesInAllowedPosition', 'query ($id: Int) { user(id: $id) { id } }'],
    ['OverlappingFieldsCanBeMerged', '{ user(id: 1) { a: id a: name } }'],
    ['ExecutableDefinitions', '{ user(id: 1) { id } } type Secret { id: ID }'],
    ['LoneAnonymousOperation', '{ user(id: 1) { id } } { user(id: 2) { id } }'],
    ['UniqueOperationNames', 'query A { user(id: 1) { id } } query A { user(id: 2) { id } }'],
    ['NoUnusedFragments', '{ user(id: 1) { id } } fragment Secret on User { id }'],
    ['PossibleFragmentSpreads', '{ user(id: 1) { ... on Card { id } } }'],
    ['KnownDirectives', '{ user(id: 1) { id @secret } }'],
    ['SingleFieldSubscriptions', 'subscription { a: renamed { id } b: renamed { id } }'],
  ];
  for (const [rule, document] of misfits) {
    it(`is held to the rule ${rule}, and nothing of it is told`, () => {
      const verdict = check(document, document.startsWith('query A') ? 'A' : '');
      assert.equal(verdict.kind, 'mismatch');
      assert.equal(findings(verdict)[0]!.rule, rule);
      assert.doesNotMatch(JSON.stringify(verdict), /secret/i);
    });
  }

  it('has its findings at their places, 20 at most', () => {
    assert.deepEqual(findings(check('{\n  one\n  user(id: 1) { two }\n}')), [
      { rule: 'FieldsOnCorrectType', line: 2, column: 3 },
      { rule: 'FieldsOnCorrectType', line: 3, column: 17 },
    ]);
    const many = Array.from({ length: 100 }, (_, i) => `f${i}`).join(' ');
    assert.equal(findings(check(`{ ${many} }`)).length, 20);
  });
});

describe('the operation of a document', () => {
  const two = 'query A { user(id: 1) { name } } mutation B { rename(id: 1, name: "x") { id } }';

  it('is the one of the name', () => {
    assert.deepEqual(fields(check(two, 'A')), ['Query.user', 'User.name']);
    assert.deepEqual(fields(check(two, 'B')), ['Mutation.rename', 'User.id']);
  });

  it('has to be there, and to be named where there are several', () => {
    for (const [document, name] of [
      [two, ''],
      [two, 'C'],
      ['{ user(id: 1) { name } }', 'A'],
      ['query A { user(id: 1) { name } }', 'a'],
    ] as const) {
      assert.deepEqual(findings(check(document, name)), [{ rule: 'OperationName', line: 1, column: 1 }]);
    }
    assert.deepEqual(fields(check('query A { user(id: 1) { name } }')), ['Query.user', 'User.name']);
  });
});

describe('the fields that an operation reads', () => {
  const cases: readonly [name: string, document: string, expected: readonly string[]][] = [
    ['by their own names', '{ name: user(id: 1) { id: name } }', ['Query.user', 'User.name']],
    [
      'through fragments of fragments',
      '{ user(id: 1) { ...A } } fragment A on User { ...B } fragment B on User { card { number } }',
      ['Card.number', 'Query.user', 'User.card'],
    ],
    [
      'through inline fragments',
      '{ ... { ... on Query { user(id: 1) { name } } } }',
      ['Query.user', 'User.name'],
    ],
    ['of all types behind an interface', '{ node(id: 1) { id } }', ['Card.id', 'Query.node', 'User.id']],
    [
      'of the type alone where the type is known, whatever interfaces it has',
      '{ user(id: 1) { id } }',
      ['Query.user', 'User.id'],
    ],
    [
      'of the members of a union',
      '{ found { __typename ... on Card { number } } }',
      ['Card.number', 'Found.__typename', 'Query.found'],
    ],
    [
      'of introspection',
      '{ __schema { queryType { name } } }',
      ['Query.__schema', '__Schema.queryType', '__Type.name'],
    ],
    [
      'under directives that may leave them out',
      'query ($no: Boolean!) { user(id: 1) { name @include(if: $no) } }',
      ['Query.user', 'User.name'],
    ],
  ];
  for (const [name, document, expected] of cases) {
    it(`are told ${name}`, () => assert.deepEqual(fields(check(document)), expected));
  }
});

describe('the fields that a coordinate stands for', () => {
  const cases: readonly [coordinate: string, expected: readonly string[] | null][] = [
    ['Card', ['Card.id', 'Card.number']],
    ['Card.id', ['Card.id']],
    ['Node', ['User.id', 'Card.id']],
    ['Node.id', ['User.id', 'Card.id']],
    ['Mutation', ['Mutation.rename']],
    ['Card.name', null],
    ['card', null],
    ['Card.', null],
    ['Card.id.x', null],
    ['Found', null],
    ['ID', null],
    ['User.__typename', null],
    ['User.toString', null],
    ['__Type', null],
    ['', null],
  ];
  for (const [coordinate, expected] of cases) {
    it(`are told of ${coordinate || 'nothing'}`, () =>
      assert.deepEqual(schema.fieldsOf(coordinate), expected));
  }
});

describe('what a document may cost', () => {
  const rule = (document: string): string => findings(check(document))[0]!.rule;

  it('is bounded in bytes, tokens and levels of any bracket', () => {
    assert.equal(rule(`{ user(id: 1) { id } } #${'x'.repeat(262_144)}`), 'Size');
    assert.equal(rule(`{ user(id: 1) { ${'id '.repeat(20_000)} } }`), 'Syntax');
    assert.equal(rule(`${'{a'.repeat(10_000)}${'}'.repeat(10_000)}`), 'Depth');
    assert.equal(rule(`{ user(id: ${'['.repeat(10_000)}1${']'.repeat(10_000)}) { id } }`), 'Depth');
    assert.equal(
      rule(`query ($a: ${'['.repeat(10_000)}Int${']'.repeat(10_000)}) { user(id: 1) { id } }`),
      'Depth',
    );
  });

  it('is bounded for chains of fragments as long as a document can have', () => {
    const chain = Array.from({ length: 2000 }, (_, i) => `fragment F${i} on User { ...F${i + 1} }`).join(' ');
    const document = `{ user(id: 1) { ...F0 } } ${chain} fragment F2000 on User { id }`;
    assert.match(JSON.stringify(check(document)), /"valid"|Depth|Cost/);
  });

  it('is bounded where every field has to be compared with every other', () => {
    const wide = Array.from({ length: 60 }, (_, i) => `...F${i}`).join(' ');
    const fragments = Array.from(
      { length: 60 },
      (_, i) =>
        `fragment F${i} on User { friends(first: 1) { ${Array.from({ length: 60 }, (_, j) => (j > i ? `...F${j}` : '')).join(' ')} id } }`,
    );
    const document = `{ user(id: 1) { ${wide} } } ${fragments.join(' ')}`;
    assert.match(JSON.stringify(check(document)), /"valid"|OverlappingFieldsCanBeMerged|Depth|Cost/);
  });
});

describe('what has to be compared in a document', () => {
  const many = (count: number, text: string): string => Array.from({ length: count }, () => text).join(' ');
  const cases: readonly [name: string, document: (count: number) => string, most: number][] = [
    ['fields of one name', (count) => `{ user(id: 1) { ${many(count, 'name')} } }`, 200],
    ['fields of one alias', (count) => `{ user(id: 1) { ${many(count, 'x: name')} } }`, 200],
    [
      'fields in fragments',
      (count) => `{ user(id: 1) { ...A } } fragment A on User { ${many(count, '... { name }')} }`,
      200,
    ],
    ['spreads', (count) => `{ user(id: 1) { ${many(count, '...A')} } } fragment A on User { name }`, 200],
  ];
  for (const [name, document, most] of cases) {
    it(`is bounded: ${name}`, () => {
      assert.equal(check(document(most)).kind, 'valid');
      assert.deepEqual(findings(check(document(most + 1))), [{ rule: 'Cost', line: 1, column: 1 }]);
    });
  }
});

describe('the nesting of a document', () => {
  const cases: readonly [document: string, depth: number][] = [
    ['', 0],
    ['{a(b:[{c:1}])}', 4],
    ['{a(b:"{{{")}', 2],
    ['{a(b:"\\"{{{")}', 2],
    ['{a(b:"""{{{ \\""" {{ " "" """)}', 2],
    ['{a(b:"""""" c:"{")}', 2],
    ['# {{{{\n{a}', 1],
    ['# {{{{\r{a}', 1],
    ['{a # }\n{b # }\r{c', 3],
    ['{a(b:"}") {c(d:"""}}""") {e', 3],
    ['{a(b:""){c', 2],
    ['{a(b:"\n{{{{', 2],
  ];
  for (const [document, depth] of cases) {
    it(`is ${depth} in ${JSON.stringify(document)}`, () => assert.equal(graphqlNesting(document), depth));
  }
});

describe('a GraphQL schema', () => {
  const broken: readonly [text: string, message: RegExp][] = [
    ['', /Syntax Error/],
    ['type Query {', /Syntax Error/],
    ['type Query { a: Missing }', /Missing/],
    ['type User { id: ID }', /query type/],
    ['{ user }', /query type|Executable|definition/i],
    [`type Query { a(b: ${'['.repeat(200)}Int${']'.repeat(200)}): Int }`, /128 levels/],
  ];
  for (const [text, message] of broken) {
    it(`is refused when it is ${JSON.stringify(text).slice(0, 40)}`, () => {
      assert.throws(() => new GraphqlStore().compile(text, OWNER), { message });
    });
  }

  it('is built once for each text, and forgotten with the last filter that uses it', () => {
    const store = new GraphqlStore();
    const built = store.compile(SCHEMA, 1);
    assert.equal(store.compile(SCHEMA, 2), built);
    assert.equal(store.size, 1);
    store.release(1);
    assert.equal(store.size, 1);
    store.release(2);
    assert.equal(store.size, 0);
  });

  it('has to fit into the heap, alone and beside the others', () => {
    const store = new GraphqlStore(1 << 20);
    const text = (name: string): string => `type Query { ${name}: Int } # ${'x'.repeat(600)}`;
    assert.throws(() => store.compile(`${text('a')}${'x'.repeat(500)}`, 1), {
      message: /room for 1024 in one/,
    });
    for (const name of ['a', 'b', 'c']) store.compile(text(name), 1);
    assert.throws(() => store.compile(text('e'), 1), {
      message: /for \d+ beside the schemas of all filters/,
    });
    store.release(1);
    store.compile(text('e'), 1);
  });
});
