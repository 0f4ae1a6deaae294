// Which arguments say how many items a field has, and what the variables of a request say.
import { Bytes, Json } from 'sluice';

const MOST_VARIABLES = 256;

/** Numbers among the variables of a request, and among the defaults of its document. */
@final
export class Variables {
  private readonly names: Bytes[] = [];
  private readonly values: f64[] = [];
  /** False when there are more than anybody needs. */
  readonly isBounded: bool;

  constructor(variables: Json) {
    let count = 0;
    for (let member = variables.first(); member.exists && count <= MOST_VARIABLES; member = member.next()) {
      this.names.push(member.name);
      this.values.push(member.isNumber ? member.number() : 1);
      count++;
    }
    this.isBounded = count <= MOST_VARIABLES;
  }

  /** What the document says goes for those that the request does not give; of several defaults the largest. */
  addDefault(name: Bytes, value: f64): bool {
    if (this.names.length > 2 * MOST_VARIABLES) return false;
    this.names.push(name);
    this.values.push(value);
    return true;
  }

  /** @param given how many of them are of the request */
  valueOf(name: Bytes, given: i32): f64 {
    let value: f64 = -1;
    for (let i = 0; i < this.names.length; i++) {
      if (!this.names[i].equalsBytes(name)) continue;
      if (i < given) return this.values[i];
      value = max(value, this.values[i]);
    }
    return value;
  }

  get size(): i32 {
    return this.names.length;
  }
}

/** Arguments such as `first`. Read in `configure`. */
@final
export class PageSizes {
  private readonly names: Bytes[] = [];

  read(list: Json): void {
    for (let item = list.first(); item.exists; item = item.next()) this.names.push(item.bytes);
  }

  has(argument: Bytes): bool {
    for (let i = 0; i < this.names.length; i++) if (this.names[i].equalsBytes(argument)) return true;
    return false;
  }
}
