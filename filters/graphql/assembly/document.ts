// A GraphQL document, read once and measured: executable definitions only, as the grammar has them (GraphQL §2). Whether
// its names mean anything is for the schema to say.
import { Bytes } from 'sluice';
import { Lexer, Token } from './lexer';
import { Measure, Spread } from './measure';
import { Excessive, NOT_GIVEN, PageSizes, sizeOfNumeral, UNREADABLE, Variables } from './page-sizes';

/** Brackets of any kind within one another: the reader calls itself for each. */
const MOST_NESTING = 100;

export enum Trouble {
  None,
  Syntax,
  Tokens,
  Nesting,
  /** Fragments in a circle, missing, or two of one name. */
  Fragments,
  /** An argument that is to say how many, and does not. */
  PageSize,
  /** Too many items of a field. */
  PageSizeLimit,
}

@final
export class Document {
  readonly operations: Measure[] = [];
  readonly fragments: Measure[] = [];
  trouble: Trouble = Trouble.None;
  private readonly lexer: Lexer;
  // The last value that was read, as a page size.
  private size: f64 = NOT_GIVEN;
  private measure: Measure = new Measure(Bytes.from(''), false, true);
  private nesting: i32 = 0;
  // In a definition of variables, which cannot refer to one.
  private isConstant: bool = false;

  /** @param text UTF-8 */
  constructor(
    text: Bytes,
    private readonly mostTokens: i32,
    private readonly pageSizes: PageSizes,
    private readonly variables: Variables,
  ) {
    this.lexer = new Lexer(text);
    this.refuseExcess(variables.excess);
    this.readDefaults();
    this.lexer.end = 0;
    this.lexer.count = 0;
    this.advance();
    while (this.trouble == Trouble.None) {
      this.definition();
      if (this.lexer.kind == Token.End) break;
    }
    if (this.trouble == Trouble.None && !this.followFragments()) this.trouble = Trouble.Fragments;
  }

  /** Whether it is clear which operation runs: the one of this name, or the only one when the name is empty. */
  hasOperation(name: Bytes): bool {
    if (name.isEmpty) return this.operations.length == 1;
    let count = 0;
    for (let i = 0; i < this.operations.length; i++) if (this.operations[i].name.equalsBytes(name)) count++;
    return count == 1;
  }

  /** Line of the place where reading stopped, from 1. */
  get line(): i32 {
    let line = 1;
    for (let i = 0; i < this.lexer.start; i++) if (this.lexer.text[i] == 0x0a) line++;
    return line;
  }

  /** Byte in that line, from 1. */
  get column(): i32 {
    let column = 1;
    for (let i = 0; i < this.lexer.start; i++) column = this.lexer.text[i] == 0x0a ? 1 : column + 1;
    return column;
  }

  /** `= 5` behind a variable's type; a fragment may stand before the operation that has its variables. */
  private readDefaults(): void {
    let name = Bytes.from('');
    this.advance();
    while (this.trouble == Trouble.None && this.lexer.kind != Token.End) {
      if (this.isPunctuator(0x24)) {
        this.advance();
        name = this.lexer.token;
      } else if (this.isPunctuator(0x3d)) {
        this.advance();
        const inside = this.value();
        if (!this.variables.addDefault(name, this.size, inside)) this.fail(Trouble.Tokens);
      } else this.advance();
    }
  }

  private followFragments(): bool {
    const fragments = this.fragments;
    for (let i = 0; i < fragments.length; i++) {
      for (let j = 0; j < i; j++) if (fragments[i].name.equalsBytes(fragments[j].name)) return false;
    }
    for (let i = 0; i < fragments.length; i++) if (!fragments[i].follow(fragments)) return false;
    for (let i = 0; i < this.operations.length; i++) if (!this.operations[i].follow(fragments)) return false;
    return true;
  }

  private definition(): void {
    const isDescribed = this.skipDescription();
    // The short form of a query has none.
    if (this.isPunctuator(0x7b) && !isDescribed) {
      this.begin(Bytes.from(''), false, true);
      return this.selections(0, 1);
    }
    if (this.isKeyword('fragment')) {
      this.advance();
      if (this.isKeyword('on')) return this.fail(Trouble.Syntax);
      this.begin(this.name(), true, true);
      this.typeCondition();
    } else {
      const isQuery = this.isKeyword('query');
      if (!isQuery && !this.isKeyword('mutation') && !this.isKeyword('subscription'))
        return this.fail(Trouble.Syntax);
      this.advance();
      this.begin(this.lexer.kind == Token.Name ? this.name() : Bytes.from(''), false, isQuery);
      if (this.isPunctuator(0x28)) this.variableDefinitions();
    }
    this.directives();
    this.selections(0, 1);
  }

  /** @returns whether there is one */
  private skipDescription(): bool {
    if (this.lexer.kind != Token.String && this.lexer.kind != Token.Block) return false;
    this.advance();
    return true;
  }

  private begin(name: Bytes, isFragment: bool, isQuery: bool): void {
    this.measure = new Measure(name, isFragment, isQuery);
    if (isFragment) this.fragments.push(this.measure);
    else this.operations.push(this.measure);
  }

  private typeCondition(): void {
    if (!this.isKeyword('on')) return this.fail(Trouble.Syntax);
    this.advance();
    this.name();
  }

  private variableDefinitions(): void {
    this.isConstant = true;
    this.advance();
    do {
      this.skipDescription();
      this.expect(0x24);
      this.name();
      this.expect(0x3a);
      this.type();
      if (this.isPunctuator(0x3d)) {
        this.advance();
        this.value();
      }
      this.directives();
    } while (this.trouble == Trouble.None && !this.isPunctuator(0x29));
    this.isConstant = false;
    this.advance();
  }

  private type(): void {
    if (this.isPunctuator(0x5b)) {
      if (!this.descend()) return;
      this.advance();
      this.type();
      this.expect(0x5d);
      this.nesting--;
    } else this.name();
    if (this.isPunctuator(0x21)) this.advance();
  }

  /** @param level fields around it @param times how often it counts */
  private selections(level: i32, times: f64): void {
    if (!this.descend()) return;
    this.expect(0x7b);
    do this.selection(level, times);
    while (this.trouble == Trouble.None && !this.isPunctuator(0x7d));
    this.advance();
    this.nesting--;
  }

  private selection(level: i32, times: f64): void {
    if (!this.isPunctuator(0x2e)) return this.field(level, times);
    this.advance();
    if (this.lexer.kind == Token.Name && !this.isKeyword('on')) {
      this.measure.spreads.push(new Spread(this.name(), level, times));
      return this.directives();
    }
    if (this.isKeyword('on')) this.typeCondition();
    this.directives();
    this.selections(level, times);
  }

  private field(level: i32, times: f64): void {
    const measure = this.measure;
    let name = this.name();
    if (this.isPunctuator(0x3a)) {
      this.advance();
      name = this.name();
      measure.aliases++;
    }
    if (name.startsWith('__') && !name.equals('__typename')) measure.introspects = true;
    if (this.isPunctuator(0x28)) times *= this.itemsOfArguments();
    measure.depth = max(measure.depth, level + 1);
    measure.complexity += times;
    if (level == 0) measure.rootFields++;
    this.directives();
    if (this.isPunctuator(0x7b)) this.selections(level + 1, times);
  }

  /** How many items they ask for, 1 when they do not say. Those of directives may ask for no more than fields. */
  private itemsOfArguments(): f64 {
    let times: f64 = 1;
    this.advance();
    do times = max(times, this.argument());
    while (this.trouble == Trouble.None && !this.isPunctuator(0x29));
    this.advance();
    return times;
  }

  /** One argument, or one member of an input object. */
  private argument(): f64 {
    const isPageSize = this.pageSizes.has(this.name());
    this.expect(0x3a);
    const inside = this.value();
    if (!isPageSize) return inside;
    this.refuseExcess(this.pageSizes.excess(this.size));
    return max(inside, this.size);
  }

  private refuseExcess(excess: Excessive): void {
    if (excess == Excessive.Unreadable) this.fail(Trouble.PageSize);
    else if (excess == Excessive.TooLarge) this.fail(Trouble.PageSizeLimit);
  }

  private directives(): void {
    while (this.trouble == Trouble.None && this.isPunctuator(0x40)) {
      this.measure.directives++;
      this.advance();
      this.name();
      if (this.isPunctuator(0x28)) this.itemsOfArguments();
    }
  }

  /** How many items are asked for inside of it, 1 when it does not say; what it is itself as a page size is `size` then. */
  private value(): f64 {
    if (this.isPunctuator(0x24) && !this.isConstant) {
      this.advance();
      const name = this.name();
      this.size = this.variables.sizeOf(name);
      return this.variables.insideOf(name);
    }
    const isObject = this.isPunctuator(0x7b);
    if (isObject || this.isPunctuator(0x5b)) return this.values(isObject);
    this.size = this.scalar();
    if (this.lexer.kind < Token.Name) this.fail(Trouble.Syntax);
    this.advance();
    return 1;
  }

  private scalar(): f64 {
    const kind = this.lexer.kind;
    const token = this.lexer.token;
    if (kind == Token.Name && token.equals('null')) return NOT_GIVEN;
    if (kind == Token.Int || kind == Token.Float) return sizeOfNumeral(token);
    return kind == Token.String ? sizeOfNumeral(token.slice(1, token.length - 1)) : UNREADABLE;
  }

  private values(isObject: bool): f64 {
    let times: f64 = 1;
    if (!this.descend()) return times;
    const closer: u32 = isObject ? 0x7d : 0x5d;
    this.advance();
    while (this.trouble == Trouble.None && !this.isPunctuator(closer)) {
      times = max(times, isObject ? this.argument() : this.value());
    }
    this.advance();
    this.nesting--;
    this.size = UNREADABLE;
    return times;
  }

  private descend(): bool {
    if (++this.nesting > MOST_NESTING) this.fail(Trouble.Nesting);
    return this.trouble == Trouble.None;
  }

  private isPunctuator(byte: u32): bool {
    return this.lexer.kind == Token.Punctuator && this.lexer.byte == byte;
  }

  private isKeyword(word: string): bool {
    return this.lexer.kind == Token.Name && this.lexer.token.equals(word);
  }

  private name(): Bytes {
    const name = this.lexer.token;
    if (this.lexer.kind != Token.Name) this.fail(Trouble.Syntax);
    this.advance();
    return name;
  }

  private expect(byte: u32): void {
    if (!this.isPunctuator(byte)) this.fail(Trouble.Syntax);
    this.advance();
  }

  private advance(): void {
    if (this.trouble != Trouble.None) return;
    this.lexer.next();
    if (this.lexer.kind == Token.Invalid) this.fail(Trouble.Syntax);
    else if (this.lexer.count > this.mostTokens + 1) this.fail(Trouble.Tokens);
  }

  /** The first counts; nothing is read after it. */
  private fail(trouble: Trouble): void {
    if (this.trouble == Trouble.None) this.trouble = trouble;
  }
}
