// Reads one pattern: JavaScript's syntax with the flag `u`. The only file that knows regexpp and refa; both are loaded
// with the first pattern, because they take 40 ms and most workers never see one.
import { createRequire } from 'node:module';
import type * as Regexpp from '@eslint-community/regexpp';
import type * as Refa from 'refa';
import type { CodePoints, PatternEdge, PatternFlags, PatternNode, SetPattern } from './syntax.js';

type Ast = Regexpp.AST.Element | Regexpp.AST.Alternative;
type CharacterAst = Regexpp.AST.Character | Regexpp.AST.CharacterClass | Regexpp.AST.CharacterSet;

interface Packages {
  readonly parser: Regexpp.RegExpParser;
  readonly js: typeof Refa.JS;
}

/** Most UTF-16 units of a pattern or literal, and most groups within each other: the parser recurses. */
const MOST_LENGTH = 16_384;
const MOST_DEPTH = 200;

const SURROGATES: CodePoints = { min: 0xd800, max: 0xdfff };

const require = createRequire(import.meta.url);
let packages: Packages | null = null;

function load(): Packages {
  if (packages === null) {
    const { RegExpParser } = require('@eslint-community/regexpp') as typeof Regexpp;
    const { JS } = require('refa') as typeof Refa;
    packages = { parser: new RegExpParser({ strict: true, ecmaVersion: 2024 }), js: JS };
  }
  return packages;
}

/** Why a pattern is refused, and where. */
export class PatternSyntaxError extends Error {
  override readonly name = 'PatternSyntaxError';

  /** @param at index into the UTF-16 units of `source` */
  constructor(reason: string, source: string, at: number) {
    super(`at character ${[...source.slice(0, at)].length + 1}: ${reason}`);
  }
}

/**
 * Parses a pattern.
 * @throws PatternSyntaxError for what is no pattern, and for what needs more than an automaton: back-references, and
 *   looking ahead or behind
 */
export function parsePattern(source: string, flags: PatternFlags): PatternNode {
  return new Reader(source, flags, withoutSurrogates).choice(parseAst(source).alternatives);
}

/** What has to hold of a text, all of it. A part that is negated must not match. */
export type PatternCase = readonly {
  readonly pattern: SetPattern;
  readonly isNegated: boolean;
}[];

/**
 * Parses a pattern without flags whose texts are UTF-16: halves of characters are characters of their own there. It may
 * look ahead where the text begins: then each of its alternatives is a case.
 * @throws PatternSyntaxError as `parsePattern` does
 */
export function parseCases(source: string): readonly PatternCase[] {
  const { alternatives } = parseAst(source);
  const reader = new Reader(source, { ignoreCase: false, dotAll: false }, (ranges) => ranges);
  if (!alternatives.some((alternative) => headOf(alternative).some(isLookahead)))
    return [[{ pattern: { node: reader.choice(alternatives), anchor: 'none' }, isNegated: false }]];
  return alternatives.map((alternative) => reader.caseOf(alternative));
}

/** The conditions on the begin of the text that an alternative begins with; none when it may begin elsewhere. */
function headOf({ elements }: Regexpp.AST.Alternative): readonly Regexpp.AST.Assertion[] {
  const rest = elements.findIndex((element) => !isStart(element) && !isLookahead(element));
  const head = elements.slice(0, rest === -1 ? elements.length : rest) as Regexpp.AST.Assertion[];
  return head.some(isStart) ? head : [];
}

function isStart(element: Regexpp.AST.Element): element is Regexpp.AST.EdgeAssertion {
  return element.type === 'Assertion' && element.kind === 'start';
}

function isLookahead(element: Regexpp.AST.Element): element is Regexpp.AST.LookaheadAssertion {
  return element.type === 'Assertion' && element.kind === 'lookahead';
}

function parseAst(source: string): Regexpp.AST.Pattern {
  refuseDepth(source);
  const { parser } = load();
  try {
    return parser.parsePattern(source, 0, source.length, { unicode: true, unicodeSets: false });
  } catch (cause) {
    const { message, index } = cause as Regexpp.RegExpSyntaxError;
    const prefix = `Invalid regular expression: /${source}/u: `;
    const reason = message.startsWith(prefix) ? message.slice(prefix.length) : message;
    throw new PatternSyntaxError(reason, source, Number.isInteger(index) ? index : 0);
  }
}

/** A text that stands for itself, as a pattern. */
export function parseLiteral(text: string, flags: PatternFlags): PatternNode {
  if (text.length > MOST_LENGTH) throw tooLong(text);
  const parts = Array.from(text, (character): PatternNode => {
    const point = character.codePointAt(0)!;
    const set = flags.ignoreCase ? foldings(point) : [{ min: point, max: point }];
    return { kind: 'character', set: withoutSurrogates(set) };
  });
  return { kind: 'sequence', parts };
}

/** All characters that are the same as this one with the flag `i`. */
function foldings(point: number): readonly CodePoints[] {
  return load().js.createCharSet([point], { unicode: true, ignoreCase: true }).ranges;
}

class Reader {
  readonly #source: string;
  readonly #flags: Refa.JS.Flags;
  readonly #ofText: (ranges: readonly CodePoints[]) => readonly CodePoints[];

  /** @param ofText leaves those that texts may have */
  constructor(
    source: string,
    flags: PatternFlags,
    ofText: (ranges: readonly CodePoints[]) => readonly CodePoints[],
  ) {
    this.#source = source;
    this.#flags = { unicode: true, ...flags };
    this.#ofText = ofText;
  }

  caseOf(alternative: Regexpp.AST.Alternative): PatternCase {
    const head = headOf(alternative);
    const anchor = head.length > 0 ? 'start' : 'none';
    const parts = alternative.elements.slice(head.length).map((element) => this.#read(element));
    const rest = { pattern: { node: { kind: 'sequence', parts }, anchor }, isNegated: false } as const;
    const ahead = head.filter(isLookahead).map(({ alternatives, negate }) => ({
      pattern: { node: this.choice(alternatives), anchor: 'start' } as const,
      isNegated: negate,
    }));
    return [...ahead, rest];
  }

  choice(alternatives: readonly Regexpp.AST.Alternative[]): PatternNode {
    const options = alternatives.map((alternative) => this.#read(alternative));
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  #read(ast: Ast): PatternNode {
    switch (ast.type) {
      case 'Alternative':
        return { kind: 'sequence', parts: ast.elements.map((element) => this.#read(element)) };
      case 'Group':
      case 'CapturingGroup':
        return this.choice(ast.alternatives);
      // Whether it is greedy decides what a group captures and which end is told; here the first end always is.
      case 'Quantifier':
        return { kind: 'repeat', part: this.#read(ast.element), least: ast.min, most: ast.max };
      case 'Character':
      case 'CharacterClass':
      case 'CharacterSet':
        return { kind: 'character', set: this.#characters(ast) };
      case 'Assertion':
        return { kind: 'edge', edge: this.#edge(ast) };
      case 'Backreference':
        throw this.#refusal('a back-reference is not supported', ast.start);
      default:
        throw this.#refusal(`${ast.raw} is not supported`, ast.start);
    }
  }

  #edge(ast: Regexpp.AST.Assertion): PatternEdge {
    switch (ast.kind) {
      case 'lookahead':
        throw this.#refusal('looking ahead is not supported', ast.start);
      case 'lookbehind':
        throw this.#refusal('looking behind is not supported', ast.start);
      case 'word':
        return ast.negate ? 'not-word' : 'word';
      default:
        return ast.kind;
    }
  }

  #characters(ast: CharacterAst): readonly CodePoints[] {
    return this.#ofText(load().js.parseUnicodeSet(ast, this.#flags).chars.ranges);
  }

  #refusal(reason: string, at: number): PatternSyntaxError {
    return new PatternSyntaxError(reason, this.#source, at);
  }
}

/** They are halves of characters in UTF-16 and nothing in UTF-8. */
function withoutSurrogates(ranges: readonly CodePoints[]): readonly CodePoints[] {
  const kept: CodePoints[] = [];
  for (const { min, max } of ranges) {
    if (min < SURROGATES.min) kept.push({ min, max: Math.min(max, SURROGATES.min - 1) });
    if (max > SURROGATES.max) kept.push({ min: Math.max(min, SURROGATES.max + 1), max });
  }
  return kept;
}

/** Before the parser, whose stack it guards. */
function refuseDepth(source: string): void {
  if (source.length > MOST_LENGTH) throw tooLong(source);
  let depth = 0;
  let inClass = false;
  for (let at = 0; at < source.length; at += 1) {
    const character = source[at];
    if (character === '\\') at += 1;
    else if (inClass) inClass = character !== ']';
    else if (character === '[') inClass = true;
    else if (character === ')') depth -= 1;
    else if (character === '(') {
      depth += 1;
      if (depth > MOST_DEPTH)
        throw new PatternSyntaxError(`more than ${MOST_DEPTH} groups within each other`, source, at);
    }
  }
}

function tooLong(source: string): PatternSyntaxError {
  return new PatternSyntaxError(`more than ${MOST_LENGTH} characters`, source, MOST_LENGTH);
}
