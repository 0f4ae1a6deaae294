// Which query parameters may, must and may repeatedly occur.
import { Bytes, Json, NameSet, Query, refuse } from 'sluice';

const SEMICOLON: u8 = 0x3b;

export class QueryCondition {
  // The value of a name is its index in the lists below.
  private readonly allowed: NameSet = new NameSet();
  private readonly isRequired: bool[] = [];
  private readonly mayRepeat: bool[] = [];

  /** Reads `{ allow, require, repeat }`; in `configure`. */
  static read(json: Json): QueryCondition {
    const condition = new QueryCondition();
    const allow = json.get('allow');
    if (!allow.isArray) refuse(allow.pointer, 'expected a list of names');
    for (let item = allow.first(); item.exists; item = item.next()) {
      if (!item.isString) refuse(item.pointer, 'expected a name');
      condition.allowed.add(item.bytes, condition.isRequired.length);
      condition.isRequired.push(false);
      condition.mayRepeat.push(false);
    }
    condition.mark(json.get('require'), condition.isRequired);
    condition.mark(json.get('repeat'), condition.mayRepeat);
    return condition;
  }

  fits(text: Bytes): bool {
    // Some servers separate parameters at `;` too, and would see a name that was not looked at.
    if (text.indexOfByte(SEMICOLON) >= 0) return false;
    const seen = new StaticArray<bool>(this.isRequired.length);
    const query = new Query(text);
    while (query.next()) {
      const name = query.name;
      const index = name.exists ? this.allowed.get(name) : -1;
      if (index < 0 || (seen[index] && !this.mayRepeat[index])) return false;
      seen[index] = true;
    }
    for (let i = 0; i < seen.length; i++) if (this.isRequired[i] && !seen[i]) return false;
    return true;
  }

  private mark(names: Json, list: bool[]): void {
    for (let item = names.first(); item.exists; item = item.next()) {
      const index = item.isString ? this.allowed.get(item.bytes) : -1;
      if (index < 0) refuse(item.pointer, 'expected a name that is in allow');
      else list[index] = true;
    }
  }
}
