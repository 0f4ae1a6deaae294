// Text of a configuration to the nodes of the YAML parser, within bounds, and offsets to line and column.
import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Pair,
  Parser,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { ConfigErrors, type ConfigPlace, type GatewayError } from '../../errors.js';
import { errorAt } from '../error-at.js';
import { syntaxWords } from './syntax-words.js';

/** Largest document, in characters. */
const MAX_CHARACTERS = 16 * 1024 * 1024;
/** Most words and marks of the grammar: each costs the parser up to half a kilobyte. 10 000 full routes have 1.2 million. */
const MAX_WORDS = 2_000_000;
/** Most lists and objects around each other, aliases followed. What reads the tree after the parser is recursive. */
export const MAX_DEPTH = 64;
/** A text that is not YAML at all breaks the grammar on every line; the first breaks say enough. */
const MAX_SYNTAX_ERRORS = 20;
/** The parser repeats what it did not understand. */
const MAX_MESSAGE_CHARACTERS = 160;

export type AnyNode = Alias | Scalar | YAMLMap | YAMLSeq;
export type AnyPair = Pair<AnyNode, AnyNode | null>;

type Locate = (offset: number, pointer: string) => ConfigPlace;

/** What a text holds, as the parser sees it. */
export interface NodeTree {
  /** Null when the text holds nothing. */
  readonly root: AnyNode | null;
  /** Characters before the first one that was parsed: a byte order mark, or none. Offsets of nodes do not count them. */
  readonly mark: number;
  /** The place of what stands at an offset of the parsed text. */
  readonly locate: Locate;
}

/**
 * Parses a text that holds one document.
 * @param name of the document, for places
 * @throws ConfigErrors of SLUICE_CONFIG_SYNTAX
 */
export function composeTree(text: string, name: string): NodeTree {
  const lines = new LineCounter();
  const locate = (offset: number, pointer: string): ConfigPlace => {
    const { line, col } = lines.linePos(offset);
    return { document: name, line: Math.max(line, 1), column: Math.max(col, 1), pointer };
  };
  const source = text.startsWith('\ufeff') ? text.slice(1) : text;
  return { root: composeRoot(source, lines, locate), mark: text.length - source.length, locate };
}

function composeRoot(source: string, lines: LineCounter, locate: Locate): AnyNode | null {
  const fail = (offset: number, found: string, expected: string): never => {
    throw new ConfigErrors([errorAt('SLUICE_CONFIG_SYNTAX', locate(offset, ''), found, expected)]);
  };
  if (source.length > MAX_CHARACTERS) {
    fail(0, `${source.length} characters`, `at most ${MAX_CHARACTERS}`);
  }
  const tokens: CST.Token[] = [];
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let words = 0;
  for (const word of new Lexer().lex(source)) {
    if (++words > MAX_WORDS) fail(parser.offset, 'a larger document', `at most ${MAX_WORDS} words and marks`);
    tokens.push(...parser.next(word));
  }
  tokens.push(...parser.end());
  const deep = findTooDeep(tokens, MAX_DEPTH);
  if (deep !== null) fail(deep, 'deeper nesting', `at most ${MAX_DEPTH} levels`);

  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, lineCounter: lines });
  const documents = [...composer.compose(tokens, true, source.length)] as Document.Parsed[];
  const [document, second] = documents;
  const errors = documents.flatMap((parsed) => syntaxErrors(parsed, locate));
  if (errors.length > 0) throw new ConfigErrors(errors.slice(0, MAX_SYNTAX_ERRORS));
  if (second !== undefined) fail(second.range[0], 'a second document', 'one document');
  if (document!.directives.yaml.version !== '1.2') {
    fail(0, `YAML ${document!.directives.yaml.version}`, 'YAML 1.2, in which "yes" is a word');
  }
  return document!.contents as AnyNode | null;
}

function syntaxErrors(document: Document.Parsed, locate: Locate): GatewayError[] {
  // A tag that nobody knows is only a warning; the reader refuses tags by their place.
  const warnings = document.warnings.filter((warning) => warning.code !== 'TAG_RESOLVE_FAILED');
  // One tab is an error on each line that follows.
  const tab = document.errors.find(({ code }) => code === 'TAB_AS_INDENT');
  const errors = tab === undefined ? [...document.errors, ...warnings] : [tab];
  // The parser may have several words for one slip, of which the first says most.
  const seen = new Set<number>();
  const firsts = errors.filter(({ pos: [at] }) => !seen.has(at) && seen.add(at));
  return firsts.map((error) => {
    const message = error.message.slice(0, MAX_MESSAGE_CHARACTERS).replace(/\s+/g, ' ');
    const [found, expected] = syntaxWords(message);
    return errorAt('SLUICE_CONFIG_SYNTAX', locate(error.pos[0], ''), found, expected);
  });
}

/** Offset of a collection that stands too deep, or null. Without recursion, which is what it protects. */
export function findTooDeep(tokens: readonly CST.Token[], mostDepth: number): number | null {
  const open: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (token.type === 'document' && token.value) open.push({ token: token.value, depth });
    if (!('items' in token)) continue;
    if (depth >= mostDepth) return token.offset;
    for (const item of token.items) {
      if (item.key) open.push({ token: item.key, depth: depth + 1 });
      if (item.value) open.push({ token: item.value, depth: depth + 1 });
    }
  }
  return null;
}

/** True for a merge key: its map takes over members of others. */
export function isMergeKey(key: AnyNode | null): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

/** What a merge key takes from; `<<:` with nothing behind it is refused at the key. */
export function mergeSources(pair: AnyPair): AnyNode[] {
  const { key, value } = pair;
  return isSeq(value) ? (value.items as AnyNode[]) : [value ?? key];
}
