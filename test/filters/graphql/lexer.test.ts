// What the guest reads is held against graphql-js: the same tokens at the same places, or a refusal by both.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { before, describe, it } from 'node:test';
import { TestChain } from '../../../sdk/testing/index.js';
import { buildFilter } from '../../../sdk/tools/filter-builder.js';
import { inFolder, manifestOf } from '../../sdk/inline-filter.js';

const { Lexer, Source } = createRequire(import.meta.url)('graphql') as typeof import('graphql');

const SOURCE = `
  import { Bytes, Decision, JsonWriter, Request, respond } from 'sluice';
  import { Lexer, Token } from './lexer';
  export function onRequest(request: Request): Decision {
    const lexer = new Lexer(request.body.exists ? request.body : Bytes.from(''));
    const out = new JsonWriter().beginArray();
    do {
      lexer.next();
      out.beginArray().integer(lexer.kind).integer(lexer.start).integer(lexer.end).endArray();
    } while (lexer.kind > Token.End);
    return respond(200).json(out.endArray().bytes);
  }`;
const KINDS: Readonly<Record<string, number>> = {
  Name: 3,
  Int: 4,
  Float: 5,
  String: 6,
  BlockString: 7,
  '<EOF>': 1,
};

type Tokens = number[][];

function reference(text: string): Tokens | null {
  const lexer = new Lexer(new Source(text));
  const byteAt = (index: number): number => Buffer.byteLength(text.slice(0, index));
  const tokens: Tokens = [];
  try {
    for (;;) {
      const { kind, start, end } = lexer.advance();
      tokens.push([KINDS[kind] ?? 2, byteAt(start), byteAt(end)]);
      if (kind === '<EOF>') return tokens;
    }
  } catch {
    return null;
  }
}

const PIECES = [
  ...[
    '{ a }',
    'query A($b: [Int!]! = 5) @c { d: e(f: $b) ...G }',
    'fragment G on H { i }',
    '"',
    '""',
    '"""',
    '"""{"""',
  ],
  ...[
    '"""\\""""""',
    '"""a"b""c"""',
    '""""""',
    '"a\\nb"',
    '"\\u0041"',
    '"\\u{1F600}"',
    '"\\u{110000}"',
    '"\\u{}"',
  ],
  ...[
    '"\\u{000000041}"',
    '"\\u{00000041}"',
    '"\\ud83d\\ude00"',
    '"\\ud83d"',
    '"\\ude00"',
    '"\\ud83d\\u0041"',
    '"\\x"',
  ],
  ...[
    '"\\u00g0"',
    '"a\nb"',
    '"a\rb"',
    '"\u0000"',
    '"😀"',
    '# {{{\n}',
    '# a\r}',
    '#',
    ',,,',
    '\ufeff{',
    '\u00a0',
    '...',
  ],
  ...[
    '..',
    '.',
    '....',
    '0',
    '-0',
    '00',
    '01',
    '-',
    '1.5',
    '1.',
    '.5',
    '1e5',
    '1E-5',
    '1e',
    '1.5e+3',
    '1a',
    '1.5.2',
    '0x1',
  ],
  ...[
    '1_',
    '-1',
    '+1',
    '1"a"',
    '_a9',
    'é',
    '?',
    '%',
    '!$&()=@[]{|}:',
    '/',
    ';',
    '\u0000',
    '"a',
    '"""a',
    '\\',
    "'",
  ],
];
const CORPUS = [
  ...PIECES,
  ...PIECES.flatMap((a, i) => [
    `${a} ${PIECES[(i * 7 + 3) % PIECES.length]}`,
    `${a}${PIECES[(i * 11 + 5) % PIECES.length]}`,
  ]),
];

describe('the lexer of graphql', () => {
  let chain: TestChain;
  before(async () => {
    const lexer = readFileSync(
      new URL('../../../../filters/graphql/assembly/lexer.ts', import.meta.url),
      'utf8',
    );
    const files = {
      'filter.json': JSON.stringify(manifestOf({ phases: { request: { body: 'buffer' } } })),
      'assembly/index.ts': SOURCE,
      'assembly/lexer.ts': lexer,
    };
    const module = await inFolder(files, async (sourceDir) => (await buildFilter({ sourceDir })).bytes);
    chain = new TestChain([{ module }]);
  });

  it(`reads ${CORPUS.length} documents as graphql-js does`, () => {
    for (const text of CORPUS) {
      const { client, failures } = chain.exchange({ method: 'POST', target: '/', body: text });
      assert.deepEqual(failures, [], JSON.stringify(text));
      const tokens = JSON.parse(client!.text) as Tokens;
      assert.deepEqual(tokens.at(-1)![0] === 0 ? null : tokens, reference(text), JSON.stringify(text));
    }
  });
});
