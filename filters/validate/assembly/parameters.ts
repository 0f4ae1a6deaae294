// The parameters of a request, read place by place into the document that the schema of its operation judges.
import {
  ABSENT,
  Bytes,
  Cookies,
  combinedField,
  Headers,
  hasUniqueNames,
  isToken,
  isUtf8,
  Json,
  JsonWriter,
  NameSet,
  percentDecode,
  Query,
  Request,
  refuse,
} from 'sluice';
import { BodyLimits } from './body-limits';
import { Definitions } from './definitions';
import { Findings } from './findings';
import { Parameter, splitAtCommas } from './parameter';

const SEMICOLON: u8 = 0x3b;
const HYPHEN: u8 = 0x2d;
const UNDERSCORE: u8 = 0x5f;
const SPACE: u8 = 0x20;
const DOT: u8 = 0x2e;
const BRACKET: u8 = 0x5b;
// As many as are told.
const MOST_STRANGERS = 20;
const REPEATED = 'must not come more than once';
const SPELLING = 'must not come with underscores in place of hyphens';
const COOKIE_SPELLING = 'must not come in another spelling, which some servers take for the same';
const REQUIRED = 'must be there';
const ENCODING = 'is not encoded as it should be';

/** The parameters of one place. Built in `configure`. */
@final
export class Parameters {
  private readonly list: Parameter[] = [];
  // The value of a name is its index in the list.
  private readonly names: NameSet = new NameSet();
  // Names of headers as frames have them.
  private readonly lower: string[] = [];

  constructor(readonly place: string) {}

  /** Reads the parameters of a place. */
  read(json: Json, definitions: Definitions): void {
    const isJoined = this.place != 'query';
    for (let member = json.first(); member.exists; member = member.next()) {
      const parameter = Parameter.read(member, isJoined, definitions);
      if (this.place == 'path') parameter.isRequired = true;
      if (this.place == 'headers' && !isToken(member.name)) refuse(member.pointer, 'not a header name');
      this.add(parameter);
    }
  }

  add(parameter: Parameter): void {
    const name = Bytes.from(parameter.name);
    this.names.add(name, this.list.length);
    this.lower.push(name.toLowerCase().toString());
    this.list.push(parameter);
  }

  get size(): i32 {
    return this.list.length;
  }

  at(index: i32): Parameter {
    return this.list[index];
  }

  /** Takes parameters of the path into the document. */
  writePath(request: Request, document: JsonWriter, limits: BodyLimits, findings: Findings): void {
    const place = this.place;
    for (let i = 0; i < this.list.length; i++) {
      const parameter = this.list[i];
      const text = request.params.get(parameter.name);
      if (!text.exists) findings.add(place, parameter.name, 'required', REQUIRED);
      else if (!parameter.isArray) parameter.write(text, document, limits, place, findings);
      // Whether a comma that was encoded separates items, servers do not agree.
      else if (hasEncodedComma(request.path)) findings.add(place, parameter.name, 'encoding', ENCODING);
      else parameter.writeItems(splitAtCommas(text), document, place, findings);
    }
  }

  /** Takes headers into the document; those that have no name here may be anything. */
  writeHeaders(request: Request, document: JsonWriter, limits: BodyLimits, findings: Findings): void {
    const place = this.place;
    const headers = request.headers;
    this.findDoubles(headers, findings);
    for (let i = 0; i < this.list.length; i++) {
      const parameter = this.list[i];
      const name = this.lower[i];
      const index = headers.find(name);
      if (index < 0) {
        if (parameter.isRequired) findings.add(place, parameter.name, 'required', REQUIRED);
      } else if (parameter.isArray) {
        const items = splitAtCommas(combinedField(headers, name));
        for (let k = 0; k < items.length; k++) items[k] = items[k].trim();
        parameter.writeItems(items, document, place, findings);
      } else if (headers.find(name, index + 1) >= 0) {
        findings.add(place, parameter.name, 'repeated', REPEATED);
      } else {
        parameter.write(headers.valueAt(index), document, limits, place, findings);
      }
    }
  }

  /** CGI, WSGI and PHP have one variable for `x-tenant` and `x_tenant`: what is checked here may not be what they read. */
  private findDoubles(headers: Headers, findings: Findings): void {
    for (let at = 0; at < headers.size; at++) {
      const name = headers.nameAt(at);
      for (let i = 0; i < this.lower.length; i++) {
        if (isDouble(name, this.lower[i])) findings.add(this.place, this.list[i].name, 'spelling', SPELLING);
      }
    }
  }

  /** Takes cookies into the document, as they were sent; those that have no name here may be anything. */
  writeCookies(request: Request, document: JsonWriter, limits: BodyLimits, findings: Findings): void {
    const place = this.place;
    for (let i = 0; i < this.list.length; i++) {
      const parameter = this.list[i];
      const cookies = Cookies.of(request.headers);
      let value = ABSENT;
      let count = 0;
      let hasDouble = false;
      while (cookies.next()) {
        if (cookies.name.equals(parameter.name)) {
          value = cookies.rawValue;
          count++;
        } else if (isCookieDouble(cookies.name, parameter.name)) hasDouble = true;
      }
      if (hasDouble) findings.add(place, parameter.name, 'spelling', COOKIE_SPELLING);
      if (count == 0) {
        if (parameter.isRequired) findings.add(place, parameter.name, 'required', REQUIRED);
      } else if (count > 1) findings.add(place, parameter.name, 'repeated', REPEATED);
      else if (parameter.isArray) parameter.writeItems(splitAtCommas(value), document, place, findings);
      else parameter.write(value, document, limits, place, findings);
    }
  }

  /** Takes the query into the document; those that have no name here are found amiss. */
  writeQuery(text: Bytes, document: JsonWriter, limits: BodyLimits, findings: Findings): void {
    const place = this.place;
    // Some servers separate parameters there too, and would see a name that was not looked at.
    if (text.indexOfByte(SEMICOLON) >= 0) findings.add(place, '', 'separator', 'must not have a bare ;');
    const pairs = new Pairs(text);
    const strangers = pairs.link(this.names, this.list.length);
    for (let i = 0; i < strangers.length && i < MOST_STRANGERS; i++) {
      const name = pairs.nameAt(strangers[i]);
      if (!name.exists) findings.add(place, '', 'encoding', ENCODING);
      else findings.add(place, name.toString(), 'unknown', 'must not be there');
    }
    this.writePairs(pairs, document, limits, findings);
  }

  /** A form as JSON, with the fields that have no name here: the schema says what it thinks of them. */
  formOf(text: Bytes, limits: BodyLimits, findings: Findings): Bytes {
    const form = new JsonWriter().beginObject();
    const pairs = new Pairs(text);
    const strangers = pairs.link(this.names, this.list.length);
    for (let i = 0; i < strangers.length; i++) {
      const name = pairs.nameAt(strangers[i]);
      const value = percentDecode(pairs.valueAt(strangers[i]), true);
      if (name.exists && value.exists && isUtf8(name) && isUtf8(value))
        form.name(name.toString()).textBytes(value);
      else findings.add(this.place, '', 'encoding', ENCODING);
    }
    this.writePairs(pairs, form, limits, findings);
    const json = form.endObject().bytes;
    if (strangers.length > 1 && !hasUniqueNames(json))
      findings.add(this.place, '', 'repeated', 'has a name twice');
    return json;
  }

  private writePairs(pairs: Pairs, document: JsonWriter, limits: BodyLimits, findings: Findings): void {
    const place = this.place;
    for (let i = 0; i < this.list.length; i++) {
      const parameter = this.list[i];
      const values = pairs.valuesOf(i);
      const isList = parameter.isArray && !parameter.isJoined;
      if (values.length == 0) {
        if (parameter.isRequired) findings.add(place, parameter.name, 'required', REQUIRED);
      } else if (values.length > 1 && !isList) {
        findings.add(place, parameter.name, 'repeated', REPEATED);
      } else if (parameter.isArray) {
        const items = isList ? decodeAll(values, false) : decodeAll(splitAtCommas(values[0]), true);
        if (items == null) findings.add(place, parameter.name, 'encoding', ENCODING);
        else parameter.writeItems(items, document, place, findings);
      } else {
        const value = percentDecode(values[0], true);
        if (!value.exists) findings.add(place, parameter.name, 'encoding', ENCODING);
        else parameter.write(value, document, limits, place, findings);
      }
    }
  }
}

/** Names and values of a query or a form, in order, and which of them belong together. */
@final
export class Pairs {
  private readonly names: Bytes[] = [];
  private readonly values: Bytes[] = [];
  // Of each index, the last pair with it; of each pair, the one with the same index before it. -1: none.
  private last: StaticArray<i32> = new StaticArray<i32>(0);
  private before: StaticArray<i32> = new StaticArray<i32>(0);

  constructor(text: Bytes) {
    const query = new Query(text);
    while (query.next()) {
      this.names.push(query.name);
      // A name without `=` has an empty value.
      this.values.push(query.rawValue.exists ? query.rawValue : text.slice(0, 0));
    }
  }

  get size(): i32 {
    return this.names.length;
  }

  /** Decoded; does not exist where it cannot be. */
  nameAt(at: i32): Bytes {
    return this.names[at];
  }

  /** As it was sent. */
  valueAt(at: i32): Bytes {
    return this.values[at];
  }

  /** Looks every name up. Answers the pairs whose name is none of `count` known ones. */
  link(known: NameSet, count: i32): i32[] {
    const strangers: i32[] = [];
    const last = new StaticArray<i32>(count);
    const before = new StaticArray<i32>(this.names.length);
    last.fill(-1);
    for (let i = 0; i < this.names.length; i++) {
      const name = this.names[i];
      const index = name.exists ? known.get(name) : -1;
      if (index < 0) strangers.push(i);
      else {
        before[i] = last[index];
        last[index] = i;
      }
    }
    this.last = last;
    this.before = before;
    return strangers;
  }

  /** Values as they were sent, of all names that have this index. After `link`. */
  valuesOf(index: i32): Bytes[] {
    const found: Bytes[] = [];
    for (let i = this.last[index]; i >= 0; i = this.before[i]) found.push(this.values[i]);
    return found.length > 1 ? found.reverse() : found;
  }
}

/** Null where one of them cannot be decoded, or has a comma after it was and must not. */
function decodeAll(values: Bytes[], isJoined: bool): Bytes[] | null {
  const decoded: Bytes[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = percentDecode(values[i], true);
    if (!value.exists || (isJoined && value.indexOfByte(0x2c) >= 0)) return null;
    decoded.push(value);
  }
  return decoded;
}

function hasEncodedComma(path: Bytes): bool {
  for (let at = path.indexOf('%2'); at >= 0; at = path.indexOf('%2', at + 1)) {
    if (at + 2 < path.length && (path[at + 2] | 0x20) == 0x63) return true;
  }
  return false;
}

/**
 * True for another name under which PHP has the same variable: it reads `a.b` and `a b` as `a_b`, and `a[b]` as a member of `a`.
 */
function isCookieDouble(name: Bytes, other: string): bool {
  const length = other.length;
  if (length == 0 || name.length < length || (name.length > length && name[length] != BRACKET)) return false;
  for (let i = 0; i < length; i++) {
    const code = other.charCodeAt(i);
    if (code > 0x7f || variableByte(name[i]) != variableByte(<u8>code)) return false;
  }
  return true;
}

function variableByte(byte: u8): u8 {
  return byte == DOT || byte == SPACE || byte == BRACKET ? UNDERSCORE : byte;
}

/** True for another name that differs in hyphens and underscores only. Both in lower case. */
function isDouble(name: Bytes, other: string): bool {
  if (name.length != other.length || name.equals(other)) return false;
  for (let i = 0; i < name.length; i++) {
    const byte = name[i] == UNDERSCORE ? HYPHEN : name[i];
    const code = other.charCodeAt(i);
    if (byte != (code == UNDERSCORE ? HYPHEN : code)) return false;
  }
  return true;
}
