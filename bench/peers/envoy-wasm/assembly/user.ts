// The JSON Schema of a user (bench/harness/sample.ts) by hand, in one walk over the bytes, with the scanner of our SDK.
import { Bytes, NameSet } from 'sluice';
import {
  escaped,
  scanColon,
  scanDocument,
  scanNumber,
  scanString,
  scanValue,
  skipSpace,
} from 'sluice/json/scanner';
import { decodedString } from 'sluice/json/string';
import { isEmail } from './email';

/** What a value is to be. */
enum Kind {
  Any,
  Text,
  Name,
  Email,
  Id,
  Number,
  Status,
  Texts,
  Card,
  Address,
  Preferences,
  Order,
  Orders,
  /** A member that is not declared where others must not be. */
  Nothing,
}

const MAX_NAME = 100;
const STATUSES = [Bytes.from('shipped'), Bytes.from('delivered'), Bytes.from('returned')];

/** The members of an object: up to 32. */
@final
class Shape {
  private readonly names: NameSet = new NameSet();
  private readonly kinds: Kind[] = [];
  private required: u32 = 0;

  /** @param others what members are to be that are not declared */
  constructor(private readonly others: Kind) {}

  may(name: string, kind: Kind): this {
    this.names.add(Bytes.from(name), this.kinds.push(kind) - 1);
    return this;
  }

  must(name: string, kind: Kind): this {
    this.required |= 1 << this.kinds.length;
    return this.may(name, kind);
  }

  /** End of the object at `at`; 0 when it is none, or has other members. */
  scan(at: usize, end: usize): usize {
    if (at == end || load<u8>(at) != 0x7b) return 0;
    at = skipSpace(at + 1, end);
    let missing = this.required;
    if (at < end && load<u8>(at) == 0x7d) return missing == 0 ? at + 1 : 0;
    while (at < end && load<u8>(at) == 0x22) {
      const name = at + 1;
      at = scanString(name, end);
      if (at == 0) break;
      const member = this.names.findRaw(name, <i32>(at - 1 - name), escaped);
      let kind = this.others;
      if (member >= 0) {
        kind = unchecked(this.kinds[member]);
        missing &= ~(1 << member);
      }
      at = scanColon(at, end);
      if (at == 0) break;
      at = scan(kind, at, end);
      if (at == 0) break;
      at = skipSpace(at, end);
      if (at == end) break;
      if (load<u8>(at) == 0x7d) return missing == 0 ? at + 1 : 0;
      if (load<u8>(at) != 0x2c) break;
      at = skipSpace(at + 1, end);
    }
    return 0;
  }
}

const USER = new Shape(Kind.Nothing)
  .must('id', Kind.Id)
  .must('name', Kind.Name)
  .must('email', Kind.Email)
  .may('passwordHash', Kind.Text)
  .must('card', Kind.Card)
  .may('address', Kind.Address)
  .may('roles', Kind.Texts)
  .may('preferences', Kind.Preferences)
  .must('orders', Kind.Orders)
  .may('note', Kind.Text)
  .may('tags', Kind.Texts);
const CARD = new Shape(Kind.Any).must('number', Kind.Text).may('cvv', Kind.Text).may('expires', Kind.Text);
const ADDRESS = new Shape(Kind.Text);
const PREFERENCES = new Shape(Kind.Any);
const ORDER = new Shape(Kind.Any)
  .must('id', Kind.Text)
  .must('total', Kind.Number)
  .may('currency', Kind.Text)
  .may('placed', Kind.Text)
  .may('status', Kind.Status);

/** The status to refuse a body with; 0 where it is a user. */
export function refusalOf(document: Bytes): i32 {
  const start = document.address;
  const end = start + document.length;
  const at = USER.scan(skipSpace(start, end), end);
  if (at != 0 && skipSpace(at, end) == end) return 0;
  return scanDocument(start, end) == 0 ? 400 : 422;
}

/** End of the value at `at`; 0 when it is another. */
function scan(kind: Kind, at: usize, end: usize): usize {
  if (at >= end) return 0;
  switch (kind) {
    case Kind.Any:
      return scanValue(at, end);
    case Kind.Text:
      return load<u8>(at) == 0x22 ? scanString(at + 1, end) : 0;
    case Kind.Name:
    case Kind.Email:
    case Kind.Status:
      return scanText(kind, at, end);
    case Kind.Id:
      return scanId(at, end);
    case Kind.Number:
      return isNumeric(load<u8>(at)) ? scanNumber(at, end) : 0;
    case Kind.Texts:
      return scanItems(Kind.Text, at, end);
    case Kind.Orders:
      return scanItems(Kind.Order, at, end);
    case Kind.Card:
      return CARD.scan(at, end);
    case Kind.Address:
      return ADDRESS.scan(at, end);
    case Kind.Preferences:
      return PREFERENCES.scan(at, end);
    case Kind.Order:
      return ORDER.scan(at, end);
    default:
      return 0;
  }
}

function scanItems(kind: Kind, at: usize, end: usize): usize {
  if (load<u8>(at) != 0x5b) return 0;
  at = skipSpace(at + 1, end);
  if (at < end && load<u8>(at) == 0x5d) return at + 1;
  while (at < end) {
    at = scan(kind, at, end);
    if (at == 0) break;
    at = skipSpace(at, end);
    if (at == end) break;
    if (load<u8>(at) == 0x5d) return at + 1;
    if (load<u8>(at) != 0x2c) break;
    at = skipSpace(at + 1, end);
  }
  return 0;
}

/** A string that is asked for what it says. */
function scanText(kind: Kind, at: usize, end: usize): usize {
  if (load<u8>(at) != 0x22) return 0;
  const start = at + 1;
  at = scanString(start, end);
  if (at == 0) return 0;
  const raw = new Bytes(start, <i32>(at - 1 - start));
  const text = escaped ? decodedString(raw) : raw;
  const isRight =
    kind == Kind.Name ? charactersOf(text) <= MAX_NAME : kind == Kind.Email ? isEmail(text) : isStatus(text);
  return isRight ? at : 0;
}

/** Every character has one byte that does not continue another. */
function charactersOf(text: Bytes): i32 {
  let count = 0;
  for (let i = 0; i < text.length; i++) if ((load<u8>(text.address + i) & 0xc0) != 0x80) count++;
  return count;
}

function isStatus(text: Bytes): bool {
  for (let i = 0; i < STATUSES.length; i++) if (unchecked(STATUSES[i]).equalsBytes(text)) return true;
  return false;
}

/** A whole number from 1 on, however it is spelled. */
function scanId(at: usize, end: usize): usize {
  if (!isNumeric(load<u8>(at))) return 0;
  const stop = scanNumber(at, end);
  if (stop == 0) return 0;
  const value = parseFloat(new Bytes(at, <i32>(stop - at)).toString());
  return value >= 1 && Math.floor(value) == value ? stop : 0;
}

function isNumeric(byte: u32): bool {
  return byte == 0x2d || byte - 0x30 < 10;
}
