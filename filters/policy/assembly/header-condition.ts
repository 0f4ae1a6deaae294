// A condition on the request headers of one name.
import { ABSENT, Bytes, Headers, isToken, Json, refuse } from 'sluice';

export class HeaderCondition {
  private name: string = '';
  private equal: Bytes = ABSENT;
  private prefix: Bytes = ABSENT;
  private present: bool = true;

  /** Reads a member of `headers`: a text, or `{ equals, prefix, present }`. In `configure`. */
  static read(json: Json): HeaderCondition {
    const condition = new HeaderCondition();
    const name = json.name.toLowerCase();
    if (!isToken(name)) refuse(json.pointer, 'not a header name');
    condition.name = name.toString();
    if (json.isString) {
      condition.equal = json.bytes;
      return condition;
    }
    if (!json.isObject || json.first().exists == false)
      refuse(json.pointer, 'expected a text or a condition');
    condition.equal = json.get('equals').bytes;
    condition.prefix = json.get('prefix').bytes;
    condition.present = json.get('present').bool(true);
    if (!condition.present && (condition.equal.exists || condition.prefix.exists)) {
      refuse(json.pointer, 'a header that must be absent has no value to compare');
    }
    return condition;
  }

  /** Every field of the name must fit: which of several a server takes is not ours to guess. */
  fits(headers: Headers): bool {
    let index = headers.find(this.name);
    if (index < 0) return !this.present;
    if (!this.present) return false;
    for (; index >= 0; index = headers.find(this.name, index + 1)) {
      const value = headers.valueAt(index);
      if (this.equal.exists && !this.equal.equalsBytes(value)) return false;
      if (this.prefix.exists && !value.startsWithBytes(this.prefix)) return false;
    }
    return true;
  }
}
