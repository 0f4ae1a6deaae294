// Reads the plain part of YAML 1.2 in a twentieth of the time that the parser of document.ts takes: block lists and
// objects, lists and objects in brackets (so JSON too), words, numbers and quoted texts of one line each. Whatever is
// read means what that parser says; everything else, errors above all, is left to it. test/core/config/simple-yaml*.ts
// hold the two to each other.

/** The text has something that is not read here, or is wrong. */
export const NOT_SIMPLE = Symbol('not simple');

/** Most lists and objects around each other: the reader is recursive. */
const MOST_DEPTH = 60;
/** Longest key, in characters as written: YAML ends at 1024. */
const LONGEST_KEY = 1000;

/** Line breaks of other systems, tabs, and what is no text or looks like a blank. */
const ODD_CHARACTERS =
  /[^\n\x20-\x7e\u00a1-\u167f\u1681-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\u2fff\u3001-\ufefe\uff01-\uffef]/;

const LINE_FEED = 0x0a;
const SPACE = 0x20;
const DOUBLE_QUOTE = 0x22;
const HASH = 0x23;
const SINGLE_QUOTE = 0x27;
const COMMA = 0x2c;
const DASH = 0x2d;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** A key without quotes; what else may be one is rare. */
const PLAIN_KEY = /[A-Za-z0-9_.$/][A-Za-z0-9_.$/*@+-]*(?=:(?:[ \n]|$))/y;
/** Of one line, on which it ends. */
const DOUBLE_QUOTED = /"(?:[^"\\\n]|\\[^\n])*"/y;
const SINGLE_QUOTED = /'(?:[^'\n]|'')*'/y;
/** A word or number between brackets: without blanks, and each colon in the midst of it. */
const WORD_IN_FLOW = /(?:[A-Za-z0-9_.$/]|-(?=[0-9]))(?:[^\s,[\]{}:]|:(?=[^\s,[\]{}]))*/y;
/** Beginnings of what a line says without quotes; a dash before a digit is a sign. */
const PLAIN_START = /^(?:[^\s\-?:,[\]{}#&*!|>'"%@`]|-(?=[0-9]))/;

const JSON_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$/;
/** What else YAML 1.2.2 §10.3.2 takes for a null, a truth value or a number. */
const OTHER_WORD =
  /^(?:~|null|Null|NULL|[Tt]rue|TRUE|[Ff]alse|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/**
 * The value of a document: a tree of plain objects, arrays, strings, finite numbers, booleans and nulls. `NOT_SIMPLE`
 * when another parser has to say what it means, or why it means nothing.
 */
export function readSimpleYaml(text: string): unknown {
  if (ODD_CHARACTERS.test(text)) return NOT_SIMPLE;
  try {
    return new Reader(text).read();
  } catch (cause) {
    if (cause === NOT_SIMPLE) return NOT_SIMPLE;
    throw cause;
  }
}

function giveUp(): never {
  throw NOT_SIMPLE;
}

class Reader {
  readonly #text: string;
  /** What is read next. */
  #at = 0;
  /** Column of `#at` when a line, or what a dash leaves of it, begins there; -1 behind the last line. */
  #column = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): unknown {
    this.#toLine(0);
    if (this.#column === 0 && this.#text.startsWith('---\n', this.#at)) this.#nextLine();
    const value = this.#readBlock(-1);
    if (this.#column !== -1) giveUp();
    return value;
  }

  /** What stands at the beginning of a line, deeper than `parent`. */
  #readBlock(parent: number): unknown {
    if (this.#column <= parent) giveUp();
    if (this.#atDash()) return this.#readList(this.#column);
    const code = this.#code();
    // At the beginning of a document it is JSON, elsewhere it may as well be a key.
    if (parent === -1 && (code === OPEN_BRACE || code === OPEN_BRACKET)) return this.#readRest(parent);
    return this.#readObject(this.#column);
  }

  #readList(column: number): unknown[] {
    this.#enter();
    const list: unknown[] = [];
    while (this.#column === column && this.#atDash()) {
      this.#at += 1;
      const dash = this.#at;
      this.#skipBlanks();
      if (this.#isLineOver()) {
        this.#nextLine();
        list.push(this.#column > column ? this.#readBlock(column) : null);
        continue;
      }
      this.#column = column + 1 + this.#at - dash;
      list.push(this.#atDash() || this.#atKey() ? this.#readBlock(column) : this.#readRest(column));
    }
    if (this.#column > column) giveUp();
    this.#depth -= 1;
    return list;
  }

  #readObject(column: number): Record<string, unknown> {
    this.#enter();
    const object: Record<string, unknown> = {};
    while (this.#column === column && !this.#atDash()) {
      const key = this.#readKey(object, false);
      this.#skipBlanks();
      if (!this.#isLineOver()) object[key] = this.#readRest(column);
      else {
        this.#nextLine();
        if (this.#column > column) object[key] = this.#readBlock(column);
        else object[key] = this.#column === column && this.#atDash() ? this.#readList(column) : null;
      }
    }
    if (this.#column > column) giveUp();
    this.#depth -= 1;
    return object;
  }

  /** What is left of a line, which is all that there is at its place; goes on to the next line. */
  #readRest(column: number): unknown {
    const code = this.#code();
    let value: unknown;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) value = this.#readFlow(column);
    else if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) value = this.#readQuoted();
    else return this.#readPlainLine();
    const end = this.#at;
    this.#skipBlanks();
    if (!this.#isLineOver() || (this.#code() === HASH && this.#at === end)) giveUp();
    this.#nextLine();
    return value;
  }

  #readPlainLine(): unknown {
    const end = this.#lineEnd();
    let line = this.#text.slice(this.#at, end);
    const comment = line.indexOf(' #');
    if (comment !== -1) line = line.slice(0, comment);
    line = line.trimEnd();
    if (!PLAIN_START.test(line) || line.includes(': ') || line.endsWith(':')) giveUp();
    this.#toLine(end + 1);
    return meaningOf(line);
  }

  /** A list or an object in brackets. Its further lines stand deeper than `column`. */
  #readFlow(column: number): unknown {
    const code = this.#code();
    if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) return this.#readQuoted();
    if (code === OPEN_BRACKET) return this.#readFlowList(column);
    if (code === OPEN_BRACE) return this.#readFlowObject(column);
    return meaningOf(this.#take(WORD_IN_FLOW));
  }

  #readFlowList(column: number): unknown[] {
    this.#enter();
    const list: unknown[] = [];
    this.#at += 1;
    this.#skipInFlow(column);
    while (this.#code() !== CLOSE_BRACKET) {
      list.push(this.#readFlow(column));
      this.#readSeparator(column, CLOSE_BRACKET);
    }
    this.#at += 1;
    this.#depth -= 1;
    return list;
  }

  #readFlowObject(column: number): Record<string, unknown> {
    this.#enter();
    const object: Record<string, unknown> = {};
    this.#at += 1;
    this.#skipInFlow(column);
    while (this.#code() !== CLOSE_BRACE) {
      const key = this.#readKey(object, true);
      this.#skipInFlow(column);
      object[key] = this.#readFlow(column);
      this.#readSeparator(column, CLOSE_BRACE);
    }
    this.#at += 1;
    this.#depth -= 1;
    return object;
  }

  /** To the next item, or to the bracket that closes. */
  #readSeparator(column: number, close: number): void {
    this.#skipInFlow(column);
    if (this.#code() === close) return;
    if (this.#code() !== COMMA) giveUp();
    this.#at += 1;
    this.#skipInFlow(column);
    // A comma at the end is left to others.
    if (this.#code() === close) giveUp();
  }

  #skipInFlow(column: number): void {
    this.#skipBlanks();
    while (this.#code() === LINE_FEED) {
      this.#at += 1;
      const start = this.#at;
      this.#skipBlanks();
      if (this.#at - start <= column) giveUp();
    }
  }

  /** A key that `object` does not have, and the colon behind it. */
  #readKey(object: object, isFlow: boolean): string {
    const start = this.#at;
    const code = this.#code();
    const isQuoted = code === DOUBLE_QUOTE || code === SINGLE_QUOTE;
    const key = isQuoted ? this.#readQuoted() : meaningOf(this.#take(PLAIN_KEY));
    if (typeof key !== 'string' || key === '__proto__' || Object.hasOwn(object, key)) giveUp();
    if (this.#at - start > LONGEST_KEY || this.#code() !== COLON) giveUp();
    this.#at += 1;
    if (isQuoted && isFlow) return key;
    const next = this.#code();
    if (next !== SPACE && next !== LINE_FEED && this.#at < this.#text.length) giveUp();
    return key;
  }

  #readQuoted(): string {
    if (this.#code() === SINGLE_QUOTE) return this.#take(SINGLE_QUOTED).slice(1, -1).replaceAll("''", "'");
    const written = this.#take(DOUBLE_QUOTED);
    if (!written.includes('\\')) return written.slice(1, -1);
    try {
      return JSON.parse(written) as string;
    } catch {
      // YAML has escapes that JSON does not have.
      return giveUp();
    }
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? giveUp();
    this.#at += found.length;
    return found;
  }

  /** A dash that begins an item. */
  #atDash(): boolean {
    if (this.#code() !== DASH) return false;
    const next = this.#text.charCodeAt(this.#at + 1);
    return next === SPACE || next === LINE_FEED || this.#at + 1 === this.#text.length;
  }

  /** A key that begins an object behind a dash. */
  #atKey(): boolean {
    const code = this.#code();
    const isQuoted = code === DOUBLE_QUOTE || code === SINGLE_QUOTE;
    const pattern = isQuoted ? (code === DOUBLE_QUOTE ? DOUBLE_QUOTED : SINGLE_QUOTED) : PLAIN_KEY;
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    return !isQuoted || this.#text.charCodeAt(pattern.lastIndex) === COLON;
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > MOST_DEPTH) giveUp();
  }

  #code(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #skipBlanks(): void {
    while (this.#code() === SPACE) this.#at += 1;
  }

  /** Nothing, or a comment, is left of the line. */
  #isLineOver(): boolean {
    const code = this.#code();
    return code === LINE_FEED || code === HASH || this.#at >= this.#text.length;
  }

  #lineEnd(): number {
    const end = this.#text.indexOf('\n', this.#at);
    return end === -1 ? this.#text.length : end;
  }

  #nextLine(): void {
    this.#toLine(this.#lineEnd() + 1);
  }

  /** To the first line at or behind `start` that says something. */
  #toLine(start: number): void {
    this.#at = start;
    while (this.#at < this.#text.length) {
      const begin = this.#at;
      this.#skipBlanks();
      if (!this.#isLineOver()) {
        this.#column = this.#at - begin;
        return;
      }
      this.#at = this.#lineEnd() + 1;
    }
    this.#column = -1;
  }
}

/** A text that stands without quotes. */
function meaningOf(text: string): unknown {
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  if (!OTHER_WORD.test(text)) return text;
  const number = JSON_NUMBER.test(text) ? Number(text) : giveUp();
  const isWhole = !/[.eE]/.test(text);
  return Number.isFinite(number) && (!isWhole || Number.isSafeInteger(number)) ? number : giveUp();
}
