// RFC 9651 §4.2 read once more, step by step as the text has it and into trees: what the guest's cursors are compared with.

/** Type and value: bytes as hex digits; `items` of an inner list. */
export interface Bare {
  readonly type: string;
  readonly value?: number | boolean | string;
  readonly items?: readonly Item[];
}
export interface Item extends Bare {
  readonly parameters: readonly (readonly [key: string, value: Bare])[];
}
export type Dictionary = readonly (readonly [key: string, member: Item])[];

class Malformed extends Error {}

const KEY_FIRST = /[a-z*]/;
const KEY_REST = /[a-z0-9_\-.*]/;
const TOKEN_FIRST = /[A-Za-z*]/;
const TOKEN_REST = /[!#$%&'*+\-.^_`|~0-9A-Za-z:/]/;

class Parser {
  #text: string;

  constructor(text: string) {
    this.#text = text.replace(/^ +/, '');
  }

  /** Runs one of the three top-level parsers to the end of the text. */
  whole<T>(parse: () => T): T {
    const result = parse();
    this.#text = this.#text.replace(/^ +/, '');
    if (this.#text !== '') throw new Malformed('trailing characters');
    return result;
  }

  list(): Item[] {
    const members: Item[] = [];
    while (this.#text !== '') {
      members.push(this.#itemOrInnerList());
      if (!this.#comma()) break;
    }
    return members;
  }

  dictionary(): Dictionary {
    const members = new Map<string, Item>();
    while (this.#text !== '') {
      const key = this.#key();
      const member: Item = this.#eat('=')
        ? this.#itemOrInnerList()
        : { type: 'Boolean', value: true, parameters: this.#parameters() };
      members.set(key, member);
      if (!this.#comma()) break;
    }
    return [...members];
  }

  item(): Item {
    return { ...this.#bareItem(), parameters: this.#parameters() };
  }

  /** True when another member has to follow. */
  #comma(): boolean {
    this.#text = this.#text.replace(/^[ \t]+/, '');
    if (this.#text === '') return false;
    this.#expect(',');
    this.#text = this.#text.replace(/^[ \t]+/, '');
    if (this.#text === '') throw new Malformed('trailing comma');
    return true;
  }

  #itemOrInnerList(): Item {
    if (!this.#eat('(')) return this.item();
    const items: Item[] = [];
    for (;;) {
      this.#text = this.#text.replace(/^ +/, '');
      if (this.#eat(')')) return { type: 'InnerList', items, parameters: this.#parameters() };
      items.push(this.item());
      if (!/^[ )]/.test(this.#text)) throw new Malformed('inner list');
    }
  }

  #parameters(): (readonly [string, Bare])[] {
    const parameters = new Map<string, Bare>();
    while (this.#eat(';')) {
      this.#text = this.#text.replace(/^ +/, '');
      const key = this.#key();
      parameters.set(key, this.#eat('=') ? this.#bareItem() : { type: 'Boolean', value: true });
    }
    return [...parameters];
  }

  #key(): string {
    if (!KEY_FIRST.test(this.#first())) throw new Malformed('key');
    return this.#takeWhile(KEY_REST);
  }

  #bareItem(): Bare {
    const first = this.#first();
    if (/[-0-9]/.test(first)) return this.#number();
    if (this.#eat('"')) return { type: 'String', value: Buffer.from(this.#string()).toString('hex') };
    if (this.#eat(':')) return this.#byteSequence();
    if (this.#eat('?')) {
      const digit = this.#take();
      if (digit !== '0' && digit !== '1') throw new Malformed('boolean');
      return { type: 'Boolean', value: digit === '1' };
    }
    if (this.#eat('@')) {
      const { type, value } = this.#number();
      if (type !== 'Integer') throw new Malformed('date');
      return { type: 'Date', value: value! };
    }
    if (this.#eat('%')) return { type: 'DisplayString', value: this.#displayString() };
    if (TOKEN_FIRST.test(first))
      return { type: 'Token', value: Buffer.from(this.#takeWhile(TOKEN_REST)).toString('hex') };
    throw new Malformed('bare item');
  }

  #number(): Bare {
    const sign = this.#eat('-') ? -1 : 1;
    if (!/[0-9]/.test(this.#first())) throw new Malformed('number');
    let digits = '';
    let type = 'Integer';
    while (this.#text !== '') {
      const character = this.#first();
      if (/[0-9]/.test(character)) digits += this.#take();
      else if (type === 'Integer' && character === '.') {
        if (digits.length > 12) throw new Malformed('whole digits');
        digits += this.#take();
        type = 'Decimal';
      } else break;
      if (digits.length > (type === 'Integer' ? 15 : 16)) throw new Malformed('digits');
    }
    if (type === 'Decimal') {
      if (digits.endsWith('.')) throw new Malformed('no fraction');
      if (digits.length - digits.indexOf('.') - 1 > 3) throw new Malformed('fraction');
    }
    return { type, value: sign * Number(digits) + 0 };
  }

  #string(): string {
    let value = '';
    for (;;) {
      const character = this.#take();
      if (character === '\\') {
        const next = this.#take();
        if (next !== '"' && next !== '\\') throw new Malformed('escape');
        value += next;
      } else if (character === '"') return value;
      else if (/[\x00-\x1f\x7f-\xff]/.test(character)) throw new Malformed('character');
      else value += character;
    }
  }

  #byteSequence(): Bare {
    const end = this.#text.indexOf(':');
    if (end < 0) throw new Malformed('byte sequence');
    const text = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    const [, digits, pads] = /^([A-Za-z0-9+/]*)(=*)$/.exec(text) ?? [];
    if (digits === undefined || digits.length % 4 === 1) throw new Malformed('base64');
    if (
      pads !== '' &&
      (digits.length % 4 === 0 || digits.length % 4 === 1 || pads!.length !== 4 - (digits.length % 4))
    )
      throw new Malformed('padding');
    return { type: 'ByteSequence', value: Buffer.from(digits, 'base64').toString('hex') };
  }

  #displayString(): string {
    if (!this.#eat('"')) throw new Malformed('display string');
    const bytes: number[] = [];
    for (;;) {
      const character = this.#take();
      if (/[\x00-\x1f\x7f-\xff]/.test(character)) throw new Malformed('character');
      if (character === '"') break;
      if (character === '%') {
        const digits = this.#take() + this.#take();
        if (!/^[0-9a-f]{2}$/.test(digits)) throw new Malformed('octet');
        bytes.push(Number.parseInt(digits, 16));
      } else bytes.push(character.charCodeAt(0));
    }
    const value = Uint8Array.from(bytes);
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(value);
    } catch {
      throw new Malformed('UTF-8');
    }
    return Buffer.from(value).toString('hex');
  }

  #takeWhile(class_: RegExp): string {
    let taken = '';
    while (this.#text !== '' && class_.test(this.#first())) taken += this.#take();
    return taken;
  }

  #first(): string {
    return this.#text.charAt(0);
  }

  #take(): string {
    if (this.#text === '') throw new Malformed('end');
    const character = this.#first();
    this.#text = this.#text.slice(1);
    return character;
  }

  #eat(character: string): boolean {
    if (this.#first() !== character) return false;
    this.#text = this.#text.slice(1);
    return true;
  }

  #expect(character: string): void {
    if (!this.#eat(character)) throw new Malformed(`no ${character}`);
  }
}

/** @param text one character for each byte. Null when it is malformed. */
export function referenceItem(text: string): Item | null {
  return parsed(text, (parser) => parser.item());
}

export function referenceList(text: string): readonly Item[] | null {
  return parsed(text, (parser) => parser.list());
}

export function referenceDictionary(text: string): Dictionary | null {
  return parsed(text, (parser) => parser.dictionary());
}

function parsed<T>(text: string, parse: (parser: Parser) => T): T | null {
  const parser = new Parser(text);
  try {
    return parser.whole(() => parse(parser));
  } catch (cause) {
    if (cause instanceof Malformed) return null;
    throw cause;
  }
}
