// The shared schemas of a config by name, and what of them a schema leads to.
import { Bytes, Json, NameSet, percentDecode, refuse } from 'sluice';

const QUOTE: u8 = 0x22;
const COLON: u8 = 0x3a;
const SLASH: u8 = 0x2f;
const ROOT = '#/definitions/';
// The config comes as `JSON.stringify` writes it, so a keyword is spelled in one way, and text that holds one has
// backslashes in it. What else looks like one, in a `const`, takes in a schema too many and does no harm.
const REFERENCE = '"$ref"';
const DYNAMIC = '"$dynamicRef"';

/** Built in `configure`. */
@final
export class Definitions {
  private readonly names: NameSet = new NameSet();
  private readonly members: Json[] = [];
  private readonly links: StaticArray<i32>[] = [];

  /** Reads `definitions`. */
  read(json: Json): void {
    for (let member = json.first(); member.exists; member = member.next()) {
      this.names.add(member.name, this.members.length);
      this.members.push(member);
    }
    for (let i = 0; i < this.members.length; i++)
      this.links.push(this.referencesOf(this.members[i].raw, this.members[i].pointer));
  }

  get size(): i32 {
    return this.members.length;
  }

  /** The schema that a `$ref` names; does not exist when it names none. */
  resolve(reference: Json): Json {
    const text = percentDecode(reference.bytes);
    const nothing = reference.first();
    if (!text.startsWith(ROOT)) return nothing;
    const path = text.slice(ROOT.length);
    const index = this.names.get(token(path));
    if (index < 0) return nothing;
    const inside = path.indexOfByte(SLASH);
    return inside < 0 ? this.members[index] : this.members[index].find(path.slice(inside).toString());
  }

  at(index: i32): Json {
    return this.members[index];
  }

  /** Definitions that the definition at `index` refers to. */
  linksOf(index: i32): StaticArray<i32> {
    return this.links[index];
  }

  /**
   * Definitions that the text of a schema refers to; refuses the config where a reference leads elsewhere.
   * @param pointer its place in the config
   */
  referencesOf(raw: Bytes, pointer: string): StaticArray<i32> {
    const found: i32[] = [];
    if (raw.indexOf(DYNAMIC) >= 0) refuse(pointer, '$dynamicRef is not supported here');
    const keyword = Bytes.from(REFERENCE);
    for (let at = raw.indexOfBytes(keyword); at >= 0; at = raw.indexOfBytes(keyword, at + 1)) {
      const start = at + keyword.length;
      // A member without spaces, as `JSON.stringify` writes it; a schema for a property of this name is no text.
      if (start + 1 >= raw.length || raw[start] != COLON || raw[start + 1] != QUOTE) continue;
      const text = Json.parse(raw.slice(start + 1, stringEnd(raw, start + 2))).bytes;
      if (!text.startsWith(ROOT)) {
        refuse(pointer, 'a $ref leads to ' + ROOT + 'NAME');
        break;
      }
      const index = this.names.get(token(text.slice(ROOT.length)));
      if (index < 0) {
        refuse(pointer, 'a $ref names ' + text.toString() + ', which definitions does not have');
        break;
      }
      if (!found.includes(index)) found.push(index);
    }
    return StaticArray.fromArray(found);
  }
}

/** The first token of a pointer in a URI fragment, decoded (RFC 6901 §6). */
function token(pointer: Bytes): Bytes {
  const end = pointer.indexOfByte(SLASH);
  const decoded = percentDecode(end < 0 ? pointer : pointer.slice(0, end));
  if (decoded.indexOfByte(0x7e) < 0) return decoded;
  return Bytes.from(decoded.toString().replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Index after the quote that ends the string whose content begins at `at`. */
function stringEnd(raw: Bytes, at: i32): i32 {
  while (raw[at] != QUOTE) at += raw[at] == 0x5c ? 2 : 1;
  return at + 1;
}
