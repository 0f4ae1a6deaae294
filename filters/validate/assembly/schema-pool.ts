// All schemas of a config, compiled in as few pieces as the host has room for: a definition that a thousand schemas refer
// to is compiled once for each piece, not a thousand times.
//
// A piece is one schema. It expects a document that says by the names around it which of its schemas it is to fit:
// `{"0":{"a":VALUE}}` goes through the tree of `properties` to the schema with the number 0x0a.
import { Bytes, BytesWriter, Json, JsonWriter, refuse, Schema, Verdict } from 'sluice';
import { Definitions } from './definitions';

const FAN_OUT = 16;
const DRAFT_07 = 'http://json-schema.org/draft-07/schema#';
const DRAFT_2020_12 = 'https://json-schema.org/draft/2020-12/schema';

/** A schema of the pool, and where it was compiled to. */
@final
class Entry {
  schema: Schema | null = null;
  number: i32 = 0;
  /** Names around the value; 0 for a schema that is a piece of its own. */
  depth: i32 = 0;

  constructor(
    readonly text: Bytes,
    readonly pointer: string,
    /** Definitions that it refers to. */
    readonly links: StaticArray<i32>,
  ) {}
}

/** Built in `configure`, read afterwards. */
@final
export class SchemaPool {
  private readonly entries: Entry[] = [];
  private isDraft07: bool = false;

  constructor(private readonly definitions: Definitions) {}

  /** Adds the text of a schema. @param pointer its place in the config */
  add(text: Bytes, pointer: string, links: StaticArray<i32>): i32 {
    return this.entries.push(new Entry(text, pointer, links)) - 1;
  }

  /**
   * Adds the schema of a document that has a `body`.
   * @param members what else it has, as members of `properties`; may be empty
   */
  addProperties(members: Bytes, body: Json, definitions: Definitions): i32 {
    const text = new BytesWriter().add('{"properties":{').add(members);
    if (!members.isEmpty) text.byte(0x2c);
    text.add('"body":').add(body.raw).add('}}');
    return this.add(text.bytes, body.pointer, definitions.referencesOf(text.bytes, body.pointer));
  }

  /** Compiles a schema as it stands, whose references are its own. */
  addAlone(source: Json): i32 {
    const entry = new Entry(source.raw, source.pointer, new StaticArray<i32>(0));
    entry.schema = Schema.compile(source.raw);
    if (entry.schema == null) refuse(source.pointer, Schema.problem);
    return this.entries.push(entry) - 1;
  }

  /** To be called once, after the last `add`. Refuses the config when there is a schema that is none. */
  compile(isDraft07: bool): void {
    this.isDraft07 = isDraft07;
    if (this.entries.length > 0) this.compileRun(0, this.entries.length);
  }

  /** Opens a document for `check`; its value is to be written. */
  open(index: i32): JsonWriter {
    const entry = this.entries[index];
    const writer = new JsonWriter();
    for (let level = entry.depth - 1; level >= 0; level--)
      writer.beginObject().name(digit(entry.number, level));
    return writer;
  }

  /** Checks the document that was written to what `open` answered. */
  check(index: i32, writer: JsonWriter): Verdict {
    const entry = this.entries[index];
    for (let level = 0; level < entry.depth; level++) writer.endObject();
    return entry.schema!.check(writer.bytes);
  }

  /** Checks a document by a schema that stands alone. The verdict may know that names are unique. */
  checkAlone(index: i32, document: Bytes): Verdict {
    return this.entries[index].schema!.checkUnique(document);
  }

  /** It stands alone, and is for `checkAlone`. */
  isAlone(index: i32): bool {
    return this.entries[index].depth == 0;
  }

  /** Names around the value in the documents that `check` is given. */
  depthOf(index: i32): i32 {
    return this.entries[index].depth;
  }

  /**
   * Compiles the entries of a run in one piece; where that fails, the halves of it. So pieces are as large as there is
   * room for, and a schema that is none is found with its place. False when the config was refused.
   */
  private compileRun(from: i32, to: i32): bool {
    let depth = 1;
    for (let room = FAN_OUT; room < to - from; room *= FAN_OUT) depth++;
    const schema = Schema.compile(this.pieceOf(from, to, depth));
    if (schema == null) {
      if (to - from == 1) {
        refuse(this.entries[from].pointer, Schema.problem);
        return false;
      }
      const middle = (from + to) >> 1;
      return this.compileRun(from, middle) && this.compileRun(middle, to);
    }
    for (let i = from; i < to; i++) {
      const entry = this.entries[i];
      entry.schema = schema;
      entry.number = i - from;
      entry.depth = depth;
    }
    return true;
  }

  private pieceOf(from: i32, to: i32, depth: i32): Bytes {
    const needed = this.definitionsOf(from, to);
    const writer = new BytesWriter();
    writer
      .add('{"$schema":"')
      .add(this.isDraft07 ? DRAFT_07 : DRAFT_2020_12)
      .add('","definitions":{');
    let isFirst = true;
    for (let i = 0; i < needed.length; i++) {
      if (!needed[i]) continue;
      const member = this.definitions.at(i);
      if (!isFirst) writer.byte(0x2c);
      isFirst = false;
      writer.add(new JsonWriter().textBytes(member.name).bytes).byte(0x3a).add(member.raw);
    }
    // A function of its own for each schema: one for all would be more than an engine cares to optimise.
    writer.add('},"$defs":{');
    for (let i = from; i < to; i++) {
      if (i > from) writer.byte(0x2c);
      writer
        .byte(0x22)
        .add(i - from)
        .add('":')
        .add(this.entries[i].text);
    }
    writer.add('},');
    addProperties(writer, 0, to - from, depth);
    return writer.byte(0x7d).bytes;
  }

  /** Which definitions the entries of a run lead to. */
  private definitionsOf(from: i32, to: i32): StaticArray<bool> {
    const needed = new StaticArray<bool>(this.definitions.size);
    const open: i32[] = [];
    for (let i = from; i < to; i++) take(this.entries[i].links, needed, open);
    while (open.length > 0) take(this.definitions.linksOf(open.pop()), needed, open);
    return needed;
  }
}

function take(links: StaticArray<i32>, needed: StaticArray<bool>, open: i32[]): void {
  for (let i = 0; i < links.length; i++) {
    const index = links[i];
    if (needed[index]) continue;
    needed[index] = true;
    open.push(index);
  }
}

/** Writes `"properties":{…}` that leads to the entries from `first` on, as far as there are any. */
function addProperties(writer: BytesWriter, first: i32, count: i32, depth: i32): void {
  let width = 1;
  for (let i = 1; i < depth; i++) width *= FAN_OUT;
  writer.add('"properties":{');
  for (let i = 0; i < FAN_OUT && first < count; i++, first += width) {
    if (i > 0) writer.byte(0x2c);
    writer.byte(0x22).add(digit(i, 0)).add('":{');
    if (depth > 1) addProperties(writer, first, count, depth - 1);
    else writer.add('"$ref":"#/$defs/').add(first).byte(0x22);
    writer.byte(0x7d);
  }
  writer.byte(0x7d);
}

/** Hex digit of a number that stands `level` places from its end. */
function digit(number: i32, level: i32): string {
  const value = (number >> (level * 4)) & (FAN_OUT - 1);
  return String.fromCharCode(value + (value < 10 ? 0x30 : 0x57));
}
