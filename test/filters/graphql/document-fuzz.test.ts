// Documents that are made up, and broken, against what graphql-js makes of them: the same verdict with the same limits.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { DocumentNode, FragmentDefinitionNode, SelectionNode, SelectionSetNode } from 'graphql';
import { chainOf } from '../built-in.js';
import { post } from './send.js';

const { parse, visit } = createRequire(import.meta.url)('graphql') as typeof import('graphql');

const LIMITS = { depth: 3, aliases: 3, rootFields: 4, directives: 3, complexity: 12 };
const chain = chainOf('graphql', { limits: LIMITS, pageSizes: [] });

interface Measure {
  depth: number;
  aliases: number;
  rootFields: number;
  directives: number;
  complexity: number;
  introspects: boolean;
}

class Circle extends Error {}

/** What the operation comes to, fragments written out. */
class Reference {
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #open = new Set<string>();

  constructor(readonly document: DocumentNode) {
    for (const node of document.definitions) {
      if (node.kind !== 'FragmentDefinition') continue;
      if (this.#fragments.has(node.name.value)) throw new Circle();
      this.#fragments.set(node.name.value, node);
    }
  }

  measure({
    selectionSet,
    directives = [],
  }: {
    selectionSet: SelectionSetNode;
    directives?: readonly unknown[];
  }): Measure {
    const measure = {
      depth: 0,
      aliases: 0,
      rootFields: 0,
      directives: directives.length,
      complexity: 0,
      introspects: false,
    };
    for (const node of selectionSet.selections) this.#add(node, 0, measure);
    return measure;
  }

  #add(node: SelectionNode, level: number, measure: Measure): void {
    measure.directives += node.directives?.length ?? 0;
    if (node.kind === 'FragmentSpread') {
      this.#spread(node.name.value, level, measure);
      return;
    }
    if (node.kind === 'Field') {
      measure.depth = Math.max(measure.depth, level + 1);
      measure.complexity += 1;
      if (node.alias !== undefined) measure.aliases += 1;
      if (level === 0) measure.rootFields += 1;
      if (/^__(?!typename$)/.test(node.name.value)) measure.introspects = true;
    }
    const below = node.kind === 'Field' ? level + 1 : level;
    for (const child of node.selectionSet?.selections ?? []) this.#add(child, below, measure);
  }

  #spread(name: string, level: number, measure: Measure): void {
    const fragment = this.#fragments.get(name);
    if (fragment === undefined || this.#open.has(name)) throw new Circle();
    this.#open.add(name);
    measure.directives += fragment.directives?.length ?? 0;
    for (const child of fragment.selectionSet.selections) this.#add(child, level, measure);
    this.#open.delete(name);
  }
}

function expected(query: string): string {
  let document: DocumentNode;
  try {
    document = parse(query);
  } catch {
    return '400 GRAPHQL_SYNTAX';
  }
  if (document.definitions.some(({ kind }) => !/^(?:Operation|Fragment)Definition$/.test(kind))) {
    return '400 GRAPHQL_SYNTAX';
  }
  const operations = document.definitions.filter((node) => node.kind === 'OperationDefinition');
  let measure: Measure | null = null;
  try {
    const reference = new Reference(document);
    for (const node of document.definitions) if ('selectionSet' in node) reference.measure(node as never);
    if (operations.length > 0) measure = reference.measure(operations[0]!);
  } catch (cause) {
    assert.ok(cause instanceof Circle);
    return '400 GRAPHQL_FRAGMENTS';
  }
  if (measure === null) return '400 GRAPHQL_REQUEST';
  if (operations.length > 1) return '400 GRAPHQL_LIMIT operations';
  visit(document, {
    VariableDefinition: ({ directives = [] }) => {
      measure.directives += directives.length;
    },
  });
  if (measure.introspects) return '403 GRAPHQL_INTROSPECTION';
  for (const name of ['depth', 'aliases', 'rootFields', 'directives', 'complexity'] as const) {
    if (measure[name] > LIMITS[name]) return `400 GRAPHQL_LIMIT ${name}`;
  }
  return 'passed';
}

const text = (...all: string[]): fc.Arbitrary<string> => fc.constantFrom(...all);
const joined = (parts: fc.Arbitrary<string>[], separator = ' '): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((all) => all.join(separator));
const maybe = (part: fc.Arbitrary<string>, weight = 3): fc.Arbitrary<string> =>
  fc.oneof({ weight, arbitrary: fc.constant('') }, { weight: 1, arbitrary: part });

const value = text(
  '1',
  '-1.5e3',
  '"{"',
  '"""\n}"""',
  'ENUM',
  'true',
  'null',
  '$v',
  '[1 $v]',
  '{a: {b: [2]}}',
  '[]',
  '{}',
);
const constant = text('1', '"x"', '[1, 2]', '{a: null}');
const description = text('"x"', '"{"', '""', '"""query\n{ a"""', '"""\\""" } """');
const directives = maybe(text('@skip(if: true)', '@include(if: $v)', '@d', '@d @e(f: {g: 1})'));
const name = text('a', 'b', 'on', 'query', 'fragment', '__typename', 'first');
const { selections } = fc.letrec<{ selections: string; selection: string }>((tie) => ({
  selections: fc
    .array(tie('selection'), { minLength: 1, maxLength: 3, depthIdentifier: 'selections' })
    .map((all) => `{ ${all.join(', ')} }`),
  selection: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'selections' },
    joined([maybe(text('x:', 'y :', 'on:')), name, maybe(value.map((v) => `(c: ${v} d: 1)`)), directives]),
    joined([maybe(text('x:')), name, directives, tie('selections')]),
    joined([text('...', '...on A', '... on B'), directives, tie('selections')]),
    joined([text('...A', '... B', '...C'), directives]),
    text('__schema { types { name } }', 'x: __type(name: "a") { name }', '#}\n a'),
  ),
}));
const operation = fc.oneof(
  selections,
  joined([
    maybe(description),
    text('query', 'mutation', 'subscription', 'query N'),
    maybe(text('($v: Int)', '($v: [Int!]! = 1 @d, $w: X)')),
    directives,
    selections,
  ]),
  joined([
    maybe(description),
    text('query N('),
    maybe(description),
    text('$v: Int ='),
    constant,
    text(')', '"w" $w: X)'),
    selections,
  ]),
);
const fragment = (title: string, body: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  joined([maybe(description), fc.constant(`fragment ${title} on T`), directives, body]);
const plain = joined([text('{ a }', '{ x: a }', '{ a { b } }', '{ __typename }')]);
const documents = joined([
  operation,
  fragment('A', fc.oneof(plain, selections)),
  fragment('B', plain),
  maybe(fc.oneof(fragment('C', selections), fragment('B', plain), operation), 1),
]);

const stranger = fc.oneof(
  description,
  text('!', '&', '|', '=', '$', '"', '"""', 'extend ', 'type T', '{', '-', '\ufeff'),
);
const PIECE = /"""[\s\S]*?"""|"[^"]*"|#[^\n]*\n|\.\.\.|[A-Za-z_0-9.-]+|\s+|./g;
/** The document with a piece of it left out, or with one of its own or a strange one before it or in its place. */
const broken = fc
  .tuple(documents, maybe(stranger), fc.nat(), fc.nat(), fc.nat(2))
  .map(([document, strange, from, to, how]) => {
    const pieces = document.match(PIECE)!;
    const at = from % pieces.length;
    const other = strange || pieces[to % pieces.length]!;
    pieces.splice(at, how === 0 ? 1 : how === 1 ? 0 : 1, ...(how === 0 ? [] : [other]));
    return pieces.join('');
  });

describe('graphql: documents that are made up', () => {
  it('are judged as the reference implementation reads them', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(documents, (query) => {
        const verdict = expected(query);
        seen.add(verdict);
        assert.equal(post(chain, { query }), verdict, query);
      }),
      { numRuns: 1500 },
    );
    for (const verdict of [
      'passed',
      '400 GRAPHQL_FRAGMENTS',
      '403 GRAPHQL_INTROSPECTION',
      '400 GRAPHQL_LIMIT depth',
    ]) {
      assert.ok(seen.has(verdict), `${verdict} never came up`);
    }
  });

  it('are so when a piece of them is missing, doubled or another', () => {
    fc.assert(
      fc.property(broken, (query) => {
        fc.pre(query.trim() !== '');
        assert.equal(post(chain, { query }), expected(query), query);
      }),
      { numRuns: 1500 },
    );
  });
});
