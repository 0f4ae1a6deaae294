// Documents that are no configuration, such as an API description that somebody else wrote: YAML or JSON to plain
// values, and plain values to YAML that does not depend on anything but them.
import { Composer, Document, isScalar, LineCounter, Parser, visit } from 'yaml';
import { findTooDeep } from './node-tree.js';

/** Longest text that is read, in characters. */
const MOST_CHARACTERS = 64 * 1024 * 1024;
/** Most lists and objects around each other: what reads the tree after the parser is recursive. */
const MOST_DEPTH = 256;
/** How many times over the aliases of a document may repeat its values. */
const MOST_ALIASES = 10_000;

/**
 * Reads a document. Keys are strings as they were written (`200:` is `"200"`), numbers are those of JavaScript.
 * @throws Error with the reason, and with line and column where there is one
 */
export function parsePlainDocument(text: string): unknown {
  if (text.length > MOST_CHARACTERS) throw new RangeError(`longer than ${MOST_CHARACTERS} characters`);
  const source = text.replace(/^\ufeff/, '');
  // JSON is YAML, but takes a twentieth of the time to read as what it is.
  if (/^\s*\{/.test(source)) {
    try {
      return JSON.parse(source);
    } catch {
      // A YAML document may begin with a brace; if it is neither, the other parser knows the place.
    }
  }
  return parseYaml(source);
}

function parseYaml(source: string): unknown {
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  const tokens = [...new Parser(lines.addNewLine).parse(source)];
  const deep = findTooDeep(tokens, MOST_DEPTH);
  if (deep !== null) throw new RangeError(`${place(deep)}: is nested deeper than ${MOST_DEPTH} levels`);
  const composer = new Composer({
    stringKeys: true,
    prettyErrors: false,
    lineCounter: lines,
    logLevel: 'error',
  });
  const [document, second] = [...composer.compose(tokens, true, source.length)];
  const [error] = document!.errors;
  if (error !== undefined) throw new Error(`${place(error.pos[0])}: ${error.message}`, { cause: error });
  if (second !== undefined)
    throw new Error(`${place(second.range[0])}: found a second document, expected one`);
  return document!.toJS({ maxAliasCount: MOST_ALIASES });
}

/**
 * Writes a value as YAML 1.2, members in their order, without anchors and without line breaks that the value does not have.
 * @param comment lines above it
 */
export function writeYaml(value: unknown, comment: string): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  document.commentBefore = comment;
  visit(document, {
    Scalar(key, node) {
      // Between quotes it is a name like any other; bare, it would ask the reader to merge what follows.
      if (key === 'key' && node.value === '<<') node.type = 'QUOTE_DOUBLE';
      // Whole numbers that a double cannot count to are refused in a configuration when they are written as digits.
      if (isScalar(node) && Number.isInteger(node.value) && !Number.isSafeInteger(node.value))
        node.format = 'EXP';
    },
  });
  // Blocks lose the blanks of lines that have nothing else.
  return document.toString({ lineWidth: 0, blockQuote: false });
}
