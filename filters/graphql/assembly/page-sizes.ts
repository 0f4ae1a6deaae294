// Which arguments say how many items a field has, and what the variables of a request say.
import { Bytes, Json } from 'sluice';

const MOST_VARIABLES = 256;
const USUAL: StaticArray<string> = ['first', 'last', 'limit'];

/** Not given, or null: the server has its own default. */
export const NOT_GIVEN: f64 = -1;
/** No number, and no text of one. */
export const UNREADABLE: f64 = -2;
/** A number below 0, which some servers take for all there is. */
const NEGATIVE: f64 = -3;

export enum Excessive {
  No,
  /** A size that cannot be read. */
  Unreadable,
  /** A size above the limit, or below 0. */
  TooLarge,
}

/** Arguments such as `first`, and members of input objects. Read in `configure`. */
@final
export class PageSizes {
  private readonly names: Bytes[] = [];
  private most: f64 = 0;

  /** @param most items that one of them may ask for */
  read(list: Json, most: i64): void {
    this.most = <f64>most;
    if (!list.exists) for (let i = 0; i < USUAL.length; i++) this.names.push(Bytes.from(USUAL[i]));
    for (let item = list.first(); item.exists; item = item.next()) this.names.push(item.bytes);
  }

  has(argument: Bytes): bool {
    for (let i = 0; i < this.names.length; i++) if (this.names[i].equalsBytes(argument)) return true;
    return false;
  }

  /** Whether more is asked for than may be. */
  excess(size: f64): Excessive {
    if (size == UNREADABLE) return Excessive.Unreadable;
    return size > this.most || size == NEGATIVE ? Excessive.TooLarge : Excessive.No;
  }
}

/** What a request gives for its variables, and the defaults of its document. */
@final
export class Variables {
  private readonly names: Bytes[] = [];
  // As a page size.
  private readonly sizes: f64[] = [];
  // Largest page size among its members.
  private readonly inside: f64[] = [];
  private readonly given: i32;
  /** False when there are more than anybody needs. */
  readonly isBounded: bool;
  excess: Excessive = Excessive.No;

  constructor(
    variables: Json,
    private readonly pageSizes: PageSizes,
  ) {
    let count = 0;
    for (let member = variables.first(); member.exists && count <= MOST_VARIABLES; member = member.next()) {
      this.add(member.name, sizeOf(member), this.largestIn(member));
      count++;
    }
    this.given = count;
    this.isBounded = count <= MOST_VARIABLES;
  }

  /** What the document says goes for those that the request does not give. False when there are too many. */
  addDefault(name: Bytes, size: f64, inside: f64): bool {
    if (this.names.length > 2 * MOST_VARIABLES) return false;
    this.add(name, size, inside);
    return true;
  }

  /** As a page size; of several defaults the largest, or the one that cannot be read. */
  sizeOf(name: Bytes): f64 {
    return this.find(name, this.sizes, NOT_GIVEN);
  }

  /** Largest page size among its members, 1 when there is none; of several defaults likewise. */
  insideOf(name: Bytes): f64 {
    return this.find(name, this.inside, 1);
  }

  private add(name: Bytes, size: f64, inside: f64): void {
    this.names.push(name);
    this.sizes.push(size);
    this.inside.push(inside);
  }

  private find(name: Bytes, values: f64[], none: f64): f64 {
    let found = none;
    for (let i = 0; i < this.names.length; i++) {
      if (!this.names[i].equalsBytes(name)) continue;
      const value = values[i];
      if (i < this.given) return value;
      if (found < NOT_GIVEN) continue;
      found = value < NOT_GIVEN ? value : max(found, value);
    }
    return found;
  }

  private largestIn(value: Json): f64 {
    let largest: f64 = 1;
    if (!value.isObject && !value.isArray) return largest;
    for (let item = value.first(); item.exists; item = item.next()) {
      largest = max(largest, this.largestIn(item));
      if (!value.isObject || !this.pageSizes.has(item.name)) continue;
      const size = sizeOf(item);
      if (this.excess == Excessive.No) this.excess = this.pageSizes.excess(size);
      largest = max(largest, size);
    }
    return largest;
  }
}

/** A value of JSON as a page size. */
function sizeOf(value: Json): f64 {
  if (!value.exists || value.isNull) return NOT_GIVEN;
  if (value.isString) return sizeOfNumeral(value.bytes);
  return value.isNumber ? sizeOfNumber(value.number()) : UNREADABLE;
}

/** Digits of JSON or GraphQL, or of a text, as servers read them that are not particular about types. */
export function sizeOfNumeral(digits: Bytes): f64 {
  const value = Json.parse(digits);
  return value.isNumber ? sizeOfNumber(value.number()) : UNREADABLE;
}

function sizeOfNumber(value: f64): f64 {
  return value < 0 ? NEGATIVE : value;
}
