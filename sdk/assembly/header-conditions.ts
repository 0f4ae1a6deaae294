// Conditions on the headers of a message, as a config writes them: one form for all filters that decide by header.
import { ABSENT, Bytes } from './bytes';
import { refuse } from './config';
import { isHopByHop, isToken } from './framing';
import { Headers } from './headers';
import { Json } from './json/json';
import { Anchor, Patterns } from './pattern/patterns';
import { PatternSet } from './pattern/pattern-set';

/**
 * Conditions by header name, all of which must fit:
 * `{ "x-role": "admin", "x-tenant": { "oneOf": ["a", "b"] }, "x-debug": { "present": false } }`. A text is short for
 * `equals`; a condition has one or more of `equals`, `oneOf`, `prefix`, `matches` (a pattern of the whole value, as
 * `Patterns` reads them) and `present`. The manifest names the capability `patterns`, at least as an optional one.
 */
@final
export class HeaderConditions {
  private readonly conditions: HeaderCondition[] = [];

  /**
   * Reads the object; in `configure`. What is no object of conditions refuses the config at its place, and so does one that
   * could never fit: a header that ends at the gateway (hop-by-hop), or one name in two spellings. Without the object there are no
   * conditions.
   */
  static read(json: Json): HeaderConditions {
    const list = new HeaderConditions();
    if (json.exists && !json.isObject) refuse(json.pointer, 'expected conditions by header name');
    for (let member = json.first(); member.exists; member = member.next()) list.add(member);
    return list;
  }

  /** Number of conditions. */
  get size(): i32 {
    return this.conditions.length;
  }

  /**
   * Whether all fit. Every field of a name must fit its condition, for which of several a server takes is not known; and nothing
   * fits while the headers are doubtful.
   */
  fits(headers: Headers): bool {
    for (let i = 0; i < this.conditions.length; i++) if (!this.conditions[i].fits(headers)) return false;
    return true;
  }

  /**
   * Whether one of the names is there in another spelling: `x_role` for `x-role`. Servers that make variables of headers (CGI
   * and its kin) take both for one. Where a condition that fits takes something away, refuse what is doubtful first.
   */
  isDoubtful(headers: Headers): bool {
    for (let i = 0; i < this.conditions.length; i++) if (this.conditions[i].isMisspelt(headers)) return true;
    return false;
  }

  private add(member: Json): void {
    const condition = new HeaderCondition(member.name.toLowerCase());
    for (let i = 0; i < this.conditions.length; i++) {
      if (this.conditions[i].folds(condition.name)) {
        return refuse(member.pointer, 'the same header as another condition, to servers that take - and _ for one');
      }
    }
    condition.read(member);
    this.conditions.push(condition);
  }
}

/** A condition on the fields of one name. */
@final
class HeaderCondition {
  private readonly text: string;
  private readonly values: Bytes[] = [];
  private prefix: Bytes = ABSENT;
  private pattern: PatternSet | null = null;
  private present: bool = true;

  /** @param name in lower case */
  constructor(readonly name: Bytes) {
    this.text = name.toString();
  }

  read(json: Json): void {
    if (!isToken(this.name)) return refuse(json.pointer, 'not a header name');
    if (isHopByHop(this.name)) {
      return refuse(json.pointer, 'no filter sees this header: it ends at the gateway, so the condition can never fit');
    }
    if (json.isString) {
      this.values.push(json.bytes);
      return;
    }
    if (!json.isObject || !json.first().exists) return refuse(json.pointer, 'expected a text or a condition');
    this.present = json.get('present').bool(true);
    this.readValues(json);
    this.prefix = json.get('prefix').bytes;
    const matches = json.get('matches');
    if (matches.exists) {
      this.pattern = new Patterns().add(matches.bytes, '', Anchor.Both, matches.pointer).compile();
    }
    if (!this.present && (this.values.length > 0 || this.prefix.exists || matches.exists)) {
      refuse(json.pointer, 'a header that must be absent has no value to compare');
    }
  }

  fits(headers: Headers): bool {
    if (this.isMisspelt(headers)) return false;
    let index = headers.find(this.text);
    if (index < 0) return !this.present;
    if (!this.present) return false;
    for (; index >= 0; index = headers.find(this.text, index + 1)) {
      if (!this.takes(headers.valueAt(index))) return false;
    }
    return true;
  }

  isMisspelt(headers: Headers): bool {
    for (let i = 0, size = headers.size; i < size; i++) {
      const other = headers.nameAt(i);
      if (this.folds(other) && !this.name.equalsBytes(other)) return true;
    }
    return false;
  }

  /** Whether they are one name to servers that take letters, digits and underscores only. */
  folds(other: Bytes): bool {
    const name = this.name;
    if (name.length != other.length) return false;
    for (let i = 0; i < name.length; i++) if (folded(name[i]) != folded(other[i])) return false;
    return true;
  }

  private takes(value: Bytes): bool {
    if (this.values.length > 0 && !this.hasValue(value)) return false;
    if (this.prefix.exists && !value.startsWithBytes(this.prefix)) return false;
    const pattern = this.pattern;
    return pattern == null || pattern.matches(value);
  }

  private hasValue(value: Bytes): bool {
    for (let i = 0; i < this.values.length; i++) if (this.values[i].equalsBytes(value)) return true;
    return false;
  }

  private readValues(json: Json): void {
    const equal = json.get('equals');
    const oneOf = json.get('oneOf');
    if (equal.exists && oneOf.exists) return refuse(oneOf.pointer, 'expected either equals or oneOf');
    if (equal.exists) this.values.push(equal.bytes);
    if (!oneOf.exists) return;
    for (let item = oneOf.first(); item.exists; item = item.next()) {
      if (!item.isString) return refuse(item.pointer, 'expected a text');
      this.values.push(item.bytes);
    }
    if (this.values.length == 0) refuse(oneOf.pointer, 'expected a list with a text in it');
  }
}

/** The byte as it stands in the name of a variable; case does not count. */
function folded(byte: u8): u8 {
  const letter: u8 = byte | 0x20;
  if (letter >= 0x61 && letter <= 0x7a) return letter;
  return byte >= 0x30 && byte <= 0x39 ? byte : 0x5f;
}
